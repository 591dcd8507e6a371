"""Names and texts from outside, made safe for where they go: one function an output.

`visible` for one line of anything (terminal, page, log); `lines_visible` for several; `cell` for CSV and spreadsheets;
`json_text` for JSON. HTML, Markdown
and XML are built from trees whose writers escape for themselves, and are given what `visible` returns.
"""

from __future__ import annotations

import json
import re
import unicodedata

MAX_CELL = 1_000  # characters in one cell
_SPELLED_OUT = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"
# All but the ranges in which nothing acts: most of a long text is passed over quickly.
# Compiled (2 ms) when JSON is written first.
_DOUBTFUL = "[^\n -~\u00ae-\u02ff\u0370-\u03ff\u2010-\u2027\u2030-\u205e\u2070-\u2bff\u3000-\u9fff\uff00-\uffef]"
_FORMULA = frozenset("=+-@−|%")


def visible(text: str) -> str:
    """Control characters, direction marks, lone surrogates and non-characters as \\u001b and the like.

    So a name cannot act on a page or a terminal, and can be encoded. The joiners that Persian and the scripts of India are
    written with stay where they stand behind a letter of these.

        visible("\\x1b[31m")  # "\\\\u001b[31m"
    """
    if text.isprintable() or text.replace("\u3000", "").isprintable():  # the wide space of Chinese acts on nothing
        return text
    return "".join(
        f"\\u{ord(char):04x}" if _acts(char, text[at - 1] if at else "") else char for at, char in enumerate(text)
    )


def lines_visible(text: str) -> str:
    """The same for a text of several lines: line ends stay, everything else that acts is spelled out."""
    return "\n".join(visible(line) for line in text.split("\n"))


def json_text(value: object, indent: int | None = 1) -> str:
    """JSON in which everything that acts stands as its escape: the same data to a program, harmless where it is printed."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":"))
    return re.sub(_DOUBTFUL, lambda found: _escaped(found.group()), text)


def _escaped(char: str) -> str:
    return char if visible(char) == char else json.dumps(char)[1:-1]


def cell(text: str) -> str:
    """Text for a cell that no spreadsheet takes for a formula: an apostrophe goes before =, +, -, @ and their full-width forms."""
    text = visible(text)[:MAX_CELL]
    first = unicodedata.normalize("NFKC", text.lstrip())[:1]
    return "'" + text if first in _FORMULA else text


def _acts(char: str, before: str) -> bool:
    code = ord(char)
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:  # no characters at all: XML cannot hold them
        return True
    if char in _JOINERS:
        return not (before and 0x0600 <= ord(before) < 0x1100 and unicodedata.category(before)[0] in "LM")
    return unicodedata.category(char) in _SPELLED_OUT
