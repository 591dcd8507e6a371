"""An archive of torch's, read with an unpickler that runs nothing: every name in it stands for a blank.

A pickle is a program that calls what it names. Here a name stands for a class that keeps what it is given and does nothing with
it; but for the few that describe a tensor: of these its shape, its kind of number and its storage are kept.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import torch

from explainer.i18n.bilingual import Bi
from explainer.source.weight_files.stored import Refused

MOST_PICKLE, MAX_DEPTH = 64 * 2**20, 64
# torch has no meta tensors of the quantised kinds: their numbers are whole ones of this width.
_AS_INTEGERS = {
    torch.qint8: torch.int8, torch.quint8: torch.uint8, torch.qint32: torch.int32, torch.quint4x2: torch.uint8,
    torch.quint2x4: torch.uint8,
}  # fmt: skip
_STORAGES = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
    "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool", "ComplexFloat": "complex64",
    "ComplexDouble": "complex128", "QInt8": "int8", "QUInt8": "uint8", "QInt32": "int32", "Untyped": "uint8",
}  # fmt: skip
LARGE_PICKLE = Bi("它的说明部分太大", "the part that describes it is too large")
NOTHING = Bi("里面没有data.pkl", "it has no data.pkl")


class Other:
    """Any object that is no tensor: the name of its class, and what was put into it. Nothing of it was run."""

    kind = ""

    def __new__(cls, *given: Any, **_: Any) -> Other:
        """Whatever its class would have done with these, they are kept."""
        made = object.__new__(cls)
        made.given, made.state = given, {}
        return made

    given: tuple[Any, ...]
    state: dict[str, Any]

    def __init__(self, *_: Any, **__: Any) -> None:
        """Nothing is done with them."""

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.state.update({str(key): value for key, value in state.items()})

    def __setitem__(self, key: Any, value: Any) -> None:
        self.state[str(key)] = value

    def append(self, value: Any) -> None:
        """A pickle fills lists so."""

    def extend(self, values: Any) -> None:
        """A pickle fills lists so."""

    def add(self, value: Any) -> None:
        """A pickle fills sets so."""


class _Tensor(Other):
    """A tensor, before it is one: so that nothing in the pickle reaches torch."""

    tensor: torch.Tensor | None = None


class _Storage:
    """So many numbers under a key of the archive."""

    def __init__(self, dtype: torch.dtype, count: int) -> None:
        self.base = torch.empty(count, dtype=dtype, device="meta")


def load(archive: zipfile.ZipFile, name: str = "data.pkl") -> Any:
    """The pickle of that name in torch's archive: dictionaries, lists and numbers, meta tensors, and blanks for all else."""
    found = next((entry for entry in archive.infolist() if entry.filename.endswith("/" + name)), None)
    if found is None:
        raise Refused(NOTHING)
    if found.file_size > MOST_PICKLE:
        raise Refused(LARGE_PICKLE)
    return _plain(_Reader(io.BytesIO(archive.read(found))).load())


class _Reader(pickle._Unpickler):  # Python's own in Python, not in C: what it holds is bounded by the file
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._storages: dict[str, _Storage] = {}
        self._kinds: dict[str, type[Other]] = {}

    def find_class(self, module: str, name: str) -> Any:
        """What a name stands for; nothing is imported for it."""
        full = f"{module}.{name}"
        if full == "collections.OrderedDict":
            return OrderedDict
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        if full in _MAKERS:
            return _MAKERS[full]
        return self._kinds.setdefault(full, type("Blank", (Other,), {"kind": full}))

    def persistent_load(self, pid: Any) -> Any:
        """A storage: its kind, its key, how many numbers."""
        kind, key, count = pid[1], str(pid[2]), int(pid[4])
        name = str(getattr(kind, "kind", kind)).rpartition(".")[2].removesuffix("Storage")
        if key not in self._storages:
            self._storages[key] = _Storage(getattr(torch, _STORAGES.get(name, "uint8")), count)
        return self._storages[key]


def _made(storage: Any, offset: Any, size: Any, stride: Any, *more: Any) -> _Tensor:
    """A tensor that looks at a storage; where the storage says nothing of numbers, `more` has the dtype."""
    base, made = storage.base, _Tensor()
    dtype = next((value for value in more if isinstance(value, torch.dtype)), None)
    if dtype is not None:
        base = base.view(torch.uint8).view(_AS_INTEGERS.get(dtype, dtype))
    made.tensor = base.as_strided(tuple(size), tuple(stride), int(offset))
    return made


def _parameter(data: Any, *_: Any) -> Any:
    if isinstance(data, _Tensor) and data.tensor is not None:
        data.tensor = torch.nn.Parameter(data.tensor, requires_grad=False)
    return data


def _size(sizes: Any) -> Any:
    return tuple(sizes)


_MAKERS: dict[str, Any] = {
    "torch._utils._rebuild_tensor": _made,
    "torch._utils._rebuild_tensor_v2": _made,
    "torch._utils._rebuild_tensor_v3": _made,
    "torch._utils._rebuild_qtensor": _made,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch.Size": _size,
}


def _plain(value: Any, depth: int = 0) -> Any:
    """With tensors in the place of what stood for them."""
    if isinstance(value, _Tensor):
        return value.tensor
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, Other):
        value.state = _plain(value.state, depth + 1)
        return value
    if isinstance(value, dict):
        return {key: _plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(part, depth + 1) for part in value)
    return value
