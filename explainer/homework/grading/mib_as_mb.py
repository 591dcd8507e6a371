"""Bytes counted in MiB and called MB: 138357544·4/1024/1024 = 527.8 MB."""

from __future__ import annotations

from fractions import Fraction

from explainer.homework.answers.syntax import Side
from explainer.homework.grading import messages as say
from explainer.homework.grading.number_answer import BINARY_OF, tolerance
from explainer.homework.grading.vocabulary import number_of
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question
from explainer.i18n.bilingual import same


def is_rounded(question: Question, side: Side) -> bool:
    """Whether that side, in MiB, is the figure as far as its digits go."""
    value = number_of(side.expr) if side.expr is not None else None
    if value is None or side.unit is None or side.unit.factor not in BINARY_OF:
        return False
    ratio = Fraction(BINARY_OF[side.unit.factor], side.unit.factor)
    return abs(value * ratio - question.value) <= tolerance(side) * ratio


def mib_as_mb(question: Question, side: Side, values: dict[str, int]) -> Diagnosis | None:
    """The mistake, where a side is the figure in MiB and its unit says MB; to a whole MB, where it may be cut off as well."""
    unit = side.unit
    if question.quantity != "bytes" or unit is None or unit.of != "bytes" or unit.factor not in BINARY_OF:
        return None
    value = number_of(side.expr, values) if side.expr is not None else None
    ratio = Fraction(BINARY_OF[unit.factor], unit.factor)
    within = max(tolerance(side), Fraction(unit.factor, 2) if side.literal else Fraction(0))
    if value is None or abs(value - question.value / ratio) > within:
        return None
    name = unit.name[:1].upper()
    message = say.BINARY.format(binary=same(f"{name}iB"), decimal=same(f"{name}B"), factor=BINARY_OF[unit.factor])
    return Diagnosis(("units.mib_as_mb",), message, say.UNIT_HINT, value.numerator if value.denominator == 1 else value)
