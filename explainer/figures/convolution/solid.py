"""A convolution on volumes: a block that slides through a block, the next frame in dashes; one output."""

from __future__ import annotations

from explainer.figures.convolution.words import SUM, count_words, input_text, kernel_words, output_text
from explainer.figures.parts import cuboid
from explainer.figures.reading import Window
from explainer.figures.svg.canvas import SMALLEST, Canvas
from explainer.figures.svg.colours import ACCENT, INPUT, ROLES, SOFT, Paint, paint
from explainer.vocabulary.kind import Kind

KERNEL = Paint("#a9c8e4", "#cfe0f0", "#86abd0")


def draw_solid(canvas: Canvas, window: Window) -> float:
    """The picture; where it ends."""
    deep, high, wide = window.size
    scale = 66 / max(high, wide, deep, 1)
    middle = 62.0

    def block(
        x: float, sizes: tuple[int, ...], unit: float, look: Paint
    ) -> tuple[float, float, float, float, float, float]:
        d, h, w = (max(size * unit, 3.0) for size in sizes)
        return cuboid(canvas, x, middle, w, h, d, look)

    box = block(44, (deep, high, wide), scale, INPUT)
    unit = max(scale, 4.5)
    d, h, w = (min(k * unit, 40.0) for k in window.kernel)
    corner = cuboid(canvas, box[0] + 0.36 * d / 2, box[1] + h / 2 - 0.15 * d, w, h, d, KERNEL)
    canvas.text(box[0] - 5, middle + 12, str(high), 7, anchor="end", fill=SOFT)
    canvas.text((box[0] + box[5] - box[3]) / 2, box[2] + 8, str(wide), 7, anchor="middle", fill=SOFT)
    canvas.text(box[5] - box[3] / 2 + 5, box[2] - box[4] / 2 + 5, str(deep), 7, fill=SOFT)
    base = max(box[2] + 24, 116.0)
    canvas.text(16, base, input_text(window), 7.4)
    x = max(corner[5] + 74, box[5] + 74, canvas.wide(input_text(window), 7.4) + 44)
    k_d, k_h, k_w = (
        max(k * 9.0, 9.0) if max(window.kernel) <= 5 else k * 45 / max(window.kernel) for k in window.kernel
    )
    cube = cuboid(canvas, x, middle, k_w, k_h, k_d, KERNEL)
    canvas.text(cube[0] - 4, (cube[1] + cube[2]) / 2 + 2.6, str(window.kernel[1]), 7.8, "bold", "end", ACCENT)
    canvas.text(cube[0] + k_w / 2, cube[2] + 9, str(window.kernel[2]), 7.8, "bold", "middle", ACCENT)
    canvas.text(cube[5] - cube[3] / 2 + 4, cube[2] - cube[4] / 2 + 6, str(window.kernel[0]), 7.8, "bold", fill=ACCENT)
    each = window.channels_in // window.groups
    canvas.text(cube[0] + 2, cube[1] - cube[4] - 5, f"× {each}", 7.8, "bold", fill=ROLES["in"])
    kernel_words(canvas, cube[0] - 8, base, window)
    canvas.arrow([(box[5] + 18, middle), (cube[0] - 16, middle)], stroke=SOFT, weight=0.6)
    o = max(330.0, cube[5] + 80)
    canvas.arrow([(cube[5] + 16, middle), (o - 14, middle)], stroke=SOFT, weight=0.6)
    canvas.text((cube[5] + o) / 2, middle - 4, SUM, SMALLEST, anchor="middle", fill=SOFT)
    out_scale = 50 / max(*window.size_out, 1)
    out = block(o, window.size_out, out_scale, paint(Kind.CONVOLUTION))
    count_words(canvas, out[5] + 8, middle - 10, window)
    canvas.text(o - 10, base, output_text(window), 7.4)
    return base + 20
