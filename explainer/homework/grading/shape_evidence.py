"""What an answer shows of a shape by its sizes alone: the right ones together, or the channels here and the sides there, all else true.

Every equation holds (as far as digits go, or to the whole part), and every other number is one of the layer's.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol
from explainer.homework.answers.claims import Claim
from explainer.homework.answers.word_set import word_set
from explainer.homework.grading.evidence import CONDITIONS
from explainer.homework.grading.explained import explained
from explainer.homework.grading.names import readings
from explainer.homework.grading.number_answer import Outcome, is_symbolic
from explainer.homework.grading.shape_answer import asked, judge_shape, shape_of
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.grading.worked_claims import RIGHT
from explainer.homework.question import Question

INPUTS = word_set("input inputs from in-shape 输入 原图 输入图像 输入为 由 从")
CHANNELS = (Role.CHANNELS, Role.CHANNELS_OUT, Role.CHANNELS_IN)
ELSEWHERE = word_set("tensorflow keras tf nhwc channels-last channels_last jax flax")  # 10×10×16 in TensorFlow's order
DIMENSIONS = ("维", "dim", "feature", "number")
SAME = word_set("same like keeps keep unchanged as 不变 相同 一样 保持 一致")


@dataclass(frozen=True)
class _Sizes:
    """One claim: its last side's sizes, those of every side, and whether it holds."""

    claim: Claim
    last: tuple[Expr, ...]
    values: tuple[Fraction, ...]
    every: tuple[Fraction, ...]
    holds: bool


def shown_shape(question: Question, claims: tuple[Claim, ...], words: Vocabulary) -> Outcome | None:
    """The judged shape; None where nothing shows it."""
    if any(CONDITIONS.intersection(claim.said) for claim in claims):
        return None
    told = [_sizes(claim, words) for claim in claims]
    read = [one for one in told if one is not None]
    if len(read) < len(told) or not all(one.holds for one in read):
        return None
    places = explained(question, words)
    if not all(value in places for one in read for value in one.every):
        return None
    wanted = asked(question)
    lists = [one for one in read if len(one.values) in (len(wanted), len(question.sizes)) and len(one.values) > 1]
    outcomes = [judge_shape(question, one.last, words) for one in lists]
    right = [outcome for outcome in outcomes if outcome.verdict in RIGHT]
    others = [
        one
        for one, outcome in zip(lists, outcomes, strict=True)
        if outcome.verdict not in RIGHT and not _is_input(one.claim) and not ELSEWHERE.intersection(one.claim.said)
    ]
    if lists and right and not others and outcomes[-1].verdict in RIGHT and not _is_input(lists[-1].claim):
        return right[-1]
    return None if lists else _apart(question, read, words) or _in_order(question, read, words)


def _is_input(claim: Claim) -> bool:
    """The shape is the input's; not where the output is said to be the same."""
    return bool(INPUTS.intersection(claim.said)) and not SAME.intersection(claim.said)


def _apart(question: Question, read: list[_Sizes], words: Vocabulary) -> Outcome | None:
    """`24 channels of length 32`, `28×28, 48 channels`: the channels by their name, and the sides together."""
    wanted = asked(question)
    first = wanted[0][1].symbolic
    if len(wanted) < 2 or not isinstance(first, Symbol) or first.role not in CHANNELS:
        return None
    channels = [
        one for one in read if "channels" in one.claim.labels and len(one.values) == 1 and not _is_input(one.claim)
    ]
    sides = [one for one in read if len(one.values) == len(wanted) - 1 and one not in channels[-1:]]
    if len(wanted) == 2:
        sides = [
            one
            for one in sides
            if "length" in one.claim.labels | (channels[-1].claim.labels if channels else frozenset())
        ]
    if not channels or not sides:
        return None
    outcome = judge_shape(question, (*channels[-1].last, *sides[-1].last), words, by_name=True)
    return outcome if outcome.verdict in RIGHT else None


def _in_order(question: Question, read: list[_Sizes], words: Vocabulary) -> Outcome | None:
    """`60个100维向量`, `60 vectors of 100 dimensions`: just the sizes in their order, the last called dimensions."""
    told = [one for one in read if one.values]
    if len(told) != len(asked(question)) or len(told) < 2 or any(len(one.every) > 1 for one in told):
        return None
    if not any(word.startswith(DIMENSIONS) for word in told[-1].claim.said):
        return None
    outcome = judge_shape(question, tuple(one.last[0] for one in told), words)
    return outcome if outcome.verdict in RIGHT else None


def _sizes(claim: Claim, words: Vocabulary) -> _Sizes | None:
    """The sizes of each side; None where a side with numbers is no formula."""
    chain: list[tuple[tuple[Expr, ...], tuple[Fraction, ...]]] = []
    for at, part in enumerate(claim.parts):
        if part.side is None:
            if part.numbers and not any(after.side is not None for after in claim.parts[at + 1 :]):
                return None
            continue
        side = part.side
        if part.wordy and side.expr is not None and is_symbolic(side.expr):
            continue  # a symbol that is no name here may be missing in it
        given = side.shape or (shape_of(side) if side.expr is not None else ())
        if len(given) > 1 and not side.shape and any(size.children() for size in given) and side.expr is not None:
            given = (side.expr,)
        values = [_value(size, words) for size in given]
        known = tuple(value for value in values if value is not None)
        if len(known) == len(values) and known:
            chain.append((given, known))
    if not chain:
        return _Sizes(claim, (), (), (), True)
    holds = all(_goes_on(before, after) for (_, before), (_, after) in itertools.pairwise(chain))
    every = tuple(value for _, values in chain if len(values) > 1 or values[0].denominator == 1 for value in values)
    return _Sizes(claim, *chain[-1], every, holds)


def _value(size: Expr, words: Vocabulary) -> Fraction | None:
    read = next((expr for expr, _ in readings(size, words, {})), None)
    return number_of(read, words.values()) if read is not None else None


def _goes_on(before: tuple[Fraction, ...], after: tuple[Fraction, ...]) -> bool:
    """Whether one side equals the one before, is its whole part, or is what its sizes multiply to."""
    if len(before) == len(after):
        return all(b in (a, floor(a), ceil(a)) for a, b in zip(before, after, strict=True))
    product = Fraction(1)
    for value in before if len(before) > len(after) else after:
        product *= value
    return (len(before) == 1 and before[0] == product) or (len(after) == 1 and after[0] == product)
