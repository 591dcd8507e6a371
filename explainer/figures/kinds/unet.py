"""A network that goes down in resolution and up again: a row a resolution, the skips across, sums at the right."""

from __future__ import annotations

import itertools
from functools import cache
from math import log2, prod

from msgspec import Struct

from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import grouped, times, title_of
from explainer.figures.parts import kinds_legend
from explainer.figures.reading import complete, macs, output, params
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import INPUT, RULE, SKIP, paint
from explainer.i18n.bilingual import Bi, Lang
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Layer, Walkthrough

TITLE = Bi("{name}：按分辨率排列", "{name} by resolution")
CAPTION = Bi(
    "同一行的各层分辨率相同，方块上方是通道数；虚线是跳跃连接：编码器的特征图{join}解码器的特征图上。右边是每一行各层合计的参数量和计算量。",
    "Layers in one row have one resolution; above each are its channels. Dashed lines are skip connections: the encoder's map is "
    "{join} the decoder's. At the right are the parameters and multiply-accumulates of each row.",
)
JOINED, ADDED = Bi("拼接到", "joined to"), Bi("加到", "added to")
ALT = Bi("分辨率依次为{levels}；跳跃连接{skips}条。", "Resolutions {levels}; {skips:skip connection|skip connections}.")
HEADER = (Bi("输出", "output"), Bi("参数量", "parameters"), Bi("计算量（乘加）", "MACs"))
TOTAL = Bi("合计", "total")
MAIN = (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING, Kind.RESIZE)
RIGHT = 320.0  # where the picture ends and the table begins
MOST_IN_ROW = 6


class Cell(Struct):
    """A layer that is drawn: its channels; for a join, those that come across and those from below."""

    layer: Layer
    level: int
    parts: tuple[int, ...] = ()

    @property
    def channels(self) -> int:
        return output(self.layer)[0]


class Layout(Struct):
    """The whole: the sides of the levels, and of each level the layers on the way down and on the way up."""

    levels: list[Shape]
    down: list[list[Cell]]
    up: list[list[Cell]]
    skips: list[int]
    added: bool


def unet_of(walk: Walkthrough) -> Layout | None:
    """The network as a U, or None."""
    shapes = walk.run.input_shapes
    if not complete(walk) or len(shapes) != 1 or len(shapes[0]) not in (3, 4, 5):
        return None
    drawn = [
        layer
        for layer in walk.layers
        if len(output(layer)) == len(shapes[0]) - 1 and (layer.kind in MAIN or _joins(layer))
    ]
    sides = sorted({output(layer)[1:] for layer in drawn}, key=lambda side: (prod(side), side), reverse=True)
    if len(sides) < 3 or len(sides) > 7 or not all(_larger(a, b) for a, b in itertools.pairwise(sides)):
        return None
    level = {side: i for i, side in enumerate(sides)}
    cells = [Cell(layer, level[output(layer)[1:]]) for layer in drawn if layer.kind is not Kind.RESIZE]
    bottom = max((i for i, cell in enumerate(cells) if cell.level == len(sides) - 1), default=0)
    way_down, way_up = cells[: bottom + 1], cells[bottom + 1 :]
    if any(a.level > b.level for a, b in itertools.pairwise(way_down)):
        return None
    if any(a.level < b.level for a, b in itertools.pairwise(way_up)):
        return None
    skips = sorted({cell.level for cell in way_up if _joins(cell.layer)})
    if len(skips) < 2:
        return None
    for cell in way_up:
        if _joins(cell.layer) and cell.layer.kind is Kind.JOIN:
            cell.parts = tuple(shape[1] for shape in cell.layer.call.input_shapes)
    rows = range(len(sides))
    down = [[cell for cell in way_down if cell.level == i] for i in rows]
    up = [_merged([cell for cell in way_up if cell.level == i]) for i in rows]
    if any(len(row) > MOST_IN_ROW for row in (*down, *up)):
        return None
    added = all(cell.layer.kind is Kind.ELEMENTWISE for cell in way_up if _joins(cell.layer))
    return Layout(sides, down, up, skips, added)


def _larger(a: Shape, b: Shape) -> bool:
    """Every side at least as long, one longer: a video's frames may stay."""
    return a != b and all(x >= y for x, y in zip(a, b, strict=True))


def _merged(row: list[Cell]) -> list[Cell]:
    """What is enlarged and joined at once is one box in two parts."""
    return row[1:] if len(row) > 1 and row[0].layer.kind is Kind.TRANSPOSED and len(row[1].parts) == 2 else row


def _joins(layer: Layer) -> bool:
    """A concatenation, or an addition, of two maps from different layers."""
    sources = {source for source in layer.call.inputs if isinstance(source, int)}
    if len(sources) < 2:
        return False
    return layer.kind is Kind.JOIN or (layer.kind is Kind.ELEMENTWISE and layer.call.type.startswith("add"))


def make(walk: Walkthrough) -> Figure | None:
    """The figure, for an encoder and a decoder with skips between them."""
    shape = unet_of(walk)
    if shape is None:
        return None

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(walk, shape, lang)

    return Figure(
        "unet",
        TITLE.format(name=title_of(walk.name, walk.source)),
        CAPTION.format(join=ADDED if shape.added else JOINED),
        ALT.format(levels=", ".join(times(one) for one in shape.levels), skips=len(shape.skips)),
        drawing,
    )


def _wide(channels: int) -> float:
    return max(3.0, 0.62 * float(channels**0.5))


def _draw(walk: Walkthrough, shape: Layout, lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    high = [max(12.0, 7.2 * log2(max(side) + 1)) for side in shape.levels]
    middles, y = [], 22.0
    for each in high:
        middles.append(y + each / 2)
        y += each + 26
    low = y - 26
    channels = walk.run.input_shapes[0][1]
    x, ends = 2.0, []
    canvas.rect(x, middles[0] - high[0] / 2, _wide(channels), high[0], INPUT.front)
    canvas.text(x, middles[0] - high[0] / 2 - 3, str(channels), SMALLEST)
    x += _wide(channels) + 12
    canvas.arrow([(x - 11.5, middles[0]), (x - 0.5, middles[0])], size=3.0)
    for i, row in enumerate(shape.down):
        x = _row(canvas, row, x, middles[i], high[i])
        ends.append(x)
        if i + 1 < len(high) and row:
            _vertical(
                canvas,
                x - _room(row[-1]) / 2,
                middles[i] + high[i] / 2,
                middles[i + 1] - high[i + 1] / 2 - 11,
                Kind.POOLING,
            )
            first = shape.down[i + 1]
            x -= _room(row[-1]) / 2 + (_wide(first[0].channels) / 2 if first else 0)
    right = x
    for i in range(len(high) - 2, -1, -1):
        row = shape.up[i]
        if not row:
            continue
        lead = row[0]
        below = _room((shape.up[i + 1] or shape.down[i + 1])[-1])
        into = _wide(lead.parts[-1]) / 2 if lead.parts else _room(lead) / 2  # the part that comes from below
        start = max(right - below / 2 - _room(lead) + into, ends[i] + 12)
        _vertical(
            canvas,
            start + _room(lead) - into,
            middles[i + 1] - high[i + 1] / 2 - 11,
            middles[i] + high[i] / 2,
            Kind.TRANSPOSED,
        )
        if i in shape.skips and ends[i]:
            _skip(canvas, ends[i], start, middles[i], shape, i)
        right = _row(canvas, row, start, middles[i], high[i])
    _sums(canvas, walk, shape, middles, low)
    kinds = {cell.layer.kind for row in (*shape.down, *shape.up) for cell in row}
    kinds |= {Kind.TRANSPOSED} if any(cell.parts for row in shape.up for cell in row) else set()
    canvas.height = kinds_legend(canvas, low + 36, kinds) + 4
    return canvas


def _gap(canvas: Canvas, a: Cell, b: Cell) -> float:
    """Between two boxes: as much as the words above them need."""
    words = (canvas.wide(_name(a), SMALLEST) + canvas.wide(_name(b), SMALLEST)) / 2
    return max(8.5, words + 4 - (_room(a) + _room(b)) / 2)


def _room(cell: Cell) -> float:
    """How wide a box is: what is joined stands side by side."""
    return sum(map(_wide, cell.parts)) if cell.parts else _wide(cell.channels)


def _name(cell: Cell) -> str:
    return "+".join(map(str, cell.parts)) if cell.parts else str(cell.channels)


def _row(canvas: Canvas, row: list[Cell], x: float, y: float, high: float) -> float:
    """The boxes of one row from x on, with arrows between; the right end."""
    before = None
    for cell in row:
        wide, look = _room(cell), paint(cell.layer.kind)
        if before is not None:
            gap = _gap(canvas, before, cell)
            canvas.arrow([(x + 0.5, y), (x + gap - 0.5, y)], size=3.0)
            x += gap
        if len(cell.parts) == 2:
            share = _wide(cell.parts[0])
            canvas.box(x, y - high / 2, share, high, paint(Kind.JOIN))
            canvas.box(x + share, y - high / 2, wide - share, high, paint(Kind.TRANSPOSED))
        else:
            canvas.box(x, y - high / 2, wide, high, look)
        canvas.text(x + wide / 2, y - high / 2 - 3, _name(cell), SMALLEST, anchor="middle")
        x, before = x + wide, cell
    return x


def _vertical(canvas: Canvas, x: float, start: float, end: float, kind: Kind) -> None:
    canvas.arrow([(x, start + 1), (x, end)] if end > start else [(x, start), (x, end + 1)], paint(kind).side, 1.3)


def _skip(canvas: Canvas, left: float, right: float, y: float, shape: Layout, level: int) -> None:
    canvas.arrow([(left + 1, y), (right - 1, y)], SKIP, 1.0, dash="3.2 1.8")
    cell = next(one for one in shape.up[level] if one.parts or one.layer.kind is Kind.ELEMENTWISE)
    text = times((cell.parts[0] if cell.parts else cell.channels, *shape.levels[level]))
    if right - left > canvas.wide(text, SMALLEST) + 14:
        canvas.text((left + right) / 2, y - 3.4, text, SMALLEST, anchor="middle", fill=SKIP)


def _sums(canvas: Canvas, walk: Walkthrough, shape: Layout, middles: list[float], low: float) -> None:
    """Every layer belongs to the row of its output."""
    ends = (WIDTH - 126, WIDTH - 66, WIDTH)
    for x, word in zip(ends, HEADER, strict=True):
        canvas.text(x, 9, word, 7.2, "bold", "end")
    canvas.line((RIGHT - 20, 12.5), (WIDTH, 12.5), weight=0.5)
    level = {side: i for i, side in enumerate(shape.levels)}
    rows: list[list[Layer]] = [[] for _ in shape.levels]
    last = 0
    for layer in walk.layers:
        last = level.get(output(layer)[1:], last)
        rows[last].append(layer)
    for side, y, layers in zip(shape.levels, middles, rows, strict=True):
        texts = (times(side), grouped(params(layers)), grouped(macs(layers)))
        for x, text, face in zip(ends, texts, ("bold", "regular", "regular"), strict=True):
            canvas.text(x, y + 2.6, text, SMALLEST, face, "end")
    canvas.line((RIGHT - 20, low + 8), (WIDTH, low + 8), RULE, 0.5)
    texts = (TOTAL[canvas.lang], grouped(params(walk.layers)), grouped(macs(walk.layers)))
    for x, text in zip(ends, texts, strict=True):
        canvas.text(x, low + 19, text, SMALLEST, "bold", "end")


FIGURE = Maker(
    "unet",
    Bi("编码器与解码器，按分辨率排列", "encoder and decoder, by resolution"),
    make,
    order=15,
    alone=True,
)
