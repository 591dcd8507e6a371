"""Exercises and pitfalls as plain data, so that who makes them and who prints them need not know each other."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.formula.tree import Expr
from explainer.i18n.bilingual import Bi


@dataclass(frozen=True)
class Exercise:
    """A question, and its answer: a formula with its numbers, steps and value, and a sentence where there is more to say.

    question: may have {path}, the name of a layer.
    """

    question: Bi
    chain: tuple[Expr, ...]
    path: str = ""
    said: Bi | None = None


@dataclass(frozen=True)
class Pitfall:
    """A mistake that is often made: of what (a figure's name in words), and what is wrong and right."""

    of: Bi
    text: Bi
