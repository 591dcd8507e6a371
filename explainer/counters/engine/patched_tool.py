"""What a profiler that patches functions prints: flops, macs and parameters, and a tree of modules with what is in each."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.counters.engine.patched_functions import PatchedToolProfile, accounts
from explainer.counters.engine.table import parameter_rows
from explainer.counters.engine.terms import CannotCount, Words, parameters_line
from explainer.counters.subject import Subject
from explainer.walkthrough.counted import Line


@dataclass(frozen=True)
class PatchedTool:
    """One such tool. trainable: it counts those parameters alone that want a gradient; needs_parameters: without any it fails."""

    name: str
    version: str
    profile: PatchedToolProfile
    flops: Words
    macs: Words
    trainable: bool
    needs_parameters: bool = False

    def lines(self, subject: Subject) -> list[Line]:
        """Its three totals; none where it fails."""
        walk, run = subject.walk, subject.hooks
        if run is None or (self.needs_parameters and not walk.totals.torch_params):
            return []
        try:
            flops, macs = accounts(walk, run, self.profile)
        except CannotCount:
            return []
        return [
            flops.line(self.flops, self.name, self.version, "flops"),
            macs.line(self.macs, self.name, self.version, "macs"),
            parameters_line(walk, self.name, self.version, None, trainable=self.trainable),
        ]

    def rows(self, subject: Subject) -> list[Line]:
        """The tree of modules that it prints, each with what is in it: flops, macs, params."""
        walk, run = subject.walk, subject.hooks
        if run is None:
            return []
        flops, macs = accounts(walk, run, self.profile)
        total = parameters_line(walk, self.name, self.version, None, trainable=self.trainable)
        return [
            *flops.rows("tree", self.flops, self.name, self.version, "flops"),
            *macs.rows("tree", self.macs, self.name, self.version, "macs"),
            *parameter_rows(run.model, total, trainable=self.trainable),
        ]
