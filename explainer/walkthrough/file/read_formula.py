"""A formula, and the numbers in it, as a file has them → the tree. Whatever is too deep, too long or too large is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol
from explainer.walkthrough.file import limits
from explainer.walkthrough.file.limits import Refused


class FormulaReader:
    """Reads one formula; every node is a new one, and there are not too many."""

    def __init__(self, symbols: dict[str, Symbol]) -> None:
        self.symbols = symbols
        self.nodes = 0

    def read(self, row: Any, depth: int = 0) -> Expr:
        self.nodes += 1
        if depth > limits.DEPTH or self.nodes > limits.NODES:
            raise Refused(limits.TOO_DEEP)
        if isinstance(row, str):
            return self.symbols[row]
        if isinstance(row, int) and not isinstance(row, bool):
            return Number(bounded(row))
        head, *rest = row
        if head in ("+", "*") and rest:
            away = "neg" if head == "+" else "inv"
            parts = tuple(self._part(part, away, depth) for part in rest)
            return Sum(parts) if head == "+" else Product(parts)
        if head == "=":
            value, key = rest
            return Number(_number(value), self.symbols[key])
        if head == "frac":
            return Number(_number(row))
        if head in ("floor", "ceil"):
            above, below = rest
            return Rounded(self.read(above, depth + 1), self.read(below, depth + 1), head == "ceil")
        raise Refused(limits.NO_FORM)

    def _part(self, row: Any, away: str, depth: int) -> tuple[bool, Expr]:
        if isinstance(row, list) and len(row) == 2 and row[0] == away:
            return False, self.read(row[1], depth + 1)
        return True, self.read(row, depth + 1)


def _number(row: Any) -> int | Fraction:
    if isinstance(row, int) and not isinstance(row, bool):
        return bounded(row)
    head, above, below = row
    if head != "frac":
        raise Refused(limits.NO_FORM)
    return Fraction(bounded(above), bounded(below))


def bounded(value: int) -> int:
    """The number, if it can be true. Raises Refused."""
    if abs(value) >= limits.VALUE:
        raise Refused(limits.TOO_LARGE)
    return value
