"""Justified text for WeasyPrint, which justifies by widening spaces: Chinese has none, and a line of long formulas few.

A line of Chinese is filled by a hair of space after every character instead, and a mark such as ，or 。 at its end
counts by its ink. WeasyPrint offers no hook for this, so its function for one line is exchanged while a document of
ours is laid out; should a later version have no such function, Chinese is simply set flush left. A line of English whose
words would be torn apart stays short.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from explainer.render.html.cjk_text import is_cjk

_MOST = 0.08  # of the font size, between two characters; a line that would need more stays short
_MOST_LATIN = 0.03  # where Latin letters are many, and would look s p r e a d
_MOST_SPACE = 0.2  # more for a space, which is widened first
_TORN = 0.45  # of the font size, added to a space of English
_HALF_BLANK = frozenset("，。、；：！？）》」』】〉”’")
_lock = RLock()


@contextmanager
def chinese_justified(weasyprint: Any) -> Iterator[None]:
    """Exchange WeasyPrint's way to justify a line, for lines of Chinese only."""
    try:
        from weasyprint.formatting_structure import boxes
        from weasyprint.layout import inline
        from weasyprint.text.line_break import create_layout, line_size

        original, _ = inline.justify_line, inline.count_expandable_spaces
    except (ImportError, AttributeError):
        yield
        return

    def justify_line(context: Any, line: Any, extra_width: float) -> None:
        texts = [box for box in _text_boxes(line, boxes) if _may_stretch(box)]
        count = sum(len(box.text) for box in texts)
        hanzi = sum(is_cjk(character) for box in texts for character in box.text)
        size = line.style["font_size"]
        if not str(line.style["lang"] or "").startswith("zh"):
            if extra_width <= _TORN * size * inline.count_expandable_spaces(line):
                original(context, line, extra_width)
                _closed_up(line, 0.0, boxes, line_size)
            return
        if hanzi <= 0.3 * count:  # a line of code or of names in a Chinese text
            if extra_width <= _MOST_SPACE * size * sum(_spaces(box.text) for box in texts):
                original(context, line, extra_width)
            return
        last = _last_text(line, boxes)
        if last is not None and last.text[-1:] in _HALF_BLANK:
            extra_width += 0.45 * last.style["font_size"]
        spaces = sum(_spaces(box.text) for box in texts)
        word = min(extra_width / spaces, _MOST_SPACE * size) if spaces else 0.0
        letter = (extra_width - word * spaces) / (count - 1) if count > 1 else size
        if letter <= (_MOST if hanzi > 0.6 * count else _MOST_LATIN) * size:
            _Spacer(context, letter, word, boxes, create_layout).place(line, 0.0)

    with _lock:
        inline.justify_line = justify_line
        try:
            yield
        finally:
            inline.justify_line = original


def _text_boxes(box: Any, boxes: Any) -> Iterator[Any]:
    """The text of a line, without what stands inside fractions and the like."""
    if isinstance(box, boxes.TextBox):
        yield box
    elif isinstance(box, (boxes.LineBox, boxes.InlineBox)):
        for child in box.children:
            if child.is_in_normal_flow():
                yield from _text_boxes(child, boxes)


def _closed_up(box: Any, moved: float, boxes: Any, line_size: Any) -> float:
    """Move a box to where the text before it ends, and return how far the next one moves.

    A font kerns its spaces too (`) .`), and no longer does when they are widened: WeasyPrint reckons with the kerned widths.
    """
    if isinstance(box, boxes.TextBox):
        box.position_x += moved
        if not _spaces(box.text) or not box.justification_spacing:
            return moved
        box.pango_layout.reactivate(box.style)
        width, _ = line_size(box.pango_layout.get_first_line()[0], box.style)
        box.pango_layout.deactivate()
        moved, box.width = moved + width - box.width, width
    elif isinstance(box, (boxes.LineBox, boxes.InlineBox)):
        box.position_x += moved
        start = moved
        for child in box.children:
            if child.is_in_normal_flow():
                moved = _closed_up(child, moved, boxes, line_size)
        box.width += moved - start
    else:
        box.translate(moved, 0)
    return moved


def _spaces(text: str) -> int:
    """Those that are widened: WeasyPrint widens what does not break, too."""
    return text.count(" ") + text.count("\u00a0")


def _may_stretch(box: Any) -> bool:
    """Prose, not formulas and code."""
    return bool(box.style["white_space"] == "normal" and box.style["font_family"][0] != "Explainer Code")


def _last_text(line: Any, boxes: Any) -> Any | None:
    """The text that ends the line, unless something else does."""
    box = line
    while isinstance(box, (boxes.LineBox, boxes.InlineBox)):
        children = [child for child in box.children if child.is_in_normal_flow()]
        if not children:
            return None
        box = children[-1]
    return box if isinstance(box, boxes.TextBox) else None


class _Spacer:
    """Puts the space into the boxes of a line and moves what follows."""

    def __init__(self, context: Any, letter: float, word: float, boxes: Any, create_layout: Any) -> None:
        self.context = context
        self.letter = letter
        self.word = word
        self.boxes = boxes
        self.create_layout = create_layout

    def place(self, box: Any, moved: float) -> float:
        """Move a box right by `moved`, widen it, and return how far the next one moves."""
        if isinstance(box, self.boxes.TextBox):
            box.position_x += moved
            if not _may_stretch(box) or not box.text:
                return moved
            box.style = box.style.copy()
            before = box.style["letter_spacing"]
            box.style["letter_spacing"] = self.letter + (0 if before == "normal" else before)
            box.justification_spacing = self.word
            layout = self.create_layout(box.text, box.style, self.context, None, self.word)
            layout.deactivate()
            box.pango_layout = layout
            grown = self.letter * len(box.text) + self.word * _spaces(box.text)
            box.width += grown
            return moved + float(grown)
        if isinstance(box, (self.boxes.LineBox, self.boxes.InlineBox)):
            box.position_x += moved
            start = moved
            for child in box.children:
                if child.is_in_normal_flow():
                    moved = self.place(child, moved)
            box.width += moved - start
            return moved
        box.translate(moved, 0)
        return moved
