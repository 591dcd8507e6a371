"""The family that a model belongs to: its numbers as formulas in what it was built with, and how far they are known to hold.

Found by building the model at other values (`explainer.probing`); what is said here was checked at the values in
`Domain.tested` and nowhere else, so that every reader can say for which values it speaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from explainer.formula.expansion import Monomial, multiplied_out, summed, terms_of
from explainer.formula.tree import Expr, Number, Powers, Product, Sum, Symbol, symbols, value_of, walk
from explainer.memory import cached_property

Setting = int | float
Settings = Mapping[str, Setting]
Role = Literal["free", "without_effect", "structural", "fixed", "no_formula"]
"""How a hyperparameter enters: into the formula; not at all; by changing the structure; at no other value can the model be
built; it changes figures, and no formula was found."""

Relation = tuple[str, Literal["≠", "≤", "<"], str]
"""Two names of hyperparameters, and how their values must be to each other."""


class Hyper(Struct, frozen=True):
    """A number that the model was built with: its name at the source (`n_embd`, `layers[2]`), and its symbol."""

    name: str
    symbol: Symbol
    value: Setting
    role: Role


class Range(Struct, frozen=True):
    """For which values of a hyperparameter the formula was tested: from low to high, in steps from the model's own.

    only: these and no others, where the formula failed at a value in between; empty where it did not.
    """

    name: str
    low: Setting
    high: Setting
    step: Setting
    only: tuple[Setting, ...] = ()


class Counterexample(Struct, frozen=True):
    """Values, not all within the domain, at which the formula does not give what the model has.

    model: its own number of parameters, None where it cannot be built there; formula: what the formula gives.
    """

    values: tuple[tuple[str, Setting], ...]
    formula: str
    model: int | None


@dataclass(frozen=True)
class Domain:
    """Where the formula was tested.

    divides: pairs of names of which the first must divide the second; strict: those of them without which the model is built all the
    same, with another number. tested: the settings at which the model was built
    and counted, each as what differs from the model's own; held_out: how many of them the formula was not made from.
    relations: what it needs besides: a shortcut is a layer of its own only where two widths differ.
    only_tested: the formula failed within the ranges at values that are right one by one, so it speaks of `tested` alone.
    """

    ranges: tuple[Range, ...] = ()
    divides: tuple[tuple[str, str], ...] = ()
    tested: tuple[tuple[tuple[str, Setting], ...], ...] = ()
    held_out: int = 0
    counterexamples: tuple[Counterexample, ...] = ()
    only_tested: bool = False
    strict: tuple[tuple[str, str], ...] = ()
    relations: tuple[Relation, ...] = ()

    def unmet(self, settings: Settings) -> Relation | None:
        """The first relation that these values, all of them, do not have."""
        return next((one for one in self.relations if not keeps(one, settings)), None)


def keeps(relation: Relation, settings: Settings) -> bool:
    """Whether two values are to each other as the relation says."""
    a, sign, b = relation
    x, y = settings[a], settings[b]
    return x != y if sign == "≠" else x <= y if sign == "≤" else x < y


@dataclass(frozen=True)
class Part:
    """A module or tensor of the model: how often it stands there, and its formula, or the parts that it consists of."""

    path: str
    type: str
    times: Expr
    formula: Expr | None
    parts: tuple[Part, ...] = ()

    def whole(self) -> Expr:
        """One of it, repeated parts kept together."""
        return self.formula if self.formula is not None else total_of(self.parts)


@dataclass(frozen=True)
class Family:
    """The formulas of a model's family.

    parts: where the parameters are, in the order of the model; empty where no formula was found. builds: how often
    the model was built for it; cut: the search had to end because of its budget.
    macs: the multiply-accumulates in the same way, with the sizes of the input among the hyperparameters; None where nobody
    asked, or there is no formula.
    """

    hypers: tuple[Hyper, ...]
    parts: tuple[Part, ...]
    domain: Domain
    builds: int
    cut: bool = False
    macs: Family | None = None

    @property
    def free(self) -> tuple[Hyper, ...]:
        """Those that the formula is in."""
        return tuple(hyper for hyper in self.hypers if hyper.role == "free")

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return tuple(hyper.symbol for hyper in self.free)

    @cached_property
    def params(self) -> Expr | None:
        """The number of parameters, by structure: V·d+T·d+L·(12d²+13d)+2d."""
        return total_of(self.parts, [symbol.name for symbol in self.symbols]) if self.parts else None

    @cached_property
    def expanded(self) -> Expr | None:
        """The same multiplied out; None where it would be too long."""
        return (
            multiplied_out(self.params, [symbol.name for symbol in self.symbols]) if self.params is not None else None
        )

    @property
    def settings(self) -> dict[str, Setting]:
        """The model's own values."""
        return {hyper.name: hyper.value for hyper in self.hypers}

    @property
    def ratios(self) -> tuple[Hyper, ...]:
        """Free ones that need not be whole: a width times one of them is cut to a whole number by the source, and not by the formula."""
        steps = {one.name: one.step for one in self.domain.ranges}
        return tuple(
            h for h in self.free if any(Fraction(exact(n)).denominator != 1 for n in (h.value, steps.get(h.name, 1)))
        )

    def cut_product(self, settings: Settings) -> Expr | None:
        """The first product with a ratio that is no whole number at these values: there the formula says nothing of the model.

        4394·0.25 = 1098.5 neurons are 1098 in the model.
        """
        given = {**self.settings, **settings}
        values = {hyper.symbol: exact(given[hyper.name]) for hyper in self.free}
        ratios = {hyper.symbol for hyper in self.ratios}
        for product in _products(self.parts) if ratios else ():
            if ratios & set(symbols(product)) and Fraction(value_of(product, values)).denominator != 1:  # type: ignore[arg-type]
                return product
        return None

    def value(self, settings: Settings) -> Fraction | None:
        """What the formula gives for these values, by names; None where it has none: a division by nothing, −1 blocks."""
        if self.params is None:
            return None
        given = {**self.settings, **settings}
        values = {hyper.symbol: exact(given[hyper.name]) for hyper in self.free}
        try:
            if any(value_of(times, values) < 0 for times in _repetitions(self.parts)):  # type: ignore[arg-type]
                return None
            return Fraction(value_of(self.params, values))  # type: ignore[arg-type]
        except ZeroDivisionError:
            return None


def _products(parts: tuple[Part, ...]) -> Iterator[Expr]:
    """The products in the formulas of single layers, the smallest ones first."""
    for part in parts:
        if part.formula is not None:
            found = [one for one in walk(part.formula) if isinstance(one, Product)]
            yield from sorted(found, key=lambda one: len(one.parts))
        yield from _products(part.parts)


def _repetitions(parts: tuple[Part, ...]) -> Iterator[Expr]:
    """How often its parts stand there, where that follows a hyperparameter."""
    for part in parts:
        if not isinstance(part.times, Number):
            yield part.times
        yield from _repetitions(part.parts)


def exact(value: Setting) -> int | Fraction:
    """A setting as it is written: 1.4 is 7/5."""
    return value if isinstance(value, int) else Fraction(str(value))


def total_of(parts: tuple[Part, ...], order: list[str] | None = None) -> Expr:
    """The sum of parts: single ones multiplied out together, repeated ones each as times·(one of it)."""
    terms: list[tuple[bool, Expr]] = []
    for part in flat(parts):
        if isinstance(part.times, Number):
            whole = Product(((True, part.times), (True, part.whole())))
            one = multiplied_out(whole, order or ())
            terms += one.parts if isinstance(one, Sum) else [(True, whole if one is None else one)]
        else:
            terms.append((True, repeated(part, order)))
    return _collected(terms, order or [])


def repeated(part: Part, order: list[str] | None = None) -> Expr:
    """L·(12d²+13d)."""
    whole = part.whole()
    inner = whole if has_repetition(part) else multiplied_out(whole, order or ())
    factor = (True, whole if inner is None else inner)
    if part.times == Number(1):
        return factor[1]
    inside = factor[1].parts if isinstance(part.times, Sum) and isinstance(factor[1], Powers) else (factor,)
    return Powers(((True, part.times), *inside))


def flat(parts: tuple[Part, ...]) -> Iterator[Part]:
    """The parts that stand there once opened as far as something is repeated in them."""
    for part in parts:
        if part.formula is None and part.times == Number(1) and has_repetition(part):
            yield from flat(part.parts)
        else:
            yield part


def has_repetition(part: Part) -> bool:
    """Whether something in it stands there as often as a symbol says."""
    return any(not isinstance(inner.times, Number) or has_repetition(inner) for inner in part.parts)


def _collected(terms: list[tuple[bool, Expr]], order: list[str]) -> Expr:
    """Like terms together, in the order in which they are met; V·d twice is 2V·d."""
    found: dict[Monomial | Expr, tuple[Expr, Fraction]] = {}
    for plus, term in terms:
        monomials = None if _holds_sum(term) else terms_of(term)
        key: Monomial | Expr = term
        coefficient = Fraction(1)
        if monomials is not None and len(monomials) == 1:
            ((key, coefficient),) = monomials.items()
        before = found.get(key, (term, Fraction(0)))[1]
        found[key] = (term, before + (coefficient if plus else -coefficient))
    parts = [(c > 0, _counted(key, term, abs(c), order)) for key, (term, c) in found.items() if c]
    parts.sort(key=lambda part: not part[0])  # what is taken away comes last
    if not parts:
        return Number(0)
    return parts[0][1] if len(parts) == 1 and parts[0][0] else Sum(tuple(parts))


def _counted(key: Monomial | Expr, term: Expr, coefficient: Fraction, order: list[str]) -> Expr:
    """A term so many times."""
    if not isinstance(key, Expr):
        known = sorted(symbols(term), key=lambda s: order.index(s.name) if s.name in order else len(order))
        return summed({key: coefficient}, known)
    if coefficient == 1:
        return term
    factors = term.parts if isinstance(term, Product) else ((True, term),)
    return Product(((True, Number(coefficient.numerator)), *factors))


def _holds_sum(term: Expr) -> bool:
    """L·(12d²+13d) stays as it is."""
    return isinstance(term, Sum) or any(isinstance(factor, Sum) for factor in term.children())
