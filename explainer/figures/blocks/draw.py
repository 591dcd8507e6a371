"""A block's graph on the canvas: boxes from left to right, shortcuts and branches above and below the main chain."""

from __future__ import annotations

from msgspec import Struct

from explainer.figures.blocks.graph import Chain, Node, Parallel, end_of
from explainer.figures.blocks.labels import HIGH, tag_of, words_of
from explainer.figures.numbers import times
from explainer.figures.svg.canvas import SMALLEST, Canvas
from explainer.figures.svg.colours import INK, SKIP, SOFT, paint
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer

TAG, GAP, JOIN = 9.5, 13.0, 12.0
LANE = 38.0  # between the middles of two lanes
IDENTITY = Bi("恒等：没有参数", "identity: no parameters")
FROM_ELSEWHERE = Bi("跳跃连接 {shape}", "skip connection {shape}")
FROM_OUTSIDE = Bi("来自块外 {shape}", "from outside {shape}")


class Room(Struct, frozen=True):
    """What a chain takes: its width, and how many lanes it needs above and below its own."""

    wide: float
    up: int
    down: int


def _wide(node: Node, canvas: Canvas) -> float:
    if node.tag or node.norm:
        return TAG
    if node.foreign:
        return JOIN
    said = words_of(node, canvas)
    body = max(canvas.wide(said.first, SMALLEST, said.face), canvas.wide(said.second, SMALLEST)) + 8
    return max(body, 34.0) + (TAG + 1) * len(node.tags)


def room_of(chain: Chain, canvas: Canvas) -> Room:
    """How much room a chain takes."""
    wide, up, down = 0.0, 0, 0
    for i, item in enumerate(chain):
        wide += GAP if i else 0
        if isinstance(item, Node):
            wide += _wide(item, canvas)
            entering = len(item.foreign[:1])
            up, down = max(up, 0 if item.leaves else entering), max(down, entering if item.leaves else 0)
            continue
        rooms = [room_of(branch, canvas) for branch in item.branches]
        lanes = _lanes(item, rooms)
        for lane, room in zip(lanes, rooms, strict=True):
            up, down = max(up, -lane + room.up), max(down, lane + room.down)
        wide += max(room.wide for room in rooms) + _before(item, canvas) + GAP + JOIN
    return Room(wide, up, down)


def _piece(branch: Chain) -> str:
    """The shape of the part that a branch takes of what is before the fork; empty where it takes all."""
    return times(branch[0].piece) if branch and isinstance(branch[0], Node) else ""


def _before(item: Parallel, canvas: Canvas) -> float:
    """From a fork to its widest branch: room for the wires, and for what each branch takes."""
    pieces = [canvas.wide(text, SMALLEST) for text in map(_piece, item.branches) if text]
    return max(pieces) + GAP if pieces else GAP


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


class Exit(Struct, frozen=True):
    """Where something leaves the chain on its own way out of the block."""

    x: float
    y: float
    chain: Chain
    shape: tuple[int, ...]


def draw_chain(canvas: Canvas, chain: Chain, x: float, y: float, exits: list[Exit]) -> float:
    """The chain from x on, its middle at y; its right end. What leaves it is added to `exits`."""
    for i, item in enumerate(chain):
        if i:
            canvas.arrow([(x, y), (x + GAP - 1, y)], size=3.6)
            x += GAP
        x = _box(canvas, item, x, y) if isinstance(item, Node) else _parallel(canvas, item, x, y, exits)
        for n, way in enumerate(end_of(item).exits):
            shape = end_of(way[-1]).result if way else end_of(item).out
            exits.append(Exit(x + 4 + 3 * n, y, way, shape))
    return x


def _box(canvas: Canvas, node: Node, x: float, y: float) -> float:
    look = paint(node.kind)
    if node.tag:
        return _tag_box(canvas, node.layer, x, y)
    if node.norm:
        return _tag_box(canvas, node.layer, x, y, node.norm)
    if node.foreign:
        return _fed_join(canvas, node, x, y)
    said = words_of(node, canvas)
    wide = _wide(node, canvas) - (TAG + 1) * len(node.tags)
    canvas.box(x, y - HIGH / 2, wide, HIGH, look, said.first, 2)
    if look.hatch:  # letters on lines would be hard to read
        canvas.rect(x + 2, y - HIGH / 2 + 3, wide - 4, HIGH - 6, look.front, "none")
    canvas.text(x + wide / 2, y - 1.5 if said.second else y + 2.5, said.first, SMALLEST, said.face, "middle", look.ink)
    if said.second:
        canvas.text(x + wide / 2, y + 8, said.second, SMALLEST, anchor="middle", fill=look.ink)
    x += wide
    for tag in node.tags:
        x = _tag_box(canvas, tag, x + 1, y)
    return x


def _tag_box(canvas: Canvas, layer: Layer, x: float, y: float, norm: str = "") -> float:
    look = paint(Kind.NORMALIZATION if norm else layer.kind)
    canvas.box(x, y - HIGH / 2, TAG, HIGH, look, norm or layer.type)
    canvas.text(x + TAG / 2 + 2.4, y, norm or tag_of(layer, canvas), SMALLEST, anchor="middle", turn=-90)
    return x + TAG


def _parallel(canvas: Canvas, item: Parallel, x: float, y: float, exits: list[Exit]) -> float:
    rooms = [room_of(branch, canvas) for branch in item.branches]
    lanes = _lanes(item, rooms)
    widest = max(room.wide for room in rooms)
    start = x + _before(item, canvas)
    end = start + widest
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
        if piece := _piece(branch):
            canvas.text(x + 6, level - 3, piece, SMALLEST, fill=SOFT)
        right = draw_chain(canvas, branch, at, level, exits)
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
    """A join of the chain with what comes from elsewhere in the network, from above; on a way out of the block from below."""
    middle, level = x + JOIN / 2, y + LANE if node.leaves else y - LANE
    edge = y + JOIN / 2 if node.leaves else y - JOIN / 2
    said = (FROM_OUTSIDE if node.leaves else FROM_ELSEWHERE).format(
        shape=", ".join(times(shape[1:]) for shape in node.foreign if shape[1:])
    )
    canvas.text(middle - 15, level + 2.4, said, SMALLEST, anchor="end", fill=SKIP)
    canvas.arrow([(middle - 12, level), (middle, level), (middle, edge)], SKIP, 0.9, bend=4)
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
