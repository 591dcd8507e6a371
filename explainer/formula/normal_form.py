"""Formulas in a normal form: quotients of polynomials, with each floor as one more unknown.

Two formulas with the same normal form are equal for all sizes. Without floors the reverse is true as well. All symbols
stand for whole numbers, positive where something is divided by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol

Monomial = tuple[tuple[str, int], ...]
Polynomial = dict[Monomial, Fraction]
ONE: Polynomial = {(): Fraction(1)}
TERMS = 3_000  # of a formula multiplied out; beyond, the algebra says "undecided"
WORK = 40_000  # products of two terms, and terms looked at, in one comparison
LONG = 128  # bits of a coefficient that make it count as one more term


class TooMuch(Exception):
    """Multiplying out would take more terms or more work than is allowed."""


class Work:
    """What may still be spent on algebra, in products of two terms: bounded by what is done, never by the clock."""

    def __init__(self, left: int = WORK) -> None:
        self.left = left

    def spend(self, steps: int) -> None:
        """Raises TooMuch where nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuch


@dataclass(frozen=True)
class Ratio:
    """above/below, `below` never zero."""

    above: Polynomial
    below: Polynomial


class Algebra:
    """Brings formulas to the normal form; floors met more than once, in one formula or two, are the same unknown.

    work: what several comparisons share; each may also take no more than `WORK` by itself.
    """

    def __init__(self, fixed: Mapping[str, int | Fraction] | None = None, work: Work | None = None) -> None:
        self.shared = work or Work()
        self.own = Work()
        self.fixed = dict(fixed or {})
        self.floors: dict[tuple[object, object], str] = {}
        self.inside: dict[str, Ratio] = {}

    def spend(self, *polynomials: Polynomial) -> None:
        """Takes the work of looking at these terms, or of multiplying them with each other if there are two."""
        steps = 1
        for terms in polynomials:
            first = next(iter(terms.values()), Fraction(0))
            long = (first.numerator.bit_length() + first.denominator.bit_length()) // LONG
            steps *= max(1, len(terms)) * (1 + long)
        self.own.spend(steps)
        self.shared.spend(steps)

    def plus(self, a: Polynomial, b: Polynomial, sign: int) -> Polynomial:
        self.spend(a)
        self.spend(b)
        return _plus(a, b, sign)

    def reduced(self, above: Polynomial, below: Polynomial) -> Ratio:
        if below != ONE:
            self.spend(above)
            self.spend(below)
        return _ratio(above, below)

    def same(self, a: Expr, b: Expr) -> bool | None:
        """Whether two formulas are equal for all sizes; None where floors leave it open, or it would take too much."""
        try:
            left, right = self.ratio(a), self.ratio(b)
            if left is None or right is None:
                return False
            rest = self.plus(self.times(left.above, right.below), self.times(right.above, left.below), -1)
        except TooMuch:
            return None
        if not rest:
            return True
        floors = any(name in self.inside for monomial in rest for name, _ in monomial)
        return None if floors else False

    def ratio(self, expr: Expr) -> Ratio | None:
        """The normal form; None if it divides by zero. Raises TooMuch."""
        match expr:
            case Number():
                return _ratio({(): Fraction(expr.value)} if expr.value else {}, ONE)
            case Symbol():
                if expr.name in self.fixed:
                    return self.ratio(Number(self.fixed[expr.name]))
                return Ratio({((expr.name, 1),): Fraction(1)}, ONE)
            case Sum():
                return self.sum(expr)
            case Product():
                return self.product(expr)
            case Rounded():
                above, below = self.ratio(expr.numerator), self.ratio(expr.denominator)
                if above is None or below is None or not below.above:
                    return None
                inner = _ratio(self.times(above.above, below.below), self.times(above.below, below.above))
                return self.rounded(inner, expr.up)
        raise TypeError(type(expr).__name__)

    def sum(self, expr: Sum) -> Ratio | None:
        total = Ratio({}, ONE)
        for plus, term in expr.parts:
            part = self.ratio(term)
            if part is None:
                return None
            total = self.added(total, part, 1 if plus else -1)
        return total

    def added(self, a: Ratio, b: Ratio, sign: int = 1) -> Ratio:
        if a.below == b.below:
            return self.reduced(self.plus(a.above, b.above, sign), a.below)
        above = self.plus(self.times(a.above, b.below), self.times(b.above, a.below), sign)
        return self.reduced(above, self.times(a.below, b.below))

    def product(self, expr: Product) -> Ratio | None:
        total = Ratio(ONE, ONE)
        for times, factor in expr.parts:
            part = self.ratio(factor)
            if part is None or (not times and not part.above):
                return None
            if not times:
                part = Ratio(part.below, part.above)
            total = self.reduced(self.times(total.above, part.above), self.times(total.below, part.below))
        return total

    def times(self, a: Polynomial, b: Polynomial) -> Polynomial:
        if a == ONE:
            return b
        if b == ONE:
            return a
        self.spend(a, b)
        result: Polynomial = {}
        for left, x in a.items():
            for right, y in b.items():
                key = _joined(left, right)
                result[key] = result.get(key, Fraction(0)) + x * y
        result = {key: value for key, value in result.items() if value}
        if len(result) > TERMS:
            raise TooMuch
        return result

    def rounded(self, inner: Ratio, up: bool) -> Ratio:
        """⌊above/below⌋ with everything whole taken out; ⌈a/b⌉ as ⌊(a+b−1)/b⌋."""
        above, below = _whole(inner)
        positive = all(value > 0 for value in below.values())
        if up and not positive:
            under = self.rounded(Ratio({key: -value for key, value in above.items()}, below), up=False)
            return Ratio({key: -value for key, value in under.above.items()}, under.below)
        if up:
            above = _plus(_plus(above, below, 1), ONE, -1)
        opened = self.opened(above, below) if positive else None
        if opened is not None:
            return self.rounded(opened, up=False)
        outside: Polynomial = {}
        if len(below) == 1:
            ((monomial, coefficient),) = below.items()
            outside, above = _taken_out(above, monomial, int(coefficient))
        if not above:
            return Ratio(outside, ONE)
        above, below = _reduced(above, below)
        if len(below) == 1 and list(above) == [()] and 0 < above[()] < next(iter(below.values())):
            return Ratio(outside, ONE)  # ⌊1/2⌋, ⌊1/(2s)⌋
        return Ratio(_plus(outside, {((self.unknown(above, below), 1),): Fraction(1)}, 1), ONE)

    def opened(self, above: Polynomial, below: Polynomial) -> Ratio | None:
        """⌊(⌊x⌋+n)/m⌋ is ⌊(x+n)/m⌋: the floor within taken away, where there is just one."""
        inner = [(key, value) for key, value in above.items() if any(name in self.inside for name, _ in key)]
        if len(inner) != 1 or len(inner[0][0]) != 1 or inner[0][0][0][1] != 1 or inner[0][1] != 1:
            return None
        key = inner[0][0]
        rest = {other: value for other, value in above.items() if other != key}
        whole = self.added(self.inside[key[0][0]], Ratio(rest, ONE))
        return _ratio(whole.above, self.times(whole.below, below))

    def unknown(self, above: Polynomial, below: Polynomial) -> str:
        key = (frozenset(above.items()), frozenset(below.items()))
        if key not in self.floors:
            name = f"⌊{len(self.floors)}⌋"
            self.floors[key] = name
            self.inside[name] = Ratio(above, below)
        return self.floors[key]


def slope(expr: Expr, symbol: Symbol) -> tuple[int, Monomial] | None:
    """What a symbol is multiplied by, (number, powers of other symbols), where that is one product: of (a+b)·C, C for b.

    None where the formula is not linear in the symbol, or what multiplies it is a sum or a fraction.
    """
    try:
        ratio = Algebra().ratio(expr)
    except TooMuch:
        return None
    if ratio is None or any(symbol.name in dict(powers) for powers in ratio.below):
        return None
    factor: Polynomial = {}
    for powers, count in ratio.above.items():
        power = dict(powers).get(symbol.name, 0)
        if power > 1:
            return None
        if power:
            factor[tuple((name, n) for name, n in powers if name != symbol.name)] = count
    if not factor:
        return None
    simplest = _ratio(factor, ratio.below)
    if simplest.below != ONE or len(simplest.above) != 1:
        return None
    ((powers, count),) = simplest.above.items()
    return (int(count), powers) if count.denominator == 1 else None


def _joined(a: Monomial, b: Monomial) -> Monomial:
    if not a:
        return b
    if not b:
        return a
    powers = dict(a)
    for name, power in b:
        powers[name] = powers.get(name, 0) + power
    return tuple(sorted(powers.items()))


def _plus(a: Polynomial, b: Polynomial, sign: int) -> Polynomial:
    result = dict(a)
    for key, value in b.items():
        result[key] = result.get(key, Fraction(0)) + sign * value
    return {key: value for key, value in result.items() if value}


def _ratio(above: Polynomial, below: Polynomial) -> Ratio:
    """Common powers and a constant denominator divided out."""
    if below == ONE:
        return Ratio(above, ONE)
    if not above:
        return Ratio({}, ONE)
    names = [dict(key) for key in (*above, *below)]
    common = {name: min(powers.get(name, 0) for powers in names) for name in names[0]}
    common = {name: power for name, power in common.items() if power}
    if common:
        above, below = _divided(above, common), _divided(below, common)
    if list(below) == [()]:
        constant = below[()]
        return Ratio({key: value / constant for key, value in above.items()}, ONE)
    return Ratio(above, below)


def _divided(polynomial: Polynomial, common: Mapping[str, int]) -> Polynomial:
    return {
        tuple((name, power - common.get(name, 0)) for name, power in key if power > common.get(name, 0)): value
        for key, value in polynomial.items()
    }


def _whole(ratio: Ratio) -> tuple[Polynomial, Polynomial]:
    """The same quotient with whole coefficients without a common divisor, the denominator not negative first."""
    scale = lcm(*(value.denominator for value in (*ratio.above.values(), *ratio.below.values())))
    above = {key: value * scale for key, value in ratio.above.items()}
    below = {key: value * scale for key, value in ratio.below.items()}
    return _reduced(above, below)


def _reduced(above: Polynomial, below: Polynomial) -> tuple[Polynomial, Polynomial]:
    divisor = gcd(*(int(value) for value in (*above.values(), *below.values())))
    if below[min(below)] < 0:
        divisor = -divisor
    if divisor in (0, 1):
        return above, below
    return (
        {key: value / divisor for key, value in above.items()},
        {key: value / divisor for key, value in below.items()},
    )


def _taken_out(above: Polynomial, monomial: Monomial, coefficient: int) -> tuple[Polynomial, Polynomial]:
    """What of the numerator is a whole multiple of a denominator of one term, and the rest."""
    outside: Polynomial = {}
    rest: Polynomial = {}
    need = dict(monomial)
    for key, value in above.items():
        have = dict(key)
        if any(have.get(name, 0) < power for name, power in need.items()):
            rest[key] = value
            continue
        times, left = divmod(int(value), coefficient)
        if times:
            reduced = tuple((name, power - need.get(name, 0)) for name, power in key if power > need.get(name, 0))
            outside[reduced] = Fraction(times)
        if left:
            rest[key] = Fraction(left)
    return outside, rest
