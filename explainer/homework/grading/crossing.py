"""What keeps an answer from being crossed: some reading of it is right. It goes to the teacher.

The figure itself stands in a sentence as a number of its own, or a formula's single letters, which every course uses as it likes, can be
given meanings with which it comes to the figure.
"""

from __future__ import annotations

import itertools
import re
from fractions import Fraction

from explainer.formula.tree import Expr, Symbol, walk
from explainer.homework.answers.answer_parser import parse
from explainer.homework.answers.units import unit_named
from explainer.homework.answers.unreadable import Unreadable
from explainer.homework.expressions import expression
from explainer.homework.grading.names import canonical
from explainer.homework.grading.number_answer import is_symbolic
from explainer.homework.grading.per_one import MOST, ungrouped
from explainer.homework.grading.shape_answer import asked
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.question import Question

_PROSE = expression(r"[A-Za-z]{3,}|[\u3400-\u9fff]{2,}")
_OPERATOR = expression(r"\s*(?:个|次)?\s*[+\-*/^×·xX÷−＋＊加减乘除]\s*[\d(（]")
_BEHIND = expression(r"\s*([A-Za-z]+|[\u3400-\u9fff]{1,4})")
LETTERS, NODES, SIDES = 3, 60, 4  # letters that are given other meanings, nodes of such a formula, how many of them


def may_be_right(question: Question, text: str, words: Vocabulary) -> bool:
    """Whether some reading of an answer is right, though the usual one is not."""
    if question.is_shape:
        sizes = r"\D{1,4}".join(str(size.value) for _, size in asked(question))
        found = len(asked(question)) > 1 and re.search(rf"(?<!\d){sizes}(?!\d)", text[-MOST:])
        return bool(found) and bool(_PROSE.search(text))
    return _is_said(question, text, words) or _in_other_letters(question, text, words)


def _is_said(question: Question, text: str, words: Vocabulary) -> bool:
    """The figure stands in a sentence, as a number that nothing is calculated with; not where it is a size of the layer as well."""
    value = question.value
    if Fraction(value) in words.values().values() or value < 10 or not _PROSE.search(text):
        return False
    said = ungrouped(text[-MOST:])
    for found in re.finditer(rf"(?<![\d.])(?<![*×/^+\-] ){value}(?![\d.]*\d)", said):
        behind = _BEHIND.match(said, found.end())
        unit = unit_named(behind[1]) if behind else None
        fits = unit is None or (unit.fits(question.quantity) and unit.factor == 1)
        if fits and not _OPERATOR.match(said, found.end()):
            return True
    return False


def _in_other_letters(question: Question, text: str, words: Vocabulary) -> bool:
    """A formula whose letters can be given other sizes of the layer, so that it comes to the figure."""
    try:
        answer = parse(text, question.quantity)
    except Unreadable:
        return False
    formulas = [side.expr for side in answer.sides if side.expr is not None and is_symbolic(side.expr)]
    return any(_fits(question, expr, words) for expr in formulas[:SIDES])


def _fits(question: Question, expr: Expr, words: Vocabulary) -> bool:
    names = list(dict.fromkeys(node.name for node in walk(expr) if isinstance(node, Symbol)))
    free = [name for name in names if len(name.replace("_", "")) == 1 and canonical(name, words) is None]
    if not free or len(free) > LETTERS or sum(1 for _ in walk(expr)) > NODES:
        return False
    taken = {canonical(name, words) for name in names}
    symbols = [symbol for name, symbol in words.symbols.items() if name not in taken and not symbol.literal]
    values = words.values()
    for chosen in itertools.permutations(symbols[:8], len(free)):
        meant = dict(zip(free, chosen, strict=True))
        given = values | {name: values[symbol.name] for name, symbol in meant.items()}
        named = {
            name: values[ours] for name in names if (ours := canonical(name, words)) in values and ours is not None
        }
        if number_of(expr, given | named) == question.value:
            return True
    return False
