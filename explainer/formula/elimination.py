"""Linear equations solved exactly."""

from __future__ import annotations

from fractions import Fraction


def solved(rows: list[list[Fraction]], unknowns: int) -> list[Fraction] | None:
    """The solution of equations given as rows (coefficients, then the right side); None without just one. Changes the rows."""
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
