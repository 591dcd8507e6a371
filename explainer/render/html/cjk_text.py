"""What script a text is in, and where Chinese wants no space."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

_HANZI = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = "\u3001-\u3003\u3008-\u3011\u3014-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_QUOTES = "“”‘’…—"

HANZI = re.compile(f"[{_HANZI}]")
CJK = re.compile(f"[{_HANZI}{_MARKS}]")
_CJK_MARK = re.compile(f"[{_MARKS}]")
_CLOSE_BEHIND = re.compile(f"[{_MARKS},.;:)]|=(?! )")  # what follows a formula without a space
_CJK_OR_QUOTE = re.compile(f"[{_HANZI}{_MARKS}{_QUOTES}\u3000]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_BR = re.compile(r"<br\s*/?>")
_NOT_PROSE = re.compile(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL)


def is_cjk(character: str) -> bool:
    """A hanzi or a Chinese punctuation mark."""
    return bool(CJK.match(character))


def text_width(text: str) -> float:
    """How wide a text is set, roughly, in em."""
    return sum(1.0 if is_cjk(character) or character == "\u3000" else 0.52 for character in text)


def guess_language(markdown: str) -> str:
    """zh when hanzi make up a good part of the prose."""
    prose = _NOT_PROSE.sub(" ", markdown)
    hanzi = len(HANZI.findall(prose))
    return "zh" if hanzi > 0.15 * len(re.findall(r"[A-Za-z]", prose)) and hanzi else "en"


def prose_of(children: Sequence[Token]) -> str:
    """The words of an inline run, without code and formulas."""
    return " ".join(child.content for child in children if child.type == "text")


def is_english(children: Sequence[Token]) -> bool:
    """A run with words and no Chinese character: in a bilingual document, the English counterpart."""
    prose = prose_of(children)
    return bool(_WORD.search(prose)) and not CJK.search(prose)


def plain_text(children: Sequence[Token]) -> str:
    """An inline run as a string, for titles and bookmarks."""
    parts = []
    for child in children:
        if child.type in ("text", "code_inline", "math_inline", "math_inline_double"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return "".join(parts).strip()


def split_lines(children: list[Token]) -> list[Token]:
    """`<br>` ends a line: the one HTML tag that Markdown has no good sign for, in lists and tables."""
    if not any(child.type == "text" and "<br" in child.content for child in children):
        return children
    result: list[Token] = []
    for child in children:
        for index, piece in enumerate(_BR.split(child.content) if child.type == "text" else [""]):
            if index:
                result.append(Token("hardbreak", "br", 0))
            result.append(child if child.type != "text" else Token("text", "", 0, content=piece))
    return result


def mark_english_lines(children: list[Token]) -> list[Token]:
    """In a bilingual paragraph of two lines, mark the second when it is the English one."""
    index = next((i for i, child in enumerate(children) if child.type == "hardbreak"), None)
    if index is None or not is_english(children[index + 1 :]):
        return children
    opening = Token("span_open", "span", 1, attrs={"class": "en", "lang": "en"})
    return [*children[: index + 1], opening, *children[index + 1 :], Token("span_close", "span", -1)]


def close_up(children: list[Token]) -> None:
    """Take out the spaces that Markdown needs and a page does not: between a formula and ，。：；、（）, or its comma,
    and the line break between two hanzi."""
    for before, child, after in zip([None, *children], children, [*children[1:], None], strict=False):
        if child.type == "math_inline":
            if before is not None and before.type == "text" and _ends_with_mark(before.content):
                before.content = before.content.rstrip(" ")
            if after is not None and after.type == "text" and _starts_with_mark(after.content):
                after.content = after.content.lstrip(" ")
        elif child.type == "softbreak" and _joins(before, after):
            child.type, child.content = "text", ""


def _ends_with_mark(text: str) -> bool:
    stripped = text.rstrip(" ")
    return bool(stripped) and bool(_CJK_MARK.match(stripped[-1]))


def _starts_with_mark(text: str) -> bool:
    stripped = text.lstrip(" ")
    return bool(_CLOSE_BEHIND.match(stripped))


def _joins(before: Token | None, after: Token | None) -> bool:
    """Whether a line break stands where Chinese text simply goes on."""
    ends = before is not None and before.type == "text" and before.content
    starts = after is not None and after.type == "text" and after.content
    left = bool(ends and _CJK_OR_QUOTE.match(before.content[-1])) if before is not None else False
    right = bool(starts and _CJK_OR_QUOTE.match(after.content[0])) if after is not None else False
    mark_left = left and before is not None and bool(_CJK_MARK.match(before.content[-1]))
    mark_right = right and after is not None and bool(_CJK_MARK.match(after.content[0]))
    return (left and right) or mark_left or mark_right
