"""Multiply-accumulates against the size of the input: the proved formula, the network's own size, and where it was proved."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import isqrt

from msgspec import Struct

from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import grouped, rounded, title_of
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas, short
from explainer.figures.svg.colours import ACCENT, FAINT, INK, LIMIT, PAPER, SOFT
from explainer.i18n.bilingual import Bi, Lang
from explainer.walkthrough.measured import InSymbols
from explainer.walkthrough.model import Walkthrough

TITLE = Bi("{name}的计算量随输入大小的变化", "How the computation of {name} grows with its input")
CAPTION = Bi(
    "曲线是批量为1时一次前向传播的计算量（乘加）：{formula}。实心点是本文的输入；空心点是实际运行核对过的大小，按面积相等的正方形标在横轴上。",
    "The curve is the number of multiply-accumulates of a pass with a batch of 1: {formula}. The full dot is the input of this "
    "document; hollow dots are sizes at which the model was run and agreed (placed by the square of the same area).",
)
CAPTION_LENGTH = Bi(
    "曲线是批量为1时一次前向传播的计算量（乘加）：{formula}。实心点是本文的输入；空心点是实际运行核对过的长度。",
    "The curve is the number of multiply-accumulates of a pass with a batch of 1: {formula}. The full dot is the input of this "
    "document; hollow dots are lengths at which the model was run and agreed.",
)
ALT = Bi(
    "边长或长度{size}时乘加{macs}次，加倍时{twice}次。",
    "{macs} multiply-accumulates at a size of {size}, {twice} at twice that size.",
)
SIDE, LENGTH = Bi("输入边长", "side of the input"), Bi("输入长度", "length of the input")
MACS = Bi("计算量（乘加）", "multiply-accumulates")
TWICE = Bi("边长加倍，计算量变为{n}倍", "twice the size, {n} times the work")
TWICE_LONG = Bi("长度加倍，计算量变为{n}倍", "twice the length, {n} times the work")
LEFT, TOP, BOTTOM = 52.0, 26.0, 156.0


class Curve(Struct, frozen=True):
    """The formula along one size: an image's side (height and width alike) or a length."""

    symbols: InSymbols
    names: tuple[str, ...]
    own: int

    def at(self, size: int) -> int:
        """Multiply-accumulates of one example at this size."""
        assert self.symbols.macs is not None
        values = {name: 1 if name == "N" else size for name in self.symbols.sizes}
        return int(self.symbols.macs.at(values))

    def proved(self) -> list[int]:
        """The sizes at which it was proved; of an oblong image the side of the square of its area."""
        return sorted({self.size_of(sizes) for sizes in self.symbols.proof})

    def size_of(self, sizes: Mapping[str, int]) -> int:
        """One size for all of the names."""
        found = [sizes[name] for name in self.names]
        return isqrt(found[0] * found[1]) if len(found) == 2 else found[0]


def curve_of(walk: Walkthrough) -> Curve | None:
    """The curve, where the totals in symbols were measured and are in one length or in height and width."""
    symbols = walk.measured.in_symbols
    if symbols is None or symbols.macs is None:
        return None
    names = tuple(name for name in symbols.sizes if name != "N")
    varies = [name for name in names if name not in symbols.fixed]
    if tuple(varies) != names or names not in (("H", "W"), ("T",), ("L",)):
        return None
    curve = Curve(symbols, names, 0)
    own = curve.size_of(symbols.sizes)
    found = Curve(symbols, names, own)
    return found if own > 1 and found.at(own) > 0 else None


def make(walk: Walkthrough) -> Figure | None:
    """The figure, once the totals were measured in symbols."""
    curve = curve_of(walk)
    if curve is None or curve.symbols.macs is None:
        return None

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(curve, lang)

    caption = CAPTION if len(curve.names) == 2 else CAPTION_LENGTH
    return Figure(
        "scaling",
        TITLE.format(name=title_of(walk.name, walk.source)),
        caption.format(formula=curve.symbols.macs.text()),
        ALT.format(size=str(curve.own), macs=curve.at(curve.own), twice=curve.at(2 * curve.own)),
        drawing,
        "symbols",
    )


def _draw(curve: Curve, lang: Lang) -> Canvas:
    canvas = Canvas(lang, 186)
    largest = max([2 * curve.own, *curve.proved()])
    top = curve.at(largest)
    across, up = (WIDTH - 20 - LEFT) / largest, (BOTTOM - TOP) / top

    def place(size: int) -> tuple[float, float]:
        return LEFT + size * across, BOTTOM - curve.at(size) * up

    step = _round(top / 4)
    for i in range(int(top / step) + 1):
        y = BOTTOM - i * step * up
        canvas.line((LEFT, y), (WIDTH - 20, y), FAINT if i else INK, 0.5 if i else 0.7)
        canvas.text(LEFT - 4, y + 2.4, rounded(i * step, lang), SMALLEST, anchor="end", fill=SOFT)
    aside = _round(largest / 5)
    for i in range(int(largest / aside) + 1):
        x = LEFT + i * aside * across
        canvas.line((x, BOTTOM), (x, BOTTOM + 3), weight=0.6)
        canvas.text(x, BOTTOM + 11, grouped(i * aside), SMALLEST, anchor="middle", fill=SOFT)
    canvas.text(0, 10, MACS, 7.4, "bold")
    canvas.text(WIDTH - 20, BOTTOM + 24, SIDE if len(curve.names) == 2 else LENGTH, 7.4, "bold", "end")
    points = [place(round(largest * i / 60)) for i in range(1, 61)]
    canvas.path("M" + "L".join(f"{short(x)} {short(y)}" for x, y in points), "none", ACCENT, 1.4)
    for size in curve.proved():
        canvas.circle(*place(size), 2.6, PAPER, ACCENT, 0.9)
    x, y = place(curve.own)
    canvas.circle(x, y, 3.0, LIMIT, "none")
    canvas.text(
        x - 6, y - 7, f"{grouped(curve.own)}: {grouped(curve.at(curve.own))}", 7.4, "bold", "end", LIMIT, halo=True
    )
    ratio = curve.at(2 * curve.own) / curve.at(curve.own)
    words = TWICE if len(curve.names) == 2 else TWICE_LONG
    canvas.text(LEFT + 8, TOP + 4, words.format(n=f"{ratio:.2f}".rstrip("0").rstrip(".")), 7.4, fill=SOFT, halo=True)
    return canvas


def _round(value: float) -> int:
    """A round number near it."""
    size = int("1" + "0" * max(len(str(int(value))) - 1, 0))
    return max(next((first * size for first in (1, 2, 5, 10) if first * size >= value), 10 * size), 1)


FIGURE = Maker(
    "scaling",
    Bi("计算量随输入大小怎样增长", "how the computation grows with the input"),
    make,
    order=80,
    show="memory",
    wants=frozenset({"in_symbols"}),
)
