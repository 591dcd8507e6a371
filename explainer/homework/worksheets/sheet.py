"""A worksheet: questions in order with their styles and points, and the id from which all of it is made again.

    topic_sheet(["conv", "batchnorm"], count=10, seed=7, level=1, student="2024001").id
    → "T3-conv+bn-n10-l1-s7-2024001-A6"

The same id gives the same sheet on every machine: all chance comes from a hash of the id's own text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from explainer.homework.question import Question, Style
from explainer.homework.worksheets.distractors import Choice
from explainer.homework.worksheets.sheet_id import SheetId
from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    from explainer.walkthrough.model import Walkthrough


@dataclass(frozen=True)
class Student:
    """Who gets a sheet; the number stays text, so that leading zeros are kept."""

    number: str
    name: str = ""
    group: str = ""


@dataclass(frozen=True)
class Item:
    """One question of a sheet. number: from 1; choices: in the order printed, empty unless the style is "choice"."""

    number: int
    question: Question
    style: Style
    points: int | Fraction
    choices: tuple[Choice, ...] = ()

    @property
    def name(self) -> str:
        """What an answer is filed under: `features.0.params`, on a topic's sheet `q3.params`."""
        return self.question.name

    @property
    def right_letter(self) -> str:
        """The letter of the right option ("" if this is no multiple choice)."""
        return next((letter(i) for i, choice in enumerate(self.choices) if choice.right), "")

    def choice_of(self, given: str) -> Choice | None:
        """The option that "B", "b", "（Ｂ）" or "B." names; None if it names none."""
        plain = unicodedata.normalize("NFKC", given).strip(" ().、\t").upper()
        return next((choice for i, choice in enumerate(self.choices) if plain == letter(i)), None)


@dataclass(frozen=True)
class Sheet:
    """A worksheet. source: what its id says; walks: the walkthroughs that its questions are of, each once."""

    id: str
    title: Bi
    items: tuple[Item, ...]
    source: SheetId
    walks: tuple[Walkthrough, ...] = field(default=(), repr=False, compare=False)
    student: Student | None = None

    @property
    def walk(self) -> Walkthrough:
        """The model's walkthrough (of a topic's sheet: the first question's)."""
        return self.walks[0]

    @property
    def points(self) -> int | Fraction:
        """Full marks."""
        return sum((item.points for item in self.items), 0)

    def find(self, name: str) -> Item | None:
        """The item that an answer belongs to: by the question's name or by its number ("3", "第3题", "q3")."""
        wanted = name.strip()
        number = wanted.removeprefix("第").removesuffix("题").strip().lower().removeprefix("q").rstrip(".．、")
        found = next((item for item in self.items if item.name == wanted), None)
        return found or next((item for item in self.items if number == str(item.number)), None)


def letter(position: int) -> str:
    """A, B, C, D."""
    return "ABCDEFGH"[position]
