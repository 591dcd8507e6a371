"""What differs in the steps before a submission's forward pass broke: the cause may stand there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explainer.comparison.align import same_step
from explainer.comparison.differences import Difference, compare_facts
from explainer.comparison.facts import Facts, Step

NOT_OF_STEPS = ("input", "output", "raw", "sharing")  # what is known at the end of a pass only
NEAR, LONG = 3, 200  # how many steps more or fewer the submission may have up to there; in a long one none are tried


def compare_seen(reference: Facts, seen: Facts) -> tuple[Difference, ...]:
    """The differences before the step that broke, without those that follow from one another.

    Where in the reference that step stands is not known; it is taken to be where the two differ least.
    """
    called = replace(seen, steps=tuple(step for step in seen.steps if step.called))
    length = len(called.steps)
    near = 0 if length > LONG else NEAR
    ends = sorted(range(max(length - near, 0), length + near + 1), key=lambda end: abs(end - length))
    alike = {end: _ends_alike(reference.steps[:end], called.steps) for end in ends}
    found = {end: _before(reference, called, end) for end in ends}
    return found[min(ends, key=lambda end: (len(found[end]), not alike[end]))]


def _ends_alike(ours: Sequence[Step], theirs: Sequence[Step]) -> bool:
    """Whether both stop behind the same step, so that what lies between is missing or too much."""
    return bool(ours) and bool(theirs) and same_step(ours[-1], theirs[-1])


def _before(reference: Facts, called: Facts, end: int) -> tuple[Difference, ...]:
    """The differences if the submission went as far as the reference's first `end` steps."""
    part = replace(reference, steps=reference.steps[:end], incomplete=False)
    found = compare_facts(part, replace(called, incomplete=False)).differences
    return tuple(one for one in found if one.kind not in NOT_OF_STEPS and not one.follows)
