"""What an account comes to: the claim that answers the question."""

from __future__ import annotations

from fractions import Fraction

from explainer.formula.tree import Number, Symbol, walk
from explainer.homework.answers.syntax import Side
from explainer.homework.grading.names import canonical
from explainer.homework.grading.number_answer import is_symbolic
from explainer.homework.grading.vocabulary import number_of
from explainer.homework.grading.worked_claims import PARTS, RESULTS, RIGHT, WorkedClaim, WorkedOut

NOT_ITS = frozenset(
    ["non", "nontrainable", "non-trainable", "non-learnable", "frozen", "不可训练", "不可学习"]
)  # what is beside the figure


def main_claim(told: WorkedOut) -> WorkedClaim | None:
    """What the account comes to: the total, else the last claim that is neither a part nor a definition."""
    claims = [one for one in told.worked if one.sides and not told.defines(one) and not told.is_another_figure(one)]
    claims = [one for one in claims if not one.claim.aside] or claims
    claims = [one for one in claims if not NOT_ITS.intersection(one.claim.said)] or claims
    first = claims[0] if claims and claims[0].claim.announces else None
    if first is not None and told.outcome(first).verdict in RIGHT and not _holds_right(told, claims[1:]):
        return first  # 520 parameters: 20 filters of 5×5 plus 20 biases
    totals = [one for one in claims if "total" in one.claim.labels]
    beside = bool(claims) and bool(claims[-1].claim.labels & PARTS) and len(claims[-1].sides) == 1
    if totals and (totals[-1] is claims[-1] or beside):
        return totals[-1]
    whole = [one for one in claims if not one.claim.labels & PARTS or len(one.sides) > 1]
    if len(claims) > 1 and claims[-1].claim.labels & PARTS and claims[0] in whole:
        first_right = claims[0].value is not None and told.outcome(claims[0]).verdict in RIGHT
        last_right = claims[-1].value is not None and told.outcome(claims[-1]).verdict in RIGHT
        if first_right and not last_right:
            return claims[0]
    return claims[-1] if claims else None


def _holds_right(told: WorkedOut, claims: list[WorkedClaim]) -> bool:
    """Whether a total, or the figure again, is among some claims."""
    return any("total" in one.claim.labels or Fraction(told.question.value) in one.values for one in claims)


def holds(told: WorkedOut, main: WorkedClaim) -> bool:
    """Its equations hold, and what begins it is the figure, if nothing runs on."""
    if not main.holds or (len(main.sides) == 1 and main.claim.parts[-1].listed):
        return False
    if (
        told.outcome(main).verdict == "rounded"
        and not _is_about(main)
        and any(_is_off(told, main, side) for side in main.sides[:-1])
    ):
        return False
    if main.claim.name is not None:
        ours = told.words.named(main.claim.name)
        if isinstance(ours, Symbol) and ours.name in (*told.words.own, "k"):  # C_out = 1792
            return False
        if main.claim.name[:1] not in RESULTS and canonical(main.claim.name, told.words) is not None:  # C_in = 1792
            return False
    return True


def _is_about(main: WorkedClaim) -> bool:
    """12·512² ≈ 3.15M says itself that it is not exact."""
    return main.last is not None and main.last.roughly


def _is_off(told: WorkedOut, main: WorkedClaim, side: Side | None) -> bool:
    """An exact formula that is not the figure, behind which a rounded number hides it: 400·120 = 48k, for 48,120."""
    if (
        side is None
        or side.expr is None
        or side.loose
        or side.half is not None
        or is_symbolic(side.expr)
        or main.run_on
    ):
        return False
    if any(isinstance(node, Number) and Fraction(node.value).denominator != 1 for node in walk(side.expr)):
        return False
    value = number_of(side.expr)
    units = {1, *(one.unit.factor for one in main.sides if one is not None and one.unit is not None)}
    return value is not None and all(value * unit != told.question.value for unit in units)


def names_it(told: WorkedOut) -> bool:
    """The right figure is written somewhere, or the parts add up to it."""
    right = Fraction(told.question.value)
    ends = [one.value for one in told.worked if one.value is not None]
    if any(value == right for one in told.worked for value in one.values):
        return True
    return len(ends) > 1 and sum(ends, Fraction(0)) == right
