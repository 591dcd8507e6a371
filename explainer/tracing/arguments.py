"""What a model and its layers are given, put on the meta device."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from explainer.tracing.leaves import mapped

_FEW = 4096  # whole numbers in a row that may be lengths, and keep their values
_FEWER = 64  # in a table: the heights and widths of pictures
_unseen = torch._C.DisableTorchFunction  # our own looks at tensors are no steps of the network


def to_meta(values: Any) -> Any:
    """The same arguments on the meta device; no step of the network, so no function mode sees it."""
    with _unseen():
        return mapped(lambda value: value.to("meta") if isinstance(value, torch.Tensor) else value, values)


def stray(tensors: list[torch.Tensor]) -> bool:
    """Whether a real tensor (a plain attribute, which `.to("meta")` misses) stands among meta ones."""
    meta = [tensor.is_meta for tensor in tensors]
    return any(meta) and not all(meta)


def inputs_to_meta(values: Any) -> Any:
    """What the model is given, by shape alone; a few whole numbers in a row keep their values: lengths, offsets."""

    def placed(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or _may_be_lengths(value):
            return value
        return value.to("meta")

    with _unseen():
        return mapped(placed, values)


def _may_be_lengths(tensor: torch.Tensor) -> bool:
    whole = not (tensor.dtype.is_floating_point or tensor.dtype.is_complex or tensor.dtype is torch.bool)
    few = _FEW if tensor.dim() <= 1 else _FEWER if tensor.dim() == 2 else -1
    return whole and tensor.device.type == "cpu" and tensor.numel() <= few


def on_meta(args: Any, kwargs: Any, given: list[torch.Tensor]) -> tuple[Any, Any]:
    """All of a layer's tensors on meta."""
    if all(tensor.is_meta for tensor in given) or any(isinstance(value, PackedSequence) for value in args):
        return args, kwargs
    moved: tuple[Any, Any] = to_meta((args, kwargs))
    return moved


def staying(args: Any, kwargs: Any) -> tuple[Any, Any]:
    """`x.to("cuda")`, `x.cpu()`: everything stays on meta; of the arguments only a dtype counts."""
    given = [*args[1:], *kwargs.values()]
    dtypes = [
        value if isinstance(value, torch.dtype) else value.dtype
        for value in given
        if hasattr(value, "dtype") or isinstance(value, torch.dtype)
    ]
    return (args[0], dtypes[0] if dtypes else args[0].dtype), {}
