"""What the figures of convolutions say alike."""

from __future__ import annotations

from explainer.figures.numbers import grouped, times
from explainer.figures.reading import Window
from explainer.figures.svg.canvas import Canvas
from explainer.figures.svg.colours import ROLES, SOFT
from explainer.i18n.bilingual import Bi

INPUT = Bi("输入{shape}", "input {shape}")
PADDED = Bi("输入{shape}，每侧填充{padding}", "input {shape}, padded by {padding} on each side")
OUTPUT = Bi("输出{shape}", "output {shape}")
STRIDE = Bi("步幅{n}", "stride {n}")
ONE = Bi("一个卷积核", "one kernel")
WEIGHTS = Bi("{weights}个权重，1个偏置", "{weights:weight|weights} and 1 bias")
WEIGHTS_ONLY = Bi("{weights}个权重，没有偏置", "{weights:weight|weights}, no bias")
SUM = Bi("乘积之和", "sum of products")
KERNELS = Bi("个卷积核，", "kernels,")
EACH = Bi("各得一个通道", "a channel each")
OF_GROUP = Bi("只取第1组的{each}个通道", "sees {each} of group 1 only")


def input_text(window: Window) -> Bi:
    """输入3×224×224，每侧填充1."""
    shape = times((window.channels_in, *window.size))
    if not any(window.padding):
        return INPUT.format(shape=shape)
    padding = str(window.padding[0]) if len(set(window.padding)) == 1 else times(window.padding)
    return PADDED.format(shape=shape, padding=padding)


def output_text(window: Window) -> Bi:
    """输出64×224×224."""
    return OUTPUT.format(shape=times((window.channels_out, *window.size_out)))


def weights_of(window: Window) -> int:
    """The weights of one kernel."""
    count = window.channels_in // window.groups
    for side in window.kernel:
        count *= side
    return count


def kernel_words(canvas: Canvas, x: float, y: float, window: Window) -> None:
    """Under a kernel: what it has."""
    canvas.text(x, y, ONE, 7.4)
    words = WEIGHTS if window.bias else WEIGHTS_ONLY
    canvas.text(x, y + 10, words.format(weights=weights_of(window)), 7.2, fill=SOFT)


def count_words(canvas: Canvas, x: float, y: float, window: Window) -> None:
    """Beside the output: how many kernels there are."""
    canvas.text(x, y, grouped(window.channels_out), 8, "bold", fill=ROLES["out"])
    canvas.text(x, y + 10, KERNELS, 7)
    canvas.text(x, y + 19.5, EACH, 7)
