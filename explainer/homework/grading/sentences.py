"""An answer that is more than a formula: read again as an account, or as a shape in words, and what then comes of it.

A right answer is never lost for its words: an account of which everything can be placed is right; one that names the right
figure, but has something in it that cannot be placed, is undecided and goes to the teacher.
"""

from __future__ import annotations

import re
from collections import Counter

from explainer.homework.answers.account import read_account
from explainer.homework.answers.claims import Claim
from explainer.homework.answers.unreadable import LeftOpen, Unreadable
from explainer.homework.grading import messages as say
from explainer.homework.grading.account import RUN_ON, Settled, contradicted, settled
from explainer.homework.grading.names import is_name
from explainer.homework.grading.number_answer import Outcome
from explainer.homework.grading.read_as import of_claims
from explainer.homework.grading.shape_answer import asked
from explainer.homework.grading.shape_evidence import shown_shape
from explainer.homework.grading.shape_in_words import shape_in_words
from explainer.homework.grading.vocabulary import Vocabulary
from explainer.homework.grading.worked_claims import RIGHT
from explainer.homework.grading.working import Worked
from explainer.homework.question import Question


def accepted(worked: Worked) -> bool:
    """Whether nothing is wrong with it."""
    return worked.outcome.verdict in RIGHT


def in_sentences(question: Question, text: str, words: Vocabulary, strict: Worked | None) -> Worked | None:
    """What comes of an answer that is not right as a bare formula; `strict`: what came of it so, None where it could not be read."""
    try:
        claims = read_account(text, question.quantity, lambda name: is_name(name, words))
    except Unreadable:
        return strict
    if question.is_shape:
        if any(claim.bounded for claim in claims):
            return strict
        shape = shape_in_words(question, claims, words)
        told = shape
        if (shape is None or shape.verdict not in RIGHT) and not any(map(_names_sizes, claims)):
            shape = shown_shape(question, claims, words)
        if shape is not None and shape.verdict in RIGHT:
            return Worked(shape, None, 1.0, of_claims(claims))
        if told is not None and told.verdict == "wrong" and strict is not None and strict.outcome.verdict == "wrong":
            return Worked(
                told, None, 0.0, of_claims(claims)
            )  # 长38，宽38，深度96: a whole shape, which can be explained
        return _shape_open(question, text, claims, strict)
    found = settled(question, claims, words)
    if found.state == "right":
        return _right(found, claims) if found.bounded is None else strict
    if found.ambiguous:
        return Worked(Outcome("undecided", (say.WHOSE_SIDES,)), None, 0.0, of_claims(claims))
    if found.state == "open":
        return _open(claims, strict)
    if strict is None and found.state == "other" and found.ends_in_equation and found.outcome.verdict == "wrong":
        return Worked(found.outcome, None, 0.0, of_claims(claims), by_cause=not found.certain)
    if strict is None or found.run_on:
        return (
            Worked(found.outcome, None, 0.0, of_claims(claims))
            if found.certain and found.outcome.verdict == "wrong"
            else strict
        )
    return strict


def left_open(question: Question, text: str, words: Vocabulary) -> LeftOpen | None:
    """The word that leaves an answer open, where one does."""
    try:
        claims = read_account(text, question.quantity, lambda name: is_name(name, words))
    except LeftOpen as found:
        return found
    except Unreadable:
        return None
    return next((claim.bounded for claim in claims if claim.bounded is not None), None)


def doubtful(question: Question, text: str, words: Vocabulary) -> bool:
    """Whether a number that is right is said of something else."""
    if question.is_shape:
        return False
    try:
        claims = read_account(text, question.quantity, lambda name: is_name(name, words))
    except LeftOpen:
        return True
    except Unreadable:
        return False
    return any(claim.said for claim in claims) and contradicted(question, claims, words)


def _right(settled: Settled, claims: tuple[Claim, ...]) -> Worked:
    outcome = settled.outcome
    if not settled.run_on:
        return Worked(outcome, None, 1.0, of_claims(claims))
    remarks = (*outcome.remarks, say.RUN_ON)
    return Worked(Outcome("equivalent", remarks), None, float(RUN_ON), of_claims(claims), ("run_on",))


def _open(claims: tuple[Claim, ...], strict: Worked | None) -> Worked | None:
    """The right figure among words that cannot be placed: undecided; in a formula without a word, the steps decide."""
    if strict is None:
        return None
    in_words = any(claim.said for claim in claims)
    if not in_words:
        return strict
    return Worked(Outcome("undecided", (say.NOT_PLACED,)), None, 0.0, of_claims(claims))


def _names_sizes(claim: Claim) -> bool:
    """宽×高×深度 = 16×10×10: each size of a list has its name."""
    return len(claim.labels & {"channels", "height", "width"}) > 1 and len(claim.parts) > 1


def _is_list_of_words(question: Question, strict: Worked, claims: tuple[Claim, ...]) -> bool:
    """卷积核大小5，16个通道: numbers said of several things are no shape of so many sizes, and so no wrong one."""
    value, wanted = strict.outcome.value, (len(asked(question)), len(question.sizes))
    if (
        strict.outcome.verdict != "wrong"
        or strict.outcome.mistakes
        or not isinstance(value, tuple)
        or len(value) in wanted
    ):
        return False
    return sum(bool(claim.said) for claim in claims) > 1


def _shape_open(question: Question, text: str, claims: tuple[Claim, ...], strict: Worked | None) -> Worked | None:
    """All the right sizes among words that make no shape: undecided."""
    if strict is not None and _is_list_of_words(question, strict, claims):
        return Worked(Outcome("undecided", (say.NOT_PLACED,)), None, 0.0, of_claims(claims))
    digits = Counter(re.findall(r"\d+", text))
    sizes = Counter(str(size.value) for _, size in asked(question))
    if strict is None or len(sizes) < 1 or not any(claim.said or claim.headed for claim in claims) or sizes - digits:
        return strict
    return Worked(Outcome("undecided", (say.NOT_PLACED,)), None, 0.0, of_claims(claims))
