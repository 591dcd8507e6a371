"""From a wrong result to the mistakes that give it, the most plausible first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from explainer.formula.any_order import in_any_order, sums_of_products
from explainer.formula.rewrite import algebra, put_in, replace, spelled
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, walk
from explainer.homework.kept import Kept
from explainer.homework.mistakes.base import LARGEST, Mistake, Variant, together, valued
from explainer.homework.mistakes.catalogue import MISTAKES
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.mistakes.facts import KERNEL, Facts
from explainer.homework.question import Question, Value

PAIR = 0.2  # two mistakes at once are that much less plausible than each
AT_ONCE = 3  # how many explanations are given
FEW = 4  # of the many ways of one mistake (a layer of hundreds forgotten) those that are tried with another
KEPT, KEPT_PAIRS = 512, 32  # questions whose variants are remembered, and whose pairs of mistakes
_SIDED = (*KERNEL, Role.STRIDE, Role.PADDING, Role.DILATION)  # one letter for all sides, or one a side


def variants(question: Question) -> tuple[Variant, ...]:
    """Every wrong result that one mistake alone makes of this question, several of one value among them."""
    if question.undecided is not None:  # nobody knows the right figure, nor what a wrong one comes from
        return ()
    return _VARIANTS.of(question, lambda: tuple(_all_variants(question)))


def _all_variants(question: Question) -> Iterator[Variant]:
    facts = Facts(question)
    return (variant for mistake in MISTAKES for variant in _of(mistake, facts) if variant.value != facts.right)


def _of(mistake: Mistake, facts: Facts) -> Iterator[Variant]:
    """A mistake's results, also where they happen to be the right number on this layer."""
    for way in mistake.ways(facts.form, facts):
        value = valued(way.form, facts)
        if value is not None:
            yield Variant(mistake, facts, way, value)


def wrong_answers(question: Question, pairs: bool = False) -> tuple[Diagnosis, ...]:
    """Every wrong result of this question, most plausible first, each once and none equal to the right one.

    Results that are no whole number are left out. pairs: also those of two mistakes together.
    """
    found = [variant for variant in variants(question) if _whole(variant.value)]
    best: dict[Value, Diagnosis] = {}
    for variant in sorted(found, key=_weight):
        best.setdefault(_same_shape(variant.value, variant.facts), _diagnosis(variant))
    if pairs:
        for pair in sorted(_pairs(question), key=_Pair.order):
            if _whole(pair.both.value):
                best.setdefault(_same_shape(pair.both.value, pair.both.facts), pair.diagnosis())
    return tuple(sorted(best.values(), key=lambda diagnosis: -diagnosis.weight))


def diagnose(
    question: Question, value: Value, expr: Expr | Sequence[Expr] | None = None, *, within: int | Fraction = 0
) -> tuple[Diagnosis, ...]:
    """The mistakes that give this value, most plausible first; none if nothing explains it.

    value: a number, or a shape with the batch or without. expr: the student's own formula, in numbers or in symbols, or a
    shape's formulas; a mistake whose formula is the same comes first, and with symbols it is found even where the value is right on this layer.
    within: how far a rounded answer may be from the mistake's result. Two mistakes together are searched only where no
    misconception by itself explains the value; slips come last.
    """
    facts = Facts(question)
    found = [v for v in variants(question) if _equal(v.value, value, facts, 0 if _exact(v) else within)]
    given = (expr,) if isinstance(expr, Expr) else tuple(expr or ())
    written = _Written(given, facts) if any(part.children() for part in given) else None
    if written is not None and written.symbolic:
        known = {id(variant.mistake) for variant in found}
        found += [
            variant
            for mistake in MISTAKES
            if mistake.kind != "slip" and id(mistake) not in known
            for variant in _of(mistake, facts)
            if written.like(variant)
        ]
    likeness = {id(variant): bool(written and written.like(variant)) for variant in found}
    same = {id(variant): bool(written and written.same(variant)) for variant in found}
    found.sort(key=lambda variant: (not same[id(variant)], not likeness[id(variant)], -variant.weight))
    best: dict[str, Diagnosis] = {}
    for variant in found:
        best.setdefault(variant.mistake.id, _diagnosis(variant, value if within or isinstance(value, tuple) else None))
    single = list(best.values())
    if not any(variant.mistake.kind != "slip" for variant in found) and not any(likeness.values()):
        pairs = _PAIRS.of(question, lambda: tuple(_pairs(question)))
        two = [pair for pair in pairs if _equal(pair.both.value, value, facts, within)]
        both: dict[str, Diagnosis] = {}
        for pair in sorted(two, key=_Pair.order):
            both.setdefault(pair.id, pair.diagnosis())
        single = [*list(both.values())[:AT_ONCE], *single]
    return tuple(single)


@dataclass(frozen=True)
class _Pair:
    """Two mistakes each by itself, and the second made after the first."""

    one: Variant
    other: Variant
    both: Variant

    @property
    def id(self) -> str:
        return f"{self.one.mistake.id}+{self.other.mistake.id}"

    def order(self) -> float:
        return -self.one.weight * self.other.weight

    def diagnosis(self) -> Diagnosis:
        one, other, both = self.one, self.other, self.both
        message, weight = together(one, other, both), PAIR * one.weight * other.weight
        return Diagnosis((one.mistake.id, other.mistake.id), message, one.hint, both.value, both.expr, weight)


def _pairs(question: Question) -> Iterator[_Pair]:
    """Two misconceptions, one after the other. One that starts from a formula of its own comes first."""
    facts = Facts(question)
    first = [variant for m in MISTAKES if m.kind != "slip" for variant in islice(_of(m, facts), FEW)]
    first.sort(key=lambda variant: not variant.mistake.whole)
    singly: dict[str, Variant] = {}
    for variant in first:
        singly.setdefault(variant.mistake.id, variant)
    order = {name: i for i, name in enumerate(singly)}
    values = {variant.value for variant in first} | {facts.right}
    for one in first:
        for name, other in singly.items():
            if other.mistake.whole or order[name] <= order[one.mistake.id]:
                continue
            for way in islice(other.mistake.ways(one.way.form, facts), FEW):
                value = valued(way.form, facts)
                if value is not None and value not in values:
                    yield _Pair(one, other, Variant(other.mistake, facts, way, value))


_VARIANTS: Kept[tuple[Variant, ...]] = Kept(KEPT)
_PAIRS: Kept[tuple[_Pair, ...]] = Kept(KEPT_PAIRS)


class _Written:
    """A student's formula, ready to be compared."""

    def __init__(self, parts: tuple[Expr, ...], facts: Facts) -> None:
        written = {node for part in parts for node in walk(part) if isinstance(node, Symbol)}
        self.symbolic = any(isinstance(node, Symbol) for part in parts for node in walk(part))
        letters = {symbol.name: symbol for symbol in written if symbol.name not in facts.symbols}
        sides = ((name, letters.get(name.partition("_")[0])) for name in facts.named(*_SIDED))
        self.merged = {name: letter for name, letter in sides if letter is not None}  # k where the layer has k_h, k_w
        self.facts = facts
        self.parts = parts
        self.terms = [self._terms(part) for part in parts]
        self.sums = [] if self.symbolic else [sums_of_products(part) for part in parts]
        self.forms = [in_any_order(replace(part, self.merged)) for part in parts]

    def _terms(self, expr: Expr) -> object:
        return algebra(replace(expr, self.merged)) if self.symbolic else spelled(expr)

    def same(self, variant: Variant) -> bool:
        """Whether the mistake's formula is this one but for order and needless brackets: 3·4+3, not (4+1)·3; 9·24 is 3·3·24."""
        whole = variant.symbolic
        if whole is None or len(self.forms) != 1 or variant.mistake.kind == "slip":
            return False
        if self.symbolic:
            return self.like(variant) and in_any_order(replace(whole, self.merged)) == self.forms[0]
        numeric = put_in(whole, self.facts.values)
        return in_any_order(numeric) == self.forms[0] or (
            sums_of_products(numeric) == self.sums[0] and _in_one_order(numeric, self.parts[0])
        )

    def like(self, variant: Variant) -> bool:
        """Whether the mistake's formula is this one, whatever its order and brackets."""
        whole = variant.symbolic
        others = (whole,) if whole is not None else variant.way.form.parts[-len(self.terms) :]
        if len(others) != len(self.terms) or None in self.terms:
            return False
        if not self.symbolic:
            others = tuple(put_in(other, self.facts.values) for other in others)
        return [self._terms(other) for other in others] == self.terms


def _in_one_order(a: Expr, b: Expr) -> bool:
    """Whether the numbers that both have stand in the same order: 9·24·48 is 3·3·24·48, and not 3·3·48·24."""
    ours, theirs = (
        [node.value for node in walk(expr) if isinstance(node, Number) and node.value != 1] for expr in (a, b)
    )
    return [n for n in ours if n in theirs] == [n for n in theirs if n in ours]


def _whole(value: Value) -> bool:
    if isinstance(value, tuple):
        return True
    return value <= LARGEST and (isinstance(value, int) or value.denominator == 1)


def _same_shape(value: Value, facts: Facts) -> Value:
    """A shape without the batch: what two choices must differ in."""
    right = facts.right
    if isinstance(value, tuple) and isinstance(right, tuple) and len(value) == len(right) and value[:1] == right[:1]:
        return value[1:] if facts.form.names[:1] == ("N",) else value
    return value


def _equal(made: Value, given: Value, facts: Facts, within: int | Fraction) -> bool:
    if isinstance(made, tuple) or isinstance(given, tuple):
        if made == given:
            return True
        batch = facts.form.names[:1] == ("N",)
        return batch and isinstance(made, tuple) and len(made) == len(facts.form.parts) > 1 and made[1:] == given
    return abs(Fraction(made) - given) <= within if within else made == given


def _weight(variant: Variant) -> float:
    return -variant.weight


def _exact(variant: Variant) -> bool:
    """Whether only the very number shows the slip: in a rounded one no digit is swapped, left out or repeated."""
    return variant.mistake.kind == "slip" and variant.mistake.whole


def _diagnosis(variant: Variant, written: Value | None = None) -> Diagnosis:
    message = variant.message if written is None else variant.message_on(written)
    return Diagnosis((variant.mistake.id,), message, variant.hint, variant.value, variant.expr, weight=variant.weight)
