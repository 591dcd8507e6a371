"""Sizes of a tensor, batch included."""

from __future__ import annotations

from collections.abc import Sequence

Shape = tuple[int, ...]

_MOST = 3  # shapes told of many


def shown(shapes: Sequence[Shape]) -> str:
    """Shapes in one line: `1×3×224×224, 1000`; of many the first ones.

    >>> shown([(1, 3, 8, 8), ()]), shown([]), shown([(2,)] * 9)
    ('1×3×8×8, scalar', 'nothing', '2, 2, 2, …')
    """
    first = ["×".join(map(str, shape)) or "scalar" for shape in shapes[:_MOST]]
    return ", ".join(first + ["…"] * (len(shapes) > _MOST)) or "nothing"
