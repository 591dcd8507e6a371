"""Where a working went wrong though every equation holds, and what its end is with earlier results written out."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from explainer.formula.rewrite import rewritten
from explainer.formula.tree import Expr, Number, walk
from explainer.homework.grading.number_answer import Outcome
from explainer.homework.grading.term_diff import terms
from explainer.homework.grading.vocabulary import number_of
from explainer.homework.grading.working_steps import Entry
from explainer.homework.question import Question

Values = dict[str, int]


def suspect(question: Question, chains: list[list[Entry]], final: Outcome, values: Values) -> tuple[int, int]:
    """Where every equation holds and still the wrong figure comes out: the first result that is no part of the right one."""
    if any(mistake.id == "units.missing" for mistake in final.mistakes):
        return len(chains) - 1, len(chains[-1]) - 1
    parts = _parts(question, values)
    for at, chain in enumerate(chains):
        end = chain[-1].side
        value = number_of(end.expr, values) if end.expr is not None else None
        is_asked = not question.is_shape and value == question.value  # 384·384, and then something added
        if value is not None and value not in parts and not (is_asked and at < len(chains) - 1):
            return at, _rounded_wrongly(question, chain, values)
    return len(chains) - 1, 0


def _rounded_wrongly(question: Question, chain: list[Entry], values: Values) -> int:
    """The place of 25 in (48+2-3)/2+1 = 24.5 ≈ 25, where 24 is right: the formula is not at fault."""
    right = {size.value for _, size in question.sizes} if question.is_shape else set()
    worked = [number_of(entry.side.expr, values) if entry.side.expr is not None else None for entry in chain]
    near = [value is not None and value.denominator != 1 and floor(value) in right for value in worked]
    return near.index(False) if near and near[0] and False in near else 0


def _parts(question: Question, values: Values) -> set[Fraction]:
    """The values of all parts of the right formulas, those multiplied out too, and the layer's own numbers."""
    found = {Fraction(value) for value in values.values()}
    for _, size in question.sizes:
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
        if not question.is_shape:
            found.discard(Fraction(size.value))
    return found


def composed(chains: list[list[Entry]], expr: Expr, chain: int, values: Values) -> Expr:
    """The formula with earlier results written out: 4608·512 after 3·3·512 = 4608 is (3·3·512)·512."""
    known: dict[Fraction, Expr] = {}
    for entries in chains[:chain]:
        first, end = entries[0].side.expr, entries[-1].side.expr
        value = number_of(end, values) if end is not None else None
        if first is not None and value is not None and first.children():
            known.setdefault(value, _replaced(first, known))
    return _replaced(expr, known)


def _replaced(expr: Expr, known: dict[Fraction, Expr]) -> Expr:
    return rewritten(expr, lambda node: known.get(Fraction(node.value), node) if isinstance(node, Number) else node)
