"""In which layers, and by what, a submitted model differs from the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from explainer.comparison.align import align, different_settings, same_step
from explainer.comparison.facts import Facts, Setting, Step
from explainer.i18n.bilingual import Bi

DifferenceKind = Literal[
    "settings", "replaced", "missing", "extra", "moved", "shape", "sharing", "raw", "input", "output", "cut"
]


@dataclass(frozen=True)
class Change:
    """One setting: by its name, what it should be and what it is."""

    name: str
    expected: Setting
    given: Setting


@dataclass(frozen=True)
class Difference:
    """One layer that differs. reference, submission: their steps; places: the ordinal among the layers of its kind.

    params: how many more parameters the submission has there. follows: comes of an earlier difference.
    """

    kind: DifferenceKind
    reference: Step | None = None
    submission: Step | None = None
    reference_place: int = 0
    submission_place: int = 0
    changes: tuple[Change, ...] = ()
    params: int = 0
    follows: bool = False


@dataclass(frozen=True)
class Comparison:
    """The outcome. failure: why the submission could not be run; note: a protection that this system does not grant."""

    reference: Facts
    submission: Facts | None
    differences: tuple[Difference, ...] = ()
    failure: Bi | None = None
    note: Bi | None = None

    @property
    def same(self) -> bool:
        """Equal in all figures."""
        return self.failure is None and not self.differences

    @property
    def exit_code(self) -> int:
        """0 the same, 1 different (or the submission does not run)."""
        return 0 if self.same else 1


def compare_facts(reference: Facts, submission: Facts, note: Bi | None = None) -> Comparison:
    """Align the steps and name every difference; the same if there is none."""
    found = _ends(reference, submission)
    pairs = align(reference.steps, submission.steps, kind_of)
    first, second = _places(reference.steps), _places(submission.steps)
    moved = _moved(reference, submission, pairs)
    sizes_differ = bool(found)
    for a, b in pairs:
        ours = reference.steps[a] if a is not None else None
        theirs = submission.steps[b] if b is not None else None
        if (a is not None and ("a", a) in moved) and theirs is None:
            continue  # said where it stands in the submission
        place = first[a] if a is not None else 0
        twin = moved.get(("b", b)) if b is not None else None
        if ours is None and twin is not None:
            found.append(Difference("moved", reference.steps[twin], theirs, first[twin], second[b or 0]))
            continue
        difference = _difference(ours, theirs, place, second[b] if b is not None else 0, sizes_differ)
        if difference:
            found.append(difference)
        sizes_differ = sizes_differ or ours is None or theirs is None or ours.shape != theirs.shape
    return Comparison(reference, submission, (*found, *_beside(reference, submission)), note=note)


def kind_of(step: Step) -> str:
    """The kind of layer, by its rule's own word for it; a layer without a rule is a kind of its own."""
    return step.kind or step.type


def _places(steps: Sequence[Step]) -> list[int]:
    """Each step's ordinal among those of its rule."""
    seen: Counter[str] = Counter()
    places = []
    for step in steps:
        seen[step.rule or step.type] += 1
        places.append(seen[step.rule or step.type])
    return places


def _difference(ours: Step | None, theirs: Step | None, place: int, other: int, follows: bool) -> Difference | None:
    if ours is None or theirs is None:
        if ours is None and theirs is not None:
            return Difference("extra", None, theirs, 0, other, params=theirs.counted)
        return Difference("missing", ours, None, place, 0, params=-ours.counted) if ours else None
    more = theirs.counted - ours.counted
    if not same_step(ours, theirs):
        if (ours.rule or ours.type) != (theirs.rule or theirs.type):
            return Difference("replaced", ours, theirs, place, other, params=more)
        changes = tuple(
            Change(name, ours.settings[name], theirs.settings[name]) for name in different_settings(ours, theirs)
        )
        return Difference("settings", ours, theirs, place, other, changes, more)
    if more:
        return Difference("sharing", ours, theirs, place, other, params=more)
    if ours.shape != theirs.shape or ours.macs != theirs.macs:
        return Difference("shape", ours, theirs, place, other, follows=follows)
    return None


def _moved(
    reference: Facts, submission: Facts, pairs: Sequence[tuple[int | None, int | None]]
) -> dict[tuple[str, int], int]:
    """Steps left out here and added there that are one and the same: ("a", i) → j and ("b", j) → i."""
    left = [a for a, b in pairs if b is None and a is not None]
    moved: dict[tuple[str, int], int] = {}
    for b in [b for a, b in pairs if a is None and b is not None]:
        twin = next((a for a in left if same_step(reference.steps[a], submission.steps[b])), None)
        if twin is not None:
            left.remove(twin)
            moved["a", twin], moved["b", b] = b, twin
    return moved


def _ends(reference: Facts, submission: Facts) -> list[Difference]:
    if reference.stopped != submission.stopped:
        return [Difference("cut")]
    return [Difference("input")] if reference.input_shapes != submission.input_shapes else []


def _beside(reference: Facts, submission: Facts) -> list[Difference]:
    """What no step holds: parameters used directly, the output, buffers."""
    found = []
    if sorted(reference.raw.values()) != sorted(submission.raw.values()):
        found.append(Difference("raw", params=sum(submission.raw.values()) - sum(reference.raw.values())))
    if reference.output_shapes != submission.output_shapes:
        found.append(Difference("output"))
    return found
