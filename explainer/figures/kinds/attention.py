"""Attention as rectangles: the projections, what each head does, and the last projection, each with its cost."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from explainer.figures.figure import Figure, Maker
from explainer.figures.formulas import MACS, PARAMS
from explainer.figures.matrix_boxes import PLAIN, SCORES, VALUES, WEIGHT, Scale, matrix, named_within, sign
from explainer.figures.numbers import grouped
from explainer.figures.parts import heading, remark
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas, Run
from explainer.figures.svg.colours import INK, RULE, SOFT
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.walkthrough.model import Layer, Walkthrough

TITLE = Bi("注意力层{path}中的矩阵", "The matrices of the attention in {path}")
CAPTION = Bi(
    "T={t}个查询，S={s}个键，{heads}个头，每个头{d}个特征；各矩阵的边长按平方根绘制。分数矩阵A有T×S个元素，所以计算量随长度的平方增长。",
    "T = {t} queries, S = {s} keys, {heads} heads of {d} features each; sides are drawn in proportion to their square roots. The scores A are T×S numbers, so "
    "the work grows with the square of the length.",
)
ALT = Bi(
    "{heads}个头的注意力：Q为{t}×{d}，K与V为{s}×{d}，分数矩阵{t}×{s}。乘加{macs}次。",
    "Attention with {heads} heads: Q is {t}×{d}, K and V are {s}×{d}, the scores {t}×{s}. {macs} multiply-accumulates.",
)
PROJECT = Bi(
    "三次投影：每个位置的{D}个特征分别乘以三个矩阵",
    "three projections: the {D} features of each position times three matrices",
)
HEADS = Bi("{heads}个头，每个头{d}个特征，各自计算", "{heads} heads of {d} features, each by itself")
GROUPED = Bi(
    "{heads}个查询头共用{shared}个键值头，每个头{d}个特征",
    "{heads} query heads share {shared} heads of keys and values, of {d} features",
)
BACK = Bi("各头并排成{D}个特征，再作一次投影", "the heads side by side make {D} features, and are projected once more")
SOFTMAX = Bi("按行softmax", "softmax by rows")
ROW = 96.0


class Sizes(Struct, frozen=True):
    """Batch, heads of queries and of keys, positions of queries and of keys, features of a head (and of its values)."""

    n: int
    heads: int
    shared: int
    t: int
    s: int
    d: int
    d_v: int

    @property
    def macs(self) -> int:
        """Q·Kᵀ and A·V over all heads."""
        return self.n * self.heads * self.t * self.s * (self.d + self.d_v)


def make(walk: Walkthrough) -> Figure | None:
    """The figure of the first attention whose sizes are known and sum to its cost."""
    for layer in walk.layers:
        sizes = _sizes(layer)
        if sizes is not None:
            return _figure(layer, sizes)
    return None


def _figure(layer: Layer, sizes: Sizes) -> Figure:
    module = layer.rule is not None and layer.rule.name == "multi_head_attention"

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(layer, sizes, module, lang)

    values = {"heads": str(sizes.heads), "t": str(sizes.t), "s": str(sizes.s), "d": str(sizes.d)}
    alt = ALT.format(macs=layer.macs.value if layer.macs else sizes.macs, **values)
    return Figure("attention", TITLE.format(path=same(layer.path)), CAPTION.format(**values), alt, drawing, layer.index)


def _sizes(layer: Layer) -> Sizes | None:
    """The sizes, where what they multiply to is the layer's own cost."""
    if layer.rule is None or layer.macs is None or not layer.call.input_shapes:
        return None
    shapes = layer.call.input_shapes
    if layer.rule.name == "multi_head_attention" and len(shapes) >= 2 and len(shapes[0]) == 3:
        first = bool(layer.call.option("batch_first"))
        (n, t), s = (shapes[0][:2] if first else shapes[0][1::-1]), shapes[1][1 if first else 0]
        width, heads = shapes[0][2], layer.call.option("num_heads")
        if not isinstance(heads, int) or heads < 1 or width % heads:
            return None
        found = Sizes(n, heads, heads, t, s, width // heads, width // heads)
        whole = found.macs + n * (2 * t + 2 * s) * width * width
        return found if whole == layer.macs.value else None
    if (
        layer.rule.name.startswith("scaled_dot_product")
        and len(shapes) >= 3
        and all(len(one) == 4 for one in shapes[:3])
    ):
        (n, heads, t, d), (_, shared, s, _), (*_, d_v) = shapes[:3]
        found = Sizes(n, heads, shared, t, s, d, d_v)
        return found if found.macs == layer.macs.value and heads % max(shared, 1) == 0 else None
    return None


def _draw(layer: Layer, sizes: Sizes, module: bool, lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    width = sizes.heads * sizes.d
    scale = Scale(max(sizes.t, sizes.s, width if module else sizes.d), 58 if module else 40)
    y = 0.0
    step = 1
    if module:
        y = _projections(canvas, scale, sizes, width, layer, y)
        step = 2
    y = _heads(canvas, scale, sizes, step, y)
    if module:
        y = _back(canvas, scale, sizes, width, layer, y)
    canvas.line((0, y), (WIDTH, y), weight=0.9)
    assert layer.macs is not None
    total = [Run(f"{MACS[lang]} ", "regular", SOFT), Run(grouped(layer.macs.value), "bold")]
    if layer.params and layer.params.value:
        total = [Run(f"{PARAMS[lang]} ", "regular", SOFT), Run(f"{grouped(layer.params.value)}　 ", "bold"), *total]
    canvas.text(0, y + 13, Bi("合计", "total"), 7.6, "bold")
    canvas.runs(WIDTH, y + 13, total, 7.8, "end")
    canvas.height = y + 18
    return canvas


def _costs(canvas: Canvas, after: float, y: float, cost: tuple[Bi, str, int]) -> None:
    """At the right: what a step costs; its formula on a line of its own where the matrices leave less room."""
    name, formula, value = cost
    room = after + 8 < WIDTH - 128
    lines = [f"{formula} = {grouped(value)}"] if formula and room else [formula, f"= {grouped(value)}"]
    if not formula:
        lines = [grouped(value)]
    wide = 128 if room else max(canvas.wide(name, 7), *(canvas.wide(line, 7.4) for line in lines))
    remark(canvas, WIDTH - wide, y - 13, name)
    for i, line in enumerate(lines):
        canvas.text(WIDTH - wide, y - 3 + 10 * i, line, 7.4)


def _projections(canvas: Canvas, scale: Scale, sizes: Sizes, width: int, layer: Layer, y: float) -> float:
    heading(canvas, 0, y + 9, same("1  ") + PROJECT.format(D=width))
    middle = y + 60
    x = matrix(canvas, scale, 26, middle, sizes.t, width, PLAIN, "X")
    x = sign(canvas, x, middle, "·", width)
    x = matrix(canvas, scale, x, middle, width, width, WEIGHT, "W", "Q, K, V", 2)
    x = sign(canvas, x, middle, "=", sizes.t)
    x = matrix(canvas, scale, x, middle, sizes.t, width, VALUES, "Q, K, V", "", 2)
    count = sizes.n * (sizes.t + 2 * sizes.s) * width * width
    formula = f"3·{sizes.t}·{width}·{width}" if sizes.t == sizes.s and sizes.n == 1 else ""
    _costs(canvas, x, middle, (MACS, formula, count))
    canvas.line((0, y + ROW + 4), (WIDTH, y + ROW + 4), RULE, 0.4)
    return y + ROW + 8


def _heads(canvas: Canvas, scale: Scale, sizes: Sizes, step: int, y: float) -> float:
    text = HEADS if sizes.shared == sizes.heads else GROUPED
    heading(
        canvas,
        0,
        y + 9,
        same(f"{step}  " if step > 1 else "") + text.format(heads=sizes.heads, shared=sizes.shared, d=sizes.d),
    )
    middle = y + 62
    x = matrix(canvas, scale, 26, middle, sizes.t, sizes.d, VALUES, "Q", "i")
    x = sign(canvas, x, middle, "·", sizes.d)
    x = matrix(canvas, scale, x, middle, sizes.d, sizes.s, VALUES, "K", "i")
    canvas.text(x + 1.5, middle - scale.length(sizes.d) / 2 + 4, "T", SMALLEST)
    x = sign(canvas, x + 4, middle, "=", sizes.t)
    start = x
    x = matrix(canvas, scale, x, middle, sizes.t, sizes.s, SCORES, "A", "i", 3)
    below = 9 if named_within(canvas, scale, sizes.t, sizes.s, "A", "i") else 21
    remark(canvas, (start + x - 6.6) / 2, middle + scale.length(sizes.t) / 2 + below, SOFTMAX, "middle")
    x = sign(canvas, x, middle, "·", sizes.s)
    x = matrix(canvas, scale, x, middle, sizes.s, sizes.d_v, VALUES, "V", "i")
    x = sign(canvas, x, middle, "=", sizes.t)
    x = matrix(canvas, scale, x, middle, sizes.t, sizes.d_v, VALUES, "O", "i")
    formula = f"2·{sizes.heads}·{sizes.t}·{sizes.s}·{sizes.d}" if sizes.n == 1 and sizes.d == sizes.d_v else ""
    _costs(canvas, x, middle, (MACS, formula, sizes.macs))
    return y + ROW + 18


def _back(canvas: Canvas, scale: Scale, sizes: Sizes, width: int, layer: Layer, y: float) -> float:
    canvas.line((0, y - 6), (WIDTH, y - 6), RULE, 0.4)
    heading(canvas, 0, y + 7, same("3  ") + BACK.format(D=width))
    middle = y + 56
    wide, high = scale.length(width), scale.length(sizes.t)
    for i in range(min(sizes.heads, 16)):
        part = wide / min(sizes.heads, 16)
        canvas.rect(26 + i * part, middle - high / 2, part, high, VALUES.front, INK, 0.35)
    canvas.text(
        26 + wide / 2,
        middle - high / 2 - 3.4,
        f"{sizes.heads}·{sizes.d} = {width}",
        SMALLEST,
        anchor="middle",
        fill=SOFT,
    )
    canvas.text(23.5, middle + 2.4, grouped(sizes.t), SMALLEST, anchor="end", fill=SOFT)
    x = sign(canvas, 26 + wide, middle, "·", width)
    x = matrix(canvas, scale, x, middle, width, width, WEIGHT, "W", "O")
    x = sign(canvas, x, middle, "=", sizes.t)
    x = matrix(canvas, scale, x, middle, sizes.t, width, PLAIN, "Y")
    formula = f"{sizes.t}·{width}·{width}" if sizes.n == 1 else ""
    _costs(canvas, x, middle, (MACS, formula, sizes.n * sizes.t * width * width))
    return y + ROW


FIGURE = Maker(
    "attention",
    Bi("注意力层中的矩阵及其计算量", "the matrices of an attention layer, and what they cost"),
    make,
    order=46,
)
