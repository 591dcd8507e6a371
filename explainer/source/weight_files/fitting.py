"""Whether a file has the bytes that its tensors would need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import torch

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.source.weight_files.stored import MAX_NAME, Refused, Stored

SLACK = 2**20  # a pickle's own bytes, and what alignment adds
TOO_SHORT = Bi(
    "张量“{name}”要{wanted}字节，文件里没有这么多",
    "the tensor '{name}' would need {wanted} bytes, and the file has fewer",
)


def fitting(
    tensors: Mapping[str, torch.Tensor], size: int, parameters: Iterable[str] | None = None
) -> Iterator[Stored]:
    """The tensors of a file of so many bytes. parameters: which are, if the file says so. Raises Refused."""
    left = size + SLACK
    storages: dict[int, int] = {}
    said = None if parameters is None else set(parameters)
    for name, tensor in tensors.items():
        place: object = None
        if tensor.layout == torch.strided:
            storage = tensor.untyped_storage()
            place = (storage._cdata, int(tensor.storage_offset()), tuple(tensor.shape), tensor.stride())
            wanted = max(storage.nbytes(), _reach(tensor))
            left -= max(wanted - storages.get(storage._cdata, 0), 0)
            storages[storage._cdata] = max(wanted, storages.get(storage._cdata, 0))
            if left < 0:
                raise Refused(TOO_SHORT.format(name=visible(name[:MAX_NAME]), wanted=str(wanted)))
        known = name in said if said is not None else True if isinstance(tensor, torch.nn.Parameter) else None
        yield Stored(name, tuple(tensor.shape), tensor.dtype, known, place)


def _reach(tensor: torch.Tensor) -> int:
    """How many bytes of its storage a tensor looks at: up to its last element."""
    if not tensor.numel():
        return 0
    last = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    return (int(tensor.storage_offset()) + last + 1) * tensor.element_size()
