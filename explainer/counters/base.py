"""What a counter's model is: how one tool, in one version, counts; its figures predicted, term by term."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from explainer.counters.subject import Subject
from explainer.walkthrough.counted import Line, Unpredicted


@dataclass(frozen=True)
class CounterModel:
    """One tool in one version. lines(subject): its figures, predicted without running it; rows(subject): those of its
    table, layer by layer, where it prints one. order: its place in the table of the tools.

    name: under which its answers are recorded, `ptflops-aten`.
    """

    tool: str
    version: str
    lines: Callable[[Subject], Iterable[Line | Unpredicted]]
    backend: str | None = None
    order: int = 1000
    rows: Callable[[Subject], Iterable[Line]] | None = None

    @property
    def name(self) -> str:
        return f"{self.tool}-{self.backend}" if self.backend else self.tool
