"""The claims of an account worked out: each side in the question's symbols with its value, and whether the equations hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol, walk
from explainer.homework.answers.claims import Claim, Part
from explainer.homework.answers.prose_words import JOINS, LABELS
from explainer.homework.answers.syntax import Side
from explainer.homework.grading.claim_chains import joined
from explainer.homework.grading.equivalence import compare
from explainer.homework.grading.explained import explained
from explainer.homework.grading.layer_parts import part_values
from explainer.homework.grading.mib_as_mb import is_rounded, mib_as_mb
from explainer.homework.grading.names import alike, canonical, moves_a_side, readings
from explainer.homework.grading.number_answer import Outcome, is_symbolic, judge_number, tolerance
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question

RIGHT = ("correct", "equivalent", "rounded")
PARTS = frozenset({"weights", "bias", "scale", "shift"})
HAS = ("有", "是", "为", "共有", "is", "are", "has", "have")
RESULTS = "WwbBP"  # letters that students give to weights, biases and the parameters, whatever else they are


@dataclass
class WorkedClaim:
    """One claim worked out. values: of its sides; holds: its equations do; run_on: "=" stands between what is not equal.

    binary: the figure is said again in MiB that are called MB.
    """

    claim: Claim
    values: list[Fraction | None] = field(default_factory=list)
    sides: list[Side | None] = field(default_factory=list)
    holds: bool = True
    run_on: bool = False
    binary: Diagnosis | None = None

    @property
    def value(self) -> Fraction | None:
        return self.values[-1] if self.values else None

    @property
    def last(self) -> Side | None:
        return self.sides[-1] if self.sides else None


class WorkedOut:
    """The claims of one answer to a question that asks for a number.

    worked: each claim; named: those that name just one part; places: the numbers that a right answer may name; parts: how many weights
    and biases the layer has; ambiguous: H may be the input's or the output's.
    """

    def __init__(self, question: Question, claims: tuple[Claim, ...], words: Vocabulary) -> None:
        self.question, self.words = question, words
        self.values = words.values()
        self.places = explained(question, words)
        self.parts = part_values(question)
        self.ambiguous = False
        self.bound: dict[str, Expr] = {}
        self.claims = joined(claims)
        self._bind()
        self.claims = [self._of_one(claim) for claim in self.claims]
        self.claims = [_in_one_unit(*pair) for pair in zip([None, *self.claims], self.claims, strict=False)]
        self.worked = [self._worked(claim) for claim in self.claims]
        self.named = self._named(self.worked)

    def outcome(self, one: WorkedClaim) -> Outcome:
        side = one.last
        assert side is not None
        found = judge_number(self.question, side, self.words)
        return found if one.binary is None else replace(found, remarks=(*found.remarks, one.binary.message))

    def defines(self, one: WorkedClaim) -> bool:
        """`b = 64`, `F = 3`: a number for a name, that is no result."""
        return one.claim.name is not None and one.value != self.question.value

    def is_another_figure(self, one: WorkedClaim) -> bool:
        """448 parameters (1.75 KB), 6M MACs, 12 MFLOPs: its unit is that of another figure, beside one of the right kind."""
        unit = one.last.unit if one.last is not None else None
        return len(self.claims) > 1 and unit is not None and not unit.fits(self.question.quantity)

    def _of_one(self, claim: Claim) -> Claim:
        """`kernels of 3×3×48 (432 weights)`: a remark in brackets, of one kernel's weights."""
        side = claim.parts[-1].side
        weights = self.parts.get("weights")
        if (
            not claim.aside
            or claim.labels & PARTS != {"weights"}
            or weights is None
            or side is None
            or side.expr is None
        ):
            return claim
        value = number_of(side.expr) if side.literal else None
        if not value or value == weights or value not in self.places or weights % value:
            return claim
        return replace(claim, labels=claim.labels | {"each"})

    def _bind(self) -> None:
        """`b = 64`, `W = 3·3·3·64 = 1728`: the student's own names, and numbers for what is known by another."""
        for claim in self.claims:
            end = claim.parts[-1].side
            if claim.name is None or end is None or end.expr is None:
                continue
            value = number_of(end.expr) if not is_symbolic(end.expr) else None
            ours = canonical(claim.name, self.words)
            if value is None or (ours is not None and claim.name[:1] not in RESULTS):
                continue
            self.bound[claim.name] = Number(value.numerator if value.denominator == 1 else value)

    def _worked(self, claim: Claim) -> WorkedClaim:
        made = WorkedClaim(claim)
        parts = claim.parts[1:] if claim.name is not None and len(claim.parts) > 1 else claim.parts
        for at, part in enumerate(parts):
            side, value = self._valued(part, parts[at + 1 :])
            before, last = made.value, made.last
            if side is None:
                made.holds = made.holds and self._may_pass(part, parts[at + 1 :])
                continue
            if (
                before is not None
                and last is not None
                and value is not None
                and not self._equal(last, before, side, value)
            ):
                if self._counted_before(side, before):
                    made.sides, made.values = [side], [value]  # 156 = 624 bytes
                    continue
                again = mib_as_mb(self.question, side, self.values) if before == self.question.value else None
                if again is not None and at == len(parts) - 1 and is_rounded(self.question, side):
                    made.binary = again
                    break
                if _runs_on(side.expr, before):
                    made.run_on = not (part.wordy and at == len(parts) - 1)  # = 27 weights plus one bias: prose
                elif len(made.sides) == 1 and parts[at - 1].wordy and self.all_placed(last.expr):
                    made.sides, made.values = [], []  # 64 kernels of 3×3×3 plus 64 biases = …
                elif not (value == before.numerator // before.denominator and before.denominator != 1):
                    made.holds = False
            made.sides.append(side)
            made.values.append(value)
        return made

    def _named(self, worked: list[WorkedClaim]) -> dict[str, list[WorkedClaim]]:
        """The claims that name just one part before its number, by that part; not what is said of each one."""
        found: dict[str, list[WorkedClaim]] = {}
        for one in worked:
            labels = one.claim.labels & PARTS
            plainly = is_named(one.claim) and not one.claim.without_bias and "each" not in one.claim.labels
            if plainly and len(labels) == 1 and one.value is not None:
                found.setdefault(next(iter(labels)), []).append(one)
        return found

    def all_placed(self, expr: Expr | None) -> bool:
        """Whether every number in a formula is one of the layer's."""
        numbers = [Fraction(node.value) for node in walk(expr) if isinstance(node, Number)] if expr else []
        return all(number in self.places for number in numbers)

    def _valued(self, part: Part, following: tuple[Part, ...]) -> tuple[Side | None, Fraction | None]:
        """A side in our symbols with its value; none where it is no formula, or one with names of its own before numbers."""
        side = part.side
        if side is None or side.expr is None:
            return None, None
        every = list(readings(side.expr, self.words, self.bound))
        found = [expr for expr, dialect in every if dialect is None]
        if found and not is_symbolic(found[0]):
            return replace(side, expr=found[0]), number_of(found[0])
        right = next(((expr, dialect) for expr, dialect in every if self._is_right(expr)), None)
        if right is not None:
            moved = right[1] is not None and moves_a_side(side.expr, right[0], self.words)
            self.ambiguous = self.ambiguous or (moved and not self._shown_by_numbers(right[0], following))
            return replace(side, expr=right[0]), Fraction(self.question.value)
        if not found:  # a notation may make an answer right, never wrong
            return None, None
        numeric = next((after.side.expr for after in following if after.side and after.side.expr), None)
        if numeric is not None and not is_symbolic(numeric):
            if alike(side.expr, numeric, self.words):
                return None, None
            if not all(canonical(name, self.words) for name in _symbols(side.expr)):
                return None, None
        if numeric is None and len(self.claims) > 1:
            value = number_of(found[0], self.values)
            if value in self.places:  # k·k·C_in, a part of the formula
                return replace(side, expr=found[0]), value
        return replace(side, expr=found[0]), number_of(found[0], self.values)

    def _shown_by_numbers(self, expr: Expr, following: tuple[Part, ...]) -> bool:
        """Whether the numbers put in next are those of this reading."""
        after = following[0].side.expr if following and following[0].side else None
        sides = {self.values[name] for name in _symbols(expr) if self.words.role(name) is Role.SIZE_OUT}
        numbers = {node.value for node in walk(after) if isinstance(node, Number)} if after is not None else set()
        return sides <= numbers and after is not None and number_of(after) == self.question.value

    def _is_right(self, expr: Expr) -> bool:
        return is_symbolic(expr) and bool(compare(expr, self.question.derivation.symbolic, self.words).equal)

    def _counted_before(self, side: Side, before: Fraction) -> bool:
        """Whether a number of parameters stands before their bytes."""
        each = next((n for name, n in self.values.items() if self.words.role(name) is Role.BYTES), 0)
        in_bytes = self.question.quantity == "bytes" and side.unit is not None and side.unit.of == "bytes"
        return in_bytes and each > 0 and before * each == self.question.value

    def _may_pass(self, part: Part, following: tuple[Part, ...]) -> bool:
        """What is no formula is passed over where numbers follow; numbers in it must not be lost."""
        follows = any(after.side is not None for after in following)
        return follows and (part.side is not None or not part.numbers or len(following) > 0)

    def _equal(self, before: Side, left: Fraction, after: Side, right: Fraction) -> bool:
        within = tolerance(before) + tolerance(after)
        if abs(left - right) <= within:
            return True
        factor = after.unit.factor if after.unit and (not before.unit or before.unit.factor == 1) else 1
        return factor != 1 and abs(left * factor - right) <= within


def _in_one_unit(before: Claim | None, claim: Claim) -> Claim:
    """`1.64 MiB (431080·4/2^20)`: a working in brackets that comes to the number before it, in its unit."""
    told = before.parts[-1].side if before is not None else None
    side = claim.parts[-1].side
    if not claim.aside or told is None or told.unit is None or side is None or side.unit is not None:
        return claim
    if told.expr is None or side.expr is None or len(claim.parts) > 1 or not side.expr.children():
        return claim
    value, right = number_of(side.expr), number_of(told.expr)
    if value is None or right is None or abs(value * told.unit.factor - right) > tolerance(told):
        return claim
    expr = Product(((True, side.expr), (True, Number(told.unit.factor))))
    return replace(claim, parts=(replace(claim.parts[0], side=replace(side, expr=expr, unit=told.unit)),))


def is_named(claim: Claim) -> bool:
    """Whether just a label stands before its number: `bias: 64`, `bias 64`; not in `64 biases` or `hidden weights: 400`."""
    lead = [word for word in claim.lead if word not in JOINS and LABELS.get(word) != "total" and word not in HAS]
    if len(lead) > 1 and LABELS.get(lead[-1]) in PARTS:
        return False
    return claim.headed or (bool(claim.lead) and LABELS.get(claim.lead[-1]) in PARTS)


def _symbols(expr: Expr) -> set[str]:
    return {node.name for node in walk(expr) if isinstance(node, Symbol)}


def _runs_on(expr: Expr | None, before: Fraction) -> bool:
    """1728+64 behind 27·64 = …: the formula begins with what stands before it."""
    while isinstance(expr, Sum | Product | Rounded):
        first = expr.children()[0]
        if isinstance(expr, Sum | Product) and not expr.parts[0][0]:
            return False
        if number_of(first) == before:
            return True
        expr = first
    return False
