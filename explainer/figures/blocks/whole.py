"""A block opened: what goes in, its graph, what comes out, and what leaves it on another way."""

from __future__ import annotations

from explainer.figures.blocks.draw import GAP, LANE, Exit, draw_chain, room_of
from explainer.figures.blocks.graph import Chain, end_of, nodes_of
from explainer.figures.blocks.labels import HIGH
from explainer.figures.numbers import times
from explainer.figures.reading import given
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import INK, SKIP, SOFT
from explainer.figures.svg.faults import faults
from explainer.i18n.bilingual import LANGS, Bi
from explainer.walkthrough.model import Layer

ANOTHER = Bi("另一个输出", "another output")
_MOST = 350.0  # of a graph's width, which leaves room for what goes in and comes out


def fits(chain: Chain, layers: tuple[Layer, ...]) -> bool:
    """Whether it goes onto a page, in either language, with what goes in and comes out."""
    if any(room_of(chain, Canvas(lang)).wide >= _MOST for lang in LANGS):
        return False
    wired_outside = any(node.exits or node.foreign for node in nodes_of(chain))
    return not wired_outside or all(_sound(chain, layers, Canvas(lang)) for lang in LANGS)


def _sound(chain: Chain, layers: tuple[Layer, ...], canvas: Canvas) -> bool:
    canvas.height = draw_whole(canvas, chain, layers, 10)
    return not faults(canvas)


def draw_whole(canvas: Canvas, chain: Chain, layers: tuple[Layer, ...], y: float) -> float:
    """The block of these layers from y on; where it ends."""
    room = room_of(chain, canvas)
    middle = y + room.up * LANE + HIGH / 2
    before, after = times(given(layers[0])), times(end_of(chain[-1]).result)
    left = max(canvas.wide(before, SMALLEST) + 6, 30.0)
    start = max(left, (WIDTH - room.wide) / 2 - 8)
    canvas.arrow([(start - left + 2, middle), (start - 1, middle)], size=3.6)
    canvas.text(start - left + 2, middle - 3.5, before, SMALLEST, fill=SOFT)
    exits: list[Exit] = []
    end = draw_chain(canvas, chain, start, middle, exits)
    bottom, right = _exits(canvas, exits, middle + room.down * LANE, end)
    canvas.arrow([(end, middle), (right + max(canvas.wide(after, SMALLEST) + 6, 24), middle)], size=3.6)
    canvas.text(right + 3, middle - 3.5, after, SMALLEST, fill=SOFT)
    return bottom + HIGH / 2 + 10


def _exits(canvas: Canvas, exits: list[Exit], bottom: float, right: float) -> tuple[float, float]:
    """What leaves the graph, each on its own lane under all others, the last one uppermost; the lowest lane, and their right end."""
    ends: list[tuple[float, float, Exit]] = []
    for one in sorted(exits, key=lambda one: -one.x):
        room = room_of(one.chain, canvas)
        level = bottom + LANE * (1 + room.up)
        canvas.circle(one.x, one.y, 1.4, INK, "none")
        into = one.x + GAP
        canvas.arrow([(one.x, one.y), (one.x, level), (into, level)], SKIP, 0.8, size=3.6, bend=4, head=bool(one.chain))
        end = draw_chain(canvas, one.chain, into, level, []) if one.chain else into
        ends.append((end, level, one))
        bottom = level + LANE * room.down
    right = max([right, *(end for end, *_ in ends)])
    for end, level, one in ends:
        shape = times(one.shape)
        said = f"{ANOTHER[canvas.lang]} {shape}"
        at = max(end + 3, right - canvas.wide(said, SMALLEST) + canvas.wide(shape, SMALLEST))
        canvas.arrow([(end, level), (at + canvas.wide(said, SMALLEST) + 3, level)], SKIP, 0.8, size=3.6)
        canvas.text(at, level - 3.5, said, SMALLEST, fill=SKIP)
    return bottom, right
