"""safetensors: by the library's own validation; and the index that names a model's parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.plain_file import bytes_of
from explainer.source.weight_files.stored import MAX_NAME, Contents, Refused, Stored

_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64", "BOOL": "bool",
    "C64": "complex64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
}  # fmt: skip
MOST_INDEX, MOST_PARTS = 50 * 2**20, 2000

NO_DTYPE = Bi(
    "张量“{name}”的数据类型{dtype}在torch里没有", "the tensor '{name}' has the data type {dtype}, which torch has not"
)
NO_INDEX = Bi(
    zh="{path} 不是权重的索引：里面没有weight_map。", en="{path} is no index of weights: it has no weight_map."
)
NO_PART = Bi(
    zh="{path} 里提到的文件 {part} 不在旁边：请把各个部分放在同一个文件夹里。",
    en="The file {part} that {path} names is not beside it: put all parts into one folder.",
)


def read(path: Path) -> Contents:
    """JSON, dtypes, shapes against offsets, offsets against the file's length. Raises Refused, or the library's error."""
    from safetensors import safe_open

    tensors = []
    with safe_open(str(path), framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - it is no mapping
            entry = file.get_slice(name)
            dtype = getattr(torch, _DTYPES.get(entry.get_dtype(), ""), None)
            if dtype is None:
                raise Refused(NO_DTYPE.format(name=visible(name[:MAX_NAME]), dtype=visible(entry.get_dtype())))
            tensors.append(Stored(name, tuple(entry.get_shape()), dtype))
    return Contents(tensors)


def parts_of(path: Path) -> list[Path]:
    """The files that `model.safetensors.index.json` names, all of them in its own folder. Raises Refused."""
    shown = visible(str(path))
    try:
        content: Any = json.loads(bytes_of(path, MOST_INDEX))
        names = sorted(set(content["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(NO_INDEX.format(path=shown), whole=True) from error
    if not names or len(names) > MOST_PARTS:
        raise Refused(NO_INDEX.format(path=shown), whole=True)
    for name in names:
        if not isinstance(name, str) or Path(name).name != name or not (path.parent / name).is_file():
            raise Refused(NO_PART.format(path=shown, part=visible(str(name))[:MAX_NAME]), whole=True)
    return [path.parent / name for name in names]
