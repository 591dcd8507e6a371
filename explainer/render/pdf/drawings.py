"""Drawings in a PDF: an SVG of rectangles, circles, paths and lines of text, written as the operators that a page is made of.

WeasyPrint takes an SVG element by element through its parser, its style sheets and its layout of text, letter by letter: four figures cost a third of
a lesson. Our own figures are a handful of kinds of element with all their attributes on them, so they need none of this. What
is drawn by other means stays WeasyPrint's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from explainer.render.html.svg import SVG
from explainer.render.pdf.glyphs import Face, Letters

_PAINT = {"fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin"}
_KNOWN = {
    "rect": {"x", "y", "width", "height", "rx"} | _PAINT,
    "circle": {"cx", "cy", "r"} | _PAINT,
    "path": {"d"} | _PAINT,
    "text": {"x", "y", "fill", "font-family", "font-size", "font-weight", "font-style", "transform"},
}
_SILENT = ("title", "desc", "defs")
_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
_STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "h": 1, "v": 1, "Q": 4, "C": 6, "Z": 0}
_TURN = re.compile(r"rotate\((-?[0-9.]+) (-?[0-9.]+) (-?[0-9.]+)\)\Z")
_LENGTH = re.compile(r"([0-9.]+)(mm|px|)\Z")
_UNITS = {"mm": 96 / 25.4, "px": 1.0, "": 1.0}
_ROUND = 0.5523  # how far the handles of a quarter of a circle are
_NAME = "drawing:"


class NotPlain(Exception):
    """The drawing has something that only a renderer of SVG can draw."""


def number(value: float) -> str:
    """A coordinate, at most three decimals."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


class Drawings:
    """The drawings of one document, by the address under which its HTML has them; WeasyPrint takes them for images it knows."""

    def __init__(self, fonts: Any) -> None:
        self.images: dict[str, Any] = {}
        self._letters = Letters(fonts)

    def placed(self, svg: str) -> str:
        """The HTML for a drawing: an image of ours, or the SVG as it is."""
        try:
            drawing = Drawing.read(svg, self._letters)
        except (NotPlain, ParseError, ValueError):
            return svg
        address = f"{_NAME}{len(self.images)}"
        self.images[address] = drawing
        return f'<img src="{address}" alt="{escape(drawing.told or drawing.title)}"/>'


@dataclass(frozen=True)
class Drawing:
    """An image as WeasyPrint knows them. width, height: CSS pixels; view: left, top, width, height in the drawing's own units."""

    title: str
    told: str  # what it shows, for whoever cannot see it
    width: float
    height: float
    view: tuple[float, float, float, float]
    elements: tuple[Element, ...]
    letters: Letters

    @property
    def smallest_letter(self) -> float:
        """CSS pixels, in the drawing's own size; 0 where it has no text."""
        sizes = [float(one.get("font-size", 0)) for one in self.elements if one.tag == "text"]
        return min(sizes, default=0.0) * self.width / self.view[2]

    @classmethod
    def read(cls, svg: str, letters: Letters) -> Drawing:
        """Raises NotPlain where there is more in it than we draw."""
        root = fromstring(svg)
        if set(root.attrib) - {"width", "height", "viewBox", "role", "aria-labelledby", "lang", "id"}:
            raise NotPlain
        view = tuple(map(float, root.get("viewBox", "").split()))
        sizes = [_LENGTH.match(root.get(side, "")) for side in ("width", "height")]
        if len(view) != 4 or not view[2] or not view[3] or not all(sizes):
            raise NotPlain
        width, height = (float(size[1]) * _UNITS[size[2]] for size in sizes if size)
        kept = []
        title = told = ""
        for child in root:
            name = str(child.tag).removeprefix("{" + SVG + "}")
            if name == "title":
                title = child.text or ""
            if name == "desc":
                told = child.text or ""
            if name in _SILENT:
                continue
            if name not in _KNOWN or set(child.attrib) - _KNOWN[name] or len(child):
                raise NotPlain
            child.tag = name
            kept.append(child)
        drawing = cls(title, told, width, height, (view[0], view[1], view[2], view[3]), tuple(kept), letters)
        drawing.check()
        return drawing

    def check(self) -> None:
        """Draw it without a page: what cannot be drawn is found before anything is laid out. Raises NotPlain."""
        for element in self.elements:
            if element.tag == "text":
                _face(element), _matrix(element)
            else:
                _SHAPES[element.tag](element)
            for key in ("fill", "stroke"):
                if element.get(key, "none") != "none":
                    _colour(element.get(key, ""))

    # ------------------------------------------------------------------ what WeasyPrint asks of an image

    def get_intrinsic_size(self, _resolution: float, _font_size: float) -> tuple[float, float, float]:
        """Width and height in CSS pixels, and their ratio."""
        return self.width, self.height, self.width / self.height

    def draw(self, stream: Any, width: float, height: float, _style: Any) -> None:
        """Write it at the origin of a page's stream, so wide and so high."""
        across, down = width / self.view[2], height / self.view[3]
        with stream.stacked():
            stream.transform(a=across, d=down, e=-self.view[0] * across, f=-self.view[1] * down)
            stream.stream.append("\n".join(self._operators(stream)).encode("ascii"))

    def _operators(self, stream: Any) -> Iterator[str]:
        state: dict[str, str] = {}
        for element in self.elements:
            if element.tag == "text":
                yield from self._text(element, stream, state)
                continue
            filled, stroked = (element.get(key, "none") != "none" for key in ("fill", "stroke"))
            if filled:
                yield from _set(state, "fill", f"{_colour(element.get('fill', ''))} rg")
            if stroked:
                yield from _set(state, "stroke", f"{_colour(element.get('stroke', ''))} RG")
                yield from _set(state, "width", f"{number(float(element.get('stroke-width', 1)))} w")
                dash = " ".join(element.get("stroke-dasharray", "").replace(",", " ").split())
                yield from _set(state, "dash", f"[{dash}] 0 d", "[] 0 d")
                yield from _set(state, "join", "1 j" if element.get("stroke-linejoin") == "round" else "0 j", "0 j")
            if filled or stroked:
                yield _SHAPES[element.tag](element)
                yield {(True, True): "B", (True, False): "f", (False, True): "S"}[filled, stroked]

    def _text(self, element: Element, stream: Any, state: dict[str, str]) -> Iterator[str]:
        yield from _set(state, "fill", f"{_colour(element.get('fill', ''))} rg")
        yield f"BT {_matrix(element)} Tm"
        size = number(float(element.get("font-size", 0)))
        for font, codes in self.letters.runs(element.text or "", _face(element), stream):
            yield f"/{font} {size} Tf <{codes}> Tj"
        yield "ET"


def _set(state: dict[str, str], key: str, operator: str, usual: str = "") -> Iterator[str]:
    """The operator, unless it is in force already."""
    if state.get(key, usual) != operator:
        state[key] = operator
        yield operator


def _colour(value: str) -> str:
    if not _COLOUR.match(value):
        raise NotPlain
    return " ".join(number(int(value[at : at + 2], 16) / 255) for at in (1, 3, 5))


def _face(element: Element) -> Face:
    families = tuple(name.strip().strip("'\"") for name in element.get("font-family", "").split(","))
    return families, int(element.get("font-weight", 400)), element.get("font-style", "normal")


def _matrix(element: Element) -> str:
    """Where a line of text begins; letters stand upright where y grows downwards."""
    x, y, turn = element.get("x", "0"), element.get("y", "0"), element.get("transform")
    number(float(x)), number(float(y))
    if turn is None:
        return f"1 0 0 -1 {x} {y}"
    found = _TURN.match(turn)
    if not found or float(found[1]) != -90 or (float(found[2]), float(found[3])) != (float(x), float(y)):
        raise NotPlain
    return f"0 -1 -1 0 {x} {y}"


# ---------------------------------------------------------------------- shapes


def _rect(element: Element) -> str:
    x, y, w, h = (float(element.get(key, 0)) for key in ("x", "y", "width", "height"))
    r = min(float(element.get("rx", 0)), w / 2, h / 2)
    if not r:
        return " ".join(map(number, (x, y, w, h))) + " re"
    k = r * (1 - _ROUND)
    return _curves(
        (x + r, y),
        (
            ((x + w - r, y),),
            ((x + w - k, y), (x + w, y + k), (x + w, y + r)),
            ((x + w, y + h - r),),
            ((x + w, y + h - k), (x + w - k, y + h), (x + w - r, y + h)),
            ((x + r, y + h),),
            ((x + k, y + h), (x, y + h - k), (x, y + h - r)),
            ((x, y + r),),
            ((x, y + k), (x + k, y), (x + r, y)),
        ),
    )


def _circle(element: Element) -> str:
    x, y, r = (float(element.get(key, 0)) for key in ("cx", "cy", "r"))
    k = r * _ROUND
    return _curves(
        (x + r, y),
        (
            ((x + r, y + k), (x + k, y + r), (x, y + r)),
            ((x - k, y + r), (x - r, y + k), (x - r, y)),
            ((x - r, y - k), (x - k, y - r), (x, y - r)),
            ((x + k, y - r), (x + r, y - k), (x + r, y)),
        ),
    )


def _curves(start: tuple[float, float], pieces: tuple[tuple[tuple[float, float], ...], ...]) -> str:
    """A closed outline of lines (one point) and curves (two handles and a point)."""
    written = [f"{number(start[0])} {number(start[1])} m"]
    for points in pieces:
        body = " ".join(number(value) for point in points for value in point)
        written.append(f"{body} {'l' if len(points) == 1 else 'c'}")
    return " ".join((*written, "h"))


def _path(element: Element) -> str:
    written: list[str] = []
    x = y = 0.0
    start = (0.0, 0.0)
    for command, text in _STEP.findall(element.get("d", "")):
        if command not in _ARGUMENTS:
            raise NotPlain
        values = [float(value) for value in text.replace(",", " ").split()]
        count = _ARGUMENTS[command]
        if len(values) != count:
            raise NotPlain
        match command:
            case "Z":
                written.append("h")
                x, y = start
                continue
            case "H" | "h":
                values = [values[0] + (x if command == "h" else 0), y]
            case "V" | "v":
                values = [x, values[0] + (y if command == "v" else 0)]
            case "Q":  # a curve of one handle as one of two
                hx, hy, ex, ey = values
                values = [
                    x + 2 / 3 * (hx - x),
                    y + 2 / 3 * (hy - y),
                    ex + 2 / 3 * (hx - ex),
                    ey + 2 / 3 * (hy - ey),
                    ex,
                    ey,
                ]
        x, y = values[-2:]
        if command == "M":
            start = (x, y)
        written.append(" ".join(map(number, values)) + {"M": " m", "Q": " c", "C": " c"}.get(command, " l"))
    if not written:
        raise NotPlain
    return " ".join(written)


_SHAPES: dict[str, Callable[[Element], str]] = {"rect": _rect, "circle": _circle, "path": _path}
