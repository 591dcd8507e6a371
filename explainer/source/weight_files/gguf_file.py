"""A GGUF file (llama.cpp), read by the library `gguf`: its tensors, and as what they are stored in a note."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path
from typing import Any

import torch

from explainer.i18n.bilingual import Bi, joined, same
from explainer.i18n.printable import visible
from explainer.source.weight_files.stored import Contents, Refused, Stored

NO_LIBRARY = Bi(
    zh="读GGUF文件要用到gguf这个库：请运行 pip install 'explainer[gguf]'（或 pip install gguf）。",
    en="Reading a GGUF file needs the library gguf: run pip install 'explainer[gguf]' (or pip install gguf).",
)
NOT_GGUF = Bi(
    zh="{path} 不是能读的GGUF文件：里面的说明与内容不符。请重新下载或转换。",
    en="{path} is no readable GGUF file: what it says of itself does not fit its contents. Download or convert it again.",
)
STORED_AS = Bi(
    zh="{path} 里的数存成{kinds}，张量共占{n}字节；下面按字节数列出的存储量没有计入这种压缩。",
    en="The numbers of {path} are stored as {kinds}; its tensors take {n:byte|bytes}. The tables of storage below do not count "
    "this packing.",
)
PACKING = Bi(
    zh="{kind}：{numbers}个数，每{block}个为一块，每块{each}字节（平均每个数{bits}比特），共{numbers}/{block}×{each}={size}字节。",
    en="{kind}: {numbers} numbers in blocks of {block}, {each} bytes a block ({bits} bits a number), {numbers}/{block} × {each} = {size} bytes.",
)
SETTINGS = Bi(zh="文件里的配置：{settings}。", en="The configuration in the file: {settings}.")
MOST_SETTINGS = 16
_PLAIN = {
    "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64, "I8": torch.int8,
    "I16": torch.int16, "I32": torch.int32, "I64": torch.int64,
}  # fmt: skip


def read(path: Path) -> Contents:
    """Every tensor by name, shape and, where torch has it, kind of number. Raises Refused."""
    try:
        gguf = importlib.import_module("gguf")
    except ImportError as error:
        raise Refused(NO_LIBRARY, whole=True) from error
    try:
        reader = gguf.GGUFReader(str(path))
        entries: list[Any] = list(reader.tensors)
    except Exception as error:  # numpy's, in as many ways as a file can be short
        raise Refused(NOT_GGUF.format(path=visible(str(path))), whole=True) from error
    tensors, kinds, size = [], Counter[str](), 0
    for entry in entries:
        kind = str(entry.tensor_type.name)
        shape = tuple(int(one) for one in reversed(entry.shape.tolist()))  # GGUF has the fastest dimension first
        tensors.append(Stored(str(entry.name), shape, _PLAIN.get(kind, torch.uint8), True))
        kinds[kind] += 1
        size += int(entry.n_bytes)
    named = joined([same(f"{kind} ×{count}") for kind, count in kinds.most_common()])
    packed = set(kinds) - set(_PLAIN)
    notes = [STORED_AS.format(path=visible(path.name), kinds=named, n=size)] if packed else []
    notes += [_packing(gguf, kind, [one for one in entries if one.tensor_type.name == kind]) for kind in sorted(packed)]
    if settings := _settings(reader):
        notes.append(SETTINGS.format(settings=same(settings)))
    return Contents(tensors, tuple(notes))


def _packing(gguf: Any, kind: str, entries: list[Any]) -> Bi:
    """How a kind of packing comes to its bytes: so many blocks of so many bytes."""
    block, each = gguf.GGML_QUANT_SIZES[entries[0].tensor_type]
    numbers = sum(int(one.n_elements) for one in entries)
    sizes = {"kind": same(kind), "numbers": numbers, "block": block, "each": each, "size": numbers // block * each}
    return PACKING.format(bits=same(f"{8 * each / block:.4g}"), **sizes)


def _settings(reader: Any) -> str:
    """The numbers of the architecture in the metadata: `llama: block_count=22, embedding_length=2048, …`."""
    fields = {name: field.contents() for name, field in reader.fields.items() if len(field.types) == 1}
    kind = fields.get("general.architecture")
    if not isinstance(kind, str):
        return ""
    own = {name.removeprefix(f"{kind}."): value for name, value in fields.items() if name.startswith(f"{kind}.")}
    said = [f"{visible(name)}={value}" for name, value in own.items() if isinstance(value, int | float)]
    return f"{visible(kind)}: {', '.join(said[:MOST_SETTINGS])}" if said else ""
