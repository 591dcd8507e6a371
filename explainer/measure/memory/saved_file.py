"""The size of `torch.save(model.state_dict(), "model.pt")`: predicted to the byte, and measured when asked.

The file is a zip archive without compression. Each storage is a record whose data starts at a multiple of 64 bytes;
before it stand a header and filling, after it a checksum, and at the end a directory names every record again.
"""

from __future__ import annotations

import io
import pickle
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from explainer.walkthrough.measured import SavedFile

ALIGNMENT = 64
_LOCAL, _CENTRAL, _END = 30, 46, 98  # headers of a record, of its entry in the directory, of the directory's end
_BIG = 2**32 - 1  # from here on sizes and offsets take 8 bytes


def predict(model: nn.Module, name: str = "model.pt") -> SavedFile | None:
    """The file's size to the byte, without saving; None for a state that is no plain tensors.

    name: the file's name, which stands in every record of the archive; an empty one for a buffer in memory.
    """
    try:
        listing, sizes = _pickled(model.state_dict())
        around = _surroundings()
    except (AttributeError, NotImplementedError, RuntimeError, TypeError, pickle.PicklingError):
        return None
    prefix = Path(name).stem if name else "archive"
    data = [(f"data/{i}", size) for i, size in enumerate(sizes)]
    records: list[tuple[str, int]] = []
    for entry, size in around:
        if entry == "version":
            records += data
        records.append((entry, len(listing) if entry == "data.pkl" else size))
    whole = _archive_size([(f"{prefix}/{entry}", size) for entry, size in records])
    stored = sum(sizes)
    weights = min(stored, sum(p.untyped_storage().nbytes() for p in model.parameters()))
    return SavedFile(weights, stored - weights, len(listing), whole - stored - len(listing), len(sizes))


def measure(model: nn.Module, name: str = "model.pt") -> int:
    """Save the model's state to a temporary file, which is deleted again; its size in bytes.

    A model on meta is given memory first; its values do not matter, for nothing is compressed.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        torch.save(_copied(model.state_dict(), None), path)
        return path.stat().st_size


def _archive_size(records: Sequence[tuple[str, int]]) -> int:
    """Bytes of an uncompressed zip archive as torch writes it."""
    at = directory = 0
    for name, size in records:
        length = len(name.encode())
        large, far = size >= _BIG, at >= _BIG
        start = at + _LOCAL + length + 4
        start += (4 if large or far else 0) + (16 if large else 0) + (8 if far else 0)
        start += -start % ALIGNMENT
        directory += _CENTRAL + length + (4 if large or far else 0) + (16 if large else 0) + (8 if far else 0)
        at = start + size + (0 if not size else 24 if large or far else 16)  # the checksum; none of nothing
    return at + directory + _END


def _surroundings() -> list[tuple[str, int]]:
    """The records that every file of this version of torch has beside its tensors, in order."""
    buffer = io.BytesIO()
    torch.save({}, buffer)
    with zipfile.ZipFile(buffer) as archive:
        return [(entry.filename.partition("/")[2], entry.file_size) for entry in archive.infolist()]


def _pickled(state: Mapping[str, Any]) -> tuple[bytes, list[int]]:
    """data.pkl, and the size of every storage in order. Nothing is allocated."""
    kinds = torch.storage._dtype_to_storage_type_map()
    if all(_is_plain(value) and value.dtype in kinds for value in state.values()):
        return _listed(state, kinds)
    return _listed_by_torch(state)


def _is_plain(value: object) -> bool:
    """A tensor of torch's own, with nothing hung on it, of which torch writes no more than its place in a storage."""
    if type(value) not in (torch.Tensor, nn.Parameter) or not isinstance(value, torch.Tensor) or vars(value):
        return False
    odd = (
        value.layout is not torch.strided or value.is_nested or value.is_quantized or value.is_conj() or value.is_neg()
    )
    return not odd


@dataclass(frozen=True)
class _Stored:
    """The storage of a tensor, to be named in the listing."""

    tensor: torch.Tensor


def _listed(state: Mapping[str, Any], kinds: Mapping[torch.dtype, str]) -> tuple[bytes, list[int]]:
    """As torch pickles tensors on the CPU, made from tensors wherever they are, on meta too."""
    keys: dict[int, str] = {}
    sizes: list[int] = []
    types: dict[int, torch.dtype] = {}

    class Listing(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            if not isinstance(value, _Stored):
                return None
            tensor, storage = value.tensor, value.tensor.untyped_storage()
            if storage._cdata not in keys:
                keys[storage._cdata] = str(len(keys))
                types[storage._cdata] = tensor.dtype
                sizes.append(storage.nbytes())
            if types[storage._cdata] != tensor.dtype:
                raise TypeError("one storage with two data types cannot be saved")
            kind = getattr(torch, kinds[tensor.dtype])
            return ("storage", kind, keys[storage._cdata], "cpu", storage.nbytes() // tensor.itemsize)

        def reducer_override(self, value: Any) -> Any:
            if not isinstance(value, torch.Tensor):
                return NotImplemented
            where = (_Stored(value), value.storage_offset(), tuple(value.size()), value.stride())
            return torch._utils._rebuild_tensor_v2, (*where, False, OrderedDict())

    buffer = io.BytesIO()
    Listing(buffer, protocol=torch.serialization.DEFAULT_PROTOCOL).dump(_renamed(state))
    return buffer.getvalue(), sizes


def _renamed(state: Mapping[str, Any]) -> OrderedDict[str, Any]:
    """The state as torch saves it."""
    copy = OrderedDict(state)
    if hasattr(state, "_metadata"):
        copy._metadata = state._metadata  # type: ignore[attr-defined]
    return copy


def _listed_by_torch(state: Mapping[str, Any]) -> tuple[bytes, list[int]]:
    """The same of tensors of other kinds: torch's fakes stand for them, which bring its compiler along."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    keys: dict[int, str] = {}
    sizes: list[int] = []

    class Listing(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            if not isinstance(value, torch.storage.TypedStorage):
                return None
            storage = value._untyped_storage
            if storage._cdata not in keys:
                keys[storage._cdata] = str(len(keys))
                sizes.append(storage.nbytes())
            kind = getattr(torch, value._pickle_storage_type())  # type: ignore[no-untyped-call]
            return ("storage", kind, keys[storage._cdata], "cpu", value._size())  # type: ignore[no-untyped-call]

    buffer = io.BytesIO()
    fakes = FakeTensorMode()
    with torch.serialization.skip_data(materialize_fake_tensors=True):
        Listing(buffer, protocol=torch.serialization.DEFAULT_PROTOCOL).dump(_copied(state, fakes))
    return buffer.getvalue(), sizes


def _copied(state: Mapping[str, Any], fakes: Any) -> OrderedDict[str, Any]:
    """The same state in CPU tensors (fake ones in the mode given); what shared a storage shares one."""
    bases: dict[int, torch.Tensor] = {}
    copy: OrderedDict[str, Any] = OrderedDict()
    for name, value in state.items():
        if isinstance(value, torch.Tensor) and (fakes is not None or value.is_meta):
            with fakes or torch.no_grad():
                storage = value.untyped_storage()
                if storage._cdata not in bases:
                    whole = storage.nbytes() == value.numel() * value.itemsize and value.is_contiguous()
                    count = value.size() if whole else (storage.nbytes() // value.itemsize,)
                    bases[storage._cdata] = torch.empty(count, dtype=value.dtype, device="cpu")
                    if whole:
                        copy[name] = bases[storage._cdata]
                        continue
                base = bases[storage._cdata]
                if base.dtype != value.dtype:
                    raise TypeError("one storage with two data types cannot be saved")
                value = base.as_strided(value.size(), value.stride(), value.storage_offset())
        copy[name] = value
    if hasattr(state, "_metadata"):
        copy._metadata = state._metadata  # type: ignore[attr-defined]
    return copy
