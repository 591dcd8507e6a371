"""Where a line in a terminal may end: not before a full stop, not inside a word or a number."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.measure import Measurement
    from rich.text import Text as RichText

_CLOSING = "，。、；：？！）》」』”’…,.;:?!)]}%✓✗×·"
_OPENING = "（《「『“‘([{⌊"
_AFTER = "·+=，"  # inside a formula a line goes on behind these
_PARTS = "._/,"  # and a word that is longer than the line behind these


def _width(sign: str) -> int:
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 0 if unicodedata.combining(sign) else 1


def columns(text: str) -> int:
    """How wide a text is in a terminal."""
    return sum(map(_width, text))


def _may_end(text: str, at: int) -> bool:
    """Whether a line may end before the sign at this place."""
    before, after = text[at - 1], text[at]
    if after in _CLOSING or before in _OPENING or after == " ":
        return False
    if before == " ":
        return at < 2 or text[at - 2] not in _OPENING
    if _width(before) == _width(after) == 1:
        return before in _AFTER
    return not (before.isdigit() and after not in _OPENING)  # 4个 stays together


def line_ends(text: str, width: int) -> list[int]:
    """The places at which a text is cut so that each line has at most so many columns; a Chinese character takes two.

    >>> line_ends("共28个参数。", 8)    # 共28个参 and 数。: a full stop begins no line
    [5]
    """
    ends: list[int] = []
    start, at, used, best, part = 0, 0, 0, 0, 0
    while at < len(text):
        used += _width(text[at])
        if at > start and _may_end(text, at):
            best = at
        elif at > start and text[at - 1] in _PARTS:
            part = at
        if used > width and text[at] != " " and at > start:
            cut = best if best > start else part if part > start else at
            ends.append(cut)
            start, used = cut, sum(_width(sign) for sign in text[cut : at + 1])
        at += 1
    return ends


def units(text: str) -> Iterator[str]:
    """What stays on one line."""
    start = 0
    for at in range(1, len(text)):
        if _may_end(text, at):
            yield text[start:at]
            start = at
    yield text[start:]


class Broken(Struct, frozen=True):
    """A text that rich prints with these lines."""

    text: RichText

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.containers import Lines
        from rich.text import Text as RichText

        lines = Lines()
        for line in self.text.split(allow_blank=True):
            pieces = line.divide([] if options.no_wrap else line_ends(line.plain, options.max_width))
            for piece in pieces:
                piece.rstrip()
            pieces.justify(
                console, options.max_width, justify=options.justify or "default", overflow=options.overflow or "fold"
            )
            lines.extend(pieces)
        yield from RichText("\n").join(lines).render(console, end="\n")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        lines = self.text.plain.splitlines() or [""]
        least = max(sum(map(_width, unit.rstrip())) for line in lines for unit in units(line))
        return Measurement(least, max(sum(map(_width, line)) for line in lines))
