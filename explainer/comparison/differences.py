"""In which layers, and by what, a submitted model differs from the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from explainer.comparison.align import align, different_settings, same_step
from explainer.comparison.facts import Facts, Step
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.difference.collect import difference
from explainer.walkthrough.difference.terms import Term
from explainer.walkthrough.settings import Setting

DifferenceKind = Literal[
    "settings", "replaced", "missing", "extra", "moved", "shape", "sharing", "raw", "input", "output"
]


OF_THE_INPUT = frozenset({"F_in", "C_in", "in_features", "in_channels"})
"""Settings that must be those of the input: where an earlier layer gives another size, they follow from it."""


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
    """The outcome. failure: why the submission could not be run (differences: those of the steps before it broke); note: a
    protection that this system does not grant. peers: neither is a student's: `submission` is the model named first, `reference` the second.
    """

    reference: Facts
    submission: Facts | None
    differences: tuple[Difference, ...] = ()
    failure: Bi | None = None
    note: Bi | None = None
    peers: bool = False

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The difference as a sum: from the reference to the submission, of peers from the first to the second.

        Empty where one of the two is known in part only.
        """
        if self.submission is None or self.failure is not None or self._parts:
            return ()
        before, after = self.sides
        return difference(before.pieces, after.pieces)

    @property
    def sides(self) -> tuple[Facts, Facts]:
        """From what to what the difference goes: from the reference to the submission; of peers in the order given."""
        assert self.submission is not None
        return (self.submission, self.reference) if self.peers else (self.reference, self.submission)

    @property
    def built_otherwise(self) -> tuple[Change, ...]:
        """The arguments that both have with different values."""
        if self.submission is None:
            return ()
        ours, theirs = self.reference.built_with, self.submission.built_with
        return tuple(
            Change(name, ours[name], theirs[name]) for name in ours if theirs.get(name, ours[name]) != ours[name]
        )

    @property
    def same(self) -> bool:
        """Equal in all figures, of passes that are known to their end."""
        return self.failure is None and not self.differences and not self._parts

    @property
    def undecided(self) -> bool:
        """No difference is known, but one of the two, or both, are known in part only."""
        return self.failure is None and not self.differences and self._parts

    @property
    def _parts(self) -> bool:
        return self.reference.incomplete or (self.submission is not None and self.submission.incomplete)

    @property
    def exit_code(self) -> int:
        """0 the same, 1 different (or the submission does not run), 3 undecided."""
        return 0 if self.same else 3 if self.undecided else 1


def compare_facts(reference: Facts, submission: Facts, note: Bi | None = None) -> Comparison:
    """Align the steps and name every difference; the same if there is none."""
    found = _ends(reference, submission)
    pairs = align(reference.steps, submission.steps, kind_of)
    first, second = _places(reference.steps), _places(submission.steps)
    moved = _moved(reference, submission, pairs)
    sizes_differ, layers_differ = bool(found), False
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
        if difference and layers_differ and _fits_its_input(difference):
            difference = replace(difference, follows=True)
        if difference:
            found.append(difference)
        layers_differ = layers_differ or ours is None or theirs is None or ours.shape != theirs.shape
        sizes_differ = sizes_differ or layers_differ
    found += _beside(reference, submission)
    if reference.incomplete or submission.incomplete:
        found = _certain(found, pairs, reference, submission)
    return Comparison(reference, submission, tuple(found), note=note)


def _fits_its_input(one: Difference) -> bool:
    """Whether a layer is only as wide as what comes before: its input features follow from an earlier kernel."""
    return one.kind == "settings" and all(change.name in OF_THE_INPUT for change in one.changes)


def _certain(
    found: list[Difference],
    pairs: Sequence[tuple[int | None, int | None]],
    reference: Facts,
    submission: Facts,
) -> list[Difference]:
    """What differs whatever the parts are that nobody saw: passes may have stopped at different places.

    A step that one of the two lacks is a difference if both go on after it, or if it is a module with parameters of which the
    other has no like, called or not.
    """
    last = max((i for i, (a, b) in enumerate(pairs) if _both_called(reference, submission, a, b)), default=-1)
    before = {id(reference.steps[a]) for a, _ in pairs[:last] if a is not None}
    before |= {id(submission.steps[b]) for _, b in pairs[:last] if b is not None}
    left: Counter[object] = Counter(_like(one.reference) for one in found if one.kind == "missing" and one.reference)
    right: Counter[object] = Counter(_like(one.submission) for one in found if one.kind == "extra" and one.submission)
    kept = []
    for one in found:
        step = one.reference or one.submission
        if one.kind in ("missing", "extra") and step is not None and id(step) not in before:
            here, there = (left, right) if one.kind == "missing" else (right, left)
            if not step.params or here[_like(step)] <= there[_like(step)]:
                continue
        if one.kind == "output" and (reference.stopped or submission.stopped):
            continue
        if one.kind in ("shape", "moved") and not all(part and part.called for part in (one.reference, one.submission)):
            continue
        kept.append(one)
    return kept


def _both_called(reference: Facts, submission: Facts, a: int | None, b: int | None) -> bool:
    return a is not None and b is not None and reference.steps[a].called and submission.steps[b].called


def _like(step: Step) -> object:
    """What a module is, whether it was called or not."""
    return step.rule or step.type, step.params


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
    return [Difference("input")] if reference.input_shapes != submission.input_shapes else []


def _beside(reference: Facts, submission: Facts) -> list[Difference]:
    """What no step holds: parameters used directly, the output, buffers."""
    found = []
    if sorted(reference.raw.values()) != sorted(submission.raw.values()):
        found.append(Difference("raw", params=sum(submission.raw.values()) - sum(reference.raw.values())))
    if reference.output_shapes != submission.output_shapes:
        found.append(Difference("output"))
    return found
