"""The receptive field of a tensor, and how a call's form is read: where it is in none that is known here, the path ends."""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct

from explainer.i18n.bilingual import Bi
from explainer.walkthrough.receptive_field.recurrence import Reach, Step

T = TypeVar("T")


class PathEnds(Exception):
    """Through this call no field is followed: it mixes positions otherwise, or is in a form that is not known here."""


class Field(Struct, frozen=True):
    """What is known of a tensor: its reach, and where in it the image's axes are.

    axes: None for the input itself, whose axes the first convolution decides. whole: it sees the whole image.
    """

    reach: tuple[Reach, ...] = ()
    axes: tuple[int, ...] | None = None
    whole: bool = False


THE_INPUT = Field()
ALL_OF_IT = Field(whole=True)
Result = tuple[Field, tuple[Step, ...], Bi]  # the field after a call, how each axis came about, one sentence


def known(found: T | None) -> T:
    """What was found. Raises PathEnds for nothing."""
    if found is None:
        raise PathEnds
    return found


def integer(value: object, least: int | None = None) -> int:
    """An option that has to be a whole number. Raises PathEnds."""
    if isinstance(value, bool) or not isinstance(value, int) or (least is not None and value < least):
        raise PathEnds
    return value


def integers(value: object) -> tuple[int, ...]:
    """An option that has to be a list of whole numbers. Raises PathEnds."""
    if not isinstance(value, list | tuple):
        raise PathEnds
    return tuple(map(integer, value))


def axis(value: object, rank: int) -> int:
    """An axis counted from the front, of a tensor of so many. Raises PathEnds."""
    number = integer(value)
    if not -rank <= number < rank:
        raise PathEnds
    return number % rank
