"""What several figures have: a legend, a table's rules, a bracket, a grid of cells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from explainer.figures.svg.canvas import Canvas, short
from explainer.figures.svg.colours import INK, PAPER, SOFT, Paint, name_of, paint
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind


def legend(
    canvas: Canvas,
    y: float,
    entries: Sequence[tuple[Paint, Bi]],
    x: float = 0.0,
    right: bool = False,
    rounds: Collection[Paint] = (),
) -> float:
    """Swatches (circles for `rounds`) with their words, from x on (or up to the right margin), in several lines if need be; the last baseline."""
    gap, swatch = 12.0, 9.5
    total = sum(canvas.wide(word, 7) + swatch + gap for _, word in entries) - gap
    x = max(x, canvas.width - total) if right else x
    start = x
    for colour, word in entries:
        if x > start and x + swatch + canvas.wide(word, 7) > canvas.width:
            x, y = start, y + 11
        if colour in rounds:
            canvas.circle(x + 3.5, y - 2.4, 3.4, colour.front, INK, 0.4)
        else:
            canvas.rect(x, y - 5.6, 7, 6.4, colour.front, "none")
            canvas.hatch(x, y - 5.6, 7, 6.4, colour, 2.4)
            canvas.rect(x, y - 5.6, 7, 6.4, "none", INK, 0.4)
        x = canvas.text(x + swatch, y, word, 7) + gap
    return y


def kinds_legend(
    canvas: Canvas, y: float, kinds: Iterable[Kind], x: float = 0.0, right: bool = False, circles: Collection[Kind] = ()
) -> float:
    """The legend of these kinds, in their own order; kinds that look alike stand there once. circles: those that are drawn as such."""
    found: dict[str, tuple[Paint, Bi]] = {}
    for kind in Kind:
        if kind in set(kinds):
            look = paint(kind)
            key = look.front + look.hatch
            found[key] = (
                (look, found[key][1] + Bi("、", " or ") + name_of(kind)) if key in found else (look, name_of(kind))
            )
    return legend(canvas, y, list(found.values()), x, right, [paint(kind) for kind in circles])


def bracket(canvas: Canvas, x: float, y: float, w: float, down: bool, stroke: str = INK, weight: float = 0.8) -> None:
    """⎴ over, or with `down` under, a length that begins at x."""
    leg = -2.4 if down else 2.4
    canvas.path(
        f"M{short(x + 0.6)} {short(y + leg)}v{short(-leg)}h{short(w - 1.2)}v{short(leg)}", "none", stroke, weight
    )


def grid(
    canvas: Canvas,
    x: float,
    y: float,
    columns: int,
    rows: int,
    cell: float,
    fill: str = PAPER,
    stroke: str = "#b0b0aa",
    outline: str = INK,
) -> None:
    """Cells of one size."""
    canvas.rect(x, y, columns * cell, rows * cell, fill, "none")
    d = "".join(f"M{short(x + i * cell)} {short(y)}v{short(rows * cell)}" for i in range(1, columns))
    d += "".join(f"M{short(x)} {short(y + i * cell)}h{short(columns * cell)}" for i in range(1, rows))
    if d:
        canvas.path(d, "none", stroke, 0.35)
    canvas.rect(x, y, columns * cell, rows * cell, "none", outline, 0.5)


def cuboid(
    canvas: Canvas, x: float, middle: float, thick: float, side: float, depth: float, look: Paint
) -> tuple[float, float, float, float, float, float]:
    """A volume: thickness to the right from x, height `side`, depth oblique, both centred on y = middle.

    Its front's left, top and bottom, how far the depth goes to the right and up, and its right end.
    """
    across, up = 0.36 * depth, 0.30 * depth
    left, bottom = x - across / 2, middle + side / 2 + up / 2
    top, right = bottom - side, x - across / 2 + thick
    canvas.polygon(((left, top), (right, top), (right, bottom), (left, bottom)), look.front, weight=0.45)
    canvas.polygon(
        ((left, top), (left + across, top - up), (right + across, top - up), (right, top)), look.top, weight=0.45
    )
    canvas.polygon(
        ((right, top), (right + across, top - up), (right + across, bottom - up), (right, bottom)),
        look.side,
        weight=0.45,
    )
    return left, top, bottom, across, up, right + across


def heading(canvas: Canvas, x: float, y: float, text: Bi, size: float = 7.8) -> float:
    """The title of a part of a figure; its right end."""
    return canvas.text(x, y, text, size, "bold")


def remark(canvas: Canvas, x: float, y: float, text: Bi | str, anchor: str = "start") -> float:
    """A word beside the point; its right end."""
    return canvas.text(x, y, text, 7, "regular", anchor, SOFT)
