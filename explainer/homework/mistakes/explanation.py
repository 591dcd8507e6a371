"""What explains a wrong answer: a mistake that gives just this one."""

from __future__ import annotations

from dataclasses import dataclass

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
