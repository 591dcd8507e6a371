"""One convolution opened: the window on its input, the kernel, one output; the places along a side; the formulas."""

from __future__ import annotations

from functools import cache

from explainer.figures import formulas
from explainer.figures.convolution.flat import draw_flat
from explainer.figures.convolution.line import draw_line
from explainer.figures.convolution.places import draw_places
from explainer.figures.convolution.solid import draw_solid
from explainer.figures.convolution.transposed import draw_transposed
from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import times
from explainer.figures.reading import Window, given, output, window_of
from explainer.figures.svg.canvas import WIDTH, Canvas
from explainer.figures.svg.colours import RULE
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

TITLE = Bi("卷积层{path}：一个卷积核与它覆盖的窗口", "Convolution {path}: one kernel and the window that it covers")
TITLE_UP = Bi("转置卷积层{path}：每个输入盖下一个卷积核", "Transposed convolution {path}: each input stamps one kernel")
CAPTION = Bi(
    "公式中每个因数与图中同色的尺寸相同。", "Each factor of a formula has the colour of the length that it measures."
)
DEPTHWISE = Bi(
    "深度卷积：每个通道有自己的卷积核，只与这一个通道相连。",
    "A depthwise convolution: every channel has a kernel of its own and sees nothing else.",
)
GROUPED = Bi(
    "分组卷积：通道分成{groups}组，每个卷积核只与本组的{each}个通道相连。",
    "A grouped convolution: the channels are in {groups} groups, and a kernel sees the {each:channel|channels} of its own group only.",
)
ALT = Bi(
    "{kernel}的窗口在{given}的输入上滑动，步幅{stride}，每侧填充{padding}；{kernels}个卷积核得到{out}的输出。"
    "参数量{params}，乘加{macs}次。",
    "A {kernel} window slides over an input of {given}, stride {stride}, padding {padding} on each side; {kernels} kernels make an output of {out}. "
    "{params} parameters, {macs} multiply-accumulates.",
)


def make(walk: Walkthrough) -> Figure | None:
    """The figure of the first convolution."""
    layer = next((layer for layer in walk.layers if layer.kind is Kind.CONVOLUTION and window_of(layer)), None)
    layer = layer or next((layer for layer in walk.layers if layer.kind is Kind.TRANSPOSED and window_of(layer)), None)
    return of_layer(layer) if layer else None


def of_layer(layer: Layer, name: str = "kernel") -> Figure | None:
    """The figure of any convolution whose figures are all known."""
    window = window_of(layer)
    if window is None or layer.params is None or layer.macs is None or not layer.checked:
        return None
    found = window

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(layer, found, lang)

    title = TITLE_UP if layer.kind is Kind.TRANSPOSED else TITLE
    alt = ALT.format(
        kernel=times(window.kernel),
        given=times(given(layer)),
        stride=_one(window.stride),
        padding=_one(window.padding),
        kernels=window.channels_out,
        out=times(output(layer)),
        params=layer.params.value,
        macs=layer.macs.value,
    )
    return Figure(name, title.format(path=same(layer.path)), _caption(window), alt, drawing, layer.index)


def _caption(window: Window) -> Bi:
    if window.depthwise:
        return Bi(DEPTHWISE.zh + CAPTION.zh, f"{DEPTHWISE.en} {CAPTION.en}")
    if window.groups > 1:
        grouped = GROUPED.format(groups=window.groups, each=window.channels_in // window.groups)
        return Bi(grouped.zh + CAPTION.zh, f"{grouped.en} {CAPTION.en}")
    return CAPTION


def _one(sides: tuple[int, ...]) -> str:
    """1 where all sides are alike, else 1×2."""
    return str(sides[0]) if len(set(sides)) == 1 else times(sides)


def _draw(layer: Layer, window: Window, lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    if layer.kind is Kind.TRANSPOSED:
        y = draw_transposed(canvas, window)
    else:
        picture = {1: draw_line, 2: draw_flat, 3: draw_solid}[window.dims]
        y = picture(canvas, window)
        canvas.line((0, y), (WIDTH, y), RULE, 0.4)
        y = draw_places(canvas, y + 12, layer, window)
    canvas.line((0, y), (WIDTH, y), RULE, 0.4)
    y += 16
    assert layer.params is not None and layer.macs is not None
    y = formulas.draw_both(canvas, y, layer)
    canvas.height = y - 12
    return canvas


FIGURE = Maker(
    "kernel",
    Bi("一个卷积层：窗口、卷积核、位置数与公式", "one convolution: window, kernel, places and formulas"),
    make,
    order=40,
)
