"""What an answer shows by its numbers alone, whatever its words are: the figure stands where an answer stands, and all else is true.

It is the figure exactly, or rightly rounded; it stands last, or first with what explains it behind. Every equation holds, and every
other number is one of the layer's, or the same figure counted in another way.
"""

from __future__ import annotations

from fractions import Fraction

from explainer.homework.answers.word_set import word_set
from explainer.homework.grading.contradiction import contradicts
from explainer.homework.grading.main_claim import NOT_ITS, holds
from explainer.homework.grading.number_answer import tolerance
from explainer.homework.grading.placing import counts, is_gone_on_with, is_true_of_another, label_fits
from explainer.homework.grading.worked_claims import RIGHT, WorkedClaim, WorkedOut

CONDITIONS = word_set("if otherwise else whether depends depending 如果 若 否则 假如 取决于")

SUPPOSED = word_set("would if could were 如果 若 假如 要是")


def shown(told: WorkedOut) -> WorkedClaim | None:
    """The claim that is the figure; None where nothing shows it."""
    if told.ambiguous or any(CONDITIONS.intersection(one.claim.said) and not _is_supposed(one) for one in told.worked):
        return None
    if (
        told.question.quantity in ("weights", "bias") and len(told.worked) > 1
    ):  # a part of a sum: others know what is said of which
        return None
    stated = [one for one in told.worked if one.sides and not one.claim.aside]
    stated = [one for one in stated if not told.is_another_figure(one)] or stated
    stated = [one for one in stated if not _says_it_again(told, one)] or stated
    totals = [one for one in stated if "total" in one.claim.labels and one.claim.headed]
    for claim in dict.fromkeys([*map(id, (*stated[-1:], *totals[-1:], *stated[:1]))]):
        one = next(one for one in stated if id(one) == claim)
        if not _is_figure(told, one):
            continue
        total = "total" in one.claim.labels
        others = [other for other in told.worked if other is not one]
        if one is not stated[-1] and not all(_is_explained(other) for other in others):
            continue
        if all(_is_true(told, other) and (total or not _is_bare(told, other)) for other in others) and _sums(
            told, others
        ):
            return one
    return None


def _is_supposed(one: WorkedClaim) -> bool:
    """(without groups it would be 73856): what would be, told beside."""
    supposed = SUPPOSED.intersection(one.claim.said)
    return bool(supposed) and (one.claim.aside or "would" in supposed)


def _is_figure(told: WorkedOut, one: WorkedClaim) -> bool:
    last = one.last
    if last is None or not last.literal or one.claim.name is not None or not holds(told, one):
        return False
    if NOT_ITS.intersection(one.claim.said):
        return False
    return told.outcome(one).verdict in RIGHT and not contradicts(told, one)


def _is_bare(told: WorkedOut, one: WorkedClaim) -> bool:
    """Whether it is a number by itself that is no size of the layer: perhaps another answer."""
    if one.claim.said or one.claim.aside or len(one.sides) != 1 or one.claim.name is not None or one.last is None:
        return False
    known = {*map(Fraction, told.values.values()), Fraction(told.question.value)}
    return one.last.literal and one.value not in known and not is_gone_on_with(told, one)


def _sums(told: WorkedOut, others: list[WorkedClaim]) -> bool:
    """Whether the layers of a sum, where several are named, add up to it."""
    if told.question.layer is not None:
        return True
    ends = [
        one.value
        for one in others
        if one.sides and one.value and not told.defines(one) and not _says_it_again(told, one)
    ]
    ends = [value for value in ends if value != told.question.value]
    return len(ends) < 2 or sum(ends, Fraction(0)) == told.question.value


def _is_explained(one: WorkedClaim) -> bool:
    """Whether words or an equation say what a number behind the figure is."""
    return bool(one.claim.said) or one.claim.aside or len(one.sides) > 1 or one.claim.name is not None


def _says_it_again(told: WorkedOut, one: WorkedClaim) -> bool:
    """61706, some sixty thousand: roughly the figure, with too few digits to be the answer."""
    last = one.last
    if last is None or last.half is None or one.value is None:
        return False
    return bool(abs(one.value - told.question.value) <= tolerance(last))


def _is_true(told: WorkedOut, one: WorkedClaim) -> bool:
    """Whether a claim beside the figure is true of the layer, whatever it is called."""
    if _is_supposed(one):
        return True
    if not one.holds:
        return False
    if not one.sides:
        return not any(part.numbers for part in one.claim.parts)
    if told.is_another_figure(one):
        return is_true_of_another(told, one)
    last = one.last
    if one.value is None or last is None:
        return False
    if (
        one.claim.aside
        and told.question.quantity == "params"
        and one.value in {part.counted for part in told.question.walk.layers}
    ):
        return True  # less than fc1 (48120)
    if not label_fits(told, one):
        return False
    if told.question.layer is None and last.literal and not one.claim.aside:
        return one.value in counts(told) or _says_it_again(told, one)
    if one.claim.parts[-1].wordy and len(one.sides) == 1 and told.all_placed(last.expr):
        return True  # 20 filters of 5×5 plus 20 biases
    within = tolerance(last)
    return _says_it_again(told, one) or any(abs(one.value - place) <= within for place in told.places)
