"""Working, step by step: each side against the one before, the first wrong step, and what follows correctly from it.

A step is a line where there are several lines, else one side of the equation: in `A = B = C` A is step 1. The first side is
right if it is the figure asked for; each other if it equals the one before. Lines with an equation of their own
(3·3·512 = 4608, then 4608+1 = 4609) are right in themselves, and the last must come to the figure. The score is the share of
right steps: what follows correctly from a wrong step counts as right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from explainer.formula.rewrite import rewritten
from explainer.formula.tree import Expr, Number, Symbol, walk
from explainer.homework.answers.syntax import Answer, Side, Step
from explainer.homework.grading import messages as say
from explainer.homework.grading.equivalence import compare
from explainer.homework.grading.layer_parts import counted_beside
from explainer.homework.grading.names import has_own_letters
from explainer.homework.grading.number_answer import BINARY_OF, Outcome, is_symbolic, judge_number, tolerance
from explainer.homework.grading.result import AnswerVerdict
from explainer.homework.grading.shape_answer import asked, judge_shape, shape_of
from explainer.homework.grading.term_diff import terms
from explainer.homework.grading.vocabulary import UnknownName, Vocabulary, number_of
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi, same

RIGHT = ("correct", "equivalent", "rounded")


@dataclass(frozen=True)
class Entry:
    """One side with the number of its step. ok: whether it is right; None if undecided. why: what is wrong.

    sure: its letters are the question's own; n for N may be another's.
    """

    side: Side
    step: int
    ok: bool | None = True
    why: Bi | None = None
    sure: bool = True


@dataclass(frozen=True)
class Worked:
    """What came of a working."""

    outcome: Outcome
    first_wrong: int | None
    score: float
    read_as: Bi | None = None
    notes: tuple[str, ...] = ()


class Working:
    """A working on its question. `read` gives the names their meaning, and leaves the side at fault in `at`."""

    def __init__(self, question: Question, answer: Answer, words: Vocabulary) -> None:
        self.question, self.answer, self.words = question, answer, words
        self.values = words.values()
        self.several = len(answer.steps) > 1
        self.at = answer.sides[0]
        self.count = 0
        self.labelled: list[tuple[str, Side]] = []
        self.chains: list[list[Entry]] = []
        self.defined: list[Entry] = []  # the last definition

    def read(self) -> Working:
        """Every side with the question's own symbols. Raises UnknownName."""
        for number, step in enumerate(self.answer.steps, 1):
            self._add(number, step)
        if not self.chains:  # nothing but C_out = 64: that is the answer
            self.chains.append(self.defined)
        return self

    def _add(self, number: int, step: Step) -> None:
        sides = list(step.sides)
        label = sides[0].expr if not step.goes_on and len(sides) > 1 else None
        definition = False
        if isinstance(label, Symbol):
            sides, definition = self._without_label(label, sides)
        entries = []
        for side in sides:
            self.count += 1
            sure = side.expr is None or has_own_letters(side.expr, self.words)
            entries.append(Entry(self.resolved(side), number if self.several else self.count, sure=sure))
        if definition:
            self._define(label, entries)
            self.defined = entries
        elif step.goes_on and self.chains:
            self.chains[-1] += entries
        else:
            self.chains.append(entries)

    def _without_label(self, label: Symbol, sides: list[Side]) -> tuple[list[Side], bool]:
        """`P = 3*3*3*64`: a name for the figure is no step. `C_in = 512`: a definition, if it is a symbol's number."""
        rest = sides[1:]
        self.labelled.append((label.name, rest[-1]))
        if self._names_size(label):
            while len(rest) > 1 and self._names_size(rest[0].expr):  # H = W = 112
                self.labelled.append((rest[0].expr.name, rest[-1]))  # type: ignore[union-attr]
                rest = rest[1:]
            return rest, False
        try:
            known = self.words.resolved(label)
        except UnknownName:
            return rest, False
        value = number_of(rest[-1].expr, self.values) if rest[-1].expr is not None and self._known(rest[-1]) else None
        itself = self.words.named(label.name)  # C_out = 1792: one of the formula's sizes
        is_answer = (
            not self.question.is_shape
            and value == self.question.value
            and not (isinstance(itself, Symbol) and self._is_own(itself.name))
        )
        defined = isinstance(known, Symbol) and (self._is_own(known.name) or self._is_used(label))
        return rest, defined and len(rest) == 1 and rest[0].literal and not is_answer

    def _is_own(self, name: str) -> bool:
        """A symbol of the figure's own formula; any other name, `bias = 512`, stands for a result on the way."""
        own = set(self.words.own)
        return name in own or any(side.name in own for side in self.words.together(name))

    def _is_used(self, label: Symbol) -> bool:
        """Whether the name comes back in a formula: N = 512, (3·3·512+1)·N."""
        sides = [side.expr for step in self.answer.steps for side in step.sides if side.expr is not None]
        return sum(any(node == label for node in walk(expr)) for expr in sides) > 1

    def _names_size(self, label: Expr | None) -> bool:
        if not self.question.is_shape or not isinstance(label, Symbol):
            return False
        return label.name[0].upper() in {name[0].upper() for name, _ in asked(self.question)}

    def _known(self, side: Side) -> bool:
        return side.expr is not None and not is_symbolic(side.expr)

    def _define(self, label: Expr | None, entries: list[Entry]) -> None:
        """A symbol's number: right or wrong by itself."""
        assert isinstance(label, Symbol)
        symbol = self.words.resolved(label)
        right = number_of(symbol, self.values)
        given = number_of(entries[0].side.expr, self.values) if entries[0].side.expr is not None else None
        if given != right:
            self.chains.append([replace(entries[0], ok=False, why=None)])

    def resolved(self, side: Side) -> Side:
        self.at = side
        expr = self.words.resolved(side.expr) if side.expr is not None else None
        return replace(side, expr=expr, shape=tuple(self.words.resolved(size) for size in side.shape))

    # Judging.

    def judged(self) -> Worked:
        shape = self._shape_by_names()
        if not shape:
            self._join_single_lines()
        last = self.chains[-1][-1].side
        final = judge_shape(self.question, shape, self.words) if shape else self._judged(last)
        for at, chain in enumerate(self.chains):
            self.chains[at] = self._checked(chain, last=at == len(self.chains) - 1 and not shape)
        entries = [entry for chain in self.chains for entry in chain]
        if final.verdict in RIGHT or final.verdict == "undecided":
            return self._earning(self._right_in_the_end(final, entries))
        if not shape and self._is_binary_as_decimal(last):
            return self._earning(self._binary_as_decimal(entries[-1]))
        if self._only_rounded(entries):
            exact = say.EXACT.format(value=self.question.value)
            return Worked(Outcome("rounded", (exact,)), None, 1.0)
        if not shape and self._is_another_figure(last):
            return Worked(replace(final, remarks=(say.SHAPE_WANTED,)), None, 0.0)
        return self._earning(self._wrong_in_the_end(final))

    def _is_another_figure(self, last: Side) -> bool:
        """The number of parameters, say, where a shape is asked for: its arithmetic earns nothing."""
        part = self.question.layer
        if not self.question.is_shape or part is None or last.shape or last.expr is None:
            return False
        value = number_of(last.expr, self.values)
        return value is not None and value > max(self.question.shape) and value in counted_beside(self.question)

    def _earning(self, worked: Worked) -> Worked:
        """The steps of a wrong working whose marks are due: the right formula, and the numbers put in, before the first wrong step."""
        if worked.outcome.verdict != "wrong" or self.question.is_shape:
            return worked
        entries = [entry for chain in self.chains for entry in chain]
        first = next((entry for entry in entries if entry.ok is False), None)
        if first is not None and first.why == say.SET_UP:  # something is added that is not in the formula
            return worked
        due: list[str] = []
        for entry in entries:
            expr = entry.side.expr
            if entry.ok is False or (worked.first_wrong is not None and entry.step >= worked.first_wrong):
                break
            if expr is None or entry.side.literal or self._judged(entry.side).verdict not in RIGHT:
                continue
            due += ["formula"] if is_symbolic(expr) else ["formula", "numbers"]
        earned = tuple(dict.fromkeys(due))
        if not earned:
            return worked
        said = say.EARNED_BOTH if len(earned) > 1 else say.EARNED_FORMULA
        outcome = replace(worked.outcome, remarks=(*worked.outcome.remarks, said))
        return replace(worked, outcome=outcome, notes=(*worked.notes, *earned))

    def _is_binary_as_decimal(self, last: Side) -> bool:
        """138357544·4/1024/1024 = 527.8 MB: counted in MiB, and called MB."""
        unit = last.unit
        if self.question.quantity != "bytes" or unit is None or unit.of != "bytes" or unit.factor not in BINARY_OF:
            return False
        value = number_of(last.expr, self.values) if last.expr is not None else None
        ratio = Fraction(BINARY_OF[unit.factor], unit.factor)
        within = max(tolerance(last), Fraction(unit.factor, 2) if last.literal else Fraction(0))
        return value is not None and abs(value - self.question.value / ratio) <= within

    def _binary_as_decimal(self, entry: Entry) -> Worked:
        unit = entry.side.unit
        assert unit is not None and entry.side.expr is not None
        self.chains[-1][-1] = replace(self.chains[-1][-1], ok=False)
        name = unit.name[:1].upper()
        message = say.BINARY.format(binary=same(f"{name}iB"), decimal=same(f"{name}B"), factor=BINARY_OF[unit.factor])
        found = Diagnosis(("units.mib_as_mb",), message, say.UNIT_HINT, _whole(number_of(entry.side.expr)) or 0)
        return Worked(Outcome("wrong", mistakes=(found,)), entry.step, self._score())

    def _only_rounded(self, entries: list[Entry]) -> bool:
        """138.36M×4 = 553.44 MB: all steps hold, and the end is off by no more than the rounded numbers explain."""
        if self.question.is_shape or len(self.chains) > 1 or any(entry.ok is not True for entry in entries):
            return False
        first = entries[0].side
        return bool(first.loose) and self._judged(first).verdict == "rounded" and entries[-1].side.half is not None

    def _judged(self, side: Side) -> Outcome:
        if self.question.is_shape:
            return judge_shape(self.question, shape_of(side), self.words)
        return judge_number(self.question, side, self.words)

    def _join_single_lines(self) -> None:
        """Lines without "=" go on with the line before, if they are equal to it; all of them, if there are no others."""
        joined: list[list[Entry]] = []
        all_single = all(len(chain) == 1 for chain in self.chains)
        for chain in self.chains:
            single = len(chain) == 1 and bool(joined)
            if single and (all_single or self._agrees(joined[-1][-1].side, chain[0].side)):
                joined[-1] += chain
            else:
                joined.append(list(chain))
        self.chains = joined

    def _shape_by_names(self) -> tuple[Expr, ...]:
        """C = 64, H = 112, W = 112: each size by its name."""
        if not self.question.is_shape or any(side.shape for chain in self.chains for side in (e.side for e in chain)):
            return ()
        named = {name[0].upper(): self.resolved(side).expr for name, side in self.labelled}
        found = [named.get(name[0].upper()) for name, _ in asked(self.question)]
        sizes = tuple(size for size in found if size is not None)
        return sizes if len(sizes) == len(found) > 1 else ()

    def _checked(self, chain: list[Entry], *, last: bool) -> list[Entry]:
        """Each side against the one before; the first against the figure, where the whole working is this chain."""
        checked: list[Entry] = []
        for at, entry in enumerate(chain):
            if entry.ok is False:
                checked.append(entry)
                continue
            if at:
                before = chain[at - 1].side
                ok = self._agrees(before, entry.side)
                if ok is False and not chain[at - 1].sure and self._known(entry.side):
                    ok = None
                checked.append(replace(entry, ok=ok, why=self._unequal(before, entry.side) if ok is False else None))
            elif last and len(self.chains) == 1:
                checked.append(self._set_up(entry, chain))
            else:
                checked.append(entry)
        return checked

    def _set_up(self, entry: Entry, chain: list[Entry]) -> Entry:
        """The first side: the figure asked for, maybe in the unit that stands only at the end."""
        if len(chain) > 1 and self._is_one_size(entry.side):  # 512·7·7 = 25088
            return entry
        outcome = self._judged(entry.side)
        if outcome.verdict == "wrong" and not self.question.is_shape and entry.side.expr is not None:
            value = number_of(entry.side.expr, self.values)
            units = [other.side.unit.factor for other in chain if other.side.unit is not None]
            if any(mistake.id == "units.missing" for mistake in outcome.mistakes):
                return entry
            if value is not None and any(value * factor == self.question.value for factor in units):
                return entry
        ok = True if outcome.verdict in RIGHT else None if outcome.verdict == "undecided" else False
        return replace(entry, ok=ok, why=say.SET_UP if ok is False else None)

    def _agrees(self, before: Side, after: Side) -> bool | None:
        """Whether two sides are equal: formulas by algebra, numbers within what they claim to know."""
        if before.expr is None or after.expr is None:
            return self._shapes_agree(before, after)
        if is_symbolic(before.expr) and is_symbolic(after.expr):
            return compare(after.expr, before.expr, self.words).equal
        left, right = number_of(before.expr, self.values), number_of(after.expr, self.values)
        if left is None or right is None:
            return False
        within = tolerance(before) + tolerance(after)
        bits = [side.unit is not None and side.unit.of == "bits" for side in (before, after)]
        if bits[0] != bits[1]:
            left, right = (left / 8 if bits[0] else left), (right / 8 if bits[1] else right)
        if abs(left - right) <= within:
            return True
        factor = after.unit.factor if after.unit and (not before.unit or before.unit.factor == 1) else 1
        return factor != 1 and abs(left * factor - right) <= within

    def _shapes_agree(self, before: Side, after: Side) -> bool:
        left = [number_of(size, self.values) for size in shape_of(before)]
        right = [number_of(size, self.values) for size in shape_of(after)]
        product = Fraction(1)
        for size in right if after.shape else left:
            product *= size or 0
        other = left if after.shape else right
        return left == right or (len(other) == 1 and other[0] == product)

    def _unequal(self, before: Side, after: Side) -> Bi:
        if before.expr is None or after.expr is None or is_symbolic(after.expr):
            return say.NOT_EQUAL_FORMULA
        left, right = number_of(before.expr, self.values), number_of(after.expr, self.values)
        if left is None or right is None:
            return say.NOT_EQUAL_FORMULA
        if after.literal:
            return say.NOT_EQUAL_NUMBER.format(before=say.number_text(left))
        return say.NOT_EQUAL.format(value=say.number_text(right), before=say.number_text(left))

    # What comes of it.

    def _right_in_the_end(self, final: Outcome, entries: list[Entry]) -> Worked:
        wrong = [entry for entry in entries if entry.ok is False]
        if wrong:
            first = wrong[0]
            said = (_step(first), *([say.VALUE_RIGHT] if final.verdict in RIGHT else []))
            value = number_of(first.side.expr, self.values) if first.side.expr is not None else None
            whole = int(value) if value is not None and value.denominator == 1 else value
            return Worked(Outcome("wrong", said, (), whole, first.side.expr), first.step, self._score())
        if final.verdict == "undecided" or any(entry.ok is None for entry in entries):
            return Worked(Outcome("undecided", (say.UNDECIDED,)), None, 0.0)
        verdict: AnswerVerdict = final.verdict
        if verdict == "rounded" and any(
            entry.side.literal and entry.side.half is None and self._judged(entry.side).verdict == "correct"
            for entry in entries
        ):
            verdict = "correct"
        said = () if verdict == "correct" and final.verdict == "correct" and self._ends_in_number() else final.remarks
        return Worked(Outcome(verdict, said), None, 1.0)

    def _ends_in_number(self) -> bool:
        side = self.chains[-1][-1].side
        return side.literal or bool(side.shape)

    def _wrong_in_the_end(self, final: Outcome) -> Worked:
        wrong = [(c, e) for c, chain in enumerate(self.chains) for e, entry in enumerate(chain) if entry.ok is False]
        c, e = wrong[0] if wrong else self._suspect(final)
        entry = self.chains[c][e]
        if not wrong and self._is_one_size(entry.side):
            return Worked(final, None, 0.0)
        if not wrong:
            why = say.SET_UP if not final.mistakes and not entry.side.shape else None
            self.chains[c][e] = entry = replace(entry, ok=False, why=why)
        side = entry.side
        expr = side.expr
        if c < len(self.chains) - 1:  # an intermediate result: what it makes of the figure is compared, not it itself
            c, end = len(self.chains) - 1, self.chains[-1][0].side
            expr = end.expr if not wrong and end.expr is not None and not end.literal else None
        if expr is not None and not side.literal:
            expr = self._composed(expr, c)
        value = number_of(expr, self.values) if expr is not None else None
        follows = len(set(self._right_steps(after=entry.step))) > 0
        said = (_step(entry), *([say.FOLLOWS] if follows else []))
        slips = final.slips or self._miscalculated(entry, e)
        if value is None or side.shape or (self.question.is_shape and isinstance(final.value, tuple)):
            outcome = replace(final, verdict="wrong", remarks=said, instead=() if wrong else final.instead, slips=slips)
        else:
            whole = int(value) if value.denominator == 1 else value
            instead = final.instead if e == 0 and not is_symbolic(side.expr or Number(0)) else ()
            instead = self._judged(side).instead if e == 0 and len(self.chains) == 1 else instead
            written = None if side.literal else expr
            outcome = Outcome("wrong", said, instead, whole, written, tolerance(side), final.mistakes, slips)
        return Worked(outcome, entry.step, self._score())

    def _miscalculated(self, entry: Entry, place: int) -> tuple[Diagnosis, ...]:
        """A number that is not what stands before it."""
        value = number_of(entry.side.expr) if entry.side.expr is not None and entry.side.literal else None
        if value is None or not place or entry.why is None:
            return ()
        return (say.miscalculated(entry.why, _whole(value) or 0),)

    def _is_one_size(self, side: Side) -> bool:
        """One right size where the whole shape is asked for: the working is right, and stops too early."""
        if not self.question.is_shape or side.expr is None:
            return False
        return number_of(side.expr, self.values) in [size.value for _, size in asked(self.question)]

    def _suspect(self, final: Outcome) -> tuple[int, int]:
        """Where every equation holds and still the wrong figure comes out: the first result that is no part of the right one."""
        if any(mistake.id == "units.missing" for mistake in final.mistakes):
            return len(self.chains) - 1, len(self.chains[-1]) - 1
        parts = self._parts()
        for at, chain in enumerate(self.chains):
            end = chain[-1].side
            value = number_of(end.expr, self.values) if end.expr is not None else None
            is_asked = not self.question.is_shape and value == self.question.value  # 384·384, and then something added
            if value is not None and value not in parts and not (is_asked and at < len(self.chains) - 1):
                return at, 0
        return len(self.chains) - 1, 0

    def _parts(self) -> set[Fraction]:
        """The values of all parts of the right formulas, those multiplied out too, and the layer's own numbers."""
        found = {Fraction(value) for value in self.values.values()}
        for _, size in self.question.sizes:
            for formula in (size.substituted, *size.steps):
                for node in walk(formula):
                    value = number_of(node)
                    if value is not None and node is not size.substituted:
                        found.add(value)
            found |= {value for value, _ in terms(size.substituted) or ()}
            numbers = [Fraction(node.value) for node in walk(size.substituted) if isinstance(node, Number)]
            product = Fraction(1)
            for number in numbers:
                product *= number
                found.add(product)
            if not self.question.is_shape:
                found.discard(Fraction(size.value))
        return found

    def _composed(self, expr: Expr, chain: int) -> Expr:
        """The formula with earlier results written out: 4608·512 after 3·3·512 = 4608 is (3·3·512)·512."""
        known: dict[Fraction, Expr] = {}
        for entries in self.chains[:chain]:
            first, end = entries[0].side.expr, entries[-1].side.expr
            value = number_of(end, self.values) if end is not None else None
            if first is not None and value is not None and first.children():
                known.setdefault(value, _replaced(first, known))
        return _replaced(expr, known)

    def _right_steps(self, after: int = 0) -> list[int]:
        entries = [entry for chain in self.chains for entry in chain]
        wrong = {entry.step for entry in entries if entry.ok is not True}
        return [step for step in dict.fromkeys(entry.step for entry in entries) if step > after and step not in wrong]

    def _score(self) -> float:
        steps = {entry.step for chain in self.chains for entry in chain}
        return round(len(self._right_steps()) / len(steps), 4)


def _whole(value: Fraction | None) -> int | Fraction | None:
    return int(value) if value is not None and value.denominator == 1 else value


def _step(entry: Entry) -> Bi:
    text = " ".join(entry.side.text.split())
    text = text if len(text) <= 60 else text[:59] + "…"
    if entry.why is None:
        return say.STEP_ONLY.format(n=entry.step, text=same(text))
    return say.STEP.format(n=entry.step, text=same(text), why=entry.why)


def _replaced(expr: Expr, known: dict[Fraction, Expr]) -> Expr:
    return rewritten(expr, lambda node: known.get(Fraction(node.value), node) if isinstance(node, Number) else node)
