"""Feature maps as volumes along the network, a column a stage, with the sums of each stage and where they concentrate."""

from __future__ import annotations

from functools import cache
from math import log2, prod

from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import percent, rounded, times, title_of
from explainer.figures.parts import cuboid, kinds_legend
from explainer.figures.reading import macs, output, params, window_of
from explainer.figures.svg.canvas import WIDTH, Canvas
from explainer.figures.svg.colours import FAINT, INK, INPUT, OTHER, RULE, SOFT, name_of, paint
from explainer.figures.volume_columns import Column, columns_of
from explainer.i18n.bilingual import Bi, Lang
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Walkthrough

TITLE = Bi("{name}的特征图", "Feature maps of {name}")
CAPTION = Bi(
    "方块的高、宽、厚（通道数）按对数绘制：边长每减半，图上缩短相同的长度。{most}",
    "Heights, widths and thicknesses (channels) are drawn on a logarithmic scale: each halving shortens a side by the same length. {most}",
)
MOST = Bi(
    "{params_kind}占参数量的{params_share}，{macs_kind}占计算量的{macs_share}。",
    "The {params_kind} hold {params_share} of the parameters, and the {macs_kind} take {macs_share} of the multiply-accumulates.",
)
MOST_ONE = Bi(
    "{params_kind}占参数量的{params_share}、计算量的{macs_share}。",
    "The {params_kind} hold {params_share} of the parameters and take {macs_share} of the multiply-accumulates.",
)
ALT = Bi("从左到右：{steps}。", "From left to right: {steps}.")
COUNTED = Bi(
    "层数只计卷积层和全连接层；参数量和计算量包括这一段的全部层。",
    "Layers are counted without normalization and the like; the sums are of all layers.",
)
STEP = Bi("{shape}（参数量{params}，乘加{macs}次）", "{shape} ({params} parameters, {macs} multiply-accumulates)")
ROWS = (Bi("输出", "output"), Bi("层数", "layers"), Bi("参数量", "parameters"), Bi("计算量（乘加）", "MACs"))
MOST_SLABS = 4  # convolutions of one stage that are drawn one by one
AXIS = 88.0  # the height of the axis that the volumes stand on


def make(walk: Walkthrough) -> Figure | None:
    """The figure, if the network goes from an image to a vector."""
    columns = columns_of(walk)
    if not columns:
        return None
    kinds_params, kinds_macs = _by_kind(walk, columns)
    steps = [
        STEP.format(shape=times(one.shape), params=params(one.layers), macs=macs(one.layers))
        for one in columns
        if one.kind not in (None, Kind.RESHAPE)
    ]
    alt = ALT.format(steps=Bi("，".join(step.zh for step in steps), "; ".join(step.en for step in steps)))

    most = _most(kinds_params, kinds_macs, walk)
    if kinds_params.get(Kind.NORMALIZATION):
        most = Bi(most.zh + COUNTED.zh, f"{most.en} {COUNTED.en}")

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(columns, kinds_params, kinds_macs, walk.totals.params, lang)

    return Figure(
        "volumes",
        TITLE.format(name=title_of(walk.name, walk.source)),
        CAPTION.format(most=most),
        alt,
        drawing,
    )


def _by_kind(walk: Walkthrough, columns: list[Column]) -> tuple[dict[Kind, int], dict[Kind, int]]:
    weights: dict[Kind, int] = {}
    work: dict[Kind, int] = {}
    for layer in (layer for column in columns for layer in column.layers):
        weights[layer.kind] = weights.get(layer.kind, 0) + layer.counted
        work[layer.kind] = work.get(layer.kind, 0) + macs([layer])
    return weights, work


def _most(weights: dict[Kind, int], work: dict[Kind, int], walk: Walkthrough) -> Bi:
    by_params, by_macs = max(weights, key=lambda kind: weights[kind]), max(work, key=lambda kind: work[kind])
    return (MOST_ONE if by_params is by_macs else MOST).format(
        params_kind=by_params.value,
        params_share=percent(weights[by_params], walk.totals.params),
        macs_kind=by_macs.value,
        macs_share=percent(work[by_macs], sum(work.values())),
    )


def _side(size: int) -> float:
    return 13.2 * log2(max(size, 1) + 1)


def _thick(channels: int) -> float:
    return 1.02 * log2(channels + 1)


def _slabs(column: Column) -> list[Shape]:
    """The volumes that are drawn: each convolution of a short stage, or one volume for a long one."""
    if len(column.slabs) <= MOST_SLABS and output(column.slabs[-1]) == column.shape:
        return [output(layer) for layer in column.slabs]
    return [column.shape]


def _span(column: Column) -> float:
    if column.kind is None:
        return _thick(column.shape[0])
    if column.kind is not Kind.CONVOLUTION:
        return 7.0
    shapes = _slabs(column)
    return sum(_thick(shape[0]) for shape in shapes) + 2.0 * (len(shapes) - 1) + (5.2 if column.pool else 0)


def _draw(columns: list[Column], weights: dict[Kind, int], work: dict[Kind, int], whole: int, lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    left = max(canvas.wide(row, 7) for row in ROWS) + 8
    cells = [_cells(column, lang) for column in columns]
    need = [
        max(_span(column) + 4, *(canvas.wide(text, 7.3, "bold") + 7 for text in texts))
        for column, texts in zip(columns, cells, strict=True)
    ]
    free = WIDTH - left - sum(need)
    deep = [_side(column.shape[-1]) if column.kind in (None, Kind.CONVOLUTION) else 14 for column in columns]
    x, middles = left, []
    for room, depth in zip(need, deep, strict=True):
        wide = room + free * depth / sum(deep)
        middles.append(x + wide / 2)
        x += wide
    canvas.arrow([(6, AXIS), (WIDTH - 2, AXIS)], stroke=RULE, weight=0.6)
    for column, middle in zip(columns, middles, strict=True):
        _volume(canvas, column, middle)
    bottom = _table(canvas, middles, cells, 176)
    canvas.height = _bars(canvas, left, bottom + 12, weights, work, whole) + 4
    kinds_legend(
        canvas, 8, ({column.kind for column in columns if column.kind} | _pools(columns)) - {Kind.RESHAPE}, right=True
    )
    return canvas


def _pools(columns: list[Column]) -> set[Kind]:
    return {Kind.POOLING} if any(column.pool for column in columns) else set()


def _cells(column: Column, lang: Lang) -> tuple[str, ...]:
    """What stands under a column: output, layers, parameters, multiply-accumulates."""
    shape = times(column.shape)
    if column.kind is None:
        return shape, "", "", ""
    if column.kind is Kind.RESHAPE:
        return shape, "", "", ""
    weighted = column.weighted
    windows = {window.kernel for layer in weighted if (window := window_of(layer))}
    count = str(len(weighted))
    layers = f"{count} × {times(next(iter(windows)))}" if len(windows) == 1 else count
    return shape, layers, rounded(params(column.layers), lang), rounded(macs(column.layers), lang)


def _volume(canvas: Canvas, column: Column, middle: float) -> None:
    x = middle - _span(column) / 2
    if column.kind is None:
        channels, high, wide = column.shape
        look = cuboid(canvas, x, AXIS, _thick(channels), _side(high), _side(wide), INPUT)
        canvas.text(look[0] - 3, (look[1] + look[2]) / 2 - 3, str(high), 7, anchor="end")
        canvas.text(look[0] + look[3] / 2 - 5, look[1] - look[4] / 2 - 1, str(wide), 7, anchor="end")
        canvas.text(look[0] + _thick(channels) / 2, look[2] + 8, str(channels), 7, anchor="middle")
    elif column.kind is Kind.CONVOLUTION:
        for channels, high, wide in _slabs(column):
            cuboid(canvas, x, AXIS, _thick(channels), _side(high), _side(wide), paint(Kind.CONVOLUTION))
            x += _thick(channels) + 2.0
        if column.pool:
            _, high, wide = output(column.pool)
            cuboid(canvas, x - 0.6, AXIS, 2.6, _side(high), _side(wide), paint(Kind.POOLING))
    else:
        long = 7.6 * log2(prod(column.shape) + 1)
        flat = column.kind is Kind.RESHAPE
        canvas.rect(
            middle - 3.5, AXIS - long / 2, 7, long, INPUT.front if flat else paint(Kind.LINEAR).front, INK, 0.45
        )
        for i in range(1, 9) if flat else ():
            y = AXIS - long / 2 + long * i / 9
            canvas.line((middle - 3.5, y), (middle + 3.5, y), weight=0.25)


def _table(canvas: Canvas, middles: list[float], cells: list[tuple[str, ...]], y: float) -> float:
    """The rows under the volumes; where they end."""
    canvas.line((0, y - 10), (WIDTH, y - 10), weight=0.9)
    canvas.line((0, y + 4), (WIDTH, y + 4), RULE, 0.4)
    for i, row in enumerate(ROWS):
        canvas.text(0, y + 13 * i, row, 7, fill=SOFT)
        for middle, texts in zip(middles, cells, strict=True):
            if texts[i]:
                canvas.text(middle, y + 13 * i, texts[i], 7.3, "regular" if i else "bold", "middle")
    canvas.line((0, y + 44), (WIDTH, y + 44), weight=0.9)
    return y + 44


def _bars(canvas: Canvas, x: float, y: float, weights: dict[Kind, int], work: dict[Kind, int], whole: int) -> float:
    """Where parameters and multiply-accumulates are, by kind of layer."""
    for row, amounts, total in ((ROWS[2], weights, whole), (ROWS[3], work, sum(work.values()))):
        canvas.text(0, y + 6.8, row, 7, fill=SOFT)
        at, full = x, WIDTH - x
        canvas.rect(x, y, full, 9.4, FAINT, INK, 0.4)
        for kind in sorted((kind for kind in amounts if amounts[kind]), key=lambda kind: list(Kind).index(kind)):
            wide, look = full * amounts[kind] / total, paint(kind) if kind in _SHOWN else OTHER
            canvas.rect(at, y, wide, 9.4, look.front, INK, 0.4)
            text = f"{name_of(kind)[canvas.lang]} {percent(amounts[kind], total)}"
            if canvas.wide(text, 7) + 6 < wide:
                canvas.text(at + wide / 2, y + 7.1, text, 7, "regular", "middle", look.ink)
            at += wide
        y += 15
    return y - 5


_SHOWN = (Kind.CONVOLUTION, Kind.LINEAR, Kind.NORMALIZATION, Kind.ATTENTION, Kind.EMBEDDING)
FIGURE = Maker(
    "volumes",
    Bi("特征图的大小与各段的参数量、计算量", "the sizes of feature maps, and what each stage has and costs"),
    make,
    order=10,
    alone=True,
)
