"""A text that fits on one line is set once, however often it is asked for.

WeasyPrint sets a text when it asks how wide a cell may be, when it lays out the cell, again when the page is made anew, and again for the same number in
another cell. Here all of them have the same line. One that is justified is always a line of its own; where a style sheet of the user's may have lines cut
short when they are drawn (`text-overflow`), none is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainer.render.pdf.kept_lines import waits
from explainer.render.pdf.looks import look

_MOST = 8_000  # lines that a document keeps
_WRAPPED = ("normal", "pre-wrap", "pre-line")

Split = Callable[..., Any]


class SharedLines:
    """The lines of one document, by how they look and what they say."""

    def __init__(self, split: Split) -> None:
        self._split = split
        self._whole: dict[tuple[int, str], Any] = {}  # wide enough for all of the text
        self._parts: dict[tuple[int, str, float | None, bool, bool], Any] = {}  # by the width that they had

    def first(
        self,
        text: str,
        style: Any,
        context: Any,
        max_width: float | None,
        justification_spacing: float,
        is_line_start: bool = True,
        minimum: bool = False,
    ) -> Any:
        """As WeasyPrint's `split_first_line`."""
        if justification_spacing or not style["font_size"]:
            return self._split(text, style, context, max_width, justification_spacing, is_line_start, minimum)
        key = look(style), text
        found = self._whole.get(key)
        free = max_width is None or style["white_space"] not in _WRAPPED
        if found is not None and (free or found[3] <= max_width):
            return found
        exact = None if free else (*key, max_width, is_line_start, minimum)
        found = self._parts.get(exact) if exact else None
        if found is not None:
            return found
        found = self._split(text, style, context, max_width, justification_spacing, is_line_start, minimum)
        line, _, resume = found[:3]
        if waits(line) and len(self._whole) + len(self._parts) < _MOST:
            if resume is None and line.text == text:
                self._whole[key] = found
            elif exact:
                self._parts[exact] = found
            else:
                return found
            line.explainer_shared = True
        return found
