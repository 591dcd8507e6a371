"""Working, step by step: each side against the one before, the first wrong step, and what follows correctly from it.

A step is a line where there are several lines, else one side of the equation: in `A = B = C` A is step 1. The first side is
right if it is the figure asked for; each other if it equals the one before. Lines with an equation of their own
(3·3·512 = 4608, then 4608+1 = 4609) are right in themselves, and the last must come to the figure. The score is the share of
right steps: what follows correctly from a wrong step counts as right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from explainer.formula.tree import Number
from explainer.homework.answers.syntax import Side
from explainer.homework.grading import messages as say
from explainer.homework.grading.layer_parts import counted_beside
from explainer.homework.grading.mib_as_mb import is_rounded, mib_as_mb
from explainer.homework.grading.number_answer import Outcome, is_symbolic, judge_number, tolerance
from explainer.homework.grading.result import AnswerVerdict
from explainer.homework.grading.shape_answer import asked, judge_shape, shape_of
from explainer.homework.grading.step_equality import StepEquality, is_known
from explainer.homework.grading.suspect_step import composed, suspect
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.grading.working_steps import Entry, Steps
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi, same

RIGHT = ("correct", "equivalent", "rounded")
ALSO = 2  # slips that are named beside the first wrong step


@dataclass(frozen=True)
class Worked:
    """What came of a working. by_cause: it is wrong only if a mistake explains it; else nobody can tell."""

    outcome: Outcome
    first_wrong: int | None
    score: float
    read_as: Bi | None = None
    notes: tuple[str, ...] = ()
    by_cause: bool = False


class Working:
    """The steps of a working, judged."""

    def __init__(self, question: Question, steps: Steps, words: Vocabulary) -> None:
        self.question, self.words = question, words
        self.steps, self.chains = steps, steps.chains
        self.values = words.values()
        self.equality = StepEquality(words)

    def judged(self) -> Worked:
        """What comes of it."""
        shape = self.steps.shape_by_names()
        if not shape:
            self.steps.join_single_lines(self.equality)
            self.chains = self.steps.chains
        last = self._end()
        final = judge_shape(self.question, shape, self.words, by_name=True) if shape else self._judged(last)
        for at, chain in enumerate(self.chains):
            self.chains[at] = self._checked(chain, last=at == len(self.chains) - 1 and not shape)
        entries = [entry for chain in self.chains for entry in chain]
        if final.verdict in RIGHT or final.verdict == "undecided":
            return self._earning(self._right_in_the_end(final, entries))
        binary = mib_as_mb(self.question, last, self.values) if not shape else None
        if binary is not None and self._is_said_again(entries):
            return Worked(Outcome("equivalent", (binary.message,)), None, 1.0)
        if binary is not None:
            self.chains[-1][-1] = replace(self.chains[-1][-1], ok=False)
            return self._earning(Worked(Outcome("wrong", mistakes=(binary,)), entries[-1].step, self._score()))
        if self._only_rounded(entries):
            exact = say.EXACT.format(value=self.question.value)
            return Worked(Outcome("rounded", (exact,)), None, 1.0)
        if not shape and self._is_another_figure(last):
            return Worked(replace(final, remarks=(say.SHAPE_WANTED,)), None, 0.0)
        return self._earning(self._wrong_in_the_end(final))

    def _end(self) -> Side:
        """What the working comes to; of a shape it is the last whole one, where only a reason for one of its sizes is behind."""
        last = self.chains[-1][-1].side
        first = self.chains[-1][0].side
        if not self.question.is_shape or len(self.chains) < 2 or len(self._values(first)) != 1:
            return last
        wanted = (len(asked(self.question)), len(self.question.sizes))
        for chain in reversed(self.chains[:-1]):
            given = self._values(chain[-1].side)
            if len(given) in wanted and len(given) > 1:
                return chain[-1].side if self._values(first)[0] in given else last
        return last

    def _values(self, side: Side) -> list[Fraction | None]:
        return [number_of(size, self.values) for size in shape_of(side)]

    def _is_said_again(self, entries: list[Entry]) -> bool:
        """246824 B ≈ 241 KB: the bytes stand there by themselves, and all before them holds."""
        *before, last = entries
        if len(self.chains) > 1 or not is_rounded(self.question, last.side) or not all(entry.ok for entry in before):
            return False
        return any(entry.side.literal and self._judged(entry.side).verdict == "correct" for entry in before[-1:])

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

    def _checked(self, chain: list[Entry], *, last: bool) -> list[Entry]:
        """Each side against the one before; the first against the figure, where the whole working is this chain."""
        checked: list[Entry] = []
        for at, entry in enumerate(chain):
            if entry.ok is False:
                checked.append(entry)
                continue
            if at:
                before = chain[at - 1].side
                ok = self.equality.agrees(before, entry.side)
                if ok is False and not chain[at - 1].sure and is_known(entry.side):
                    ok = None
                checked.append(
                    replace(entry, ok=ok, why=self.equality.unequal(before, entry.side) if ok is False else None)
                )
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
        places = [(c, e) for c, chain in enumerate(self.chains) for e, entry in enumerate(chain) if entry.ok is False]
        c, e = places[0] if places else suspect(self.question, self.chains, final, self.values)
        wrong = [self.chains[c][e] for c, e in places]
        entry = self.chains[c][e]
        if not wrong and self._is_one_size(entry.side):
            return Worked(final, None, 0.0)
        if not wrong:
            why = say.SET_UP if not e and not final.mistakes and not entry.side.shape else None
            self.chains[c][e] = entry = replace(entry, ok=False, why=why)
        side = entry.side
        expr = side.expr
        if c < len(self.chains) - 1:  # an intermediate result: what it makes of the figure is compared, not it itself
            c, end = len(self.chains) - 1, self.chains[-1][0].side
            expr = end.expr if not wrong and end.expr is not None and not end.literal else None
        if expr is not None and not side.literal:
            expr = composed(self.chains, expr, c, self.values)
        value = number_of(expr, self.values) if expr is not None else None
        follows = len(set(self._right_steps(after=entry.step))) > 0
        slips = final.slips or self._miscalculated(entry, e)
        told = bool(slips) and not final.slips and not final.mistakes  # the cause says what the number is not equal to
        also = [_step(other) for other in wrong[1:] if other.side.literal and other.why is not None]
        said = (
            _step(entry, bare=told),
            *also[:ALSO],
            *([say.OTHERS_FOLLOW if also else say.FOLLOWS] if follows else []),
        )
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

    def _right_steps(self, after: int = 0) -> list[int]:
        entries = [entry for chain in self.chains for entry in chain]
        wrong = {entry.step for entry in entries if entry.ok is not True}
        return [step for step in dict.fromkeys(entry.step for entry in entries) if step > after and step not in wrong]

    def _score(self) -> float:
        steps = {entry.step for chain in self.chains for entry in chain}
        return round(len(self._right_steps()) / len(steps), 4)


def _whole(value: Fraction | None) -> int | Fraction | None:
    return int(value) if value is not None and value.denominator == 1 else value


def _step(entry: Entry, bare: bool = False) -> Bi:
    text = " ".join(entry.side.text.split())
    text = text if len(text) <= 60 else text[:59] + "…"
    if entry.why is None or bare:
        return say.STEP_ONLY.format(n=entry.step, text=same(text))
    if entry.why == say.SET_UP:
        return say.STEP_SET_UP.format(n=entry.step, text=same(text))
    return say.STEP.format(n=entry.step, text=same(text), why=entry.why)
