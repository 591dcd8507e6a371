"""Where the text of a printed page stands: what leaves its page or its cell."""

from collections.abc import Iterable, Iterator
from typing import Any

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
    return found


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
