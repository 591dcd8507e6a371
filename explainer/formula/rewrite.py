"""Editing formulas by the roles of their parts, and comparing formulas whatever their notation.

A leaf's role is its symbol: `Symbol("C_in")`, or a number that stands for it (`Number(1, bias)`). So one edit works for
every layer whose formula has the role. An edit that finds nothing returns the formula itself (the same object).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from fractions import Fraction

from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol, value_of, walk

Number_ = int | Fraction
Terms = Mapping[tuple[object, ...], Number_]
MANY = 400  # terms beyond which formulas are no longer compared


def role(leaf: Expr) -> str | None:
    """The name of what a leaf stands for; None for a bare number or an operation."""
    if isinstance(leaf, Symbol):
        return leaf.name
    if isinstance(leaf, Number) and leaf.source is not None:
        return leaf.source.name
    return None


def roles(expr: Expr) -> set[str]:
    """The roles of all leaves."""
    return {name for node in walk(expr) if (name := role(node)) is not None}


def rewritten(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """`change` applied to every node, children first."""
    children = expr.children()
    if children:
        new = tuple(rewritten(child, change) for child in children)
        if any(a is not b for a, b in zip(new, children, strict=True)):
            expr = expr.rebuilt(new)
    return change(expr)


def same_operation(a: Expr, b: Expr) -> bool:
    """Whether two nodes do the same with their operands, whatever those are: 3·k/2 and 5·n/7."""
    return type(a) is type(b) and len(a.children()) == len(b.children()) and a.rebuilt(b.children()) == b


def replace(expr: Expr, new: Mapping[str, Expr]) -> Expr:
    """Each leaf of one of the roles replaced."""
    return rewritten(expr, lambda node: new.get(role(node) or "", node))


def swap(expr: Expr, one: str, other: str) -> Expr:
    """Two roles exchanged, each with its symbol."""
    leaves = {name: node for node in walk(expr) if (name := role(node)) is not None}
    if one not in leaves or other not in leaves:
        return expr
    return replace(expr, {one: leaves[other], other: leaves[one]})


def drop(expr: Expr, names: Collection[str]) -> Expr:
    """The factors (and divisors) of these roles left out: (k·k·C_in/g+1)·C_out without g."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, Product):
            return node
        kept = tuple(part for part in node.parts if role(part[1]) not in names)
        return node if len(kept) == len(node.parts) else _product(kept)

    return rewritten(expr, change)


def drop_once(expr: Expr, names: Collection[str]) -> Expr:
    """Of these roles' factors only the first stays in each product: k_h·k_w·C_in → k_h·C_in."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, Product):
            return node
        found = [part for part in node.parts if role(part[1]) in names]
        return node if len(found) < 2 else _product(tuple(p for p in node.parts if not any(p is f for f in found[1:])))

    return rewritten(expr, change)


def without(expr: Expr, names: Collection[str]) -> Expr:
    """These roles taken as zero: their terms vanish. A sum left with one product keeps its brackets: (3·3·512)·512."""
    left = _without(expr, names)
    return Number(0) if left is None else left


def _without(expr: Expr, names: Collection[str]) -> Expr | None:
    if role(expr) in names:
        return None
    match expr:
        case Sum():
            terms = [(plus, _without(term, names)) for plus, term in expr.parts]
            kept = tuple((plus, term) for plus, term in terms if term is not None)
            if len(kept) == 1 and kept[0][0] and not kept[0][1].children():
                return kept[0][1]  # 4096·1000, not (4096)·1000
            return _if_changed(expr, Sum(kept)) if kept else None
        case Product():
            factors = [_without(factor, names) for factor in expr.children()]
            if any(new is None for new, (times, _) in zip(factors, expr.parts, strict=True) if times):
                return None
            kept = tuple((times, new) for new, (times, _) in zip(factors, expr.parts, strict=True) if new is not None)
            return _if_changed(expr, Product(kept))
        case Rounded():
            above, below = (_without(child, names) or Number(0) for child in expr.children())
            return _if_changed(expr, Rounded(above, below, expr.up))
    return expr


def _if_changed(old: Expr, new: Expr) -> Expr:
    a, b = old.children(), new.children()
    return old if len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True)) else new


def _product(parts: tuple[tuple[bool, Expr], ...]) -> Expr:
    if not parts:
        return Number(1)
    if not parts[0][0]:
        parts = ((True, Number(1)), *parts)
    return parts[0][1] if len(parts) == 1 else Product(parts)


def times(*factors: Expr) -> Expr:
    """A product, nested products joined: 2·N·C·H·W."""
    parts: list[tuple[bool, Expr]] = []
    for factor in factors:
        parts += factor.parts if isinstance(factor, Product) else ((True, factor),)
    return _product(tuple(parts))


def put_in(expr: Expr, values: Mapping[Symbol, int]) -> Expr:
    """The numbers put in; each keeps its role."""
    return rewritten(expr, lambda node: Number(values[node], node) if isinstance(node, Symbol) else node)


def spelled(expr: Expr) -> Terms | None:
    """A formula multiplied out, to compare it with another whatever its brackets, order and signs.

    A term is a sorted tuple of factors: symbols by name, bare numbers as they stand (so that 3·3·512·512 and 9·262144
    differ), rounding as one factor; mapped to how often it occurs. None for a formula too long to compare.
    """
    try:
        return {term: count for term, count in _spelled(expr).items() if count}
    except OverflowError:
        return None


def algebra(expr: Expr) -> Terms | None:
    """The same as a polynomial: numbers multiplied into the coefficients."""
    terms = spelled(expr)
    if terms is None:
        return None
    found: Counter[tuple[object, ...]] = Counter()
    for term, count in terms.items():
        value: Number_ = count
        for factor in term:
            if isinstance(factor, int | Fraction):
                value *= factor
        found[tuple(factor for factor in term if not isinstance(factor, int | Fraction))] += value  # type: ignore[assignment]
    return {term: count for term, count in found.items() if count}


def _spelled(expr: Expr) -> Counter[tuple[object, ...]]:
    match expr:
        case Number():
            return Counter({(): expr.value}) if expr.value in (0, 1, -1) else Counter({(expr.value,): 1})
        case Symbol():
            return Counter({(expr.name,): 1})
        case Sum():
            total: Counter[tuple[object, ...]] = Counter()
            for plus, term in expr.parts:
                for key, count in _spelled(term).items():
                    total[key] += count if plus else -count
            return total
        case Product():
            result: Counter[tuple[object, ...]] = Counter({(): 1})
            for multiply, factor in expr.parts:
                result = _multiplied(result, _spelled(factor) if multiply else _inverse(factor))
            return result
        case Rounded() if _comes_out(expr):
            return _spelled(Product(((True, expr.numerator), (False, expr.denominator))))
        case Rounded():
            above, below = (tuple(sorted(_spelled(child).items(), key=repr)) for child in expr.children())
            return Counter({(("ceil" if expr.up else "floor", above, below),): 1})
    return Counter({(repr(expr),): 1})


def _comes_out(expr: Rounded) -> bool:
    """Whether there is nothing to round: students leave the brackets away."""
    try:
        quotient = Fraction(value_of(expr.numerator, {})) / value_of(expr.denominator, {})
    except (KeyError, ZeroDivisionError):
        return False
    return quotient.denominator == 1


def _inverse(expr: Expr) -> Counter[tuple[object, ...]]:
    """1/3, 1/(a·b): each factor apart; a sum under a fraction line as one factor."""
    if isinstance(expr, Number) and expr.value:
        return Counter({(): 1}) if expr.value == 1 else Counter({(Fraction(1) / expr.value,): 1})
    terms = _spelled(expr)
    if len(terms) == 1:
        ((factors, count),) = terms.items()
        if count == 1 and all(isinstance(factor, str) for factor in factors):
            return Counter({tuple(sorted(("1/" + str(f) for f in factors), key=repr)): 1})
    return Counter({(("1/", tuple(sorted(terms.items(), key=repr))),): 1})


def _multiplied(one: Counter[tuple[object, ...]], other: Counter[tuple[object, ...]]) -> Counter[tuple[object, ...]]:
    if len(one) * len(other) > MANY:
        raise OverflowError
    result: Counter[tuple[object, ...]] = Counter()
    for a, n in one.items():
        for b, m in other.items():
            result[tuple(sorted((*a, *b), key=repr))] += n * m
    return result


def leaves(expr: Expr) -> Iterator[Expr]:
    """The leaves from left to right."""
    return (node for node in walk(expr) if not node.children())


def walk_products(expr: Expr) -> Iterator[Product]:
    """The products in a formula, outer ones first."""
    return (node for node in walk(expr) if isinstance(node, Product))
