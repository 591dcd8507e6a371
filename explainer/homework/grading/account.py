"""An account judged: right if its main claim is the figure, every equation holds and every number in it can be placed.

Whatever cannot be placed leaves the account undecided, for the teacher; it is never a reason to mark an answer wrong. Equations that
run on (27·64 = 1728+64 = 1792) are read as they are meant, with a remark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from explainer.errors import UserError
from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol, walk
from explainer.homework.answers.account import Claim, Part
from explainer.homework.answers.prose_words import JOINS, LABELS, NUMBERED, Label
from explainer.homework.answers.syntax import Side
from explainer.homework.grading import messages as say
from explainer.homework.grading.equivalence import compare
from explainer.homework.grading.explained import explained, sums_of
from explainer.homework.grading.names import alike, canonical, moves_a_side, readings
from explainer.homework.grading.number_answer import BINARY_OF, Outcome, is_symbolic, judge_number, tolerance
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.question import Question, find

RIGHT = ("correct", "equivalent", "rounded")
RUN_ON = Fraction(4, 5)  # the share that is left where "=" stands between what is not equal
WEIGHTS = frozenset(["weight", "weights", "权重", "个权重", "个"])
THINGS = frozenset(
    [
        "filters",
        "filter",
        "kernels",
        "neurons",
        "channels",
        "卷积核",
        "个卷积核",
        "神经元",
        "个神经元",
        "通道",
        "个通道",
        "滤波器",
    ]
)
PARAMETERS = frozenset(["parameters", "params", "parameter", "参数", "个参数"])
COUNTS = ("params", "weights", "bias")
RESULTS = "WwbBP"  # letters that students give to weights, biases and the parameters, whatever else they are
PARTS = frozenset({"weights", "bias", "scale", "shift"})
NOT_ITS = frozenset(
    ["non", "nontrainable", "non-trainable", "non-learnable", "frozen", "不可训练", "不可学习"]
)  # what is beside the figure
LAYER_NAME = re.compile(
    r"(?:conv|fc|linear|dense|bn|ln|gn|emb|gru|lstm|rnn|attn|c|f|s|l|block|layer)[a-z]{0,8}_?\d{1,2}", re.IGNORECASE
)


@dataclass(frozen=True)
class Settled:
    """What came of an account.

    state: right; open, where it names the right figure but something in it cannot be placed; other, where another
    figure is claimed. outcome: of the main claim. run_on: "=" between what is not equal. ambiguous: right in one notation
    of two, and nothing says which is meant.
    """

    state: Literal["right", "open", "other"]
    outcome: Outcome
    run_on: bool = False
    certain: bool = False
    main: Side | None = None
    ambiguous: bool = False


@dataclass
class _Worked:
    """One claim worked out. values: of its sides; whole: its equations hold."""

    claim: Claim
    values: list[Fraction | None] = field(default_factory=list)
    sides: list[Side | None] = field(default_factory=list)
    holds: bool = True
    run_on: bool = False

    @property
    def value(self) -> Fraction | None:
        return self.values[-1] if self.values else None

    @property
    def last(self) -> Side | None:
        return self.sides[-1] if self.sides else None


class Account:
    """The claims of one answer to a question that asks for a number."""

    def __init__(self, question: Question, claims: tuple[Claim, ...], words: Vocabulary) -> None:
        self.question, self.words = question, words
        self.values = words.values()
        self.places = explained(question, words)
        self.bound: dict[str, Expr] = {}
        self.named: dict[str, list[_Worked]] = {}
        self.worked: list[_Worked] = []
        self.ambiguous = False  # H may be the input's or the output's
        self.claims = self._joined(tuple(cut for claim in claims for cut in _by_kind(claim)))

    @staticmethod
    def _joined(claims: tuple[Claim, ...]) -> list[Claim]:
        """`3·3·3·64+b, b = 64, = 1792`: a claim that begins with "=" goes on with the nearest that is no definition."""
        joined: list[Claim] = []
        for claim in claims:
            at = next((n for n in range(len(joined) - 1, -1, -1) if joined[n].name is None or n == 0), None)
            if claim.goes_on and _sums_up(joined, claim):  # w = 288, b 32, = 320
                joined.append(replace(claim, labels=claim.labels | {"total"}, goes_on=False))
            elif claim.goes_on and at is not None and not _of_another_kind(joined[at].parts[-1], claim.parts[0]):
                joined[at] = replace(
                    joined[at],
                    parts=joined[at].parts + claim.parts,
                    labels=joined[at].labels | claim.labels,
                    said=joined[at].said + claim.said,
                )
            else:
                joined.append(claim)
        return joined

    # Working out.

    def settled(self) -> Settled:
        self._bind()
        worked = [self._worked(claim) for claim in self.claims]
        self.named, self.worked = self._named(worked), worked
        parts = self._only_parts(worked)
        if parts is not None:
            return Settled("right", self._outcome(parts), False, True, parts.last)
        main = self._main(worked)
        if main is None or main.last is None:
            return Settled("open" if self._names_it(worked) else "other", Outcome("undecided", (say.UNDECIDED,)))
        outcome = self._outcome(main)
        if outcome.verdict not in RIGHT:
            state: Literal["open", "other"] = "open" if self._names_it(worked) else "other"
            certain = len(worked) == 1 or "total" in main.claim.labels or main.run_on
            whole = all(part.side is not None for one in worked for part in one.claim.parts)
            return Settled(state, outcome, main.run_on, certain and whole and main.holds, main.last)
        run_on = any(one.run_on for one in worked)
        placed = self._inventory(worked, main) or all(
            one is main or self._placed(one, main, before) for before, one in zip([None, *worked], worked, strict=False)
        )
        if (
            placed
            and not self.ambiguous
            and self._holds(main)
            and not self._contradicts(main)
            and self._adds_up(worked, main)
        ):
            return Settled("right", outcome, run_on, True, main.last)
        return Settled("open", outcome, run_on, False, main.last, self.ambiguous)

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

    def _worked(self, claim: Claim) -> _Worked:
        made = _Worked(claim)
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
                if _runs_on(side.expr, before):
                    made.run_on = True
                elif len(made.sides) == 1 and parts[at - 1].wordy and self._all_placed(last.expr):
                    made.sides, made.values = [], []  # 64 kernels of 3×3×3 plus 64 biases = …
                elif not (value == before.numerator // before.denominator and before.denominator != 1):
                    made.holds = False
            made.sides.append(side)
            made.values.append(value)
        return made

    def _named(self, worked: list[_Worked]) -> dict[str, list[_Worked]]:
        """The claims that name just one part before its number, by that part; not what is said of each one."""
        found: dict[str, list[_Worked]] = {}
        for one in worked:
            labels = one.claim.labels & PARTS
            plainly = _is_named(one.claim) and not one.claim.without_bias and "each" not in one.claim.labels
            if plainly and len(labels) == 1 and one.value is not None:
                found.setdefault(next(iter(labels)), []).append(one)
        return found

    def _all_placed(self, expr: Expr | None) -> bool:
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
            moved = right[1] is not None and moves_a_side(side.expr, right[0], self.values)
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
        sides = {self.values[name] for name in _symbols(expr) if name.endswith("_out") and name[0] in "HWL"}
        numbers = {node.value for node in walk(after) if isinstance(node, Number)} if after is not None else set()
        return sides <= numbers and after is not None and number_of(after) == self.question.value

    def _is_right(self, expr: Expr) -> bool:
        return is_symbolic(expr) and bool(compare(expr, self.question.derivation.symbolic, self.words).equal)

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

    # The main claim.

    def _main(self, worked: list[_Worked]) -> _Worked | None:
        """What the account comes to: the total, else the last claim that is neither a part nor a definition."""
        claims = [one for one in worked if one.sides and not self._defines(one) and not self._is_another_figure(one)]
        claims = [one for one in claims if not one.claim.aside] or claims
        claims = [one for one in claims if not NOT_ITS.intersection(one.claim.said)] or claims
        first = claims[0] if claims and claims[0].claim.announces else None
        if first is not None and self._outcome(first).verdict in RIGHT and not self._holds_right(claims[1:]):
            return first  # 520 parameters: 20 filters of 5×5 plus 20 biases
        totals = [one for one in claims if "total" in one.claim.labels]
        if totals and (totals[-1] is claims[-1] or claims[-1].claim.labels & PARTS):
            return totals[-1]
        whole = [one for one in claims if not one.claim.labels & PARTS or len(one.sides) > 1]
        if len(claims) > 1 and claims[-1].claim.labels & PARTS and claims[0] in whole:
            first_right = claims[0].value is not None and self._outcome(claims[0]).verdict in RIGHT
            last_right = claims[-1].value is not None and self._outcome(claims[-1]).verdict in RIGHT
            if first_right and not last_right:
                return claims[0]
        return claims[-1] if claims else None

    def _holds_right(self, claims: list[_Worked]) -> bool:
        """Whether a total, or the figure again, is among some claims."""
        return any("total" in one.claim.labels or Fraction(self.question.value) in one.values for one in claims)

    def _is_another_figure(self, one: _Worked) -> bool:
        """448 parameters (1.75 KB), 6M MACs, 12 MFLOPs: its unit is that of another figure, beside one of the right kind."""
        unit = one.last.unit if one.last is not None else None
        return len(self.claims) > 1 and unit is not None and not unit.fits(self.question.quantity)

    def _is_true_of_another(self, one: _Worked) -> bool:
        """Whether that other figure is the layer's."""
        side = one.last
        if side is None or side.unit is None or one.value is None or side.unit.of in ("", "count", "bits"):
            return False
        prefix = self.question.name.removesuffix(".bytes").rpartition(".")[0]
        try:
            right = find(self.question.walk, f"{prefix}.{side.unit.of}".lstrip(".")).value
        except UserError:
            return False
        binary = BINARY_OF.get(side.unit.factor, side.unit.factor) if side.unit.of == "bytes" else side.unit.factor
        within = tolerance(side)
        return any(
            abs(one.value * scale - right) <= within * scale for scale in (1, Fraction(binary, side.unit.factor))
        )

    def _defines(self, one: _Worked) -> bool:
        """`b = 64`, `F = 3`: a number for a name, that is no result."""
        return one.claim.name is not None and one.value != self.question.value

    def _outcome(self, one: _Worked) -> Outcome:
        side = one.last
        assert side is not None
        return judge_number(self.question, side, self.words)

    def _holds(self, main: _Worked) -> bool:
        """Its equations hold, and what begins it is the figure, if nothing runs on."""
        if not main.holds or (len(main.sides) == 1 and main.claim.parts[-1].listed):
            return False
        if main.claim.name is not None:
            ours = self.words.named(main.claim.name)
            if isinstance(ours, Symbol) and ours.name in (*self.words.own, "k"):  # C_out = 1792
                return False
        return True

    def _names_it(self, worked: list[_Worked]) -> bool:
        """The right figure is written somewhere, or the parts add up to it."""
        right = Fraction(self.question.value)
        ends = [one.value for one in worked if one.value is not None]
        if any(value == right for one in worked for value in one.values):
            return True
        return len(ends) > 1 and sum(ends, Fraction(0)) == right

    def _only_parts(self, worked: list[_Worked]) -> _Worked | None:
        """`1728 weights and 64 biases`, with no total: both parts, each right, are the figure."""
        known = self._part_values()
        named = {
            label: one for one in worked for label in one.claim.labels & PARTS if len(one.claim.labels & PARTS) == 1
        }
        pairs: tuple[tuple[Label, Label], ...] = (("weights", "bias"), ("scale", "shift"))
        pair = next((pair for pair in pairs if set(pair) == set(named)), None)
        if pair is None or len(worked) != 2 or self.question.quantity != "params":
            return None
        if any(
            "each" in one.claim.labels or not one.holds or one.value != known.get(label) for label, one in named.items()
        ):
            return None
        sides = [side for label in pair if (side := named[label].last) is not None]
        total = Sum(tuple((True, side.expr) for side in sides if side.expr is not None))
        if number_of(total) != self.question.value:
            return None
        whole = replace(sides[0], expr=total, literal=False, half=None)
        return _Worked(worked[0].claim, [Fraction(self.question.value)], [whole])

    def _inventory(self, worked: list[_Worked], main: _Worked) -> bool:
        """The claims before the main one add up to it, and every equation in them holds: 156, 2416, …, together 61706."""
        parts = [one for one in worked[: worked.index(main)] if one.sides and not self._defines(one)]
        others = [one for one in worked if one is not main and one not in parts]
        whole = all(one.holds and one.value is not None for one in parts)
        return (
            len(parts) > 1
            and whole
            and sum((one.value or Fraction(0) for one in parts), Fraction(0)) == main.value
            and all(self._placed(one, main, None) for one in others)
            and all(self._label_fits(one) for one in parts)
        )

    def _placed(self, one: _Worked, main: _Worked, before: _Worked | None) -> bool:
        """Whether a claim beside the main one is true of this layer."""
        if not one.sides:
            return not any(part.numbers for part in one.claim.parts)
        if not one.holds:
            return False
        if self._is_another_figure(one):
            return self._is_true_of_another(one)
        if self._names_a_layer(one):
            return one.value in self._counts()
        bare = not one.claim.said and one.claim.name is None and len(one.sides) == 1 and not one.claim.parts[-1].listed
        if bare and one.last is not None and one.last.literal:
            again = before is not None and one.value == before.value  # (3,3,3,64) → 1728
            right = one.value is not None and abs(one.value - self.question.value) <= tolerance(one.last)
            return one.value == main.value or again or right or self._goes_on(one)
        if one.claim.name is not None:
            ours = canonical(one.claim.name, self.words)
            if ours in self.words.own:
                return one.value == self.values.get(ours or "")
        if not self._label_fits(one):
            return False
        last = one.last
        if one.value is None or last is None:
            return False
        within = tolerance(last)
        return any(abs(one.value - place) <= within for place in self.places)

    def _goes_on(self, one: _Worked) -> bool:
        """A number by itself that another claim then calculates with: 2304, +64 = 2368."""
        if one.value not in self.places:
            return False
        firsts = [other.sides[0] for other in self.worked if other is not one and other.sides]
        sums = [side.expr for side in firsts if side is not None and side.expr is not None and side.expr.children()]
        return any(isinstance(node, Number) and node.value == one.value for expr in sums for node in walk(expr))

    def _label_fits(self, one: _Worked) -> bool:
        """`weights: 1728` is the number of weights, unless it is said of each kernel."""
        labels = one.claim.labels
        known = self._part_values()
        if one.claim.without_bias:
            return one.value == known.get("weights", one.value)
        if "each" in labels or not _is_named(one.claim) or len(labels & PARTS) != 1 or not known or one.value is None:
            return True
        (label,) = labels & PARTS
        together = sum((Fraction(other.value or 0) for other in self.named.get(label, ())), Fraction(0))
        return label not in known or known[label] in (one.value, together)  # weight_ih 512, weight_hh 256

    def _names_a_layer(self, one: _Worked) -> bool:
        """`fc2 500`, in a sum over layers: a number said of one layer by its name."""
        lead, last = one.claim.lead, one.last
        named = bool(lead) and (LAYER_NAME.fullmatch(lead[-1]) is not None or lead[-1] in NUMBERED)
        return (
            self.question.layer is None and named and last is not None and last.literal and not one.claim.labels & PARTS
        )

    def _counts(self) -> set[Fraction]:
        """What layers and their sums come to."""
        if self.question.quantity != "params":
            return set(self.places)
        return {Fraction(part.counted) for part in self.question.parts} | sums_of(self.question)

    def _part_values(self) -> dict[str, Fraction]:
        """How many weights and biases the layer has."""
        return part_values(self.question, self.values)

    def contradicted(self) -> bool:
        """Whether the figure, right as a number, is said of something else: `1792 filters`, `1792 without bias`."""
        self._bind()
        worked = [self._worked(claim) for claim in self.claims]
        self.named = self._named(worked)
        main = self._main(worked)
        return main is not None and (self._contradicts(main) or not self._adds_up(worked, main))

    def _contradicts(self, main: _Worked) -> bool:
        """`1792 without bias` of a number that has the biases in it; `1792 filters`."""
        claim = main.claim
        known = self._part_values()
        if known.get("bias", Fraction(0)) > 0 and claim.without_bias:
            return True
        if len(claim.parts) == 1 and self.question.quantity not in COUNTS and PARAMETERS.intersection(claim.said):
            return True  # 86704128 parameters, of multiply-accumulates
        if len(claim.parts) > 1 or self.question.quantity not in ("params", "macs", "flops"):
            return False
        plainly = claim.headed or all(word in WEIGHTS for word in claim.said)
        if plainly and claim.labels & PARTS and not {"weights", "bias"} <= claim.labels:
            return any(main.value != known[label] for label in claim.labels & PARTS if label in known)
        return bool(THINGS.intersection(claim.said)) and "parameters" not in claim.said

    def _adds_up(self, worked: list[_Worked], main: _Worked) -> bool:
        """Weights and biases named beside a total are just its parts."""
        known = self._part_values()
        parts = {label: [one for one in named if one is not main] for label, named in self.named.items()}
        told = {label for label, named in parts.items() if named}
        if not known or told != {"weights", "bias"} or self.question.quantity != "params":
            return True
        firsts = sum((Fraction(parts[label][0].value or 0) for label in told), Fraction(0))
        every = sum((Fraction(one.value or 0) for label in told for one in parts[label]), Fraction(0))
        return self.question.value in (firsts, every)


def part_values(question: Question, values: Mapping[str, int]) -> dict[str, Fraction]:
    """How many weights and biases the layer asked about has; nothing where no layer's parameters are asked."""
    part = question.layer
    if part is None or part.params is None or question.quantity not in ("params", "bytes"):
        return {}
    prefix = question.name.removesuffix("params.bytes").removesuffix("bytes").removesuffix("params")
    try:
        weights = Fraction(find(question.walk, f"{prefix}weights").value)
    except UserError:
        half = Fraction(part.params.value, 2)
        return {"scale": half, "shift": half, "weights": half, "bias": half} if "C" in values else {}
    bias = part.params.value - weights
    return {"weights": weights, "bias": bias, "scale": weights, "shift": bias}


def _is_named(claim: Claim) -> bool:
    """Whether just a label stands before its number: `bias: 64`, `bias 64`; not in `64 biases` or `hidden weights: 400`."""
    lead = [word for word in claim.lead if word not in JOINS]
    if len(lead) > 1 and LABELS.get(lead[-1]) in PARTS:
        return False
    return claim.headed or (bool(claim.lead) and LABELS.get(claim.lead[-1]) in PARTS)


def _by_kind(claim: Claim) -> tuple[Claim, ...]:
    """`6M MACs = 12 MFLOPs` in two: the same work counted in another way is no equation."""
    for at in range(1, len(claim.parts)):
        if _of_another_kind(claim.parts[at - 1], claim.parts[at]):
            rest = replace(claim, parts=claim.parts[at:], labels=frozenset(), said=(), name=None, headed=False, lead=())
            return (replace(claim, parts=claim.parts[:at]), *_by_kind(rest))
    return (claim,)


def _of_another_kind(before: Part, after: Part) -> bool:
    """Whether two sides count different things."""
    units = [part.side.unit for part in (before, after) if part.side is not None and part.side.unit is not None]
    kinds = {unit.of for unit in units if unit.of in ("macs", "flops", "params", "bytes")}
    return len(units) == len(kinds) == 2


def _sums_up(before: list[Claim], claim: Claim) -> bool:
    """Whether a claim that begins with "=" is the sum of those before it, and not equal to the last."""
    ends = [one.parts[-1].side for one in before]
    values = [
        number_of(side.expr)
        for side in ends
        if side is not None and side.expr is not None and not is_symbolic(side.expr)
    ]
    end = claim.parts[-1].side
    value = number_of(end.expr) if end is not None and end.expr is not None and not is_symbolic(end.expr) else None
    return len(values) == len(before) > 1 and value is not None and sum(v or Fraction(0) for v in values) == value


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
