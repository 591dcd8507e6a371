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


def sums_of_products(expr: Expr) -> object:
    """A formula in numbers by its sums alone, its products worked out: 9·24·48+24 as 3·3·24·48+24, unlike (9·48+1)·24."""
    expr = _bare(expr)
    match expr:
        case Number():
            return ("sum", _counted(iter([(True, Fraction(expr.value))])))
        case Sum():
            return ("sum", _counted((sense, _worked_out(part)) for sense, part in _terms(expr)))
        case Product():
            return ("sum", _counted(iter([(True, _worked_out(expr))])))
    return in_any_order(expr)


def _terms(expr: Sum, sense: bool = True) -> Iterator[tuple[bool, Expr]]:
    for plain, part in expr.parts:
        inner = _bare(part)
        if isinstance(inner, Sum):
            yield from _terms(inner, sense == plain)
        else:
            yield sense == plain, inner


def _bare(expr: Expr) -> Expr:
    """Without needless brackets."""
    while isinstance(expr, Sum | Product) and len(expr.parts) == 1 and expr.parts[0][0]:
        expr = expr.parts[0][1]
    return expr


def _worked_out(expr: Expr) -> object:
    """A product: what its numbers make, and the sums that it multiplies."""
    expr = _bare(expr)
    if not isinstance(expr, Product):
        return Fraction(expr.value) if isinstance(expr, Number) else sums_of_products(expr)
    value, sums = Fraction(1), []
    for multiplied, part in expr.parts:
        made = _worked_out(part)
        if isinstance(made, Fraction):
            value = value * made if multiplied else value / made if made else value
        else:
            sums.append((multiplied, made))
    return (value, _counted(iter(sums))) if sums else value


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
