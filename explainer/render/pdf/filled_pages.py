"""Pages filled as a typesetter fills them: looked at one by one as they are made, and made again where a page is left blank or a table torn.

WeasyPrint moves what does not fit to the next page, and has no floats that text could go around. Here a figure that just does not fit is drawn
a little smaller, as far as its letters stay legible; any other goes to the top of the next page, and the text behind it comes before it. A small
table goes to the next page as a whole. A long calculation that would leave much of a page blank is divided between its lines. What little is left for the
last page is drawn into those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from explainer.render.pdf.drawings import Drawing
from explainer.render.pdf.drawn_in import DrawnIn, Remake
from explainer.render.pdf.kept_lines import Exchange
from explainer.render.pdf.page_boxes import (
    Page,
    begin_of_block,
    classes,
    count_tags,
    end_of_block,
    images,
    set_only,
    within,
)
from explainer.render.pdf.quicker import exchanged

BLANK = 0.08  # of a page's height: less is left as it is
LEGIBLE = 6.5  # points: no letter of a figure is drawn smaller to make it fit
TORN = ((8, 0.2), (14, 0.13))  # tables of so many rows stay whole if no more of a page is left blank for it
DIVIDED = 0.2  # of a page, left blank in front of a calculation: more, and it is divided
LINES = 4  # of a calculation that may be divided
_AHEAD = 4  # blocks that begin a page together: headings, the words before a formula
_POINT = 96 / 72  # CSS pixels
Improved = Callable[[Page, Callable[[], Page]], Page | None]


@contextmanager
def filled() -> Iterator[None]:
    """While a document is laid out. A version of WeasyPrint that makes its pages otherwise breaks them as it likes."""
    with exchanged(_exchanges):
        yield


def _exchanges() -> list[Exchange]:
    from weasyprint.layout import page

    drawn_in = DrawnIn()
    return [(page, "remake_page", _filling(drawn_in.remaking(page.remake_page))), *drawn_in.exchanges()]


def _filling(remake: Remake) -> Remake:
    def remade(index: int, context: Any, root: Any, html: Any) -> tuple[Any, Any]:
        def make() -> Page:
            return Page(*remake(index, context, root, html), root, context)

        page = make()
        for improved in (_whole_table, _smaller_figure, _later_figure, _divided):
            if page.next is not None:
                page = improved(page, make) or page
        return page.box, page.resume_at

    return remade


# ---------------------------------------------------------------------- tables


def _whole_table(page: Page, make: Callable[[], Page]) -> Page | None:
    """A small table that would be torn goes to the next page, with the words before it."""
    at = page.next or 0
    table = page.text.children[at]
    if not page.inside or "table" not in classes(table):
        return None
    blank, rows = page.blank_without(begin_of_block(page.text.children, at)), count_tags(table, "tr") - 1
    if not any(rows <= most and blank <= least for most, least in TORN):
        return None
    set_only(table, break_inside="avoid")
    return make()


# ---------------------------------------------------------------------- figures


def _smaller_figure(page: Page, make: Callable[[], Page]) -> Page | None:
    """The next page's first figure, in the size in which it stands on this one; nothing if its letters would be too small."""
    found = _figure(page)
    image = next(images(page.text.children[found[0]]), None) if found and page.blank > BLANK else None
    if image is None:
        return None
    drawing = image.replacement
    shown = min(1.0, page.box.width / drawing.width)  # a wide one is drawn as wide as the page
    least = LEGIBLE * _POINT / (shown * drawing.smallest_letter) if drawing.smallest_letter else 0.9
    if least >= 1 or page.blank * page.box.height < least * shown * drawing.height:
        return None
    image.replacement = _scaled(drawing, shown * least)
    smaller = make()
    there = next((one for one in images(smaller.box) if one.element is image.element), None)
    if there is None or _caption_cut(smaller):
        image.replacement = drawing
        return make()
    room = smaller.blank * smaller.box.height if smaller.next is None or smaller.blank < BLANK else 0.0
    if room > 1:  # what is left over is for the figure
        image.replacement = _scaled(drawing, min(shown, (there.height + room - 1) / drawing.height))
        larger = make()
        if any(one.element is image.element for one in images(larger.box)) and not _caption_cut(larger):
            return larger
        image.replacement = _scaled(drawing, shown * least)
        smaller = make()
    return smaller


def _scaled(drawing: Drawing, scale: float) -> Drawing:
    return replace(drawing, width=drawing.width * scale, height=drawing.height * scale)


def _caption_cut(page: Page) -> bool:
    return page.next is not None and "caption" in classes(page.text.children[page.next])


def _later_figure(page: Page, make: Callable[[], Page]) -> Page | None:
    """The text behind a figure comes before it, as far as this page has room, and the figure begins the next one."""
    found = _figure(page)
    if not found or page.blank <= BLANK:
        return None
    text = page.text
    before, (first, end) = list(text.children), found
    behind = next((at for at in range(end, len(before)) if "figure" in classes(before[at])), len(before))
    figure, moved = before[first:end], before[end:behind]

    def placed(count: int) -> Page:
        text.children = [*before[:first], *moved[:count], *figure, *moved[count:], *before[behind:]]
        return make()

    tried = placed(len(moved))
    fits = len(before) if tried.next is None else tried.next
    if fits >= first + len(moved):
        if tried.next is not None:
            return tried
    elif fits > first or tried.inside:
        begin = begin_of_block(text.children, fits) if tried.inside else fits
        if begin > first and tried.blank_without(begin) <= max(BLANK, page.blank / 3):
            return placed(begin - first)
        return placed(end_of_block(text.children, fits) - first)
    text.children = before
    return make()


def _figure(page: Page) -> tuple[int, int] | None:
    """Where among the blocks is the figure with which the next page begins, with its captions and the figures behind it; headings may
    stand before it."""
    if page.inside or page.next is None:
        return None
    blocks = page.text.children
    for at in range(page.next, min(page.next + _AHEAD, len(blocks))):
        if "figure" in classes(blocks[at]):
            end = at + 1
            while end < len(blocks) and not {"figure", "caption"}.isdisjoint(classes(blocks[end])):
                end += 1
            return at, end
        if blocks[at].style["break_after"] != "avoid":
            return None
    return None


# ---------------------------------------------------------------------- calculations


def _divided(page: Page, make: Callable[[], Page]) -> Page | None:
    """A calculation of many lines that leaves much of a page blank begins there."""
    if page.inside or page.blank < DIVIDED:
        return None
    at, blocks = page.next or 0, page.text.children
    formula = next((one for one in blocks[at : end_of_block(blocks, at)] if "formula" in classes(one)), None)
    lines = _lines(formula, page.context) if formula is not None else []
    if len(lines) < LINES:
        return None
    set_only(formula, break_inside="auto")
    set_only(lines[0], break_after="avoid")
    set_only(lines[-1], break_before="avoid")
    return make()


def _lines(formula: Any, context: Any) -> list[Any]:
    """Below each other in a table, or beside one label: a float as high as all of them, which cannot be divided."""
    from weasyprint.layout.preferred import max_content_width

    rows = [one for one in within(formula) if type(one).__name__ == "TableRowBox"]
    beside = next((one for one in within(formula) if "ln" in classes(one)), None)
    if rows or beside is None or len(beside.children) < LINES:
        return rows
    label = next(one for one in within(formula) if "lb" in classes(one))
    set_only(beside, margin_left=label.style["padding_right"]._replace(value=max_content_width(context, label)))
    set_only(label, height="auto")
    return list(beside.children)
