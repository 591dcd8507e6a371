"""How many places a kernel has along one side: the padded side, the first places, the last, and the formula of the size."""

from __future__ import annotations

from explainer.figures import formulas
from explainer.figures.parts import bracket, grid, heading
from explainer.figures.reading import Window
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import ACCENT, FAINT, PAPER, ROLES, SOFT
from explainer.formula.tree import Number, Symbol
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.model import Layer

TITLE = Bi("卷积核在一边上有多少个位置？", "How many places has the kernel along one side?")
ROOM = Bi("第1个位置之外，还能移动{steps}次。", "Beside the first place there is room for {steps:move|moves}.")
CELL, LEAD, TAIL = 12.0, 9, 5


def draw_places(canvas: Canvas, y: float, layer: Layer, window: Window) -> float:
    """The strip along the last side (the width), and the formula; where they end."""
    heading(canvas, 0, y, TITLE)
    size, out, reach = window.size[-1], window.size_out[-1], window.reach[-1]
    step, pad = window.stride[-1], window.padding[-1]
    small = reach + step <= LEAD and pad < LEAD - 2 and len(str(size)) < 4
    strip = _cells if small else _schema
    end = strip(canvas, 12.0, y + 28, size, out, reach, step, pad)
    derivation, low = layer.shape[-1][1], y + 30
    if not isinstance(derivation.substituted, Number | Symbol):
        name = f"{layer.shape[-1][0].split('_')[0]}"
        x = max(end + 26, 262.0)
        at = canvas.text(x, y + 30, name, 9.6, "italic")
        at = canvas.text(at + 0.5, y + 32, "out", SMALLEST)
        at += 3
        canvas.text(at, y + 30, "=", 9.6)
        low = formulas.draw(canvas, at + 9, y + 30, derivation.substituted, derivation.value, WIDTH, 9.6)
        if out > 1 and out == (size + 2 * pad - reach) // step + 1:
            canvas.text(x, low + 22, ROOM.format(steps=out - 1), SMALLEST, fill=SOFT)
    return max(y + 70, low + 32)


def _cells(canvas: Canvas, x: float, y: float, size: int, out: int, reach: int, step: int, pad: int) -> float:
    """Numbered cells: the beginning and the end of the side. The right end."""
    whole = size + 2 * pad
    if whole <= LEAD + TAIL + 2:
        end = _numbered(canvas, x, y, range(1 - pad, size + pad + 1), size)
        last = x + (out - 1) * step * CELL
    else:
        middle = _numbered(canvas, x, y, range(1 - pad, LEAD - pad + 1), size)
        canvas.text(middle + 9, y + 8, "…", 9, anchor="middle", fill=SOFT)
        end = _numbered(canvas, middle + 18, y, range(size + pad - TAIL + 1, size + pad + 1), size)
        unused = whole - ((out - 1) * step + reach)
        last = end - (unused + reach) * CELL
        if last < middle + 18:
            last = -1.0
    _brackets(canvas, x, y, reach * CELL, step * CELL, last, out)
    bar = y + CELL + 4
    if pad:
        for start in (x, end - pad * CELL):
            bracket(canvas, start, bar, pad * CELL, down=True, stroke=SOFT, weight=0.6)
            canvas.text(start + pad * CELL / 2, bar + 9.5, str(pad), SMALLEST, anchor="middle")
    bracket(canvas, x + pad * CELL, bar, end - x - 2 * pad * CELL, down=True, stroke=SOFT, weight=0.6)
    canvas.text((x + end) / 2, bar + 9.5, str(size), SMALLEST, anchor="middle")
    return end


def _numbered(canvas: Canvas, x: float, y: float, numbers: range, size: int) -> float:
    for i, number in enumerate(numbers):
        padded = number < 1 or number > size
        canvas.rect(x + i * CELL, y, CELL, CELL, FAINT if padded else PAPER, "#9a9a94", 0.35)
        text = "0" if padded else str(number)
        canvas.text(x + (i + 0.5) * CELL, y + 8.5, text, SMALLEST, anchor="middle", fill=SOFT if padded else "#1a1a1a")
    return x + len(numbers) * CELL


def _schema(canvas: Canvas, x: float, y: float, size: int, out: int, reach: int, step: int, pad: int) -> float:
    """A long window or a wide stride: the side as one bar, to scale where it can be."""
    long, whole = 190.0, size + 2 * pad
    unit = long / whole
    grid(canvas, x, y, 1, 1, CELL, PAPER)
    canvas.rect(x, y, long, CELL, PAPER, SOFT, 0.5)
    for start in (x, x + long - pad * unit) if pad else ():
        canvas.rect(start, y, pad * unit, CELL, FAINT, SOFT, 0.4)
    wide = max(reach * unit, 8.0)
    last = x + (out - 1) * step * unit
    _brackets(canvas, x, y, wide, step * unit, last if last > x + wide + 14 else -1.0, out)
    canvas.text(x + long / 2, y + 8.5, str(size), SMALLEST, anchor="middle")
    if pad:
        canvas.text(x + long / 2, y + CELL + 11, f"+ 2·{pad}", SMALLEST, anchor="middle", fill=SOFT)
    canvas.text(x, y + CELL + 11, f"k = {reach}, s = {step}", SMALLEST, fill=ACCENT)
    return x + long


def _brackets(canvas: Canvas, x: float, y: float, wide: float, step: float, last: float, out: int) -> None:
    """The first place, the second a stride further, and the last with its number."""
    bracket(canvas, x, y - 4, wide, down=False, stroke=ACCENT, weight=1.0)
    canvas.text(x - 3, y - 3, "1", SMALLEST, "bold", "end", ACCENT)
    if out > 1:
        bracket(canvas, x + step, y - 11, wide, down=False, stroke=ACCENT, weight=0.8)
        canvas.text(x + step + wide + 3, y - 8.5, "2", SMALLEST, "bold", fill=ACCENT)
    if out > 2 and last > 0:
        bracket(canvas, last, y - 4, wide, down=False, stroke=ROLES["place"], weight=1.0)
        canvas.text(last + wide + 3, y - 3, str(out), SMALLEST, "bold", fill=ROLES["place"])
