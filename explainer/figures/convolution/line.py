"""A convolution on a signal: rows of channels, a window of the kernel's length, one output."""

from __future__ import annotations

from explainer.figures.convolution.words import STRIDE, count_words, input_text, kernel_words, output_text
from explainer.figures.parts import bracket, grid
from explainer.figures.reading import Window
from explainer.figures.svg.canvas import SMALLEST, Canvas
from explainer.figures.svg.colours import ACCENT, FAINT, PAPER, ROLES, SOFT, paint
from explainer.vocabulary.kind import Kind

ROWS = 4  # channels that are drawn
CELL = 10.8


def draw_line(canvas: Canvas, window: Window) -> float:
    """The picture; where it ends."""
    (long,), (step,), (pad,), (gap,) = window.kernel, window.stride, window.padding, window.dilation
    reach = window.reach[0]
    cells = min(max(10, reach + step), 16, window.size[0] + 2 * pad)
    if reach + step > cells:
        cells = min(16, reach)
    rows = min(window.channels_in, ROWS)
    each = window.channels_in // window.groups
    x, y = 26.0, 28.0
    cell = min(CELL, 160 / cells)
    grid(canvas, x, y, cells, rows, cell, "#e3edf7")
    for i in range(min(pad, cells)):
        canvas.rect(x + i * cell, y, cell, rows * cell, FAINT, SOFT, 0.35)
        for row in range(rows) if cell >= 9 else ():
            canvas.text(
                x + (i + 0.5) * cell, y + row * cell + cell / 2 + 2.5, "0", SMALLEST, anchor="middle", fill=SOFT
            )
    seen = min(rows, each)
    for k in range(long):
        if (k * gap + 1) * cell <= cells * cell + 0.01:
            canvas.rect(x + k * gap * cell, y, cell, seen * cell, "none", ACCENT, 1.4)
    bracket(canvas, x, y - 5, min(reach, cells) * cell, down=False, stroke=ACCENT)
    if step + reach <= cells:
        bracket(canvas, x + step * cell, y - 11, reach * cell, down=False, stroke=ACCENT, weight=0.6)
        canvas.text(x + (step + reach) * cell + 4, y - 8, STRIDE.format(n=step), 7, fill=ACCENT)
    canvas.text(x - 5, y + rows * cell / 2 + 2.6, str(window.channels_in), 7.8, "bold", "end", ROLES["in"])
    canvas.text(x + cells * cell + 4, y + rows * cell / 2 + 2, "…", 9, fill=SOFT)
    bottom = y + rows * cell
    if window.channels_in > rows:
        canvas.text(x + cells * cell / 2, bottom + 7, "…", 9, anchor="middle", fill=SOFT)
    canvas.text(x, bottom + 24, input_text(window), 7.4)
    kernel = max(x + cells * cell + 58, 226.0)
    shown, rows_of_kernel = min(long, 9), min(each, ROWS)
    grid(canvas, kernel, y, shown, rows_of_kernel, min(CELL, 60 / shown), "#e3edf7", "#808080", ACCENT)
    side = min(CELL, 60 / shown)
    canvas.text(kernel + shown * side / 2, y - 4, str(long), 7.8, "bold", "middle", ACCENT)
    canvas.text(kernel - 4, y + rows_of_kernel * side / 2 + 2.6, str(each), 7.8, "bold", "end", ROLES["in"])
    kernel_words(canvas, kernel, max(bottom, y + rows_of_kernel * side) + 24, window)
    end = kernel + shown * side
    if window.bias:
        canvas.text(end + 6, y + 9, "+", 9, "bold")
        canvas.rect(end + 15, y, CELL, CELL, PAPER, ACCENT, 1.1)
        canvas.text(end + 15 + CELL / 2, y + 8, "b", 7.4, "italic", "middle")
        end += 15 + CELL
    out = 352.0
    canvas.arrow([(end + 6, y + CELL / 2), (out - 5, y + CELL / 2)], stroke=SOFT, weight=0.6)
    number = min(6, window.size_out[0])
    grid(canvas, out, y, number, 1, CELL, "#f3f7fb")
    canvas.rect(out, y, CELL, CELL, paint(Kind.CONVOLUTION).side, ACCENT, 1.1)
    if number < window.size_out[0]:
        canvas.text(out + number * CELL + 4, y + 8, "…", 9, fill=SOFT)
    count_words(canvas, out, y + CELL + 14, window)
    canvas.text(out, max(bottom + 34, y + CELL + 48), output_text(window), 7.4)
    return max(bottom + 34, y + CELL + 48) + 10
