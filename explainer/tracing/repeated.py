"""What an operator that multiplies made before, of tensors of the same sizes on meta: made again without asking torch.

A network asks the same thing many times (an LSTM multiplies one matrix for each step of 400, a search builds forty
members of a family), and torch answers each time by a dozen Python functions. What comes out of these operators depends
on sizes, strides and types alone, and so does torch's count of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from explainer.tracing.products import Product

_aten = torch.ops.aten
_META = torch.device("meta")
_KINDS = frozenset({torch.Tensor, nn.Parameter})
_NUMBERS = frozenset({int, float, bool, type(None)})
_MOST = 4096  # kept at a time: some megabytes

# Each makes one new tensor.
REPEATABLE = frozenset(
    {_aten.mm.default, _aten.addmm.default, _aten.bmm.default, _aten.baddbmm.default, _aten.convolution.default}
)


@dataclass(frozen=True)
class Made:
    """One operator's output, torch's count of floating-point operations for it, and the products of matrices in it."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: torch.dtype
    flops: int
    products: tuple[Product, ...]

    def again(self) -> torch.Tensor:
        """A new tensor of that kind."""
        return torch.empty_strided(self.shape, self.strides, dtype=self.dtype, device=_META)


_made: dict[Any, Made] = {}


def key_of(args: Any, kwargs: Any) -> Any:
    """What the answer depends on; None where that is more than the sizes of plain tensors on meta and numbers."""
    if kwargs:
        return None
    found: list[Any] = []
    for value in args:
        kind = type(value)
        if kind in _KINDS:
            if not value.is_meta:
                return None
            found += (value.shape, value.stride(), value.dtype)
        elif kind in _NUMBERS:
            found.append(value)
        elif kind is list and all(type(one) is int for one in value):
            found.append(tuple(value))
        else:
            return None
    return tuple(found)


def made_before(key: Any) -> Made | None:
    """What was kept of it."""
    return _made.get(key)


def keep(key: Any, out: torch.Tensor, flops: int, products: list[Product]) -> None:
    """Keep what an operator made; only what is a plain tensor on meta."""
    if type(out) is torch.Tensor and out.is_meta:
        if len(_made) >= _MOST:
            _made.clear()
        _made[key] = Made(tuple(out.shape), tuple(out.stride()), out.dtype, flops, tuple(products))
