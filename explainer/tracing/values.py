"""A small copy of a model with values, for a forward pass that asks for them; the model itself is left alone.

What has values keeps them: parameters, buffers, the inputs that the user gave. What has none (it was built on the meta
device) gets random ones, always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from explainer.tracing.leaves import mapped, tensors_in

SMALL = 10_000_000  # parameters of a model that is copied unasked
SMALL_INPUT = 50_000_000  # elements of inputs
SEED = 0


def is_small(model: nn.Module, inputs: Any) -> bool:
    """Whether a copy with values costs next to nothing."""
    tensors = [*model.parameters(), *model.buffers()]
    if any(is_lazy(tensor) for tensor in tensors):
        return False
    given = sum(tensor.numel() for tensor in tensors_in(inputs))
    return sum(tensor.numel() for tensor in tensors) <= SMALL and given <= SMALL_INPUT


@contextmanager
def seeded() -> Iterator[None]:
    """Random numbers are the same each time, and the user's go on as if none had been drawn."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        yield


def copy_with_values(model: nn.Module, anew: Callable[[], nn.Module] | None = None) -> nn.Module:
    """The model on the CPU, with values.

    anew: builds it again with its own initial values, where the one at hand was built without any. Raises whatever
    the model does not allow (some cannot be copied).
    """
    on_meta = any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))
    if on_meta and anew is not None:
        return anew()
    tensors = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers()) if tensor.is_meta}
    copy = deepcopy(model, {key: _drawn(tensor) for key, tensor in tensors.items()})
    if any(tensor.device.type != "cpu" for tensor in (*copy.parameters(), *copy.buffers())):
        copy = copy.to("cpu")
    return copy


def lacks_values(given: Any) -> bool:
    """Whether some tensor has a shape only."""
    return any(tensor.is_meta for tensor in tensors_in(given))


def with_values(inputs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Inputs with values: those that have some in a copy, the others drawn."""

    def valued(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        return _drawn(value) if value.is_meta else value.detach().to("cpu").clone().requires_grad_(value.requires_grad)

    found: tuple[tuple[Any, ...], dict[str, Any]] = mapped(valued, (inputs, dict(kwargs)))
    return found


def _drawn(tensor: torch.Tensor) -> Any:
    """Random numbers in a tensor's shape: small ones for parameters, from 0 to 1 otherwise; whole numbers are 0."""
    shape, dtype = tensor.shape, tensor.dtype
    if not (dtype.is_floating_point or dtype.is_complex):
        made = torch.zeros(shape, dtype=dtype)
    elif isinstance(tensor, nn.Parameter):
        made = (0.02 * torch.randn(shape)).to(dtype)
    else:
        made = torch.rand(shape).to(dtype)
    return nn.Parameter(made, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else made
