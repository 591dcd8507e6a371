"""Figures that just do not fit under the text before them: drawn a little smaller, instead of a page left half empty.

WeasyPrint moves a figure and its caption to the next page, and has no floats that text could go around. So the pages are looked at once
they are laid out: where a figure begins a page and the one before it is left blank, and a figure that is somewhat smaller would
stand there, its drawing gets that height and the pages are laid out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from explainer.render.pdf.drawings import Drawing

BLANK = 0.1  # of a page's height: less is left as it is
SMALLEST = 0.7  # of its own size: letters of 8 pt are then 5.6 pt
SLACK = 4.0  # CSS pixels: two layouts do not round alike
MOST = 4  # layouts


def fitted(lay_out: Callable[[], Any], images: MutableMapping[str, Any]) -> Any:
    """The document, laid out again with smaller drawings where that fills a page. images: the drawings by address, which change."""
    document = lay_out()
    tried: set[str] = set()
    for _ in range(MOST - 1):
        found = next((one for one in _moved(document.pages) if one.address(images) not in tried), None)
        address = found.address(images) if found is not None else None
        if found is None or address is None:
            break
        tried.add(address)
        drawing = images[address]
        images[address] = replace(drawing, width=drawing.width * found.scale, height=drawing.height * found.scale)
        document = lay_out()
    return document


@dataclass(frozen=True)
class _Moved:
    """A drawing at the top of a page that would stand on the one before in this size."""

    drawing: Drawing
    scale: float

    def address(self, images: MutableMapping[str, Any]) -> str | None:
        return next((name for name, one in images.items() if one is self.drawing), None)


def _moved(pages: list[Any]) -> Iterator[_Moved]:
    for page, following in pairwise(pages):
        box = page._page_box
        height = float(box.height)
        blank = box.content_box_y() + height - max((_bottom(child) for child in _blocks(box)), default=0.0)
        if blank < BLANK * height:
            continue
        group = _figure_with_its_words(_blocks(following._page_box))
        image = next((one for child in group for one in _images(child)), None)
        if image is None:
            continue
        cut_off = group[0].style["margin_top"].value  # of what begins a page; elsewhere it counts
        needed = _bottom(group[-1]) - group[0].position_y + cut_off + SLACK
        scale = (image.height - (needed - blank)) / image.height
        if SMALLEST <= scale < 1:
            yield _Moved(image.replacement, scale)


def _blocks(page: Any) -> list[Any]:
    """What stands in the text of a page, one below the other."""
    box = next((child for child in page.children if child.element_tag == "html"), None)
    while box is not None and box.element_tag in ("html", "body") and box.children:
        inner = [child for child in box.children if child.element_tag == "body"]
        if not inner:
            return list(box.children)
        box = inner[0]
    return []


def _figure_with_its_words(blocks: list[Any]) -> list[Any]:
    """What begins a page up to the end of its first figure's caption, where it is a figure, with or without its heading."""
    at = next((i for i, block in enumerate(blocks[:3]) if "figure" in _classes(block)), None)
    if at is None or any(block.style["break_after"] != "avoid" for block in blocks[:at]):
        return []
    end = at + 1
    while end < len(blocks) and "caption" in _classes(blocks[end]):
        end += 1
    return blocks[:end]


def _classes(block: Any) -> list[str]:
    element = getattr(block, "element", None)
    return (element.get("class") or "").split() if element is not None else []


def _images(box: Any) -> Iterator[Any]:
    if isinstance(getattr(box, "replacement", None), Drawing):
        yield box
    for child in getattr(box, "children", ()):
        yield from _images(child)


def _bottom(box: Any) -> float:
    return float(box.position_y + box.margin_height() - box.margin_bottom)
