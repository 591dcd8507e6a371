"""A walkthrough with the run that it came from beside it: on the torch side only."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainer.source.recipe import MadeBy
from explainer.tracing.call import Trace
from explainer.walkthrough.model import Walkthrough


@dataclass(frozen=True, repr=False)
class LiveWalkthrough(Walkthrough):
    """A walkthrough whose model is at hand, for what must be measured on it.

    Readers take a `Walkthrough` and cannot see the trace; a file gives back a `Walkthrough` without one.
    `trace.calls[layer.index - 1]` is the live call of a layer.
    `made_by`: how the model was built, if we built it, for building it with other numbers.
    """

    trace: Trace = field(kw_only=True, repr=False, compare=False)
    made_by: MadeBy | None = field(default=None, kw_only=True, repr=False, compare=False)
