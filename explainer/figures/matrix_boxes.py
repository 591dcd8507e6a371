"""Matrices as rectangles, their sides to one scale (square roots), with their sizes beside them."""

from __future__ import annotations

from msgspec import Struct

from explainer.figures.svg.canvas import SMALLEST, Canvas, Run
from explainer.figures.svg.colours import INK, INPUT, SOFT, Paint, paint
from explainer.i18n.bilingual import grouped
from explainer.vocabulary.kind import Kind

WEIGHT = paint(Kind.LINEAR)
VALUES = paint(Kind.CONVOLUTION)
SCORES = Paint("#f7e3a1", "#f7e3a1", "#d3ad35")
PLAIN = INPUT


class Scale(Struct, frozen=True):
    """Points to the square root of a size: the largest side gets `most`."""

    largest: int
    most: float = 72.0

    def length(self, size: int) -> float:
        """The length that stands for a size; never too short to be seen."""
        return float(max(self.most * (size / max(self.largest, 1)) ** 0.5, 7.0))


def matrix(
    canvas: Canvas,
    scale: Scale,
    x: float,
    middle: float,
    rows: int,
    columns: int,
    look: Paint,
    name: str,
    sub: str = "",
    stack: int = 0,
) -> float:
    """A matrix from x on, centred on a height; its right end. stack: how many more lie behind it."""
    wide, high = scale.length(columns), scale.length(rows)
    for behind in range(stack, 0, -1):
        canvas.rect(x + behind * 2.2, middle - high / 2 - behind * 2.2, wide, high, look.front, INK, 0.4)
    canvas.rect(x, middle - high / 2, wide, high, look.front, INK, 0.5)
    runs = _named(name, sub, look)
    if named_within(canvas, scale, rows, columns, name, sub):
        canvas.runs(x + wide / 2, middle + 3, runs, 9, "middle")
    else:
        dark = [Run(run.text, run.face, INK, run.lowered, run.scale) for run in runs]
        canvas.runs(x + wide / 2, middle + high / 2 + 10, dark, 9, "middle")
    canvas.text(
        x + wide / 2, middle - high / 2 - 3.4 - stack * 2.2, grouped(columns), SMALLEST, anchor="middle", fill=SOFT
    )
    canvas.text(x - 2.5, middle + 2.4, grouped(rows), SMALLEST, anchor="end", fill=SOFT)
    return x + wide + stack * 2.2


def named_within(canvas: Canvas, scale: Scale, rows: int, columns: int, name: str, sub: str = "") -> bool:
    """Whether a matrix of these sizes has room for its name; else that stands below it."""
    room = sum(canvas.wide(run.text, 9 * run.scale, run.face) for run in _named(name, sub, PLAIN))
    return room + 3 < scale.length(columns) and scale.length(rows) > 12


def _named(name: str, sub: str, look: Paint) -> list[Run]:
    return [Run(name, "italic", look.ink), *([Run(sub, "regular", look.ink, 0.22, 0.72)] if sub else [])]


def sign(canvas: Canvas, x: float, middle: float, text: str, size: int) -> float:
    """A sign between two matrices, the second of so many rows; where the second begins."""
    canvas.text(x + 9, middle + 3, text, 9.5, anchor="middle")
    return x + 18 + canvas.wide(grouped(size), SMALLEST) + 2.5
