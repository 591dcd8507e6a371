"""A block's graph on the canvas: boxes from left to right, shortcuts and branches above and below the main chain."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from explainer.figures.blocks.graph import Chain, Node, Parallel
from explainer.figures.numbers import grouped, times
from explainer.figures.reading import output, window_of
from explainer.figures.svg.canvas import SMALLEST, Canvas
from explainer.figures.svg.colours import INK, SKIP, SOFT, name_of, paint
from explainer.i18n.bilingual import LANGS, Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer

HIGH, TAG, GAP, JOIN = 26.0, 9.5, 13.0, 12.0
LANE = 38.0  # between the middles of two lanes
IDENTITY = Bi("恒等：没有参数", "identity: no parameters")
FROM_ELSEWHERE = Bi("跳跃连接 {shape}", "skip connection {shape}")
GATE = Bi("逐通道加权", "channel gate")
PART = Bi("子块", "part")
STRIDE = Bi("，步幅{n}", ", stride {n}")
TAGS = {
    "BatchNorm2d": "BN",
    "BatchNorm1d": "BN",
    "BatchNorm3d": "BN",
    "LayerNorm": "LN",
    "GroupNorm": "GN",
    "LayerNorm2d": "LN",
    "Hardswish": "h-swish",
    "Hardsigmoid": "h-σ",
    "Sigmoid": "σ",
    "sigmoid": "σ",
    "relu": "ReLU",  # functions are called what their modules are
    "relu_": "ReLU",
    "gelu": "GELU",
    "silu": "SiLU",
    "elu": "ELU",
    "leaky_relu": "LeakyReLU",
    "hardswish": "h-swish",
    "hardsigmoid": "h-σ",
    "batch_norm": "BN",
    "layer_norm": "LN",
    "group_norm": "GN",
}

LONGEST, PROVEN = 88, 116  # of a name in a box; what was proven is said whole


@dataclass(frozen=True)
class Room:
    """What a chain takes: its width, and how many lanes it needs above and below its own."""

    wide: float
    up: int
    down: int


def label_of(layer: Layer, canvas: Canvas) -> str:
    """`3×3, 128`, `768→3072`, or the kind."""
    window = window_of(layer)
    if window is not None and layer.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED):
        step = STRIDE.format(n=window.stride[0])[canvas.lang] if window.stride[0] > 1 else ""
        deep = " DW" if window.depthwise else f" /{window.groups}" if window.groups > 1 else ""
        return f"{times(window.kernel)}{deep}, {window.channels_out}{step}"
    if window is not None:
        return f"{name_of(layer.kind)[canvas.lang]} {times(window.kernel)}"
    if layer.kind is Kind.LINEAR and layer.call.input_shapes and layer.call.output_shapes:
        return f"{layer.call.input_shapes[0][-1]}→{layer.call.output_shapes[0][-1]}"
    return name_of(layer.kind)[canvas.lang]


def _texts(node: Node, canvas: Canvas) -> tuple[str, str]:
    """What stands in a box: what it is, and its parameters."""
    if node.tag:
        return (_tag(node.layer, canvas), "")
    closed = node.name and len(node.layers) > 2
    called = (
        (node.said or (GATE if _gates(node) else PART))[canvas.lang] if node.said or node.name.isdigit() else node.name
    )
    first = called if closed else label_of(node.layer, canvas)
    owned = sum(layer.value for layer in node.layers) + node.direct
    return canvas.fitted(first, SMALLEST, "bold", PROVEN if closed and node.said else LONGEST), grouped(
        owned
    ) if owned else ""


def _gates(node: Node) -> bool:
    """Whether its last step multiplies what came in by one number a channel."""
    call, first = node.layers[-1].call, node.layers[0].call
    sizes = sorted((shape[1:] for shape in call.input_shapes), key=prod)
    if not call.type.startswith("mul") or len(sizes) != 2 or not first.input_shapes:
        return False
    weights, given = sizes
    return given == first.input_shapes[0][1:] and weights[:1] == given[:1] and prod(weights) == given[0]


def _wide(node: Node, canvas: Canvas) -> float:
    if node.tag or node.norm:
        return TAG
    if node.foreign:
        return JOIN
    first, second = _texts(node, canvas)
    body = max(canvas.wide(first, SMALLEST, "bold"), canvas.wide(second, SMALLEST)) + 8
    return max(body, 34.0) + (TAG + 1) * len(node.tags)


def room_of(chain: Chain, canvas: Canvas) -> Room:
    """How much room a chain takes."""
    wide, up, down = 0.0, 0, 0
    for i, item in enumerate(chain):
        wide += GAP if i else 0
        if isinstance(item, Node):
            wide += _wide(item, canvas)
            up = max(up, len(item.foreign[:1]))
            continue
        rooms = [room_of(branch, canvas) for branch in item.branches]
        lanes = _lanes(item, rooms)
        for lane, room in zip(lanes, rooms, strict=True):
            up, down = max(up, -lane + room.up), max(down, lane + room.down)
        wide += max(room.wide for room in rooms) + 2 * GAP + JOIN
    return Room(wide, up, down)


def fits(chain: Chain) -> bool:
    """Whether it goes onto a page, in either language, with what goes in and comes out."""
    return all(room_of(chain, Canvas(lang)).wide < 350 for lang in LANGS)


def _lanes(item: Parallel, rooms: list[Room]) -> list[int]:
    """The lane of each branch beside the widest one, which stays in the middle: above first, then below in turn."""
    main = max(range(len(rooms)), key=lambda i: rooms[i].wide)
    lanes, up, down = [0] * len(rooms), rooms[main].up, rooms[main].down
    above = True
    for i, room in enumerate(rooms):
        if i == main:
            continue
        if above:
            lanes[i] = -(up + 1 + room.down)
            up = -lanes[i] + room.up
        else:
            lanes[i] = down + 1 + room.up
            down = lanes[i] + room.down
        above = not above
    return lanes


def draw_chain(canvas: Canvas, chain: Chain, x: float, y: float) -> float:
    """The chain from x on, its middle at y; its right end."""
    for i, item in enumerate(chain):
        if i:
            canvas.arrow([(x, y), (x + GAP - 1, y)], size=3.6)
            x += GAP
        x = _box(canvas, item, x, y) if isinstance(item, Node) else _parallel(canvas, item, x, y)
    return x


def _box(canvas: Canvas, node: Node, x: float, y: float) -> float:
    look = paint(node.kind)
    if node.tag:
        return _tag_box(canvas, node.layer, x, y)
    if node.norm:
        return _tag_box(canvas, node.layer, x, y, node.norm)
    if node.foreign:
        return _fed_join(canvas, node, x, y)
    first, second = _texts(node, canvas)
    wide = _wide(node, canvas) - (TAG + 1) * len(node.tags)
    canvas.box(x, y - HIGH / 2, wide, HIGH, look, first, 2)
    if look.hatch:  # letters on lines would be hard to read
        canvas.rect(x + 2, y - HIGH / 2 + 3, wide - 4, HIGH - 6, look.front, "none")
    canvas.text(x + wide / 2, y - 1.5 if second else y + 2.5, first, SMALLEST, "bold", "middle", look.ink)
    if second:
        canvas.text(x + wide / 2, y + 8, second, SMALLEST, anchor="middle", fill=look.ink)
    x += wide
    for tag in node.tags:
        x = _tag_box(canvas, tag, x + 1, y)
    return x


def _tag(layer: Layer, canvas: Canvas) -> str:
    name = TAGS.get(layer.type, layer.type)
    if canvas.wide(name, SMALLEST) <= HIGH - 2:
        return name
    return {"ACTIVATION": "act", "NORMALIZATION": "norm"}.get(layer.kind.name, layer.type[:5])


def _tag_box(canvas: Canvas, layer: Layer, x: float, y: float, norm: str = "") -> float:
    look = paint(Kind.NORMALIZATION if norm else layer.kind)
    canvas.box(x, y - HIGH / 2, TAG, HIGH, look, norm or layer.type)
    canvas.text(x + TAG / 2 + 2.4, y, norm or _tag(layer, canvas), SMALLEST, anchor="middle", turn=-90)
    return x + TAG


def _parallel(canvas: Canvas, item: Parallel, x: float, y: float) -> float:
    rooms = [room_of(branch, canvas) for branch in item.branches]
    lanes = _lanes(item, rooms)
    widest = max(room.wide for room in rooms)
    start, end = x + GAP, x + GAP + widest
    canvas.circle(x + 2, y, 1.4, INK, "none")
    canvas.line((x, y), (x + 2, y), weight=0.7)
    join = end + GAP + JOIN / 2
    for branch, lane, room in zip(item.branches, lanes, rooms, strict=True):
        level = y + lane * LANE
        colour = SKIP if lane else INK
        at = start + (widest - room.wide) / 2
        if not branch:
            points = [(x + 2, y), (x + 2, level), (join, level), (join, y - JOIN / 2 if lane < 0 else y + JOIN / 2)]
            canvas.arrow(points if lane else [(x + 2, y), (join - JOIN / 2, y)], colour, 0.9, bend=4)
            if widest > canvas.wide(IDENTITY, SMALLEST) and item.join.layer.call.type.startswith("add"):
                canvas.text((x + join) / 2, level - 3, IDENTITY, SMALLEST, anchor="middle", fill=SKIP)
            continue
        canvas.arrow(
            [(x + 2, y), (x + 2, level), (at - 1, level)] if lane else [(x + 2, y), (at - 1, y)], colour, 0.8, bend=4
        )
        right = draw_chain(canvas, branch, at, level)
        edge = y - JOIN / 2 if lane < 0 else y + JOIN / 2
        canvas.arrow(
            [(right, level), (join, level), (join, edge)] if lane else [(right, y), (join - JOIN / 2, y)],
            colour,
            0.8,
            bend=4,
        )
    _join(canvas, item.join, join, y)
    return join + JOIN / 2


def _fed_join(canvas: Canvas, node: Node, x: float, y: float) -> float:
    """A join of the chain with what comes from elsewhere in the network, which enters from above."""
    middle, level = x + JOIN / 2, y - LANE
    said = FROM_ELSEWHERE.format(shape=", ".join(times(shape[1:]) for shape in node.foreign if shape[1:]))
    canvas.text(middle - 15, level + 2.4, said, SMALLEST, anchor="end", fill=SKIP)
    canvas.arrow([(middle - 12, level), (middle, level), (middle, y - JOIN / 2)], SKIP, 0.9, bend=4)
    _join(canvas, node, middle, y)
    return x + JOIN


def _join(canvas: Canvas, node: Node, x: float, y: float) -> None:
    """+, ×, or ⧺ for a concatenation."""
    look = paint(Kind.JOIN)
    canvas.circle(x, y, JOIN / 2, look.front)
    kind = node.layer.call.type
    if "mul" in kind:
        canvas.line((x - 2.4, y - 2.4), (x + 2.4, y + 2.4), weight=0.9)
        canvas.line((x - 2.4, y + 2.4), (x + 2.4, y - 2.4), weight=0.9)
    elif node.kind is Kind.JOIN:
        for dx in (-2.2, 0, 2.2):
            canvas.line((x + dx, y - 2.8), (x + dx, y + 2.8), weight=0.8)
    else:
        canvas.line((x - 3, y), (x + 3, y), weight=0.9)
        canvas.line((x, y - 3), (x, y + 3), weight=0.9)


def shape_text(layers: tuple[Layer, ...], before: bool) -> str:
    """What goes in, or comes out."""
    from explainer.figures.reading import given

    return times(given(layers[0]) if before else output(layers[-1]))


__all__ = ["HIGH", "LANE", "SOFT", "draw_chain", "room_of", "shape_text"]
