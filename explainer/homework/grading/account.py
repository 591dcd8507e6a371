"""An account judged: right if its main claim is the figure, every equation holds and every number in it can be placed.

Whatever cannot be placed leaves the account undecided, for the teacher; it is never a reason to mark an answer wrong. Equations that
run on (27·64 = 1728+64 = 1792) are read as they are meant, with a remark.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from explainer.formula.tree import Sum
from explainer.homework.answers.claims import Claim
from explainer.homework.answers.prose_words import Label
from explainer.homework.answers.syntax import Side
from explainer.homework.answers.unreadable import LeftOpen
from explainer.homework.grading import messages as say
from explainer.homework.grading.contradiction import adds_up, contradicts
from explainer.homework.grading.evidence import shown
from explainer.homework.grading.main_claim import holds, main_claim, names_it
from explainer.homework.grading.number_answer import Outcome
from explainer.homework.grading.placing import all_placed
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.grading.worked_claims import PARTS, RIGHT, WorkedClaim, WorkedOut
from explainer.homework.question import Question

RUN_ON = Fraction(4, 5)  # the share that is left where "=" stands between what is not equal


@dataclass(frozen=True)
class Settled:
    """What came of an account.

    state: right; open, where it names the right figure but something in it cannot be placed; other, where another
    figure is claimed. outcome: of the main claim. run_on: "=" between what is not equal. ambiguous: right in one notation
    of two, and nothing says which is meant. bounded: the word that leaves the main claim open.
    ends_in_equation: its last words are an equation that holds, and all of it could be read.
    """

    state: Literal["right", "open", "other"]
    outcome: Outcome
    run_on: bool = False
    certain: bool = False
    main: Side | None = None
    ambiguous: bool = False
    bounded: LeftOpen | None = None
    ends_in_equation: bool = False


def settled(question: Question, claims: tuple[Claim, ...], words: Vocabulary) -> Settled:
    """What the claims of an answer to a question for a number come to."""
    told = WorkedOut(question, claims, words)
    found = _settled(told)
    if found.state == "right":
        return found
    claim = shown(told)
    if claim is None or claim.last is None:
        return found
    return Settled("right", told.outcome(claim), False, True, claim.last, bounded=claim.claim.bounded)


def _settled(told: WorkedOut) -> Settled:
    parts = _only_parts(told)
    if parts is not None:
        return Settled("right", told.outcome(parts), False, True, parts.last)
    main = main_claim(told)
    if main is None or main.last is None:
        return Settled("open" if names_it(told) else "other", Outcome("undecided", (say.UNDECIDED,)))
    outcome = told.outcome(main)
    if outcome.verdict not in RIGHT:
        state: Literal["open", "other"] = "open" if names_it(told) else "other"
        certain = len(told.worked) == 1 or "total" in main.claim.labels or main.run_on
        whole = all(part.side is not None for one in told.worked for part in one.claim.parts)
        ends = main is told.worked[-1] and len(main.sides) > 1 and main.holds
        return Settled(
            state, outcome, main.run_on, certain and whole and main.holds, main.last, ends_in_equation=ends and whole
        )
    run_on = any(one.run_on for one in told.worked)
    fits = holds(told, main) and not contradicts(told, main) and adds_up(told, main)
    if all_placed(told, main) and not told.ambiguous and fits:
        return Settled("right", outcome, run_on, True, main.last, bounded=main.claim.bounded)
    return Settled("open", outcome, run_on, False, main.last, told.ambiguous)


def contradicted(question: Question, claims: tuple[Claim, ...], words: Vocabulary) -> bool:
    """Whether the figure, right as a number, is said of something else: `1792 filters`, `1792 without bias`."""
    told = WorkedOut(question, claims, words)
    main = main_claim(told)
    return main is not None and (contradicts(told, main) or not adds_up(told, main))


def _only_parts(told: WorkedOut) -> WorkedClaim | None:
    """`1728 weights and 64 biases`, with no total: both parts, each right, are the figure."""
    worked = told.worked
    named = {label: one for one in worked for label in one.claim.labels & PARTS if len(one.claim.labels & PARTS) == 1}
    pairs: tuple[tuple[Label, Label], ...] = (("weights", "bias"), ("scale", "shift"))
    pair = next((pair for pair in pairs if set(pair) == set(named)), None)
    if pair is None or len(worked) != 2 or told.question.quantity != "params":
        return None
    if any(
        "each" in one.claim.labels or not one.holds or one.value != told.parts.get(label)
        for label, one in named.items()
    ):
        return None
    sides = [side for label in pair if (side := named[label].last) is not None]
    total = Sum(tuple((True, side.expr) for side in sides if side.expr is not None))
    if number_of(total) != told.question.value:
        return None
    whole = replace(sides[0], expr=total, literal=False, half=None)
    return WorkedClaim(worked[0].claim, [Fraction(told.question.value)], [whole])
