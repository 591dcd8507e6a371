"""What the style sheet must know of a text: English beside Chinese, leads, captions, ends of paragraphs, heads too long for a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from markdown_it.token import Token

from explainer.render.html.cjk_text import (
    is_english,
    mark_english_lines,
    plain_text,
    text_width,
)

_LINE = 40.0  # em: a paragraph that is shorter stands on one line
_PROGRAM = 16.0  # em: code that is longer is a line of a program, which has no good place to break
_HEAD = 24.0  # em: what the running head holds
_CHINESE_FIRST = re.compile("(.*[\u4e00-\u9fff）]) [A-Za-z]")
_BEHIND_CHINESE = re.compile(  # 1×1卷积层 1×1 convolution: a word of three letters is English, a size is not
    "(.*[\u4e00-\u9fff）][ \u3000])((?=.*[A-Za-z]{3})[A-Za-z0-9][^\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]+)"
)
_FEW = 8  # paragraphs that go onto one page together


def mark_english_behind(tokens: list[Token]) -> None:
    """In a bilingual document, say which part of a heading or of a table's cell is English: 概览 Overview, 卷积层 Convolutional layer `conv1`."""
    for opening, content in pairwise(tokens):
        if opening.type in ("heading_open", "th_open", "td_open"):
            content.children = [part for child in content.children or [] for part in _english_apart(child)]


def _english_apart(child: Token) -> list[Token]:
    found = _BEHIND_CHINESE.fullmatch(child.content) if child.type == "text" else None
    if found is None:
        return [child]
    before, behind = (Token("text", "", 0, content=found[part]) for part in (1, 2))
    span = Token("span_open", "span", 1, attrs={"lang": "en"})
    return [before, span, behind, Token("span_close", "span", -1)]


def mark_english(tokens: list[Token]) -> None:
    """In a bilingual document, mark the English counterpart of each paragraph; it stays with the paragraph."""
    above: Token | None = None
    for index, token in enumerate(tokens):
        if token.type != "paragraph_open":
            continue
        if not is_english(tokens[index + 1].children or []):
            tokens[index + 1].children = mark_english_lines(tokens[index + 1].children or [])
            above = token
            continue
        if above is not None and above is tokens[index - 3] and not above.hidden:
            above.attrJoin("class", "lead")
        target = token
        if token.hidden and index and tokens[index - 1].type == "list_item_open":
            target = tokens[index - 1]  # the paragraphs of a tight list are not written
        target.attrs["class"] = "en"
        target.attrs["lang"] = "en"
    for opening, inside in _blocks(tokens, "blockquote_open"):
        paragraphs = [token for token in inside if token.type == "paragraph_open"]
        if paragraphs and all(token.attrs.get("lang") == "en" for token in paragraphs):
            opening.attrs["class"] = "en"


def _blocks(tokens: list[Token], kind: str) -> Iterator[tuple[Token, list[Token]]]:
    for index, token in enumerate(tokens):
        if token.type == kind:
            end = next(
                i for i in range(index + 1, len(tokens)) if tokens[i].level == token.level and tokens[i].nesting < 0
            )
            yield token, tokens[index + 1 : end]


def mark_figures(tokens: list[Token]) -> None:
    """A picture that is a paragraph by itself, and the paragraphs under it that are its caption: a bold title and words."""
    captions = False
    above: Token | None = None  # a caption: the one in the other language stays with it
    for index, token in enumerate(tokens):
        if token.type != "paragraph_open":
            captions = captions and token.type in ("inline", "paragraph_close")
            continue
        children = [child for child in tokens[index + 1].children or [] if child.type != "text" or child.content]
        if [child.type for child in children] == ["image"]:
            token.attrJoin("class", "figure")
            captions, above = True, None
        elif captions and children and children[0].type == "strong_open":
            token.attrJoin("class", "caption")
            if above is not None:
                above.attrJoin("class", "lead")
            above = token
        else:
            captions = False


def shorten_heads(tokens: list[Token]) -> None:
    """The running head has room for so much of a long heading: `h2[data-head]` in print.css."""
    for token, content in pairwise(tokens):
        text = plain_text(content.children or []) if token.type == "heading_open" and token.tag == "h2" else ""
        if text_width(text) > _HEAD:
            first = _CHINESE_FIRST.match(text)
            if first and text_width(first[1]) <= _HEAD:  # of two languages one is enough
                token.attrs["data-head"] = first[1]
                continue
            while text_width(text) > _HEAD - 1:
                text = text[:-1]
            token.attrs["data-head"] = f"{text.rstrip()}…"


def mark_ends(tokens: list[Token]) -> None:
    """Mark the text that ends a paragraph of more than a line."""
    for token in tokens:
        last = token.children[-1] if token.type == "inline" and token.children else None
        if last is not None and last.type == "text" and text_width(plain_text(token.children or [])) > _LINE:
            last.meta["ends"] = True


def keep_closing_lines(tokens: list[Token]) -> None:
    """The line that ends a section (an answer and its marks) does not begin a page: what it belongs to comes with it."""
    blocks = [at for at, token in enumerate(tokens) if token.level == 0 and token.nesting > 0]
    for at, behind in zip(blocks, [*blocks[1:], len(tokens)], strict=False):
        ends = behind == len(tokens) or tokens[behind].type == "heading_open"
        follows = at > 0 and tokens[at - 1].type == "paragraph_close" and tokens[at].type == "paragraph_open"
        if ends and follows and text_width(plain_text(tokens[at + 1].children or [])) <= _LINE:
            tokens[at].attrJoin("class", "closing")


def mark_breaks(tokens: list[Token]) -> None:
    """Mark the text of paragraphs: a long working in it may be broken, one in a cell may not."""
    for before, token in pairwise(tokens):
        if before.type == "paragraph_open":
            for text in token.children or []:
                text.meta["breaks"] = True


def keep_last_section(tokens: list[Token]) -> None:
    """The last section of a document, if it is a few paragraphs (the answers), stays on one page."""
    begin = max((i for i, token in enumerate(tokens) if token.type == "heading_open"), default=len(tokens))
    openings = [token for token in tokens[begin:] if token.level == 0 and token.nesting == 1][1:]
    if len(openings) <= _FEW and all(token.type == "paragraph_open" for token in openings):
        for token in openings[:-1]:
            token.attrJoin("class", "lead")


def mark_leads(tokens: list[Token]) -> None:
    """Mark paragraphs that must not end a page (before a formula or a table; a line under a heading), those
    that begin with a bold word as with a heading of their own, and those with a line of a program, which are not torn apart to fill
    their line."""
    for index, token in enumerate(tokens):
        if token.type != "paragraph_open":
            continue
        children = [child for child in tokens[index + 1].children or [] if child.type != "text" or child.content]
        kinds = [child.type for child in children]
        under_heading = index > 0 and tokens[index - 1].type == "heading_close"
        introduces = index + 3 < len(tokens) and tokens[index + 3].type in ("math_block", "table_open")
        one_line = text_width(plain_text(children)) < _LINE
        if introduces or (under_heading and (kinds == ["code_inline"] or one_line)):
            token.attrJoin("class", "lead")
        codes = [child.content for child in children if child.type == "code_inline"]
        if any(" " in code and text_width(code) > _PROGRAM for code in codes):
            token.attrJoin("class", "program")
        if kinds[:1] == ["strong_open"]:
            token.attrJoin("class", "run-in")
