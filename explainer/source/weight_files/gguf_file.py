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
    zh="{path} 不是能读的GGUF文件：里面的说明与内容对不上。请重新下载或转换。",
    en="{path} is no readable GGUF file: what it says of itself does not fit its contents. Download or convert it again.",
)
STORED_AS = Bi(
    zh="{path} 里的数存成{kinds}，张量共占{n}字节；下面按字节数列出的存储量没有计入这种压缩。",
    en="The numbers of {path} are stored as {kinds}; its tensors take {n:byte|bytes}. The tables of storage below do not count "
    "this packing.",
)
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
        entries: list[Any] = list(gguf.GGUFReader(str(path)).tensors)
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
    notes = (STORED_AS.format(path=visible(path.name), kinds=named, n=size),) if packed else ()
    return Contents(tensors, notes)
