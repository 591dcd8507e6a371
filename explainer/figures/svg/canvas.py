"""What a figure is drawn on: points on paper, from the top left corner.

One unit is one point; 462 are the width of an A4 text block (163 mm). A canvas remembers where its texts, boxes and wires
are, so that faults of the layout are found by computing (`faults.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache
from math import hypot

from msgspec import Struct

from explainer.figures.svg.colours import INK, PAPER, Paint
from explainer.figures.svg.typefaces import drawable, is_cjk, width
from explainer.i18n.bilingual import Bi, Lang

WIDTH = 462.0
SMALLEST = 7.0  # points: nothing smaller is legible on paper
Point = tuple[float, float]


class Label(Struct, frozen=True):
    """A text where it stands: left end of its baseline, size, face, colour, turned by so many degrees."""

    text: str
    x: float
    y: float
    size: float
    face: str
    fill: str
    turn: int
    width: float

    @property
    def box(self) -> Box:
        """Where its ink is."""
        high = 0.72 if self.text.isascii() or not any(map(is_cjk, self.text)) else 0.86
        if self.turn:  # upwards
            return Box(self.x - high * self.size, self.y - self.width, self.x + 0.2 * self.size, self.y, self.text)
        return Box(self.x, self.y - high * self.size, self.x + self.width, self.y + 0.2 * self.size, self.text)


class Box(Struct, frozen=True):
    """A rectangle on the canvas, and what is in it."""

    left: float
    top: float
    right: float
    bottom: float
    what: str = ""


class Run(Struct, frozen=True):
    """A piece of a line: its face, colour, how far it is lowered (in ems), and its size beside the line's."""

    text: str
    face: str = "regular"
    fill: str = INK
    lowered: float = 0.0
    scale: float = 1.0


@lru_cache(maxsize=8192)
def short(value: float) -> str:
    """A coordinate: two decimals at most."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


class Canvas:
    """Collects what is drawn, in one language."""

    def __init__(self, lang: Lang, height: float = 0.0, width: float = WIDTH) -> None:
        self.lang = lang
        self.width = width
        self.height = height
        self.items: list[str | Label] = []
        self.labels: list[Label] = []
        self.boxes: list[Box] = []
        self.wires: list[tuple[Point, Point]] = []

    # ------------------------------------------------------------------ lines and areas

    def path(
        self, d: str, fill: str = "none", stroke: str = INK, weight: float = 0.5, dash: str = "", round_: bool = False
    ) -> None:
        """Any path; `dash` as SVG writes it."""
        more = f' stroke-dasharray="{dash}"' if dash else ""
        more += ' stroke-linejoin="round"' if round_ else ""
        line = f' stroke="{stroke}" stroke-width="{short(weight)}"' if stroke != "none" else ""
        self.items.append(f'<path d="{d}" fill="{fill}"{line}{more}/>')

    def line(self, a: Point, b: Point, stroke: str = INK, weight: float = 0.5, dash: str = "") -> None:
        self.path(f"M{short(a[0])} {short(a[1])}L{short(b[0])} {short(b[1])}", "none", stroke, weight, dash)

    def polygon(self, points: Sequence[Point], fill: str, stroke: str = INK, weight: float = 0.5) -> None:
        body = "L".join(f"{short(x)} {short(y)}" for x, y in points)
        self.path(f"M{body}Z", fill, stroke, weight, round_=True)

    def rect(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        fill: str = "none",
        stroke: str = INK,
        weight: float = 0.5,
        radius: float = 0.0,
    ) -> None:
        line = f' stroke="{stroke}" stroke-width="{short(weight)}"' if stroke != "none" else ""
        corner = f' rx="{short(radius)}"' if radius else ""
        self.items.append(
            f'<rect x="{short(x)}" y="{short(y)}" width="{short(w)}" height="{short(h)}"{corner} fill="{fill}"{line}/>'
        )

    def box(self, x: float, y: float, w: float, h: float, paint: Paint, what: str = "", radius: float = 0.0) -> Box:
        """A rectangle that stands for a layer: nothing may lie across its edge."""
        self.rect(x, y, w, h, paint.front, "none", radius=radius)
        self.hatch(x, y, w, h, paint)
        self.rect(x, y, w, h, "none", INK, 0.5, radius)
        found = Box(x, y, x + w, y + h, what)
        self.boxes.append(found)
        return found

    def circle(self, x: float, y: float, r: float, fill: str, stroke: str = INK, weight: float = 0.5) -> None:
        line = f' stroke="{stroke}" stroke-width="{short(weight)}"' if stroke != "none" else ""
        self.items.append(f'<circle cx="{short(x)}" cy="{short(y)}" r="{short(r)}" fill="{fill}"{line}/>')

    def hatch(self, x: float, y: float, w: float, h: float, paint: Paint, gap: float = 3.2) -> None:
        """Fine lines within a rectangle; patterns differ from renderer to renderer, lines do not."""
        if not paint.hatch or w <= 0 or h <= 0:
            return
        d = ""
        if paint.hatch in "/x":
            d += _diagonals(x, y, w, h, gap, up=True)
        if paint.hatch in "\\x":
            d += _diagonals(x, y, w, h, gap, up=False)
        if paint.hatch == "-":
            rows = int(h / gap)
            d += "".join(f"M{short(x)} {short(y + gap * (i + 0.5))}h{short(w)}" for i in range(rows))
        if d:
            self.path(d, stroke=paint.side, weight=0.45)

    # ------------------------------------------------------------------ arrows

    def head(self, at: Point, towards: Point, size: float = 4.0, fill: str = INK) -> None:
        """An arrow's head with its point at `at`: a path, since markers differ between renderers."""
        length = hypot(*towards) or 1.0
        dx, dy = towards[0] / length, towards[1] / length
        (x, y), half = at, size * 0.42
        points = (
            (x, y),
            (x - dx * size - dy * half, y - dy * size + dx * half),
            (x - dx * size * 0.78, y - dy * size * 0.78),
            (x - dx * size + dy * half, y - dy * size - dx * half),
        )
        body = "L".join(f"{short(px)} {short(py)}" for px, py in points)
        self.path(f"M{body}Z", fill, "none")

    def arrow(
        self,
        points: Sequence[Point],
        stroke: str = INK,
        weight: float = 0.7,
        size: float = 4.0,
        dash: str = "",
        bend: float = 0.0,
        head: bool = True,
    ) -> None:
        """A wire from point to point, its corners rounded by `bend`."""
        self.wires += list(itertools.pairwise(points))
        (x1, y1), (x2, y2) = points[-2], points[-1]
        length = hypot(x2 - x1, y2 - y1) or 1.0
        back = size * 0.7 if head else 0.0
        end = (x2 - (x2 - x1) / length * back, y2 - (y2 - y1) / length * back)
        self.path(_rounded([*points[:-1], end], bend), stroke=stroke, weight=weight, dash=dash)
        if head:
            self.head(points[-1], (x2 - x1, y2 - y1), size, stroke)

    # ------------------------------------------------------------------ text

    def wide(self, text: str | Bi, size: float = 7.5, face: str = "regular") -> float:
        """How wide a text is."""
        return width(drawable(text if isinstance(text, str) else text[self.lang]), size, face, self.lang)

    def text(
        self,
        x: float,
        y: float,
        text: str | Bi,
        size: float = 7.5,
        face: str = "regular",
        anchor: str = "start",
        fill: str = INK,
        turn: int = 0,
        halo: bool = False,
    ) -> float:
        """A line of text on its baseline; its right end. turn: -90 for upwards, from x, y."""
        said = drawable(text if isinstance(text, str) else text[self.lang])
        if size < SMALLEST - 1e-6:
            raise ValueError(f"{size} points are too small for {said!r}")
        wide = width(said, size, face, self.lang)
        back = {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        left, base = (x, y + back) if turn else (x - back, y)
        label = Label(said, left, base, size, face, fill, turn, wide)
        if halo:
            ink = label.box
            self.rect(ink.left - 1, ink.top - 0.6, ink.right - ink.left + 2, ink.bottom - ink.top + 0.8, PAPER, "none")
        self.items.append(label)
        self.labels.append(label)
        return left + wide

    def runs(self, x: float, y: float, runs: Sequence[Run], size: float = 7.5, anchor: str = "start") -> float:
        """Pieces in several faces on one line; the right end. Spaces at their ends are kept as room."""
        whole = sum(self.wide(run.text, size * run.scale, run.face) for run in runs)
        left = x - {"start": 0.0, "middle": whole / 2, "end": whole}[anchor]
        for run in runs:
            big = max(SMALLEST, size * run.scale)
            wide = self.wide(run.text, size * run.scale, run.face)
            stripped = run.text.strip()
            if stripped:
                room = self.wide(run.text[: len(run.text) - len(run.text.lstrip())], size * run.scale, run.face)
                self.text(left + room, y + run.lowered * size, stripped, big, run.face, fill=run.fill)
            left += wide
        return left

    def fitted(self, text: str, size: float, face: str, most: float) -> str:
        """The text, its middle left out where it is too wide: `encoder…mlp`."""
        if self.wide(text, size, face) <= most:
            return text
        for kept in range(len(text) - 1, 1, -1):
            head = kept // 3
            short_ = f"{text[:head]}…{text[len(text) - (kept - head) :]}"
            if self.wide(short_, size, face) <= most:
                return short_
        return "…"


def _rounded(points: Sequence[Point], bend: float) -> str:
    d = f"M{short(points[0][0])} {short(points[0][1])}"
    for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], points[2:], strict=False):
        before, after = hypot(ax - bx, ay - by) or 1.0, hypot(cx - bx, cy - by) or 1.0
        r = min(bend, before / 2, after / 2)
        d += f"L{short(bx + (ax - bx) / before * r)} {short(by + (ay - by) / before * r)}"
        d += f"Q{short(bx)} {short(by)} {short(bx + (cx - bx) / after * r)} {short(by + (cy - by) / after * r)}"
    return d + f"L{short(points[-1][0])} {short(points[-1][1])}"


def _diagonals(x: float, y: float, w: float, h: float, gap: float, up: bool) -> str:
    """Lines at 45° cut to a rectangle."""
    d, start = "", -h + gap / 2
    while start < w:
        a, b = max(start, 0.0), min(start + h, w)
        if b > a:
            low, high = h - (a - start), h - (b - start)
            ends = (low, high) if up else (h - low, h - high)
            d += f"M{short(x + a)} {short(y + ends[0])}L{short(x + b)} {short(y + ends[1])}"
        start += gap
    return d
