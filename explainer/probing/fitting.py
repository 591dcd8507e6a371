"""The formula of one number from its values at several settings: a product of powers, or a sum of few such products."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from explainer.formula.elimination import solved

Point = tuple[dict[str, Fraction], int]
"""Settings, and the number there."""
Term = tuple[Fraction, tuple[tuple[str, int], ...]]
HIGHEST = 3  # power of one variable in a product
MOST_VARIABLES = 4  # of a sum
WINDOW = 3  # an image's side, a window's, and its step
STRANGE = (10**4, 64)  # a coefficient beyond is a coincidence: numerator, denominator


@dataclass(frozen=True)
class Fitted:
    """Σ coefficient·Π name^power."""

    terms: tuple[Term, ...]

    def at(self, settings: dict[str, Fraction]) -> Fraction:
        total = Fraction(0)
        for coefficient, powers in self.terms:
            for name, power in powers:
                coefficient *= settings[name] ** power
            total += coefficient
        return total

    def holds(self, points: Sequence[Point]) -> bool:
        return all(self.at(settings) == value for settings, value in points)


def fit(base: Point, stars: dict[str, list[Point]], others: Sequence[Point]) -> Fitted | None:
    """The simplest formula through all points.

    base: the settings that `stars` vary one at a time, by name; others: settings that differ in several.
    """
    names = [name for name, points in stars.items() if any(value != base[1] for _, value in points)]
    points = [base, *(point for some in stars.values() for point in some), *others]
    if not names:
        constant = Fitted(((Fraction(base[1]), ()),) if base[1] else ())
        return constant if constant.holds(points) else None
    return (
        _power_product(base, stars, names, points)
        or _sum_of_products(names, points)
        or _steps_along(names, points)
        or _product_and_constant(base, stars, names, points)
    )


def _power_product(base: Point, stars: dict[str, list[Point]], names: list[str], points: list[Point]) -> Fitted | None:
    """c·a²·b/c: each exponent is read off two points."""
    powers = []
    coefficient = Fraction(base[1])
    for name in names:
        settings, value = next(point for point in stars[name] if point[1] != base[1])
        ratio = settings[name] / base[0][name]
        if base[1] <= 0 or value <= 0 or ratio == 1:
            return None
        power = round(math.log(value / base[1]) / math.log(ratio))
        if not power or abs(power) > HIGHEST:
            return None
        powers.append((name, power))
        coefficient /= base[0][name] ** power
    found = Fitted(((coefficient, tuple(powers)),))
    return found if not _strange(found) and found.holds(points) else None


def _product_and_constant(
    base: Point, stars: dict[str, list[Point]], names: list[str], points: list[Point]
) -> Fitted | None:
    """(a/c)·(b/c)+1: the constant that makes one number's values those of a power is taken off, and put back."""
    settings, value = next(point for point in stars[names[0]] if point[1] != base[1])
    for power in (1, -1, 2, -2):
        ratio = (settings[names[0]] / base[0][names[0]]) ** power
        constant = (value - ratio * base[1]) / (1 - ratio) if ratio != 1 else Fraction(1, 2)
        if constant.denominator != 1 or not constant:
            continue
        less = int(constant)
        lower = {name: [(at, number - less) for at, number in some] for name, some in stars.items()}
        others = [(at, number - less) for at, number in points]
        found = _power_product((base[0], base[1] - less), lower, names, others)
        if found is not None:
            return Fitted((*found.terms, (constant, ())))
    return None


def _sum_of_products(names: list[str], points: list[Point]) -> Fitted | None:
    """Linear in each variable; one of them may be a quotient a/b, and then be squared: (I/p)²+1."""
    own = [((name, 1),) for name in names]
    quotients = [((a, 1), (b, -1)) for a in names for b in names if a != b]
    for quotient in [None, *quotients]:
        variables: list[tuple[tuple[str, int], ...]] = [*own, *([quotient] if quotient else [])]
        if len(variables) > MOST_VARIABLES:
            break
        for powers in _exponents(len(variables), bool(quotient)):
            enough = len(powers) < len(points) and _enough_values(variables, powers, points)
            found = _through(variables, powers, points) if enough else None
            if found is not None and not _strange(found):
                return found
    return None


def _steps_along(names: list[str], points: list[Point]) -> Fitted | None:
    """How often a window fits along an image, (I−p)/s+1, and the same squared."""
    if len(names) != WINDOW:
        return None
    linear: list[tuple[int, ...]] = [(1, 0), (0, 1), (0, 0)]
    square: list[tuple[int, ...]] = [(2, 0), (1, 1), (0, 2), *linear]
    for below in names:
        variables: list[tuple[tuple[str, int], ...]] = [((name, 1), (below, -1)) for name in names if name != below]
        for powers in (linear, square):
            enough = len(powers) < len(points) and _enough_values(variables, powers, points)
            found = _through(variables, powers, points) if enough else None
            if found is not None and not _strange(found):
                return found
    return None


def _enough_values(
    variables: list[tuple[tuple[str, int], ...]], exponents: list[tuple[int, ...]], points: list[Point]
) -> bool:
    """Whether each variable has more values than its powers need: a parabola goes through any three, however often they occur."""
    for variable, powers in zip(variables, zip(*exponents, strict=True), strict=True):
        values = {_size(variable, settings) for settings, _ in points}
        if len(values) < max(powers) + 2:
            return False
    return True


def _size(variable: tuple[tuple[str, int], ...], settings: dict[str, Fraction]) -> Fraction:
    return math.prod((settings[name] ** power for name, power in variable), start=Fraction(1))


def _exponents(variables: int, quotient: bool) -> list[list[tuple[int, ...]]]:
    """The powers to try, the simplest set first."""
    every = list(itertools.product((0, 1), repeat=variables))
    sets = [[powers for powers in every if sum(powers) <= 1], [powers for powers in every if sum(powers) <= HIGHEST]]
    if quotient:
        sets.insert(0, [(0,) * (variables - 1) + (power,) for power in (2, 1, 0)])
    elif variables == 1:
        sets.append([(2,), (1,), (0,)])
    return sets


def _through(
    variables: list[tuple[tuple[str, int], ...]], exponents: list[tuple[int, ...]], points: list[Point]
) -> Fitted | None:
    rows = []
    for settings, value in points:
        sizes = [_size(variable, settings) for variable in variables]
        row = [math.prod((x**e for x, e in zip(sizes, powers, strict=True)), start=Fraction(1)) for powers in exponents]
        rows.append([*row, Fraction(value)])
    solution = solved(rows, len(exponents))
    if solution is None:
        return None
    terms = []
    for powers, coefficient in zip(exponents, solution, strict=True):
        product: dict[str, int] = {}
        for variable, exponent in zip(variables, powers, strict=True):
            for name, power in variable:
                product[name] = product.get(name, 0) + power * exponent
        if coefficient:
            terms.append((coefficient, tuple((name, power) for name, power in product.items() if power)))
    return Fitted(tuple(sorted(terms, key=lambda term: -sum(power for _, power in term[1]))))


def _strange(found: Fitted) -> bool:
    """A coefficient that nobody writes: the formula fits by chance."""
    return any(
        powers and (abs(coefficient.numerator) > STRANGE[0] or coefficient.denominator > STRANGE[1])
        for coefficient, powers in found.terms
    )
