"""A formula multiplied out, term by term, as one writes it at the end: L·((d+1)·3d) → 3L·d²+3L·d.

Terms may divide by symbols (d²·n/h); a formula that rounds, or divides by a sum, has no such form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from explainer.formula.tree import Expr, Number, Powers, Product, Sum, Symbol, number, symbols

Monomial = tuple[tuple[str, int], ...]  # the symbols' names with their powers, sorted
Terms = Mapping[Monomial, Fraction]
MOST = 600  # terms of a formula that is still written out


def terms_of(expr: Expr) -> dict[Monomial, Fraction] | None:
    """The terms with their coefficients, zeros left out; None for a formula that has no such form, or too many.

    >>> terms_of(2 * (d + 1) * d)    # doctest: +SKIP
    {(("d", 1),): Fraction(2), (("d", 2),): Fraction(2)}
    """
    try:
        return {key: c for key, c in _terms(expr).items() if c}
    except (ArithmeticError, TypeError):
        return None


def multiplied_out(expr: Expr, order: Sequence[str] = ()) -> Expr | None:
    """The formula as a sum of terms in the order in which it has them, single symbols and numbers last; None where it has no such form.

    So a sum of rows reads as the rows do, and what biases and norms add comes at the end.
    order: the symbols' names, for the order of factors; by default as they occur.
    """
    terms = terms_of(expr)
    if terms is None:
        return None
    known = {symbol.name: symbol for symbol in symbols(expr)}
    names = [*(name for name in order if name in known), *(name for name in known if name not in order)]
    return summed(terms, [known[name] for name in names], as_met=True)


def added_up(rows: Sequence[Expr], order: Sequence[str] = ()) -> Expr | None:
    """The sum of rows multiplied out; of one power, fractions stay apart from whole numbers: 2m²+9m²/32, not 73m²/32, whose 73 says nothing."""
    found: dict[tuple[Monomial, int], Fraction] = {}
    for row in rows:
        terms = terms_of(row)
        if terms is None:
            return None
        for key, c in terms.items():
            found[key, c.denominator] = found.get((key, c.denominator), Fraction(0)) + c
    known = {symbol.name: symbol for row in rows for symbol in symbols(row)}
    names = [*(name for name in order if name in known), *(name for name in known if name not in order)]
    place, symbols_of = {name: i for i, name in enumerate(names)}, [known[name] for name in names]
    parts = [(key, c) for (key, _), c in found.items() if c]
    parts.sort(key=lambda part: max(-sum(power for _, power in part[0]), -2))
    if not parts:
        return Number(0)
    written = [(c > 0, _product(key, abs(c), place, symbols_of)) for key, c in parts]
    return written[0][1] if len(written) == 1 and written[0][0] else Sum(tuple(written))


def summed(terms: Terms, order: Sequence[Symbol], as_met: bool = False) -> Expr:
    """Terms as a formula: `12d²+13d`, the highest powers first; as_met: products as they were met, single symbols behind them."""
    place = {symbol.name: i for i, symbol in enumerate(order)}

    def rank(monomial: Monomial) -> tuple[int, tuple[int, ...]]:
        degree = sum(power for _, power in monomial)
        if as_met:
            return max(-degree, -2), ()
        powers = [0] * len(order)
        for name, power in monomial:
            powers[place[name]] = -power
        return -degree, tuple(powers)

    parts = []
    for monomial in sorted(terms, key=rank):
        coefficient = terms[monomial]
        parts.append((coefficient > 0, _product(monomial, abs(coefficient), place, order)))
    if not parts:
        return Number(0)
    return parts[0][1] if len(parts) == 1 and parts[0][0] else Sum(tuple(parts))


def _product(monomial: Monomial, coefficient: Fraction, place: Mapping[str, int], order: Sequence[Symbol]) -> Expr:
    above: list[Expr] = []
    below: list[Expr] = []
    for name, power in sorted(monomial, key=lambda factor: place[factor[0]]):
        (above if power > 0 else below).extend([order[place[name]]] * abs(power))
    if coefficient.numerator != 1 or not above:
        above.insert(0, number(coefficient.numerator))
    if coefficient.denominator != 1:
        below.insert(0, number(coefficient.denominator))
    if len(above) == 1 and not below:
        return above[0]
    return Powers((*((True, factor) for factor in above), *((False, factor) for factor in below)))


def _terms(expr: Expr) -> dict[Monomial, Fraction]:
    match expr:
        case Number():
            return {(): Fraction(expr.value)}
        case Symbol():
            return {((expr.name, 1),): Fraction(1)}
        case Sum():
            found: dict[Monomial, Fraction] = {}
            for plus, part in expr.parts:
                for key, c in _terms(part).items():
                    found[key] = found.get(key, Fraction(0)) + (c if plus else -c)
            return found
        case Product():
            product: dict[Monomial, Fraction] = {(): Fraction(1)}
            for times, factor in expr.parts:
                product = _multiplied(product, _terms(factor) if times else _inverse(_terms(factor)))
            return product
    raise TypeError(type(expr).__name__)


def _inverse(terms: Mapping[Monomial, Fraction]) -> dict[Monomial, Fraction]:
    """Of one term; a sum has no inverse that is one."""
    ((monomial, coefficient),) = terms.items() if len(terms) == 1 else [((), Fraction(0))]
    return {tuple((name, -power) for name, power in monomial): 1 / coefficient}


def _multiplied(a: Mapping[Monomial, Fraction], b: Mapping[Monomial, Fraction]) -> dict[Monomial, Fraction]:
    if len(a) * len(b) > MOST * MOST:
        raise OverflowError
    found: dict[Monomial, Fraction] = {}
    for one, c in a.items():
        for other, e in b.items():
            powers = dict(one)
            for name, power in other:
                powers[name] = powers.get(name, 0) + power
            key = tuple(sorted((name, power) for name, power in powers.items() if power))
            found[key] = found.get(key, Fraction(0)) + c * e
    if len(found) > MOST:
        raise OverflowError
    return found
