"""The polynomial through given points, by exact elimination."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product as grid
from math import prod

from explainer.formula.elimination import solved
from explainer.formula.tree import Symbol
from explainer.walkthrough.polynomial import Polynomial, Powers


def fitted(
    variables: tuple[Symbol, ...], exponents: Sequence[Powers], points: Sequence[Sequence[int]], values: Sequence[int]
) -> Polynomial | None:
    """The polynomial with these powers through these points; None if they do not determine one."""
    rows = [
        [Fraction(prod(x**e for x, e in zip(point, powers, strict=True))) for powers in exponents] + [Fraction(value)]
        for point, value in zip(points, values, strict=True)
    ]
    solution = solved(rows, len(exponents))
    if solution is None:
        return None
    return Polynomial(variables, tuple((powers, c) for powers, c in zip(exponents, solution, strict=True) if c))


def powers_up_to(degrees: Sequence[int]) -> list[Powers]:
    """All combinations of powers up to these degrees."""
    return list(grid(*(range(degree + 1) for degree in degrees)))
