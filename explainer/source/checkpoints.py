"""A file of weights: a model's tensors by name, shape and dtype, read without running code and without their values.

What the file says of itself is checked against its length before it is believed: safetensors by the format's own library,
torch's pickles by the bytes that their tensors would need. Whatever does not add up is one sentence.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from explainer.errors import UserError, text_of
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

ENDINGS = (".pt", ".pth", ".bin", ".ckpt", ".safetensors")
MAX_TENSORS, MAX_DEPTH, MAX_NAME = 200_000, 64, 500
SLACK = 2**20  # a pickle's own bytes, and what alignment adds
_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64", "BOOL": "bool",
    "C64": "complex64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
}  # fmt: skip

_TAKEN = nn.Module()  # what it has already, no tensor of a model can be called: `training`, `forward`

UNREADABLE = Bi(
    zh="{path} 不能作为权重文件读取：{reason}。应为state_dict（torch.save(model.state_dict(), …)）或safetensors文件；"
    "整个模型的文件会运行其中的代码，不予载入。",
    en="{path} cannot be read as weights: {reason}. It should be a state dict (torch.save(model.state_dict(), …)) or a "
    "safetensors file; a file of a whole model runs code when loaded and is refused.",
)
MORE_THAN_TENSORS = Bi("里面不只有张量", "it holds more than tensors")
NO_TENSORS = Bi("里面没有张量", "it holds no tensors")
NO_DICTIONARY = Bi("里面不是按名称存放的张量", "it holds no dictionary of tensors")
PACKED = Bi("里面有压缩过的内容，torch.save不会这样写", "parts of it are compressed, which torch.save never does")
TOO_SHORT = Bi(
    "张量“{name}”要{wanted}字节，文件里没有这么多",
    "the tensor '{name}' would need {wanted} bytes, and the file has fewer",
)
TOO_MANY = Bi(
    "张量太多，或名称太长、层次太深", "it has too many tensors, or names that are too long or too deeply nested"
)
RESERVED = Bi("模型里的张量不可能叫“{name}”", "no tensor of a model can be called '{name}'")
TWICE = Bi("张量“{name}”出现了两次", "it has the tensor '{name}' twice")
TOO_LARGE = Bi("张量“{name}”的形状太大", "the shape of the tensor '{name}' is too large")
NO_DTYPE = Bi(
    "张量“{name}”的数据类型{dtype}在torch里没有", "the tensor '{name}' has the data type {dtype}, which torch has not"
)


@dataclass(frozen=True)
class Stored:
    """A tensor as the file describes it."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype


class _Refused(Exception):
    """The file does not add up; why, in words."""

    def __init__(self, reason: Bi) -> None:
        super().__init__(reason.en)
        self.reason = reason


def from_state(path: Path) -> nn.Module:
    """A tree of modules that own tensors of the file's names and shapes, on the meta device. Raises UserError."""
    try:
        tensors = list(_safetensors(path) if path.suffix == ".safetensors" else _pickled(path))
        return _tree(tensors)
    except _Refused as error:
        reason = error.reason
    except Exception as error:  # unpickling fails in as many ways as there are classes of errors
        text = text_of(error)
        line = (text.splitlines() or [type(error).__name__])[0][:120].rstrip(".:")
        reason = MORE_THAN_TENSORS if "Weights only load failed" in text else same(visible(line))
    raise UserError(UNREADABLE.format(path=visible(str(path)), reason=reason))


def _safetensors(path: Path) -> Iterator[Stored]:
    """By the library's own validation: JSON, dtypes, shapes against offsets, offsets against the file's length."""
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - it is no mapping
            entry = file.get_slice(name)
            dtype = getattr(torch, _DTYPES.get(entry.get_dtype(), ""), None)
            if dtype is None:
                raise _Refused(NO_DTYPE.format(name=visible(name[:MAX_NAME]), dtype=visible(entry.get_dtype())))
            yield Stored(name, tuple(entry.get_shape()), dtype)


def _pickled(path: Path) -> Iterator[Stored]:
    """torch's own format, with its unpickler that makes nothing but tensors; their values stay in the file."""
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.file_size > size for entry in archive.infolist()):
                raise _Refused(PACKED)
    content: Any = torch.load(path, map_location="meta", weights_only=True)
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict):
        raise _Refused(NO_DICTIONARY)
    left = size + SLACK
    storages: dict[int, int] = {}
    for name, tensor in content.items():
        if not isinstance(tensor, torch.Tensor):
            continue
        if tensor.layout == torch.strided:
            storage = tensor.untyped_storage()
            wanted = max(storage.nbytes(), _reach(tensor))
            left -= max(wanted - storages.get(storage._cdata, 0), 0)
            storages[storage._cdata] = max(wanted, storages.get(storage._cdata, 0))
            if left < 0:
                raise _Refused(TOO_SHORT.format(name=visible(str(name)[:MAX_NAME]), wanted=str(wanted)))
        yield Stored(str(name), tuple(tensor.shape), tensor.dtype)


def _reach(tensor: torch.Tensor) -> int:
    """How many bytes of its storage a tensor looks at: up to its last element."""
    if not tensor.numel():
        return 0
    last = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    return (int(tensor.storage_offset()) + last + 1) * tensor.element_size()


def _tree(tensors: list[Stored]) -> nn.Module:
    if not tensors:
        raise _Refused(NO_TENSORS)
    if len(tensors) > MAX_TENSORS or any(
        len(entry.name) > MAX_NAME or entry.name.count(".") > MAX_DEPTH for entry in tensors
    ):
        raise _Refused(TOO_MANY)
    root, seen = nn.Module(), set[str]()
    for entry in tensors:
        name = visible(entry.name)
        if any(not part or hasattr(_TAKEN, part) for part in name.split(".")):
            raise _Refused(RESERVED.format(name=name))
        if name in seen:
            raise _Refused(TWICE.format(name=name))
        seen.add(name)
        try:
            tensor = torch.empty(entry.shape, dtype=entry.dtype, device="meta")
        except (RuntimeError, OverflowError, TypeError) as error:
            raise _Refused(TOO_LARGE.format(name=name)) from error
        _own(root, name.split("."), tensor)
    return root


def _own(module: nn.Module, names: list[str], tensor: torch.Tensor) -> None:
    """Put a tensor where its name says: whole numbers are no parameters (a count of batches), the rest are.

    Straight into the module's tables: `a` and `a.b` may stand side by side in a file, though not in a model.
    """
    for name in names[:-1]:
        module = module._modules.setdefault(name, nn.Module()) or module
    last = names[-1]
    if (tensor.is_floating_point() or tensor.is_complex()) and not last.startswith("running_"):
        module._parameters[last] = nn.Parameter(tensor)
    else:
        module._buffers[last] = tensor
