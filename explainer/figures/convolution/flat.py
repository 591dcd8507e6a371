"""A convolution on images: planes of the input with the padded corner, the kernel's planes, the first output."""

from __future__ import annotations

from explainer.figures.convolution.words import (
    EACH,
    KERNELS,
    STRIDE,
    SUM,
    count_words,
    input_text,
    kernel_words,
    output_text,
)
from explainer.figures.parts import grid
from explainer.figures.reading import Window
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import ACCENT, FAINT, INK, PAPER, ROLES, SOFT, paint
from explainer.vocabulary.kind import Kind

HUES = ("#f5ddd8", "#deecd8", "#d8e4f2")  # red, green and blue of a picture
PLANES = 4  # of the input that are drawn
STEP = 7.5  # between planes
SIDE = 72.0  # of the drawn corner


def draw_flat(canvas: Canvas, window: Window) -> float:
    """The picture; where it ends."""
    (high, wide), (down, along) = window.reach, window.stride
    pads = window.padding
    cells = max(6, wide + along, high + down, max(pads) + 4)
    cells = min(cells, *(size + 2 * pad for size, pad in zip(window.size, pads, strict=True)))
    cell = min(10.8, SIDE / cells)
    top = 14 + STEP * (min(window.channels_in, PLANES) - 1)
    left = 16.0
    planes = min(window.channels_in, PLANES)
    end = top + cells * cell
    middle = top + max(high * cell / 2, 8)
    _input(canvas, window, left, top, cells, cell, planes)
    canvas.text(left, end + 20, input_text(window), 7.4)
    right = left + cells * cell + (planes - 1) * STEP
    kernel = _kernel(canvas, window, max(right + 62, 168), top, cell)
    kernel_words(canvas, kernel[0], max(kernel[2] + 24, top + 58), window)
    number = min(6, *window.size_out)
    side = min(10.8, 66 / number)
    most = WIDTH - number * side - 5 * STEP * 0.8 - 4 - max(canvas.wide(word, 7) for word in (KERNELS, EACH))
    out = min(max(kernel[1] + 78, 312), most)
    first = middle - side / 2
    _output(canvas, window, out, first, number, side)
    canvas.text(out, max(first + number * side, end) + 20, output_text(window), 7.4)
    _flow(canvas, right, top, kernel, middle)
    canvas.arrow([(kernel[1] + 5, middle), (out - 4, middle)], stroke=SOFT, weight=0.6)
    canvas.text((kernel[1] + out) / 2, middle - 4, SUM, SMALLEST, anchor="middle", fill=SOFT)
    return max(end, first + number * side, kernel[2] + 18, top + 58) + 30


def _input(canvas: Canvas, window: Window, x: float, y: float, cells: int, cell: float, planes: int) -> None:
    """The top left corner of the padded input; it goes on to the right and below."""
    wide = cells * cell
    pads = (min(window.padding[0], cells), min(window.padding[1], cells))
    each = window.channels_in // window.groups
    whole = tuple(cells == size + 2 * pad for size, pad in zip(window.size, window.padding, strict=True))
    for plane in range(planes - 1, -1, -1):
        px, py = x + plane * STEP, y - plane * STEP
        used = plane < each
        canvas.rect(px, py, wide, wide, FAINT, "none")
        fill = (HUES[plane] if window.channels_in == 3 else "#e3edf7") if used else PAPER
        canvas.rect(
            px + pads[1] * cell,
            py + pads[0] * cell,
            wide - (2 if whole[1] else 1) * pads[1] * cell,
            wide - (2 if whole[0] else 1) * pads[0] * cell,
            fill,
            "none",
        )
        if plane == 0 and cell >= 2:
            grid(canvas, px, py, cells, cells, cell, "none")
            _zeros(canvas, px, py, cells, cell, pads)
        canvas.rect(px, py, wide, wide, "none", INK, 0.5)
    (high, across), (d_h, d_w) = window.kernel, window.dilation
    if window.dilation == (1, 1):
        canvas.rect(x, y, across * cell, high * cell, "none", ACCENT, 1.6)
    else:  # the cells that count, with gaps between
        for i in range(high):
            for j in range(across):
                canvas.rect(x + j * d_w * cell, y + i * d_h * cell, cell, cell, "none", ACCENT, 1.2)
        canvas.rect(x, y, window.reach[1] * cell, window.reach[0] * cell, "none", ACCENT, 0.8)
    shift = window.stride[1] * cell
    if shift + window.reach[1] * cell <= wide + 0.01:
        canvas.rect(x + shift, y, window.reach[1] * cell, window.reach[0] * cell, "none", ACCENT, 0.8)
    base = y + window.reach[0] * cell + 6
    start = x + window.reach[1] * cell / 2
    if base + 4 < y + wide:
        canvas.arrow([(start, base), (start + max(shift, 5), base)], stroke=ACCENT, weight=0.8, size=3.4)
        canvas.text(start + max(shift, 5) + 3, base + 2.6, STRIDE.format(n=window.stride[1]), 7, fill=ACCENT, halo=True)
    if not all(whole):
        canvas.text(x + wide / 2, y + wide + 7, "…", 9, anchor="middle", fill=SOFT)
    if window.channels_in > planes:
        canvas.text(x + wide + planes * STEP - 2, y - planes * STEP + 12, "…", 9, fill=SOFT)
        canvas.text(
            x + wide + planes * STEP + 8, y - planes * STEP + 12, str(window.channels_in), 7.6, "bold", fill=ROLES["in"]
        )


def _zeros(canvas: Canvas, x: float, y: float, cells: int, cell: float, pads: tuple[int, int]) -> None:
    """Zeros in the padded cells, where they can be read."""
    if cell < 9:
        return
    for i in range(cells):
        for j in range(cells):
            if i < pads[0] or j < pads[1]:
                middle = (x + (j + 0.5) * cell, y + (i + 0.5) * cell + 2.5)
                canvas.text(*middle, "0", SMALLEST, anchor="middle", fill=SOFT)


def _kernel(canvas: Canvas, window: Window, x: float, y: float, cell: float) -> tuple[float, float, float]:
    """One kernel with its bias: left, right (of the bias) and bottom."""
    each = window.channels_in // window.groups
    planes = min(each, PLANES)
    high, wide = window.kernel
    side = max(cell, 3.2)
    for plane in range(planes - 1, -1, -1):
        px, py = x + plane * STEP, y - plane * STEP
        grid(canvas, px, py, wide, high, side, HUES[plane] if window.channels_in == 3 else "#e3edf7", INK, ACCENT)
        canvas.rect(px, py, wide * side, high * side, "none", ACCENT, 1.1)
    bottom, right = y + high * side, x + wide * side
    canvas.text(x + wide * side / 2, bottom + 9, str(wide), 7.8, "bold", "middle", ACCENT)
    canvas.text(x - 4, y + high * side / 2 + 2.6, str(high), 7.8, "bold", "end", ACCENT)
    corner = (x + (planes - 1) * STEP / 2 - 5, y - (planes - 1) * STEP / 2 - 2)
    if planes == 1:
        corner = (x - 4, y - 3)
    canvas.text(*corner, str(each), 7.8, "bold", "end", ROLES["in"])
    end = right + (planes - 1) * STEP + 2
    if window.bias:
        middle = y + max(high * side / 2, 8)
        canvas.text(end + 3, middle + 2.8, "+", 9, "bold")
        canvas.rect(end + 12, middle - 5.4, 10.8, 10.8, PAPER, ACCENT, 1.1)
        canvas.text(end + 17.4, middle + 2.6, "b", 7.4, "italic", "middle")
        end += 23
    return x, end, bottom


def _output(canvas: Canvas, window: Window, x: float, y: float, number: int, side: float) -> None:
    """Planes of the output, the first number of the first one marked."""
    planes = min(window.channels_out, 5)
    look = paint(Kind.CONVOLUTION)
    for plane in range(planes - 1, -1, -1):
        px, py = x + plane * STEP * 0.8, y - plane * STEP * 0.8
        canvas.rect(px, py, number * side, number * side, PAPER if plane else "#f3f7fb", INK, 0.5)
    grid(canvas, x, y, number, number, side, "#f3f7fb")
    canvas.rect(x, y, side, side, look.side, ACCENT, 1.1)
    if number > 1:
        canvas.rect(x + side, y, side, side, "none", ACCENT, 0.8)
    count_words(canvas, x + number * side + planes * STEP * 0.8 + 4, y + 8, window)


def _flow(canvas: Canvas, right: float, top: float, kernel: tuple[float, float, float], middle: float) -> None:
    """From the window to the kernel that is laid on it."""
    start, end = right + 16, kernel[0] - 18
    if end - start > 8:
        canvas.arrow([(start, middle), (end, middle)], stroke=SOFT, weight=0.6)
