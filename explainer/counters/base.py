"""What a convention is: how one tool, in one version, counts; its figures predicted from our trace, term by term."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from explainer.derive.live import LiveWalkthrough
from explainer.i18n.bilingual import Bi

Quantity = Literal["macs", "flops", "madd", "params", "memory_bytes"] | str
Standing = Literal["right", "convention", "wrong"]


@dataclass(frozen=True)
class Term:
    """One addend of the bridge from the true figure to the tool's: `+ bias 13,556,712`."""

    label: Bi
    value: int


@dataclass(frozen=True)
class Line:
    """One figure that a tool returns.

    quantity: what the tool calls it (`macs`, `flops`, `madd`, `params`, `input_bytes`, …); meaning: what it really is, in
    words ("MACs, with the biases"); value: the integer that the tool returns; terms: the true figure first, then what the
    tool adds (or, negative, leaves out); they sum to `value`.
    why: one sentence on the difference. standing: right, another convention, or plainly wrong.
    """

    tool: str
    version: str
    backend: str | None
    quantity: Quantity
    meaning: Bi
    value: int
    terms: tuple[Term, ...]
    why: Bi
    standing: Standing

    def __post_init__(self) -> None:
        assert sum(term.value for term in self.terms) == self.value, (self.tool, self.quantity)


@dataclass(frozen=True)
class Convention:
    """One tool in one version. lines(walk): its figures, predicted without running it. order: its place in the table."""

    tool: str
    version: str
    lines: Callable[[LiveWalkthrough], Iterable[Line]]
    backend: str | None = None
    order: int = 1000
