"""Pages filled as a typesetter fills them: looked at one by one as they are made, and made again where a page is left blank or a table torn.

WeasyPrint moves what does not fit to the next page, and has no floats that text could go around. Here a figure that just does not fit is drawn
a little smaller, as far as its letters stay legible; any other goes to the top of the next page, and the text behind it comes before it. A small
table goes to the next page as a whole. A long calculation that would leave much of a page blank is divided between its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from explainer.render.pdf.drawings import Drawing
from explainer.render.pdf.kept_lines import Exchange
from explainer.render.pdf.quicker import exchanged

BLANK = 0.08  # of a page's height: less is left as it is
LEGIBLE = 6.5  # points: no letter of a figure is drawn smaller to make it fit
TORN = ((8, 0.2), (14, 0.13))  # tables of so many rows stay whole if no more of a page is left blank for it
DIVIDED = 0.2  # of a page, left blank in front of a calculation: more, and it is divided
LINES = 4  # of a calculation that may be divided
_AHEAD = 4  # blocks that begin a page together: headings, the words before a formula
_POINT = 96 / 72  # CSS pixels

LAST = 0.3  # of a page: so little on the last one is drawn in
DRAWN_IN = 0.03, 0.045  # of a page, and of each page before it: beyond, the second layout would be made in vain

Remake = Callable[[int, Any, Any, Any], tuple[Any, Any]]


@contextmanager
def filled() -> Iterator[None]:
    """While a document is laid out. A version of WeasyPrint that makes its pages otherwise breaks them as it likes."""
    with exchanged(_exchanges):
        yield


def few_lines_left(pages: list[Any]) -> bool:
    """Whether so little stands on the last page that the pages before it hold it, their lines set a little closer."""
    if len(pages) < 2:
        return False
    *_, before, last = (page._page_box for page in pages)
    filled = 1 - _blank_below(last, _blocks(last))
    whole = _blocks(before)[-1].element is not _blocks(last)[0].element  # it is not the rest of a paragraph
    needed = filled - whole * _blank_below(before, _blocks(before))
    return filled <= LAST and needed <= DRAWN_IN[0] + DRAWN_IN[1] * (len(pages) - 1)


def _exchanges() -> list[Exchange]:
    from weasyprint.layout import page

    return [(page, "remake_page", _filling(page.remake_page))]


def _filling(remake: Remake) -> Remake:
    def remade(index: int, context: Any, root: Any, html: Any) -> tuple[Any, Any]:
        def make() -> _Page:
            return _Page(*remake(index, context, root, html), root, context)

        page = make()
        for improved in (_whole_table, _smaller_figure, _later_figure, _divided):
            if page.next is not None:
                page = improved(page, make) or page
        return page.box, page.resume_at

    return remade


@dataclass(frozen=True)
class _Page:
    """A page as it was made, and where the next begins: in front of a block of the text, or inside of one."""

    box: Any
    resume_at: Any
    root: Any
    context: Any

    @cached_property
    def next(self) -> int | None:
        """The block with which the next page begins; nothing on the last page."""
        place = self._place
        return None if place is None else next(iter(place))

    @property
    def inside(self) -> bool:
        """Whether that block began on this page."""
        return self._place is not None and next(iter(self._place.values())) is not None

    @property
    def _place(self) -> Any:
        return next(iter(self.resume_at.values())) if self.resume_at else None

    @property
    def text(self) -> Any:
        """The box of the whole text; its blocks are what a page is made of, and may change their order."""
        return self.root.children[next(iter(self.resume_at))]

    @property
    def blank(self) -> float:
        """Of its height, below its last block."""
        return _blank_below(self.box, _blocks(self.box))

    def blank_without(self, first: int) -> float:
        """If the page ended in front of that block."""
        gone = {id(block.element) for block in self.text.children[first : (self.next or 0) + 1]}
        return _blank_below(self.box, [block for block in _blocks(self.box) if id(block.element) not in gone])


Improved = Callable[[_Page, Callable[[], _Page]], _Page | None]


# ---------------------------------------------------------------------- tables


def _whole_table(page: _Page, make: Callable[[], _Page]) -> _Page | None:
    """A small table that would be torn goes to the next page, with the words before it."""
    at = page.next or 0
    table = page.text.children[at]
    if not page.inside or "table" not in _classes(table):
        return None
    blank, rows = page.blank_without(_begin(page.text.children, at)), _count(table, "tr") - 1
    if not any(rows <= most and blank <= least for most, least in TORN):
        return None
    _set(table, break_inside="avoid")
    return make()


# ---------------------------------------------------------------------- figures


def _smaller_figure(page: _Page, make: Callable[[], _Page]) -> _Page | None:
    """The next page's first figure, in the size in which it stands on this one; nothing if its letters would be too small."""
    found = _figure(page)
    image = next(_images(page.text.children[found[0]]), None) if found and page.blank > BLANK else None
    if image is None:
        return None
    drawing = image.replacement
    shown = min(1.0, page.box.width / drawing.width)  # a wide one is drawn as wide as the page
    least = LEGIBLE * _POINT / (shown * drawing.smallest_letter) if drawing.smallest_letter else 0.9
    if least >= 1 or page.blank * page.box.height < least * shown * drawing.height:
        return None
    image.replacement = _scaled(drawing, shown * least)
    smaller = make()
    there = next((one for one in _images(smaller.box) if one.element is image.element), None)
    if there is None or _caption_cut(smaller):
        image.replacement = drawing
        return make()
    room = smaller.blank * smaller.box.height if smaller.next is None or smaller.blank < BLANK else 0.0
    if room > 1:  # what is left over is for the figure
        image.replacement = _scaled(drawing, min(shown, (there.height + room - 1) / drawing.height))
        larger = make()
        if any(one.element is image.element for one in _images(larger.box)) and not _caption_cut(larger):
            return larger
        image.replacement = _scaled(drawing, shown * least)
        smaller = make()
    return smaller


def _scaled(drawing: Drawing, scale: float) -> Drawing:
    return replace(drawing, width=drawing.width * scale, height=drawing.height * scale)


def _caption_cut(page: _Page) -> bool:
    return page.next is not None and "caption" in _classes(page.text.children[page.next])


def _later_figure(page: _Page, make: Callable[[], _Page]) -> _Page | None:
    """The text behind a figure comes before it, as far as this page has room, and the figure begins the next one."""
    found = _figure(page)
    if not found or page.blank <= BLANK:
        return None
    text = page.text
    before, (first, end) = list(text.children), found
    behind = next((at for at in range(end, len(before)) if "figure" in _classes(before[at])), len(before))
    figure, moved = before[first:end], before[end:behind]

    def placed(count: int) -> _Page:
        text.children = [*before[:first], *moved[:count], *figure, *moved[count:], *before[behind:]]
        return make()

    tried = placed(len(moved))
    fits = len(before) if tried.next is None else tried.next
    if fits >= first + len(moved):
        if tried.next is not None:
            return tried
    elif fits > first or tried.inside:
        begin = _begin(text.children, fits) if tried.inside else fits
        if begin > first and tried.blank_without(begin) <= max(BLANK, page.blank / 3):
            return placed(begin - first)
        return placed(_end(text.children, fits) - first)
    text.children = before
    return make()


def _figure(page: _Page) -> tuple[int, int] | None:
    """Where among the blocks is the figure with which the next page begins, with its captions and the figures behind it; headings may
    stand before it."""
    if page.inside or page.next is None:
        return None
    blocks = page.text.children
    for at in range(page.next, min(page.next + _AHEAD, len(blocks))):
        if "figure" in _classes(blocks[at]):
            end = at + 1
            while end < len(blocks) and not {"figure", "caption"}.isdisjoint(_classes(blocks[end])):
                end += 1
            return at, end
        if blocks[at].style["break_after"] != "avoid":
            return None
    return None


# ---------------------------------------------------------------------- calculations


def _divided(page: _Page, make: Callable[[], _Page]) -> _Page | None:
    """A calculation of many lines that leaves much of a page blank begins there."""
    if page.inside or page.blank < DIVIDED:
        return None
    at, blocks = page.next or 0, page.text.children
    formula = next((one for one in blocks[at : _end(blocks, at)] if "formula" in _classes(one)), None)
    lines = _lines(formula, page.context) if formula is not None else []
    if len(lines) < LINES:
        return None
    _set(formula, break_inside="auto")
    _set(lines[0], break_after="avoid")
    _set(lines[-1], break_before="avoid")
    return make()


def _lines(formula: Any, context: Any) -> list[Any]:
    """Below each other in a table, or beside one label: a float as high as all of them, which cannot be divided."""
    from weasyprint.layout.preferred import max_content_width

    rows = [one for one in _within(formula) if type(one).__name__ == "TableRowBox"]
    beside = next((one for one in _within(formula) if "ln" in _classes(one)), None)
    if rows or beside is None or len(beside.children) < LINES:
        return rows
    label = next(one for one in _within(formula) if "lb" in _classes(one))
    _set(beside, margin_left=label.style["padding_right"]._replace(value=max_content_width(context, label)))
    _set(label, height="auto")
    return list(beside.children)


# ---------------------------------------------------------------------- boxes


def _begin(blocks: Any, at: int) -> int:
    """Of what stays together with a block, the first."""
    while at and blocks[at - 1].style["break_after"] == "avoid":
        at -= 1
    return at


def _end(blocks: Any, at: int) -> int:
    """Of what stays together with a block, the end."""
    while at + 1 < len(blocks) and blocks[at].style["break_after"] == "avoid":
        at += 1
    return at + 1


def _set(box: Any, **values: str) -> None:
    """A property of this box alone: a style is shared by all that look the same."""
    box.style = box.style.copy()
    box.style.update(values)


def _blank_below(page: Any, blocks: list[Any]) -> float:
    """Of a page's height, below these of its blocks."""
    top, height = page.content_box_y(), page.height
    return float((top + height - max((_bottom(block) for block in blocks), default=top)) / height)


def _blocks(page: Any) -> list[Any]:
    """What stands in the text of a page, one below the other."""
    box = next((child for child in page.children if child.element_tag == "html"), None)
    while box is not None and box.element_tag in ("html", "body") and box.children:
        inner = [child for child in box.children if child.element_tag == "body"]
        if not inner:
            return list(box.children)
        box = inner[0]
    return []


def _classes(block: Any) -> list[str]:
    element = getattr(block, "element", None)
    return (element.get("class") or "").split() if element is not None else []


def _within(box: Any) -> Iterator[Any]:
    yield box
    for child in getattr(box, "children", ()):
        yield from _within(child)


def _count(box: Any, tag: str) -> int:
    return sum(1 for one in _within(box) if one.element_tag == tag)


def _images(box: Any) -> Iterator[Any]:
    return (one for one in _within(box) if isinstance(getattr(one, "replacement", None), Drawing))


def _bottom(box: Any) -> float:
    return float(box.position_y + box.margin_height() - box.margin_bottom)
