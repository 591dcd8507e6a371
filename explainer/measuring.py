"""What a lesson needs to have measured, measured on its model: each thing once, whoever asks first."""

from __future__ import annotations

import sys
from collections.abc import Collection
from contextlib import redirect_stdout
from typing import Any, TypeVar

from explainer.walkthrough.measured import Want
from explainer.walkthrough.model import Walkthrough

W = TypeVar("W", bound=Walkthrough)
SHORT_PASS = 200  # steps: some thirty passes are made


def measured(walk: W, wants: Collection[Want]) -> W:
    """The walkthrough with these measured, if its model is at hand; one that comes from a file has what it has."""
    trace = getattr(walk, "trace", None)
    if not wants or trace is None:
        return walk
    from explainer.counters.predict import with_counters
    from explainer.measure.measure import measure
    from explainer.rules import default_registry

    registry = default_registry()
    with redirect_stdout(sys.stderr):  # the model runs again, and what it prints does not belong to the lesson
        walk = measure(trace, walk, wants, registry)
        if "ideas" in wants:
            from explainer.recognition.recognise import with_ideas

            walk = with_ideas(walk, trace, getattr(walk, "made_by", None), registry)
        if "family" in wants:
            from explainer.probing.family import with_family

            walk = with_family(walk, getattr(walk, "made_by", None), registry)
        if "family_macs" in wants or ("sequence_macs" in wants and (_takes_tokens(trace) or _attends(walk))):
            from explainer.probing.family import with_family_macs

            walk = with_family_macs(walk, trace, getattr(walk, "made_by", None), registry)
        if "relatives" in wants:
            from explainer.relatives import with_relatives

            walk = with_relatives(walk)
        return with_counters(trace, walk, registry, "rows" in wants) if {"counters", "rows"} & {*wants} else walk


def _attends(walk: Walkthrough) -> bool:
    """Whether it is a Transformer of images whose passes are short: its computation has a formula worth looking for."""
    return len(walk.layers) <= SHORT_PASS and any(idea.kind == "attention" for idea in walk.ideas)


def _takes_tokens(trace: Any) -> bool:
    """Whether the inputs are sequences of whole numbers."""
    given = [*trace.args, *trace.kwargs.values()]
    return any(getattr(one, "dim", int)() == 2 and not one.dtype.is_floating_point for one in given)
