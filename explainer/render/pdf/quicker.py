"""What WeasyPrint works out again and again in a document of ours, worked out once; every page stays as it was.

How wide the cells of a table must be it asks by setting the rest of a text again for every piece that a line may hold, which in Chinese is
every character. Here a text is divided once, and a piece that was measured is not set again, nor one of other hanzi. What tells one font from another is a
text made of fourteen properties at every line: here it is kept with the style. And cffi parses C for every length of a list that is
handed to HarfBuzz: here the list's type has no length. WeasyPrint offers no hooks for this; should a later version have no such
functions, it goes its own way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from explainer.render.pdf import quick_lines, quick_styles
from explainer.render.pdf.kept_lines import Exchange, KeptLines
from explainer.render.pdf.looks import look
from explainer.render.pdf.shared_lines import SharedLines

_LIST_OF_LENGTH = re.compile(r"(hb_codepoint_t)\[\d+\]")
_HANZI = re.compile("[\u4e00-\u9fff]")  # all as wide as each other
_SHORT = 16  # letters of a text that may well be one piece
_lock = RLock()
_Line = tuple[Any, Any, int | None, float, Any, Any]


@contextmanager
def quicker(css: str = "") -> Iterator[None]:
    """Exchange these functions of WeasyPrint while a document of ours is laid out and written; css: the user's own style sheet."""
    with exchanged(lambda: _exchanges(shared=not css)):
        yield


@contextmanager
def exchanged(functions: Callable[[], Iterable[Exchange]]) -> Iterator[None]:
    """Exchange functions of WeasyPrint for a while; none of them in a version that lacks one."""
    try:
        exchanges = list(functions())
    except (ImportError, AttributeError):
        yield
        return
    with _lock:
        usual = [(owner, name, getattr(owner, name)) for owner, name, _ in exchanges]
        try:
            for owner, name, ours in exchanges:
                setattr(owner, name, ours)
            yield
        finally:
            for owner, name, theirs in usual:
                setattr(owner, name, theirs)


def _exchanges(shared: bool) -> list[Exchange]:
    from weasyprint.layout import inline, preferred
    from weasyprint.pdf import fonts
    from weasyprint.text import line_break

    split = SharedLines(preferred.split_first_line).first if shared else preferred.split_first_line
    return [
        (inline, "split_first_line", split),
        (preferred, "split_first_line", _Pieces(split, line_break.get_log_attrs).first),
        (line_break, "_font_style_cache_key", _kept_with_the_style(line_break._font_style_cache_key)),
        (fonts, "ffi", _TypesWithoutLength(fonts.ffi)),
        *KeptLines(line_break).exchanges(),
        *quick_styles.exchanges(),
        *quick_lines.exchanges(),
    ]


class _Pieces:
    """The narrowest lines of a text; for one document."""

    def __init__(self, split: Any, log_attrs: Any) -> None:
        self._split = split
        self._log_attrs = log_attrs
        self._known: dict[Any, tuple[int | None, float]] = {}  # by style and piece
        self._ends: dict[
            tuple[str, str], tuple[int | None, int | None]
        ] = {}  # of the first two pieces of the rest of a text

    def first(
        self,
        text: str,
        style: Any,
        context: Any,
        max_width: float | None,
        justification_spacing: float,
        is_line_start: bool = True,
        minimum: bool = False,
    ) -> _Line:
        """As WeasyPrint's `split_first_line`: the bytes behind which the rest begins, and the width; no layout."""
        plain = minimum and not justification_spacing and "\n" not in text and "\xad" not in text
        if not plain or style["hyphens"] == "auto" or max_width not in (None, 0):
            return self._whole(text, style, context, max_width, justification_spacing, is_line_start, minimum)
        wrapped = all(style[name] == "normal" for name in ("white_space", "overflow_wrap", "word_break"))
        end = behind = None  # of the first piece, of the second
        if wrapped and (max_width == 0 or len(text) < _SHORT):
            end, behind = self._ends_of(text, style["lang"] or "")
        whole = end is None and not text.endswith(" ") and (wrapped or max_width is None)
        piece = text[:end] if max_width == 0 else text
        key = (look(style), _HANZI.sub("中", piece), None if whole else max_width, is_line_start, piece == text)
        if key not in self._known:
            enough = text[:behind] if max_width == 0 else text
            found = self._whole(enough, style, context, max_width, justification_spacing, is_line_start, minimum)
            self._known[key] = found[2:4]
        resume, width = self._known[key]
        return None, None, resume, width, None, None

    def _whole(self, *arguments: Any) -> _Line:
        *given, is_line_start, minimum = arguments
        found: _Line = self._split(*given, is_line_start=is_line_start, minimum=minimum)
        return found

    def _ends_of(self, text: str, language: str) -> tuple[int | None, int | None]:
        """Letters up to the end of the first piece that a line may hold, and of the second; None for the end of the text."""
        if (text, language) not in self._ends:
            attributes = self._log_attrs(text, language)
            marks = [0, *(at for at in range(1, len(text)) if attributes[at].is_line_break), len(text), len(text)]
            for begin, end, behind in zip(marks, marks[1:], marks[2:], strict=False):
                one, two = (at - begin if at < len(text) else None for at in (end, behind))
                self._ends[text[begin:], language] = one, two
        return self._ends[text, language]


def _kept_with_the_style(key: Any) -> Any:
    def kept(style: Any, include_size: bool = False) -> str:
        name = "explainer_sized" if include_size else "explainer_font"
        found = getattr(style, name, None)
        if found is None:
            found = key(style, include_size)
            setattr(style, name, found)
        text: str = found
        return text

    return kept


class _TypesWithoutLength:
    """cffi's door to HarfBuzz; `T[17]` beside a list of 17 is `T[]`."""

    def __init__(self, foreign: Any) -> None:
        self._foreign = foreign

    def new(self, declaration: str, *values: Any) -> Any:
        """As cffi's."""
        if values and isinstance(values[0], (list, tuple)):
            declaration = _LIST_OF_LENGTH.sub(r"\1[]", declaration)
        return self._foreign.new(declaration, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._foreign, name)
