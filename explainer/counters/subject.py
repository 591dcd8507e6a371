"""The model that stands before the counters: what was recorded of it, and what a run with their hooks shows."""

from __future__ import annotations

from functools import cached_property

from explainer.counters.engine.hooks import HookTrace, hooked
from explainer.counters.engine.operation import Operation
from explainer.counters.engine.operations import operations
from explainer.rules import Registry
from explainer.tracing.call import Trace
from explainer.walkthrough.model import Walkthrough


class Subject:
    """One model, counted by several tools: what they share is worked out once, and kept as long as this.

    trace: the live pass; walk: its walkthrough, call by call in the same order; registry: the rules it was made with.
    """

    def __init__(self, trace: Trace, walk: Walkthrough, registry: Registry) -> None:
        self.trace, self.walk, self.registry = trace, walk, registry

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """What torch runs, operation by operation."""
        return operations(self.trace, self.walk, self.registry)

    @cached_property
    def hooks(self) -> HookTrace | None:
        """What hooks and patches see in one run; None where the pass could not be finished."""
        return hooked(self.trace)

    @cached_property
    def hooks_on_two(self) -> HookTrace | None:
        """The same on a batch of two: torchsummary runs no other."""
        return hooked(self.trace, batch=2)
