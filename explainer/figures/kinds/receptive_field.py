"""The receptive field: squares on the input image, to scale, and a staircase of what each layer adds."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from msgspec import Struct

from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import title_of
from explainer.figures.parts import heading, kinds_legend
from explainer.figures.reading import complete, window_of
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import ACCENT, FAINT, INK, LIMIT, PAPER, RULE, SOFT, paint
from explainer.i18n.bilingual import Bi, Lang
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.receptive_field.fields import receptive_fields

TITLE = Bi("{name}的感受野", "Receptive fields of {name}")
CAPTION = Bi(
    "左：一个输出值在图像上看到的范围；右：逐层的增量。每层的增量为j·(k−1)，j是此前各层步幅之积{some}。",
    "Left: what one output value sees of the image; right: what each layer adds. Each layer adds (k−1)·j, where j is the "
    "product of the strides before it{some}.",
)
SOME = Bi("；只画出增大感受野的{n}层中的{shown}层", " (of the {n} layers that add to it, {shown} are drawn)")
ALT = Bi("感受野逐层为：{sizes}；图像边长{side}。", "The receptive field grows: {sizes}; the image's side is {side}.")
ON_IMAGE = Bi("在输入图像上（按比例）", "on the input image, to scale")
STAIRS = Bi("每层的增量：j·(k−1)", "each layer adds (k−1)·j")
SIDE = Bi("图像边长{n}", "side of the image, {n}")
FEWEST, MOST = 3, 24  # steps: fewer say nothing of how it grows, more do not fit
SQUARE = 134.0
SHADES = ("#eef4fa", "#d3e3f1", "#aecbe4", "#7ea9cf", "#3f77aa")


class Stair(Struct, frozen=True):
    """A layer that makes the field larger: its window (dilation counted in), the stride before it, the field after it."""

    kind: Kind
    window: int
    jump: int
    before: int
    size: int

    @property
    def added(self) -> int:
        return self.size - self.before


def stairs_of(walk: Walkthrough) -> list[Stair]:
    """The layers of a chain along which the field grows, by the recurrence of the walkthrough itself."""
    fields = receptive_fields(walk)
    stairs: list[Stair] = []
    size = 1
    for layer in walk.layers:
        field, window = fields.get(layer.index), window_of(layer)
        if field is None or field.whole or window is None or layer.kind is Kind.TRANSPOSED:
            continue
        source = layer.call.inputs[0] if layer.call.inputs else None
        given = fields.get(source) if isinstance(source, int) else None
        before, jump = (given.sizes[0], given.strides[0]) if given and given.steps else (1, Fraction(1))
        after = field.sizes[0]
        if not field.square or jump.denominator != 1 or before > size:
            return []  # not along one chain: branches of different reach meet
        if before == size and after > size:  # a shortcut begins further back, and sees less
            if after - before != (window.reach[0] - 1) * jump:
                return []
            stairs.append(Stair(layer.kind, window.reach[0], jump.numerator, before, after))
            size = after
    return stairs


def make(walk: Walkthrough) -> Figure | None:
    """The figure, for a network in which the field grows along one chain."""
    shapes = walk.run.input_shapes
    if not complete(walk) or len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][2] != shapes[0][3]:
        return None
    stairs = stairs_of(walk)
    if len(stairs) < FEWEST:
        return None
    side, shown = shapes[0][2], _chosen(stairs)
    some = SOME.format(n=len(stairs), shown=len(shown)) if len(shown) < len(stairs) else Bi("", "")

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(shown, side, lang)

    return Figure(
        "receptive-field",
        TITLE.format(name=title_of(walk.name, walk.source)),
        CAPTION.format(some=some),
        ALT.format(sizes=", ".join(str(stair.size) for stair in stairs), side=str(side)),
        drawing,
        "receptive-field",
    )


def _chosen(stairs: list[Stair]) -> list[Stair]:
    """At most so many, the first and the last among them."""
    if len(stairs) <= MOST:
        return stairs
    return [stairs[round(i * (len(stairs) - 1) / (MOST - 1))] for i in range(MOST)]


def _draw(stairs: list[Stair], side: int, lang: Lang) -> Canvas:
    canvas = Canvas(lang, 200)
    _squares(canvas, stairs, side)
    _staircase(canvas, stairs, side)
    kinds_legend(canvas, 196, {stair.kind for stair in stairs})
    return canvas


def _squares(canvas: Canvas, stairs: list[Stair], side: int) -> None:
    """The fields of some layers around the middle of the image."""
    x, y, largest = 2.0, 24.0, max(side, stairs[-1].size)
    unit = SQUARE / largest
    heading(canvas, x, 10, ON_IMAGE)
    middle = (x + SQUARE / 2, y + SQUARE / 2)
    marks = _marks(stairs, unit)
    if largest > side:
        canvas.rect(x, y, SQUARE, SQUARE, SHADES[0], ACCENT, 0.6)
    for i, stair in enumerate(marks):
        wide = stair.size * unit
        canvas.rect(
            middle[0] - wide / 2, middle[1] - wide / 2, wide, wide, SHADES[min(i + (largest > side), 4)], ACCENT, 0.6
        )
    image = side * unit
    canvas.rect(
        middle[0] - image / 2, middle[1] - image / 2, image, image, "none", LIMIT if largest > side else INK, 0.8
    )
    for i, stair in enumerate(marks):
        wide = stair.size * unit
        at = (middle[0] - wide / 2 + 2.5, middle[1] - wide / 2 + 7.4)
        ink = PAPER if i + (largest > side) >= 4 else INK  # on the darkest of the shades
        canvas.text(*at, str(stair.size), SMALLEST, "bold", fill=ink)
    below = f"{side}×{side}"
    canvas.text(
        x + SQUARE / 2, y + SQUARE + 9.5, below, SMALLEST, anchor="middle", fill=LIMIT if largest > side else SOFT
    )


def _marks(stairs: list[Stair], unit: float) -> list[Stair]:
    """The largest fields whose numbers have room between them, from the outside in."""
    found: list[Stair] = []
    room = SQUARE / 2 + 99
    for stair in reversed(stairs):
        half = stair.size * unit / 2
        if half > 10 and room - half > 11 and len(found) < 5:
            found.append(stair)
            room = half
    return found


def _staircase(canvas: Canvas, stairs: list[Stair], side: int) -> None:
    left, right, top, bottom = 186.0, WIDTH - 2, 24.0, 24 + SQUARE
    heading(canvas, left - 24, 10, STAIRS)
    highest = max(stairs[-1].size, side if side < 2 * stairs[-1].size else 0)
    step = _round_step(highest)
    unit = (bottom - top - 10) / highest
    for value in range(0, highest + 1, step):
        y = bottom - value * unit
        canvas.line((left, y), (right, y), FAINT if value else INK, 0.4 if value else 0.6)
        canvas.text(left - 4, y + 2.4, str(value), SMALLEST, anchor="end", fill=SOFT)
    if side <= highest:
        y = bottom - side * unit
        canvas.line((left, y), (right, y), LIMIT, 0.6, "3 2")
        canvas.text(right, 10, SIDE.format(n=side), SMALLEST, anchor="end", fill=LIMIT)
        start = right - canvas.wide(SIDE.format(n=side), SMALLEST) - 4
        canvas.line((start - 16, 7.6), (start, 7.6), LIMIT, 0.6, "3 2")
    wide = (right - left) / len(stairs)
    every = max(1, -(-int(canvas.wide(str(stairs[-1].size), SMALLEST, "bold") + 3) // max(int(wide), 1)))
    for i, stair in enumerate(stairs):
        x = left + i * wide
        canvas.rect(x + 1, bottom - stair.before * unit, wide - 2, stair.before * unit, "#f1f1ee", "none")
        look = paint(stair.kind)
        canvas.rect(x + 1, bottom - stair.size * unit, wide - 2, max(stair.added * unit, 0.6), look.front, INK, 0.4)
        if (len(stairs) - 1 - i) % every:
            continue
        centre = x + wide / 2
        canvas.text(centre, bottom - stair.size * unit - 2.6, str(stair.size), SMALLEST, "bold", "middle", halo=True)
        for row, (text, colour) in enumerate(
            ((str(stair.window), INK), (str(stair.jump), INK), (f"+{stair.added}", ACCENT))
        ):
            if canvas.wide(text, SMALLEST) < wide * every:
                canvas.text(centre, bottom + 9 + 9 * row, text, SMALLEST, anchor="middle", fill=colour)
    for row, name in enumerate(("k", "j")):
        canvas.text(left - 4, bottom + 9 + 9 * row, name, SMALLEST, "italic", "end", SOFT)
    canvas.line((left, bottom + 31), (right, bottom + 31), RULE, 0.3)


def _round_step(highest: int) -> int:
    """A round number, so that there are four to eight lines."""
    size = 1
    while True:
        for first in (1, 2, 4, 5):
            if highest / (first * size) <= 7:
                return first * size
        size *= 10


FIGURE = Maker(
    "receptive-field",
    Bi("感受野逐层怎样增大", "how the receptive field grows from layer to layer"),
    make,
    order=60,
    show="receptive-field",
)
