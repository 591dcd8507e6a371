"""What torch says of a figure of ours."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What torch says of a figure of ours; never a tick that nothing checked."""

    __hash__ = object.__hash__  # each is one object; Enum's own is Python

    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNCHECKED = "unchecked"
    NOT_REACHED = "not_reached"  # the forward pass ended before it came there


def compare(ours: object, theirs: object) -> Verdict:
    """`unchecked` where torch has nothing to say."""
    if ours is None or theirs is None:
        return Verdict.UNCHECKED
    return Verdict.AGREES if ours == theirs else Verdict.DISAGREES
