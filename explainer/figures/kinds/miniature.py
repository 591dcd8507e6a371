"""The smallest examples with real numbers: one kernel at every place, every input to every output."""

from __future__ import annotations

from functools import cache

from explainer.figures.figure import Figure, Maker
from explainer.figures.miniature import draw_connected, draw_convolution, draw_miniature
from explainer.figures.svg.canvas import Canvas
from explainer.i18n.bilingual import Bi, Lang
from explainer.lesson.miniature import dims_of, first_connected, first_convolution, first_transposed
from explainer.walkthrough.model import Walkthrough

TITLE = Bi("用小数字算一遍", "The same with small numbers")
CONVOLUTION = Bi(
    "粗框里的数与卷积核对应相乘再相加，得到粗框里的输出。",
    "The framed numbers, each times the kernel's, add up to the framed output.",
)
TRANSPOSED = Bi(
    "每个输入与卷积核的各个权重相乘，放到输出中相应的位置，重叠处相加；粗框里的输出由粗框里的数得到。",
    "Each input times every weight of the kernel is laid down at its place, and what overlaps is added up; the output in a heavy frame comes "
    "from the numbers in heavy frames.",
)
CONNECTED = Bi("每条线是一个权重。", "Each line is one weight.")
ALT = Bi("小数字的例子，算式见正文。", "The small example, worked out in the text.")


def make(walk: Walkthrough) -> Figure | None:
    """What of the two the network has; a transposed convolution where it has no other."""
    usual, connected = first_convolution(walk), first_connected(walk)
    convolution = usual or first_transposed(walk)
    transposed = usual is None
    if convolution is None and connected is None:
        return None
    dims = dims_of(convolution) if convolution else 0

    @cache
    def drawing(lang: Lang) -> Canvas:
        canvas = Canvas(lang)
        if connected is None:
            canvas.height = draw_convolution(canvas, 8, dims, transposed)
        elif not dims:
            canvas.height = draw_connected(canvas, 8)
        else:
            canvas.height = draw_miniature(canvas, 8, dims, transposed)
        return canvas

    of_kernel = TRANSPOSED if transposed else CONVOLUTION
    said = [text for text, there in ((of_kernel, dims), (CONNECTED, connected)) if there]
    caption = Bi("".join(one.zh for one in said), " ".join(one.en for one in said))
    return Figure("miniature", TITLE, caption, ALT, drawing, "miniature")


FIGURE = Maker(
    "miniature",
    Bi("用小数字算一遍：卷积与全连接", "a convolution and a fully connected layer with small numbers"),
    make,
    order=38,
    beside=True,
)
