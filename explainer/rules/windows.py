"""How far a window reaches along a dimension: the formulas that convolution, pooling and patches share."""

from __future__ import annotations

from typing import Any

from explainer.formula.tree import Expr, Rounded, Symbol


def as_tuple(value: Any, dims: int) -> tuple[int, ...]:
    """3 → (3, 3), as torch reads it."""
    given = (value,) * dims if isinstance(value, int) else tuple(value)
    return given * dims if len(given) == 1 else given


def window_size(size: Symbol, k: Symbol, s: Symbol, both: Expr, d: Symbol, dilated: bool, up: bool = False) -> Expr:
    """⌊(H+2p−k)/s⌋+1; with dilation the window spans d(k−1)+1. `both`: the padding of both sides, 2p or P."""
    room = size + both - d * (k - 1) - 1 if dilated else size + both - k
    return Rounded(room, s, up) + 1


def spread_size(size: Symbol, k: Symbol, s: Symbol, p: Symbol, o: Symbol, d: Symbol, dilated: bool) -> Expr:
    """(H−1)s−2p+k+o; with dilation d(k−1)+1 stands for k."""
    placed = (size - 1) * s - 2 * p
    return placed + d * (k - 1) + o + 1 if dilated else placed + k + o
