"""Lazy layers (LazyLinear, LazyConv2d, …) get their sizes from the first input: from a run on meta, of a copy."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from torch.utils._pytree import tree_map

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.tracing.members import named_modules

NEVER_SIZED = Bi(
    zh="惰性层 {path} 在这次前向传播中没有接收到输入，尺寸无从确定：请用会经过它的输入，或换成普通的层。",
    en="The lazy layer {path} received no input in this forward pass, so its size is unknown: give an input that reaches "
    "it, or use an ordinary layer.",
)
_SIZED = frozenset((torch.Tensor, nn.Parameter))


def materialised(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> nn.Module:
    """The model itself, or, if it has lazy layers, a copy on meta in which they have their sizes.

    What fails in this run fails in the trace again, and is explained there.
    """
    if not _unsized(model):
        return model
    copy = _on_meta(model)
    given, named = tree_map(
        lambda value: value.to("meta") if isinstance(value, torch.Tensor) else value, (args, dict(kwargs))
    )
    copy.eval()
    with suppress(Exception), torch.no_grad(), torch.random.fork_rng(devices=[]):
        copy(*given, **named)
    for before, after in zip(model.modules(), copy.modules(), strict=False):
        after.training = before.training
    return copy


def check_sized(model: nn.Module) -> None:
    """Raises UserError if a lazy layer is still without its size."""
    if unsized := _unsized(model):
        raise UserError(NEVER_SIZED.format(path=unsized[0].rpartition(".")[0] or type(model).__name__))


def _unsized(model: nn.Module) -> list[str]:
    """The names of the parameters and buffers that have no size yet."""
    return [
        f"{path}.{name}" if path else name
        for path, module in named_modules(model)
        for tensors in (module._parameters, module._buffers)
        for name, tensor in tensors.items()
        if tensor is not None and type(tensor) not in _SIZED and is_lazy(tensor)
    ]


def _on_meta(model: nn.Module) -> nn.Module:
    """A copy that shares no tensor with the model and holds no values; ties stay ties."""
    return deepcopy(model, {id(tensor): _twin(tensor) for tensor in (*model.parameters(), *model.buffers())})


def _twin(tensor: torch.Tensor) -> torch.Tensor:
    """Its like on meta; one without a size stays without."""
    for kind in (UninitializedParameter, UninitializedBuffer):
        if isinstance(tensor, kind):
            make: Any = kind
            return make(tensor.requires_grad, device="meta", dtype=tensor.dtype)  # type: ignore[no-any-return]
    empty = torch.empty_like(tensor, device="meta")
    return nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
