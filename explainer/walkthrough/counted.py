"""What the tools that count would print for a model: plain data, with the bridge from the true figure to each of theirs."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from explainer.i18n.bilingual import Bi

Quantity = str  # as the tool calls it: macs, flops, madd, params, memory_bytes, …
Standing = Literal["right", "convention", "wrong"]


class Term(Struct, frozen=True):
    """One addend of the bridge from the true figure to the tool's: `+ bias 13,556,712`."""

    label: Bi
    value: int


class Line(Struct, frozen=True):
    """One figure that a tool returns.

    quantity: what the tool calls it (`macs`, `flops`, `madd`, `params`, `input_bytes`, …); meaning: what it really is, in
    words ("MACs, with the biases"); value: the integer that the tool returns; terms: the true figure first, then what the
    tool adds (or, negative, leaves out); they sum to `value`, or ValueError is raised.
    why: one sentence on the difference. standing: right, another convention, or plainly wrong.
    layer: the path of the module or step in whose row of the tool's table the figure stands, empty for a total; alike:
    how many more rows have the same figure.
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
    layer: str = ""
    alike: int = 0

    def __post_init__(self) -> None:
        if sum(term.value for term in self.terms) != self.value:
            raise ValueError(f"the terms of {self.tool}'s {self.quantity} do not sum to it")


class Unpredicted(Struct, frozen=True):
    """A figure that a tool has and we cannot predict. what: the step of which we do not know how the tool counts it."""

    tool: str
    version: str
    backend: str | None
    quantity: Quantity
    what: Bi


class Counted(Struct, frozen=True):
    """What all tools say of one model.

    lines: tool by tool; a tool that itself fails on the model has none. unpredicted: figures that we cannot vouch for.
    rows: the figures of its table layer by layer, of equal ones the first; None where nobody asked for them.
    bias_additions: how many additions of a bias the products take; product_outputs: how many numbers they make.
    """

    lines: tuple[Line, ...]
    unpredicted: tuple[Unpredicted, ...] = ()
    bias_additions: int = 0
    product_outputs: int = 0
    rows: tuple[Line, ...] | None = None
