"""A formula but for how it is written: the order of terms and factors, and needless brackets."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol


def in_any_order(expr: Expr) -> object:
    """A formula but for the order of terms and factors and needless brackets."""
    match expr:
        case Number():
            return ("number", Fraction(expr.value))
        case Symbol():
            return expr.name
        case Rounded():
            return ("rounded", expr.up, in_any_order(expr.numerator), in_any_order(expr.denominator))
        case Sum():
            return ("sum", _counted(_flat(expr, Sum)))
        case Product():
            return ("product", _counted(_flat(expr, Product)))
    raise TypeError(type(expr).__name__)


def _flat(expr: Sum | Product, kind: type[Sum] | type[Product], sense: bool = True) -> Iterator[tuple[bool, object]]:
    for plain, part in expr.parts:
        if isinstance(part, kind):
            yield from _flat(part, kind, sense == plain)
        else:
            yield (sense == plain, in_any_order(part))


def _counted(parts: Iterator[tuple[bool, object]]) -> frozenset[tuple[tuple[bool, object], int]]:
    counts: dict[tuple[bool, object], int] = {}
    for part in parts:
        counts[part] = counts.get(part, 0) + 1
    return frozenset(counts.items())
