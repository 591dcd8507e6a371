"""Which option of a multiple choice was meant: `A`, `选A`, `B. 16×12×12`, `2×3=6，故选C`, `The answer is (d)`.

A letter and the text of another option, or two letters, are no choice: the teacher looks at it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from explainer.homework.expressions import expression
from explainer.homework.submissions.base import plain

CONTRARY = "?"  # more than one option, or a letter beside another option's text
_LEAD = (
    r"(?:(?:我|应|故|所以|因此|于是)?\s{0,2}(?:选择?项?|答案?\s{0,2}(?:应该?是|应为|是|为|选)?|正确选项(?:是|为)?|是)"
    r"|(?:(?:so|thus|hence|therefore),?\s{1,2})?(?:the\s{1,2})?(?:right\s{1,2}|correct\s{1,2})?(?:answer|option|choice|ans)(?:\s{1,2}is)?"
    r"|i\s{1,2}(?:choose|chose|pick|think)(?:\s{1,2}it\s{1,2}is)?)"
)
_BARE = r"[(\[]?\s{0,2}([A-Ha-h])\s{0,2}[)\]]?"
_LETTER = expression(rf"\s*{_BARE}\s*(?:选?项)?\s*[.。、!！✓√]?\s*")
_SAID = expression(
    rf"(?:^|[\s,，。.;；:：、]|(?<=[^\x00-\x7f])){_LEAD}\s{{0,2}}[:：]?\s{{0,2}}{_BARE}(?![A-Za-z0-9])", re.IGNORECASE
)
_FIRST = expression(r"\s*[(\[]?([A-H])[)\]]?(?:选?项)?(?:\s*[.。、)）:：,，;；(（]\s*|\s+)(?=\S)")
_MOST = 2_000  # characters that are looked at


def option_meant(given: str, texts: Sequence[Sequence[str]]) -> str:
    """The letter meant, CONTRARY, or "" where no letter is named. texts: each option as it may be written out."""
    text = plain(unicodedata.normalize("NFKC", given[:_MOST])).replace("**", "")
    letters = [chr(ord("A") + at) for at in range(len(texts))]
    lines = [line for line in text.split("\n") if line.strip()]
    named: set[str] = set()
    for line in lines:
        alone = _LETTER.fullmatch(line)
        if alone:
            named.add(alone[1].upper())
            continue
        named |= {found[1].upper() for found in _SAID.finditer(line)}
        first = _FIRST.match(line) if line is lines[0] and not named else None
        if first:
            named.add(first[1])
            rest = line[first.end() :]
            others = [
                letter for letter, ways in zip(letters, texts, strict=True) if letter != first[1] and _is(rest, ways)
            ]
            if others:
                return CONTRARY
    if len(named) > 1:
        return CONTRARY
    return named.pop() if named else ""


def _is(text: str, ways: Sequence[str]) -> bool:
    return any(_squeezed(text) == _squeezed(way) for way in ways)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s,，。.]", "", unicodedata.normalize("NFKC", text).replace("x", "×").replace("*", "×"))
