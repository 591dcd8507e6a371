"""A last page on which little stands, drawn into the pages before it.

As a typesetter does it: of the last pages as many as it takes hold a line more, and what is on them stands a little closer. Only these are made again,
and only where it may well be enough; if it is not, they stay as they were.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from explainer.render.pdf.kept_lines import Exchange
from explainer.render.pdf.page_boxes import blank_below, blocks

LAST = 0.3  # of a page: so little on the last one is drawn in
LINE = 0.02  # of a page's height: a line more
CLOSER = 0.965  # of the height of a line
LEADED = 1.3  # line height from which on a line is text, not part of a formula
APART = 0.75  # of the space between blocks
GAINED = 0.048  # of a page's height, by all of them

Remake = Callable[[int, Any, Any, Any], tuple[Any, Any]]


@dataclass
class DrawnIn:
    """The pages of one document that hold more. first: the first of them; closer: while such a page is made."""

    first: int = sys.maxsize
    closer: bool = False

    def exchanges(self) -> Iterator[Exchange]:
        """Functions of WeasyPrint, and what is put there: for the pages, for their height, for that of a line."""
        from weasyprint import layout
        from weasyprint.layout import page

        yield layout, "make_all_pages", self._drawing_in(layout.make_all_pages)
        yield page, "page_height", self._higher(page.page_height)
        for name, module in list(sys.modules.items()):
            if name.startswith("weasyprint.layout.") and "strut" in module.__dict__:
                yield module, "strut", self._closer(module.__dict__["strut"])

    def remaking(self, remake: Remake) -> Remake:
        """WeasyPrint's `remake_page`, for pages that hold more."""

        def remade(index: int, context: Any, root: Any, html: Any) -> tuple[Any, Any]:
            if index < self.first:
                return remake(index, context, root, html)
            self.closer = True
            try:
                page, resume_at = remake(index, context, root, html)
            finally:
                self.closer = False
            page.height /= 1 + LINE  # its number stays where it was
            return page, resume_at

        return remade

    def _drawing_in(self, make_all: Callable[..., Iterator[Any]]) -> Callable[..., list[Any]]:
        def made(context: Any, root: Any, html: Any, pages: list[Any]) -> list[Any]:
            whole = list(make_all(context, root, html, pages))
            again = 0 if pages else _pages_to_remake(whole)
            if not again:
                return whole
            before = list(context.page_maker)
            self.first = len(whole) - 1 - again
            text = _blocks_from(root, before[self.first][0])
            styles = [block.style for block in text]
            for block in text:
                _nearer(block)
            for *_, state in before[self.first : len(whole)]:
                state["content_changed"] = True
            drawn = list(make_all(context, root, html, whole))
            if len(drawn) < len(whole):
                return drawn
            self.first = sys.maxsize
            context.page_maker = before
            for *_, state in before:
                state["content_changed"] = False
            for block, style in zip(text, styles, strict=True):
                block.style = style
            return whole

        return made

    def _higher(self, usual: Callable[..., None]) -> Callable[..., None]:
        def height(page: Any, *others: Any) -> None:
            usual(page, *others)
            if self.closer:
                page.height *= 1 + LINE

        return height

    def _closer(self, usual: Callable[[Any], tuple[float, float]]) -> Callable[[Any], tuple[float, float]]:
        def strut(style: Any) -> tuple[float, float]:
            height, baseline = usual(style)
            leading = style["line_height"]
            if not self.closer or not isinstance(leading, float) or leading < LEADED:
                return height, baseline
            return height * CLOSER, baseline - height * (1 - CLOSER) / 2

        return strut


def _blocks_from(root: Any, resume_at: Any) -> list[Any]:
    """Of the whole text, from that place."""
    if not resume_at:
        return [block for child in root.children for block in getattr(child, "children", ())]
    ((at, place),) = resume_at.items()
    return list(root.children[at].children[next(iter(place), 0) if place else 0 :])


def _nearer(block: Any) -> None:
    """To the blocks before it and behind it."""
    style = block.style.copy()
    for side in ("margin_top", "margin_bottom"):
        margin = style[side]
        if getattr(margin, "unit", "") == "px" and margin.value > 0:
            style[side] = margin._replace(value=margin.value * APART)
    block.style = style


def _pages_to_remake(pages: list[Any]) -> int:
    """How many of the pages before the last could take in what stands on it; none if it is too much."""
    if len(pages) < 2:
        return 0
    *_, before, last = pages
    filled = 1 - blank_below(last, blocks(last))
    whole = blocks(before)[-1].element is not blocks(last)[0].element  # it is not the rest of a paragraph
    needed = filled - whole * blank_below(before, blocks(before))
    count = max(1, ceil(needed / GAINED))
    return count if filled <= LAST and count < len(pages) else 0
