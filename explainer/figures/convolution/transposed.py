"""A transposed convolution: every input value stamps the whole kernel on the output, and the stamps are added up."""

from __future__ import annotations

from explainer.figures.convolution.words import count_words, input_text, kernel_words, output_text
from explainer.figures.parts import grid
from explainer.figures.reading import Window
from explainer.figures.svg.canvas import Canvas
from explainer.figures.svg.colours import ACCENT, INK, PAPER, ROLES, SKIP, SOFT, paint
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

STAMPS = Bi(
    "每个输入值乘以整个卷积核，盖在输出上；相邻的两次错开{stride}格，",
    "Every input value times the whole kernel is laid on the output; neighbours lie {stride:cell|cells} apart,",
)
OVERLAP = Bi("重叠处相加。", "and where they overlap they are added.")
APART = Bi("互不重叠。", "and do not overlap.")
CUT = Bi("填充{padding}：四周各去掉{padding}格。", "Padding {padding}: that many cells are cut off on each side.")


def draw_transposed(canvas: Canvas, window: Window) -> float:
    """The picture; where it ends. A signal or volume is drawn by its last two (or one) dimensions."""
    high, wide = window.kernel[-2:] if window.dims > 1 else (1, window.kernel[0])
    down, along = window.stride[-2:] if window.dims > 1 else (1, window.stride[0])
    cell, top = 12.0, 30.0
    look = paint(Kind.TRANSPOSED)
    rows = 1 if window.dims == 1 else min(2, window.size[-2])
    columns = min(2, window.size[-1])
    x = 20.0
    grid(canvas, x, top, columns, rows, cell, "#e3edf7")
    for j in range(columns):
        colour = (ACCENT, SKIP)[j]
        canvas.rect(x + j * cell + 0.8, top + 0.8, cell - 1.6, cell - 1.6, "none", colour, 1.2)
    canvas.text(x - 4, top + rows * cell / 2 + 2.6, str(window.channels_in), 7.8, "bold", "end", ROLES["in"])
    canvas.text(x + columns * cell + 4, top + rows * cell / 2, "…", 9, fill=SOFT)
    side = min(cell, 48 / max(high, wide))
    kernel = 150.0
    grid(canvas, kernel, top, wide, high, side, look.top, INK, ACCENT)
    canvas.text(kernel + wide * side / 2, top - 4, str(wide), 7.8, "bold", "middle", ACCENT)
    if window.dims > 1:
        canvas.text(kernel - 4, top + high * side / 2 + 2.6, str(high), 7.8, "bold", "end", ACCENT)
    canvas.arrow([(x + columns * cell + 20, top + 6), (kernel - 18, top + 6)], stroke=SOFT, weight=0.6)
    out = 300.0
    spans = (along * (columns - 1) + wide, down * (rows - 1) + high)
    unit = min(cell, 72 / max(spans))
    grid(canvas, out, top, spans[0], spans[1], unit, PAPER)
    for j in range(columns):
        colour = (ACCENT, SKIP)[j]
        canvas.rect(
            out + j * along * unit, top, wide * unit, high * unit, look.front if j == 0 else "none", colour, 1.3
        )
    if wide > along and columns > 1:
        canvas.hatch(out + along * unit, top, (wide - along) * unit, high * unit, look)
    canvas.arrow([(kernel + wide * side + 14, top + 6), (out - 6, top + 6)], stroke=SOFT, weight=0.6)
    count_words(canvas, out + spans[0] * unit + 10, top + 7, window)
    base = top + max(rows * cell, high * side, spans[1] * unit, 30.0) + 20
    canvas.text(x - 8, base, input_text(window) if not any(window.padding) else _plain(window), 7.4)
    kernel_words(canvas, kernel - 8, base, window)
    canvas.text(out, base, output_text(window), 7.4)
    words = STAMPS.format(stride=along) + (OVERLAP if wide > along else APART)
    if canvas.lang == "en":
        words = Bi(words.zh, STAMPS.format(stride=along).en + " " + (OVERLAP if wide > along else APART).en)
    canvas.text(0, base + 26, words, 7.2, fill=SOFT)
    if any(window.padding):
        canvas.text(0, base + 37, CUT.format(padding=window.padding[-1]), 7.2, fill=SOFT)
        base += 11
    return base + 36


def _plain(window: Window) -> Bi:
    from explainer.figures.convolution.words import INPUT
    from explainer.figures.numbers import times

    return INPUT.format(shape=times((window.channels_in, *window.size)))
