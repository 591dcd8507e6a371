"""The polynomial through given points, by exact elimination."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product as grid
from math import prod

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
    solution = _solved(rows, len(exponents))
    if solution is None:
        return None
    return Polynomial(variables, tuple((powers, c) for powers, c in zip(exponents, solution, strict=True) if c))


def powers_up_to(degrees: Sequence[int]) -> list[Powers]:
    """All combinations of powers up to these degrees."""
    return list(grid(*(range(degree + 1) for degree in degrees)))


def _solved(rows: list[list[Fraction]], unknowns: int) -> list[Fraction] | None:
    """Gaussian elimination, exact."""
    for column in range(unknowns):
        pivot = next((i for i in range(column, len(rows)) if rows[i][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column]
        rows[column] = head = [entry / head[column] for entry in head]
        for i, row in enumerate(rows):
            if i != column and row[column]:
                factor = row[column]
                rows[i] = [a - factor * b for a, b in zip(row, head, strict=True)]
    if any(row[unknowns] for row in rows[unknowns:]):
        return None
    return [rows[i][unknowns] for i in range(unknowns)]
