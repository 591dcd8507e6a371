"""Whether one side of a working equals the one before: formulas by algebra, numbers within what they claim to know."""

from __future__ import annotations

from fractions import Fraction

from explainer.homework.answers.syntax import Side
from explainer.homework.grading import messages as say
from explainer.homework.grading.equivalence import compare
from explainer.homework.grading.number_answer import is_symbolic, tolerance
from explainer.homework.grading.shape_answer import shape_of
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.i18n.bilingual import Bi


class StepEquality:
    """Equality in the symbols of one question."""

    def __init__(self, words: Vocabulary) -> None:
        self.words, self.values = words, words.values()

    def agrees(self, before: Side, after: Side) -> bool | None:
        """Whether two sides are equal; None where nobody can tell."""
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

    def unequal(self, before: Side, after: Side) -> Bi:
        """What is said of two sides that are not equal."""
        if before.expr is None or after.expr is None or is_symbolic(after.expr):
            return say.NOT_EQUAL_FORMULA
        left, right = number_of(before.expr, self.values), number_of(after.expr, self.values)
        if left is None or right is None:
            return say.NOT_EQUAL_FORMULA
        if after.literal:
            return say.NOT_EQUAL_NUMBER.format(before=say.number_text(left))
        return say.NOT_EQUAL.format(value=say.number_text(right), before=say.number_text(left))


def is_known(side: Side) -> bool:
    """Whether a side is a formula in numbers."""
    return side.expr is not None and not is_symbolic(side.expr)
