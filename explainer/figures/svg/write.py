"""Canvas → SVG, for a page of ours, where letters are text, or to stand alone: letters are outlines, each line of text beside its own.

A picture in a browser, or in a program for slides, has no fonts of ours. A page of ours has them; of a file it makes text again
(`render/html/svg.py`), so that it can be searched, copied and read aloud.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape

from explainer.figures.svg.canvas import Canvas, Label, short
from explainer.figures.svg.typefaces import FACES, Glyph, families, glyph
from explainer.i18n.printable import visible

SVG = "http://www.w3.org/2000/svg"
MM = 163 / 462  # a point of ours on paper


def to_svg(canvas: Canvas, title: str, alt: str, outlined: bool = True) -> str:
    """The drawing as one element, on white.

    title, alt: what a screen reader says; PDFs take their alternative text from the title. outlined: letters as outlines; else as
    text, for a page that has our fonts.
    """
    title, alt = visible(title), visible(alt)
    key = "f" + hashlib.sha256(f"{title}\0{alt}\0{canvas.lang}".encode()).hexdigest()[:8]
    seen: dict[str, Glyph] = {}
    wide, high = short(canvas.width), short(canvas.height)
    tag = "zh-CN" if canvas.lang == "zh" else "en"
    size = f'width="{short(canvas.width * MM)}mm" height="{short(canvas.height * MM)}mm" viewBox="0 0 {wide} {high}"'
    named = f'{size} role="img" aria-labelledby="{key}-t {key}-d" lang="{tag}"'
    if (
        not outlined
    ):  # letter for letter what `render/html/svg.py` makes of the file: a page is the same whether it was edited or not
        lines = [item.replace("/>", " />") if isinstance(item, str) else _line(item, canvas) for item in canvas.items]
        return _joined(
            f'{named} xmlns="{SVG}"', key, escape(title, False), escape(alt, False), (wide, high, " />"), lines
        )
    parts = [item if isinstance(item, str) else _label(item, canvas, key, seen) for item in canvas.items]
    outlines = "".join(f'<path id="{key}-{name}" d="{one.path}"/>' for name, one in seen.items() if one.path)
    defs = f"<defs>{outlines}</defs>"
    return _joined(f'xmlns="{SVG}" {named}', key, escape(title), escape(alt), (wide, high, "/>"), parts, defs)


def _joined(
    attributes: str, key: str, title: str, alt: str, paper: tuple[str, str, str], items: Sequence[str], defs: str = ""
) -> str:
    """The element's lines; paper: its width and height, and how an empty element ends."""
    wide, high, end = paper
    head = [f"<svg {attributes}>", f'<title id="{key}-t">{title}</title>', f'<desc id="{key}-d">{alt}</desc>']
    return "\n".join(
        [
            *head,
            *([defs] if defs else []),
            f'<rect width="{wide}" height="{high}" fill="#ffffff"{end}',
            *items,
            "</svg>",
        ]
    )


def _line(item: Label, canvas: Canvas) -> str:
    """A label as a line of text."""
    x, y = short(item.x), short(item.y)
    turn = f' transform="rotate({item.turn} {x} {y})"' if item.turn else ""
    return f'<text x="{x}" y="{y}" fill="{item.fill}" {_style(item, canvas)}{turn}>{escape(item.text, False)}</text>'


def _label(item: Label, canvas: Canvas, key: str, seen: dict[str, Glyph]) -> str:
    """The letters of a label as uses of their outlines, each of which stands once in the file."""
    uses, x, em = [], 0.0, 1000
    for char in item.text:
        found = glyph(char, item.face, canvas.lang)
        seen[found.name] = found
        em = found.em
        if found.path:
            uses.append(f'<use href="#{key}-{found.name}" x="{short(x)}"/>')
        x += found.advance * em
    scale = f"{item.size / em:.5f}".rstrip("0")
    turn = f"rotate({item.turn})" if item.turn else ""
    place = f"translate({short(item.x)} {short(item.y)}){turn}scale({scale} -{scale})"
    at = f"{short(item.x)} {short(item.y)} {item.turn}"
    return f'<g transform="{place}" fill="{item.fill}" data-text="{escape(item.text)}" data-at="{at}" {_style(item, canvas)}>{"".join(uses)}</g>'


def _style(item: Label, canvas: Canvas) -> str:
    face = FACES[item.face]
    style = f'font-family="{families(item.face, canvas.lang)}" font-size="{short(item.size)}"'
    style += ' font-weight="700"' if face.weight == 700 else ""
    return style + (' font-style="italic"' if face.italic else "")
