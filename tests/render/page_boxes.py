"""Where the text of a printed page stands: what leaves its page or its cell."""

from collections.abc import Iterable, Iterator
from typing import Any

from explainer.render.pdf.drawn_in import LINE
from explainer.render.pdf.write import laid_out

TOLERANCE = 1.5  # CSS pixels: a justified line carries the space of its last letter
HALF_BLANK = frozenset("，。、；：！？）》」』】〉”’")


def leaving(markdown: str) -> list[str]:
    """Page and text of everything that is set beyond the margins of its page, or beyond the cell of its table."""
    return leaving_pages(laid_out(markdown).pages)


def leaving_pages(pages: Iterable[Any]) -> list[str]:
    """The same of WeasyPrint's pages."""
    found = []
    for number, page in enumerate(pages, 1):
        sheet = page._page_box
        left, right = sheet.content_box_x(), sheet.content_box_x() + sheet.width
        for child in sheet.children:
            if type(child).__name__ == "MarginBox":
                continue
            found += [f"page {number}: {text}" for text in _beyond(child, left, right)]
            found += [f"page {number}, above or below: {text}" for text in _above_or_below(child, sheet)]
    return found


def _above_or_below(box: Any, sheet: Any) -> Iterator[str]:
    """Text whose baseline is not on its page, and pictures that are not; a page may hold a line more."""
    name, top = type(box).__name__, sheet.content_box_y() - TOLERANCE
    end = top + sheet.height * (1 + LINE) + 2 * TOLERANCE
    if name == "TextBox" and box.text.strip() and not top <= box.position_y + box.baseline <= end:
        yield box.text
    if "Replaced" in name and not top <= box.position_y <= box.position_y + box.height <= end:
        yield "(picture)"
    for child in getattr(box, "children", ()):
        yield from _above_or_below(child, sheet)


def _beyond(box: Any, left: float, right: float) -> Iterator[str]:
    name = type(box).__name__
    if name == "TextBox":
        # A mark at a line's end hangs: half of it is blank. Letter-spaced lines carry a space after the last letter.
        hangs = 0.6 * box.style["font_size"] if box.text.rstrip()[-1:] in HALF_BLANK else TOLERANCE
        if box.text.strip() and not left - TOLERANCE <= box.position_x <= box.position_x + box.width <= right + hangs:
            yield box.text
        return
    if "Replaced" in name and not left - TOLERANCE <= box.position_x <= box.position_x + box.width <= right + TOLERANCE:
        yield "(picture)"
    if name == "TableCellBox":
        left = max(left, box.border_box_x())  # a cell may itself leave the page
        right = min(right, box.border_box_x() + box.border_width())
    for child in getattr(box, "children", ()):
        yield from _beyond(child, left, right)
