"""The steps of a working: every side in the question's own symbols, names for the figure and definitions taken off.

A step is a line where there are several lines, else one side of the equation: in `A = B = C` A is step 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from explainer.formula.tree import Expr, Symbol, walk
from explainer.homework.answers.syntax import Answer, Side, Step
from explainer.homework.grading.names import has_own_letters
from explainer.homework.grading.shape_answer import asked
from explainer.homework.grading.step_equality import StepEquality, is_known
from explainer.homework.grading.vocabulary import UnknownName, Vocabulary, number_of
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi


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


class Steps:
    """The steps of one working. `read` gives the names their meaning, and leaves the side at fault in `at`.

    chains: sides that are equated, those of a definition only where it is wrong, or the whole answer; labelled: names with what
    they stand for.
    """

    def __init__(self, question: Question, answer: Answer, words: Vocabulary) -> None:
        self.question, self.answer, self.words = question, answer, words
        self.values = words.values()
        self.several = len(answer.steps) > 1
        self.at = answer.sides[0]
        self.count = 0
        self.labelled: list[tuple[str, Side]] = []
        self.chains: list[list[Entry]] = []
        self.defined: list[Entry] = []  # the last definition

    def read(self) -> Steps:
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
        value = number_of(rest[-1].expr, self.values) if rest[-1].expr is not None and is_known(rest[-1]) else None
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

    def shape_by_names(self) -> tuple[Expr, ...]:
        """C = 64, H = 112, W = 112: each size by its name."""
        if not self.question.is_shape or any(side.shape for chain in self.chains for side in (e.side for e in chain)):
            return ()
        named = {name[0].upper(): self.resolved(side).expr for name, side in self.labelled}
        found = [named.get(name[0].upper()) for name, _ in asked(self.question)]
        sizes = tuple(size for size in found if size is not None)
        return sizes if len(sizes) == len(found) > 1 else ()

    def join_single_lines(self, equality: StepEquality) -> None:
        """Lines without "=" go on with the line before, if they are equal to it; all of them, if there are no others."""
        joined: list[list[Entry]] = []
        all_single = all(len(chain) == 1 for chain in self.chains)
        for chain in self.chains:
            single = len(chain) == 1 and bool(joined)
            if single and (all_single or equality.agrees(joined[-1][-1].side, chain[0].side)):
                joined[-1] += chain
            else:
                joined.append(list(chain))
        self.chains = joined
