"""Exercises and pitfalls as plain data, so that who makes them and who prints them need not know each other."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from explainer.document.nodes import Inline
from explainer.formula.tree import Expr
from explainer.i18n.bilingual import Bi


class Exercise(Struct, frozen=True):
    """A question, and its answer: a formula with its numbers, steps and value, and a sentence where there is more to say.

    question: may have {path}, the name of a layer, and the names in `settings`: arguments and symbols with their numbers.
    """

    question: Bi
    chain: tuple[Expr, ...]
    path: str = ""
    said: Bi | None = None
    settings: Mapping[str, Inline] = field(default_factory=dict)


class Pitfall(Struct, frozen=True):
    """A mistake that is often made: of what (a figure's name in words), and what is wrong and right."""

    of: Bi
    text: Bi
