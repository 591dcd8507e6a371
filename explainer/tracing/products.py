"""The products of matrices that torch's operators make, by the operators' own sizes.

One function of the network may be many operators: a gradient, a chain of matrices, a function mapped over a batch. Where
no rule says what it multiplies, these do: each is one product of sizes, independent of torch's own count of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import torch


@dataclass(frozen=True)
class Product:
    """One operator: its multiply-accumulates are the product of `sizes`.

    kind: `matrix` (rows, length, columns, and before them how many side by side), `convolution` (outputs, products for
    each), `unknown` (no formula of ours; sizes are empty).
    """

    kind: Literal["matrix", "convolution", "unknown"]
    sizes: tuple[int, ...]

    @property
    def macs(self) -> int:
        """The multiply-accumulates."""
        return prod(self.sizes)


_UNKNOWN = Product("unknown", ())


def products_of(operator: str, args: Sequence[Any], kwargs: Any, out: Any) -> list[Product]:
    """What one call of an operator (`mm`, `convolution_backward`) multiplies."""
    find = _FORMS.get(operator)
    try:
        return find(list(args), out) if find else [_UNKNOWN]
    except (IndexError, AttributeError, TypeError):  # given by name: its sizes are not where they are looked for
        return [_UNKNOWN]


def _matrices(first: int) -> Callable[[list[Any], Any], list[Product]]:
    """Operators on two matrices, which stand at `first` and behind it."""

    def found(args: list[Any], out: Any) -> list[Product]:
        left, right = args[first].shape, args[first + 1].shape
        return [Product("matrix", (*left, right[-1]))]

    return found


def _convolution(args: list[Any], out: Any) -> list[Product]:
    weight, transposed = args[1].shape, args[6]
    return [_convolved(args[0] if transposed else out, weight)]


def _convolved(positions: torch.Tensor, weight: Sequence[int]) -> Product:
    """Each number of the larger side meets one window: at an output's places, or a transposed convolution's inputs'.

    Whatever the groups are, the weight has one number for each pair of a channel with what it is connected to.
    """
    shape = positions.shape
    return Product("convolution", (shape[0], *shape[2:], *weight))


def _convolution_backward(args: list[Any], out: Any) -> list[Product]:
    """The gradients of the input and of the weight: each as much as the convolution itself."""
    above, given, weight, transposed, wanted = args[0], args[1], args[2].shape, args[7], args[10]
    one = _convolved(given if transposed else above, weight)
    return [one] * (int(wanted[0]) + int(wanted[1]))


_FORMS: dict[str, Callable[[list[Any], Any], list[Product]]] = {
    "mm": _matrices(0),
    "bmm": _matrices(0),
    "addmm": _matrices(1),
    "baddbmm": _matrices(1),
    "_scaled_mm": _matrices(0),
    "convolution": _convolution,
    "_convolution": _convolution,
    "convolution_backward": _convolution_backward,
}
