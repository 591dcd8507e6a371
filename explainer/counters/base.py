"""What a counter's model is: how one tool, in one version, counts; its figures predicted, term by term."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from explainer.counters.subject import Subject
from explainer.walkthrough.counted import Line, Unpredicted


@dataclass(frozen=True)
class CounterModel:
    """One tool in one version. lines(subject): its figures, predicted without running it. order: its place in the table.

    name: under which its answers are recorded, `ptflops-aten`.
    """

    tool: str
    version: str
    lines: Callable[[Subject], Iterable[Line | Unpredicted]]
    backend: str | None = None
    order: int = 1000

    @property
    def name(self) -> str:
        return f"{self.tool}-{self.backend}" if self.backend else self.tool
