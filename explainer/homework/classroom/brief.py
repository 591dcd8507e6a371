"""What the whole class must know of a submission while all of them are graded: small, so that a hundred thousand fit."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from explainer.homework.classroom.record import Marked


@dataclass(frozen=True, slots=True)
class Brief:
    """student, claimed, owner: as in `Marked`. keys: of the answers given, and with marks. on_sheet: a worksheet's."""

    student: str
    claimed: bool
    owner: str
    name: str
    score: float
    on_sheet: bool
    keys: tuple[str, ...]
    answered: bool


def brief(marked: Marked) -> Brief:
    """Of one submission."""
    keys = tuple(answer.key for answer in marked.answers)
    return Brief(
        marked.student,
        marked.claimed,
        marked.owner,
        marked.name,
        marked.score,
        bool(marked.sheet_id),
        _same(keys),
        bool(marked.answers),
    )


_known: dict[tuple[str, ...], tuple[str, ...]] = {}


def _same(keys: tuple[str, ...]) -> tuple[str, ...]:
    """One object for all who answer the same questions."""
    if len(_known) > 10_000:
        _known.clear()
    return _known.setdefault(keys, tuple(sys.intern(key) for key in keys))
