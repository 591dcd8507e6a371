"""What an account is made of: claims, each one number or shape with what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.homework.answers.prose_words import SUBJECTS, WITHOUT, Label
from explainer.homework.answers.syntax import Side
from explainer.homework.answers.unreadable import LeftOpen


@dataclass(frozen=True)
class Part:
    """One side of a claim. side: None where it is no formula. listed: the sizes of a tensor, multiplied.

    numbers: whether there are digits in it. wordy: it has words between its numbers. applied: what is done to something that only
    words name: the 2 of 长宽各除以2.
    """

    side: Side | None
    listed: bool = False
    numbers: bool = True
    wordy: bool = False
    applied: Side | None = None


@dataclass(frozen=True)
class Claim:
    """What is said of one number. labels: what it is called (`weights`); said: all words about it, lower case.

    name: the letter that it is given (`b = 64`); goes_on: it begins with "=" and continues the claim before.
    headed: its label stands before a colon or "=". lead: those of its words that stand before its first number.
    aside: it is a remark in brackets, or explains. announces: it is one number before a colon. bounded: how it is left open (over 64).
    """

    parts: tuple[Part, ...]
    labels: frozenset[Label] = frozenset()
    said: tuple[str, ...] = ()
    name: str | None = None
    goes_on: bool = False
    headed: bool = False
    lead: tuple[str, ...] = ()
    aside: bool = False
    announces: bool = False
    bounded: LeftOpen | None = None

    @property
    def without_bias(self) -> bool:
        """It is said to leave the biases out."""
        return bool(WITHOUT.intersection(self.said)) and bool(SUBJECTS.intersection(self.said))
