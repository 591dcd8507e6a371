"""What explains a wrong answer: a mistake that gives just this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from explainer.formula.tree import Expr
from explainer.homework.question import Value
from explainer.i18n.bilingual import Bi


@dataclass(frozen=True)
class Diagnosis:
    """One mistake that gives just this wrong answer.

    mistakes: its id, or the ids of two that act together. message: what is wrong and how to mend it; hint: a first nudge
    that does not give the answer away. value, expr: the wrong result as this mistake makes it.
    """

    mistakes: tuple[str, ...]
    message: Bi
    hint: Bi
    value: Value
    expr: Expr | None = None
    weight: float = 1.0

    @property
    def id(self) -> str:
        return "+".join(self.mistakes)


class _Known(Protocol):
    @property
    def id(self) -> str: ...


Cause = TypeVar("Cause", bound=_Known)
_EMPTY = ("slip.factor", "slip.term")


def worth_telling(causes: Sequence[Cause]) -> list[Cause]:
    """Without "the factor 3 is left out" where a misconception has said which one, and why."""
    named = any(not cause.id.startswith("slip.") for cause in causes)
    return [cause for cause in causes if not (named and cause.id in _EMPTY)]
