"""The boxes of a page that was made, and what stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from explainer.render.pdf.drawings import Drawing


@dataclass(frozen=True)
class Page:
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
        return blank_below(self.box, blocks(self.box))

    def blank_without(self, first: int) -> float:
        """If the page ended in front of that block."""
        gone = {id(block.element) for block in self.text.children[first : (self.next or 0) + 1]}
        return blank_below(self.box, [block for block in blocks(self.box) if id(block.element) not in gone])


def begin_of_block(blocks: Any, at: int) -> int:
    """Of what stays together with a block, the first."""
    while at and blocks[at - 1].style["break_after"] == "avoid":
        at -= 1
    return at


def end_of_block(blocks: Any, at: int) -> int:
    """Of what stays together with a block, the end."""
    while at + 1 < len(blocks) and blocks[at].style["break_after"] == "avoid":
        at += 1
    return at + 1


def set_only(box: Any, **values: str) -> None:
    """A property of this box alone: a style is shared by all that look the same."""
    box.style = box.style.copy()
    box.style.update(values)


def blank_below(page: Any, blocks: list[Any]) -> float:
    """Of a page's height, below these of its blocks."""
    top, height = page.content_box_y(), page.height
    return float((top + height - max((bottom(block) for block in blocks), default=top)) / height)


def blocks(page: Any) -> list[Any]:
    """What stands in the text of a page, one below the other."""
    box = next((child for child in page.children if child.element_tag == "html"), None)
    while box is not None and box.element_tag in ("html", "body") and box.children:
        inner = [child for child in box.children if child.element_tag == "body"]
        if not inner:
            return list(box.children)
        box = inner[0]
    return []


def classes(block: Any) -> list[str]:
    """Of the element that a box was made for."""
    element = getattr(block, "element", None)
    return (element.get("class") or "").split() if element is not None else []


def within(box: Any) -> Iterator[Any]:
    """The box, and all boxes in it."""
    yield box
    for child in getattr(box, "children", ()):
        yield from within(child)


def count_tags(box: Any, tag: str) -> int:
    """How many boxes of this element there are."""
    return sum(1 for one in within(box) if one.element_tag == tag)


def images(box: Any) -> Iterator[Any]:
    """The boxes of our drawings."""
    return (one for one in within(box) if isinstance(getattr(one, "replacement", None), Drawing))


def bottom(box: Any) -> float:
    """Where it ends, without its margin."""
    return float(box.position_y + box.margin_height() - box.margin_bottom)
