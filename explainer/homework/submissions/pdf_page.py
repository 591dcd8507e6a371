"""The letters of a PDF and its thin bars, each at its place; what was typed upon the page too."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pdfminer.pdfpage import PDFPage

MAX_PAGES = 100
MAX_LETTERS = 500_000  # of a file
_THIN = 2.5  # points: a bar, no box
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\xa0": " ", "\xad": "-"})
UNKNOWN = "\ufffd"  # a letter that only its font knows


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter: from `left` to `right`, on the baseline `y`; `order`: the how-manieth of the page."""

    text: str
    left: float
    right: float
    y: float
    size: float
    order: int

    @property
    def wide(self) -> bool:
        """A Chinese character or its punctuation."""
        return unicodedata.east_asian_width(self.text[:1]) in "WF"


@dataclass(frozen=True, slots=True)
class Bar:
    """A line across (`top` is then about `bottom`) or down: the edge of a table, a fraction's stroke."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def across(self) -> bool:
        return self.right - self.left > self.top - self.bottom


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: its edges, letters in the order of the file, bars."""

    bottom: float
    top: float
    right: float
    letters: list[Letter]
    bars: list[Bar]


def pages_of(content: bytes) -> Iterator[Sheet]:
    """The pages of a file. Raises what pdfminer raises for a damaged one."""
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage

    manager = PDFResourceManager()
    device = PDFPageAggregator(manager, laparams=None)
    interpreter = PDFPageInterpreter(manager, device)
    left = MAX_LETTERS
    for page in PDFPage.get_pages(io.BytesIO(content), maxpages=MAX_PAGES):
        interpreter.process_page(page)
        layout = device.get_result()
        letters, bars = _things(layout)
        letters += _typed_upon(page, len(letters))
        yield Sheet(layout.y0, layout.y1, layout.x1, letters[:left], bars)
        left -= len(letters)
        if left <= 0:
            return


def _things(layout: Any) -> tuple[list[Letter], list[Bar]]:
    from pdfminer.layout import LTChar, LTCurve, LTFigure

    letters: list[Letter] = []
    bars: list[Bar] = []
    waiting = [layout]
    while waiting:
        for thing in waiting.pop():
            if isinstance(thing, LTChar):
                text = thing.get_text().translate(_LIGATURES).replace("\0", UNKNOWN)
                if text.startswith("(cid:") or unicodedata.category(text[:1] or " ") in ("Co", "Cn"):
                    text = UNKNOWN
                if not thing.upright or not text:
                    continue  # a watermark across the page
                size = abs(thing.size) or 1.0
                letters.append(Letter(text, thing.x0, thing.x1, thing.matrix[5], size, len(letters)))
            elif isinstance(thing, LTFigure):
                waiting.append(thing)
            elif isinstance(thing, LTCurve):
                bars += _edges(thing.x0, thing.y0, thing.x1, thing.y1)
    return letters, bars


def _edges(left: float, bottom: float, right: float, top: float) -> list[Bar]:
    """The bar that a thin shape is; the four edges of a box."""
    if min(right - left, top - bottom) <= _THIN:
        return [Bar(left, bottom, right, top)] if max(right - left, top - bottom) > _THIN else []
    return [
        Bar(left, bottom, right, bottom),
        Bar(left, top, right, top),
        Bar(left, bottom, left, top),
        Bar(right, bottom, right, top),
    ]


def _typed_upon(page: PDFPage, order: int) -> list[Letter]:
    """What "add text" of Preview, Edge or a tablet wrote upon the page; and filled fields have a look of their own."""
    from pdfminer.pdftypes import list_value, resolve1
    from pdfminer.utils import decode_text

    letters: list[Letter] = []
    for reference in list_value(page.annots) if page.annots else []:
        note = resolve1(reference)
        if not isinstance(note, dict) or getattr(note.get("Subtype"), "name", "") != "FreeText":
            continue
        contents, box = resolve1(note.get("Contents")), [float(resolve1(one)) for one in list_value(note.get("Rect"))]
        if not isinstance(contents, bytes) or len(box) != 4:
            continue
        for at, line in enumerate(decode_text(contents).replace("\r", "\n").split("\n")):
            x, y = min(box[0], box[2]), max(box[1], box[3]) - 11 - 12 * at
            for char in line:
                right = x + (10.0 if unicodedata.east_asian_width(char) in "WF" else 5.0)
                letters.append(Letter(char, x, right, y, 10.0, order + len(letters)))
                x = right
            order += 1000  # it is no neighbour of what was printed
    return letters
