"""The options of a multiple choice: the right answer among the numbers that misconceptions lead to."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from explainer.homework.mistakes import wrong_answers
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question, Value, right_value, value_text
from explainer.i18n.bilingual import Bi, same

OPTIONS = 4


@dataclass(frozen=True)
class Choice:
    """One option of a multiple choice; diagnosis: the mistake that leads to a wrong one."""

    text: Bi
    right: bool
    diagnosis: Diagnosis | None = None


def wrong_values(question: Question, most: int | None = None) -> tuple[Diagnosis, ...]:
    """The plausible wrong answers, most plausible first, each value once and none that reads like the right one."""
    right = right_value(question)
    read: set[str] = {value_text(right)}
    found: list[Diagnosis] = []
    for diagnosis in wrong_answers(question):
        text = value_text(diagnosis.value)
        if text not in read and _alike(diagnosis.value, right):
            read.add(text)
            found.append(diagnosis)
        if len(found) == most:
            break
    return tuple(found)


def choices(question: Question, random: Random) -> tuple[Choice, ...]:
    """Four options in chance order; none if fewer than two wrong answers are plausible."""
    wrong = [Choice(same(value_text(found.value)), False, found) for found in wrong_values(question, OPTIONS - 1)]
    if len(wrong) < 2:
        return ()
    options = [Choice(same(value_text(right_value(question))), True), *wrong]
    random.shuffle(options)
    return tuple(options)


def _alike(value: Value, right: Value) -> bool:
    """A number beside numbers, a shape beside shapes: the right answer must not stand out."""
    if isinstance(value, tuple):
        return isinstance(right, tuple) and all(size > 0 for size in value)
    return not isinstance(right, tuple) and value >= 0
