"""What a mistake is: an edit of the right formula, the words for it, and how plausible it is.

An edit takes a `Form` (the figure's formula, or a shape's formulas) and the `Facts` of the question, and gives the wrong
forms that this mistake leads to; none where the layer has nothing to get wrong. Two edits one after the other are two
mistakes acting together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from explainer.formula.printing import Plain, plain
from explainer.formula.rewrite import put_in, times
from explainer.formula.tree import Expr, Number, Symbol, number, value_of
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.homework.question import Question, Value
from explainer.i18n.bilingual import Bi, grouped, same, shape_text
from explainer.vocabulary.quantity import Quantity

MistakeKind = Literal["roles", "context", "slip"]
PARAMS: tuple[Quantity, ...] = ("params", "weights", "bytes")
BIASED: tuple[Quantity, ...] = ("params", "bytes")
COST: tuple[Quantity, ...] = ("macs", "flops")
SIZE: tuple[Quantity, ...] = ("shape", "activations")
NUMBERS: tuple[Quantity, ...] = ("params", "weights", "bias", "macs", "flops", "activations", "bytes")

MADE = Bi(zh="{value}是{wrong}：", en="{value} is {wrong}: ")
MADE_OF = Bi(zh="{shape}中的{value}是{wrong}：", en="The {value} in {shape} is {wrong}: ")
BARE = Bi(zh="{value}不对：", en="{value} is not right: ")
LUCKY = Bi(
    zh="这一层碰巧得出正确的数，换个大小就不对了：", en="This gives the right number on this layer only by chance: "
)
ABOUT = Bi(zh="约{value}", en="About {value}")
TOGETHER = Bi(zh="两处错误合在一起。①{one}②{other}", en="two mistakes together. (1) {one} (2) {other}")
LONGEST = 90  # characters of a formula that a sentence still takes
LARGEST = 10**30  # beyond it a number is no answer that anybody writes down


@dataclass(frozen=True)
class Way:
    """One wrong form. words: what its sentence needs besides the facts; fit: how well it fits this place, 1 as usual.

    text: said instead of the mistake's own text. shown: whether the formula is worth showing (not where a digit is wrong).
    """

    form: Form
    words: Mapping[str, object] = field(default_factory=dict)
    fit: float = 1.0
    text: Bi | None = None
    shown: bool = True


Edit = Callable[[Form, Facts], Iterable[Way]]
Change = Callable[[Expr, Facts], Expr | None]


@dataclass(frozen=True)
class Variant:
    """A wrong result as one mistake makes it on one question.

    value: the number (a fraction where it does not come out whole), or the shape with the batch.
    symbolic: its formula in symbols; expr: in numbers. Both None for a shape and for slips without a formula.
    """

    mistake: Mistake
    facts: Facts = field(repr=False)
    way: Way = field(repr=False)
    value: Value

    @property
    def weight(self) -> float:
        return self.mistake.prior * self.way.fit

    @property
    def symbolic(self) -> Expr | None:
        return self.way.form.whole

    @cached_property
    def expr(self) -> Expr | None:
        whole = self.symbolic
        return put_in(whole, self.facts.values) if whole is not None else None

    @property
    def message(self) -> Bi:
        """The student's number as this mistake makes it, what is wrong, and how to mend it."""
        return self.made + self.sentence

    def message_on(self, given: Value) -> Bi:
        """The same on what was written: a shape with its batch or without; of a rounded answer where no formula is shown the number."""
        if isinstance(given, tuple) and isinstance(self.value, tuple) and self.value != self.facts.right:
            return self._made_shape(self.value, given) + self.sentence
        if isinstance(given, tuple) or isinstance(self.value, tuple) or self.value == self.facts.right or self._formula:
            return self.message
        return BARE.format(value=number_text(given)) + self.sentence

    @property
    def sentence(self) -> Bi:
        """What is wrong and how to mend it."""
        return (self.way.text or self.mistake.text).format(**self._words())

    @property
    def hint(self) -> Bi:
        """A first nudge that does not give the answer away."""
        return self.mistake.hint.format(**self._words())

    def _words(self) -> dict[str, object]:
        words: dict[str, object] = {**self.facts.words, **self.way.words}
        if not isinstance(self.value, tuple) and not isinstance(self.facts.right, tuple):
            words["difference"] = self._difference(abs(Fraction(self.value) - self.facts.right))
        return words

    def _difference(self, extra: Fraction) -> Bi:
        """How much is missing or too much; of bytes with how it comes about, 1000·4=4000."""
        each = self.facts.element_bytes if self.facts.quantity == "bytes" else 0
        if each < 2 or extra % each:
            return same(number_text(extra))
        count, whole = number_text(extra / each), number_text(extra)
        return Bi(f"{count}·{each}={whole}", f"{count}·{each} = {whole}")

    @property
    def made(self) -> Bi:
        """`2,359,296 is (3·3·512)·512: `."""
        if self.value == self.facts.right:
            return LUCKY
        if isinstance(self.value, tuple):
            return self._made_shape(self.value, self._without_batch(self.value))
        value, text = number_text(self.value), self._formula
        if text:
            return MADE.format(value=value, wrong=text)
        whole = isinstance(self.value, int) or self.value.denominator == 1
        return BARE.format(value=value if whole else ABOUT.format(value=value))

    @property
    def _formula(self) -> str:
        """The formula of a number as it is shown; empty where it is too long or says nothing."""
        assert not isinstance(self.value, tuple)
        text = _written(self.expr) if self.way.shown else ""
        if len(text) > LONGEST:
            text = _written(self._summed)
        whole = isinstance(self.value, int) or self.value.denominator == 1
        return text if whole and len(text) <= LONGEST and text != number_text(self.value) else ""

    @property
    def _summed(self) -> Expr | None:
        """The formula with what stands inside worked out: 138,357,544·8."""
        form = self.way.form
        inside = [number(value_of(part, self.facts.values)) for part in form.parts]
        return put_in(times(*form.before, *inside, *form.after), self.facts.values)

    def _without_batch(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape as it is asked for: a batch that is right is left out."""
        right = self.facts.right
        if not isinstance(right, tuple) or len(shape) != len(right) or len(right) < 2:
            return shape
        return shape[1:] if self.facts.form.names[:1] == ("N",) and shape[0] == right[0] else shape

    def _made_shape(self, shape: tuple[int, ...], shown: tuple[int, ...]) -> Bi:
        """shown: the shape as it was written."""
        right, parts = self.facts.right, self.way.form.parts
        if self.way.shown and isinstance(right, tuple) and len(right) == len(parts):
            for wrong, value, part in zip(shape, right, parts, strict=True):
                text = plain(put_in(part, self.facts.values), Plain())
                if wrong != value and text != grouped(wrong) and len(text) <= LONGEST:
                    return MADE_OF.format(shape=shape_text(shown), value=wrong, wrong=text)
        return BARE.format(value=shape_text(shown) if shown else "()")


@dataclass(frozen=True)
class Mistake:
    """One misconception.

    kind: `roles` edits the formula by the roles of its parts; `context` takes a wrong value from the network; `slip` is one
    of number or unit. text: what is wrong and how to mend it, said after the number and its formula. prior: how
    plausible, from 0 to 1. on: the quantities that it touches. whole: its result does not depend on the form it is given, so
    of two mistakes together it comes first.
    """

    id: str
    kind: MistakeKind
    title: Bi
    text: Bi
    hint: Bi
    prior: float
    edit: Edit
    on: tuple[Quantity, ...]
    whole: bool = False

    def ways(self, form: Form, facts: Facts) -> Iterator[Way]:
        """The wrong forms that it makes of this one."""
        if facts.quantity in self.on:
            for way in self.edit(form, facts):
                if way.form != form:
                    yield way

    def variants(self, question: Question) -> Iterator[Variant]:
        """The wrong results on this question; never the right one, never one that is no size or count."""
        facts = Facts(question)
        for way in self.ways(facts.form, facts):
            value = valued(way.form, facts)
            if value is not None and value != facts.right:
                yield Variant(self, facts, way, value)


def _written(expr: Expr | None) -> str:
    return plain(expr, Plain()) if expr is not None and not isinstance(expr, Number) else ""


def valued(form: Form, facts: Facts) -> Value | None:
    """The value of a form; None if there is none that a student could write down."""
    try:
        value = form.value(facts.values)
    except (ZeroDivisionError, KeyError, OverflowError):
        return None
    if isinstance(value, tuple):
        return value if all(size > 0 for size in value) else None
    return value if 0 <= value <= LARGEST else None


def each(change: Change, **words: Any) -> Edit:
    """An edit that changes every formula of a form alike; none of them, no mistake."""

    def edit(form: Form, facts: Facts) -> Iterator[Way]:
        new = tuple(change(part, facts) for part in form.parts)
        if any(a is not None and a is not b for a, b in zip(new, form.parts, strict=True)):
            parts = tuple(b if a is None else a for a, b in zip(new, form.parts, strict=True))
            yield Way(replace(form, parts=parts), words)

    return edit


def either(*edits: Edit) -> Edit:
    """One mistake made in any of several ways."""

    def edit(form: Form, facts: Facts) -> Iterator[Way]:
        for one in edits:
            yield from one(form, facts)

    return edit


def only(test: Callable[[Facts], bool], edit: Edit) -> Edit:
    """Only where the question is of the kind."""
    return lambda form, facts: edit(form, facts) if test(facts) else ()


def fraction(above: int, below: int) -> Number:
    """above/below as one number."""
    return Number(Fraction(above, below))


def number_text(value: int | Fraction) -> str:
    """As printed: 25,088; a large fraction to the next whole number, a small one to three digits after the point."""
    if isinstance(value, int) or value.denominator == 1 or value >= 10_000:
        return grouped(round(value))
    return f"{float(value):.3f}".rstrip("0")


def bare(symbol: Symbol, value: int) -> Number:
    """A number in place of a symbol, keeping its role."""
    return Number(value, symbol)


def together(one: Variant, other: Variant, both: Variant) -> Bi:
    """The sentence on two mistakes that act together. both: the second made after the first."""
    way = replace(
        other.way, words=both.way.words, text=both.way.text
    )  # of several ways the one taken: a kernel of 3×3, not of 1×1
    return both.made + TOGETHER.format(one=one.sentence, other=replace(other, way=way).sentence)
