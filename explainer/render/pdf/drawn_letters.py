"""The letters of drawings, for WeasyPrint: it lays out every letter of an SVG text by itself, here equal ones once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from typing import Any

_FONT = ("font_family", "font_style", "font_weight", "font_size", "direction")


@contextmanager
def letters_once() -> Iterator[None]:
    """While a document is written. Only drawings ask for a line in this way: what lays out pages has its own reference."""
    from weasyprint.text import line_break

    original = line_break.split_first_line
    known: dict[tuple[Any, ...], Any] = {}

    def split(text: str, style: Any, context: Any, max_width: Any, spacing: Any, *rest: Any, **more: Any) -> Any:
        if max_width != inf or rest or more:
            return original(text, style, context, max_width, spacing, *rest, **more)
        key = (text, spacing, id(context), *(str(style[name]) for name in _FONT))
        if key not in known:
            known[key] = original(text, style, context, max_width, spacing)
        return known[key]

    line_break.split_first_line = split
    try:
        yield
    finally:
        line_break.split_first_line = original
