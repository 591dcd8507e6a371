"""Markdown ⇒ the parts of a page: title, subtitle, headings and body, in HTML that is safe whoever wrote the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from explainer.render.html.cjk_text import (
    close_up,
    guess_language,
    is_cjk,
    is_english,
    mark_english_lines,
    plain_text,
    split_lines,
    text_width,
)
from explainer.render.html.tables import mark_tables
from explainer.render.html.token_rules import RENDER_RULES

FormulaSetter = Callable[[str, bool], str]
"""How a formula is set: (LaTeX, displayed?) ⇒ HTML."""

_COMMENT = re.compile(r"\A\ufeff?\s*<!--\s*explainer\b(.*?)-->[ \t]*\n?", re.DOTALL)
_CONTENTS = re.compile(r"\bcontents=[\"']?screen\b")
_LANG = re.compile(r"\blang=[\"']?([a-z,]+)")
_LINE = 40.0  # em: a paragraph that is shorter stands on one line
_HEAD = 24.0  # em: what the running head holds
_FEW = 8  # paragraphs that go onto one page together
_SLUG_DROPS = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Heading:
    """An entry of the table of contents."""

    level: int
    id: str
    html: str
    text: str


@dataclass
class Page:
    """A document ready to be put into a page template."""

    languages: tuple[str, ...]
    title: str
    title_html: str
    subtitle_html: str
    body: str
    headings: list[Heading] = field(default_factory=list)

    @property
    def language(self) -> str:
        return self.languages[0]

    @property
    def label_language(self) -> str:
        """`zh,en` for a page in both: its few words of its own stand in both too."""
        return ",".join(self.languages) if self.languages == ("zh", "en") else self.languages[0]


def read_page(
    markdown: str,
    *,
    base: Path | None,
    formula: FormulaSetter,
    compact: bool = False,
    pictures: Mapping[str, Callable[[], str]] | None = None,
    placed: Callable[[str], str] | None = None,
) -> Page:
    """Parse and render a document; `compact` for a renderer that pays by the element; placed: what stands for an SVG.

    pictures: drawings of ours by their address; all others are looked for in `base`, and are nobody's to be trusted.
    """
    readable = markdown.encode("utf-8", "replace").decode("utf-8")  # half a character cannot be written
    text, languages = _strip_comment(readable)
    parser = _parser()
    environment: dict[str, Any] = {"formula": formula, "base": base, "pictures": pictures or {}, "placed": placed}
    tokens = parser.parse(text, environment)
    for token in tokens:
        if token.type == "inline" and token.children:
            token.children = split_lines(token.children)
            close_up(token.children)
    headings = _number_headings(tokens, parser, environment)
    title, title_html, subtitle_html = _take_title(tokens, parser, environment)
    if len(languages) > 1:
        _mark_english(tokens)
    _mark_leads(tokens)
    if compact:
        _mark_ends(tokens)
        _shorten_heads(tokens)
        _keep_last_section(tokens)
    _mark_figures(tokens)
    mark_tables(tokens, compact=compact)
    body = parser.renderer.render(tokens, parser.options, environment)
    return Page(languages, title, title_html, subtitle_html, body, headings)


def contents_printed(markdown: str) -> bool:
    """Whether the document wants its table of contents on paper too: a handout of a few pages has none."""
    match = _COMMENT.match(markdown)
    return not (match and _CONTENTS.search(match[1]))


def _strip_comment(markdown: str) -> tuple[str, tuple[str, ...]]:
    match = _COMMENT.match(markdown)
    text = markdown[match.end() :] if match else markdown.removeprefix("\ufeff")
    found = _LANG.search(match[1]) if match else None
    languages = tuple(name for name in found[1].split(",") if name in ("zh", "en")) if found else ()
    return text, languages or (guess_language(text),)


# ---------------------------------------------------------------------- parser


def _parser() -> MarkdownIt:
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.dollarmath.index import math_block_dollar, math_inline_dollar

    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True})
    parser.enable(["table", "strikethrough"])
    parser.use(
        dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, allow_blank_lines=False,
        double_inline=True,
    )  # fmt: skip
    _let_formulas_end_paragraphs(parser, math_block_dollar(allow_labels=False, allow_blank_lines=False))
    begins = math_inline_dollar(allow_space=False, allow_digits=True, allow_double=True)
    within = math_inline_dollar(allow_space=False, allow_digits=False, allow_double=True)
    _let_formulas_begin_a_text(parser, begins, within)
    parser.inline.ruler.at("emphasis", _emphasis)
    # Every address is read as one, and judged when it is written: a refused link keeps its words.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    for name, rule in RENDER_RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _let_formulas_end_paragraphs(parser: MarkdownIt, rule: Callable[[StateBlock, int, int, bool], bool]) -> None:
    """A formula may stand right under a line of text, as a list or a table may."""

    def formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        count, line = len(state.tokens), state.line
        found = rule(state, start, end, silent)
        if silent:  # only asked whether one begins here, which the plugin's rule does not heed
            del state.tokens[count:]
            state.line = line
        return found

    parser.block.ruler.at("math_block", formula, {"alt": ["paragraph", "blockquote", "list"]})


def _let_formulas_begin_a_text(
    parser: MarkdownIt, begins: Callable[[StateInline, bool], bool], within: Callable[[StateInline, bool], bool]
) -> None:
    """A formula at the very beginning, as in `$9d$ → 0`.

    The plugin's rule against digits before a formula reads the text's last character there, since it looks at place −1.
    """

    def formula(state: StateInline, silent: bool) -> bool:
        if state.pos > 0:
            return within(state, silent)
        count = len(state.tokens)
        if not begins(state, silent):
            return False
        if state.pos < state.posMax and state.src[state.pos].isdigit():
            del state.tokens[count:]
            state.pos = 0
            return False
        return True

    parser.inline.ruler.at("math_inline", formula)


def _emphasis(state: StateInline, silent: bool) -> bool:
    """`**注意：**请…`: beside Chinese, * may open and close without the spaces that CommonMark counts on."""
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    before = state.src[state.pos - 1] if state.pos else " "
    end = state.pos + scanned.length
    after = state.src[end] if end < state.posMax else " "
    free = marker == "*" and not before.isspace() and not after.isspace() and (is_cjk(before) or is_cjk(after))
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker), length=scanned.length, token=len(state.tokens) - 1, end=-1,
                open=scanned.can_open or free, close=scanned.can_close or free,
            )
        )  # fmt: skip
    state.pos = end
    return True


# ------------------------------------------------------- passes over tokens


def _inline(parser: MarkdownIt, children: Sequence[Token], environment: dict[str, Any]) -> str:
    renderer = cast(RendererHTML, parser.renderer)
    return renderer.renderInline(children, parser.options, environment)


def _number_headings(tokens: list[Token], parser: MarkdownIt, environment: dict[str, Any]) -> list[Heading]:
    """Give headings the anchors GitHub gives them; list those of the table of contents."""
    headings: list[Heading] = []
    seen: dict[str, int] = {}
    for token, content in pairwise(tokens):
        if token.type != "heading_open":
            continue
        children = content.children or []
        text = plain_text(children)
        anchor = _unique(_SLUG_DROPS.sub("", text.lower()).replace(" ", "-").strip("-") or "section", seen)
        token.attrs["id"] = anchor
        level = int(token.tag[1])
        if level in (2, 3):
            unlinked = [child for child in children if child.type not in ("link_open", "link_close")]
            headings.append(Heading(level, anchor, _inline(parser, unlinked, environment), text))
    return headings


def _unique(slug: str, seen: dict[str, int]) -> str:
    while slug in seen:
        seen[slug] += 1
        slug = f"{slug}-{seen[slug]}"
    seen[slug] = 0
    return slug


def _take_title(tokens: list[Token], parser: MarkdownIt, environment: dict[str, Any]) -> tuple[str, str, str]:
    """Lift the first H1, and an emphasised paragraph right after it, out of the body."""
    start = next((i for i, t in enumerate(tokens) if t.type == "heading_open" and t.tag == "h1"), None)
    if start is None:
        return "", "", ""
    children = tokens[start + 1].children or []
    title, title_html = plain_text(children), _inline(parser, children, environment)
    end, subtitle_html = start + 3, ""
    if end + 1 < len(tokens) and tokens[end].type == "paragraph_open":
        inner = _all_emphasised(tokens[end + 1].children or [])
        if inner:
            subtitle_html = _inline(parser, inner, environment)
            end += 3
    del tokens[start:end]
    return title, title_html, subtitle_html


def _all_emphasised(children: list[Token]) -> list[Token]:
    """The content of a paragraph that is one *emphasis* from end to end."""
    kept = [child for child in children if not (child.type == "text" and not child.content)]
    if len(kept) < 3 or kept[0].type != "em_open" or kept[-1].type != "em_close":
        return []
    depth = 0
    for child in kept[:-1]:
        depth += {"em_open": 1, "em_close": -1}.get(child.type, 0)
        if depth == 0:
            return []
    return kept[1:-1]


def _mark_english(tokens: list[Token]) -> None:
    """In a bilingual document, mark the English counterpart of each paragraph."""
    for index, token in enumerate(tokens):
        if token.type != "paragraph_open":
            continue
        if not is_english(tokens[index + 1].children or []):
            tokens[index + 1].children = mark_english_lines(tokens[index + 1].children or [])
            continue
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


def _mark_figures(tokens: list[Token]) -> None:
    """A picture that is a paragraph by itself, and the paragraphs under it that are its caption: a bold title and words."""
    captions = False
    for index, token in enumerate(tokens):
        if token.type != "paragraph_open":
            captions = captions and token.type in ("inline", "paragraph_close")
            continue
        children = [child for child in tokens[index + 1].children or [] if child.type != "text" or child.content]
        if [child.type for child in children] == ["image"]:
            token.attrJoin("class", "figure")
            captions = True
        elif captions and children and children[0].type == "strong_open":
            token.attrJoin("class", "caption")
        else:
            captions = False


def _shorten_heads(tokens: list[Token]) -> None:
    """The running head has room for so much of a long heading: `h2[data-head]` in print.css."""
    for token, content in pairwise(tokens):
        text = plain_text(content.children or []) if token.type == "heading_open" and token.tag == "h2" else ""
        if text_width(text) > _HEAD:
            while text_width(text) > _HEAD - 1:
                text = text[:-1]
            token.attrs["data-head"] = f"{text.rstrip()}…"


def _mark_ends(tokens: list[Token]) -> None:
    """Mark the text that ends a paragraph of more than a line."""
    for token in tokens:
        last = token.children[-1] if token.type == "inline" and token.children else None
        if last is not None and last.type == "text" and text_width(plain_text(token.children or [])) > _LINE:
            last.meta["ends"] = True


def _keep_last_section(tokens: list[Token]) -> None:
    """The last section of a document, if it is a few paragraphs (the answers), stays on one page."""
    begin = max((i for i, token in enumerate(tokens) if token.type == "heading_open"), default=len(tokens))
    openings = [token for token in tokens[begin:] if token.level == 0 and token.nesting == 1][1:]
    if len(openings) <= _FEW and all(token.type == "paragraph_open" for token in openings):
        for token in openings[:-1]:
            token.attrJoin("class", "lead")


def _mark_leads(tokens: list[Token]) -> None:
    """Mark paragraphs that must not end a page (before a formula or a table; a line under a heading), those
    that begin with a bold word as with a heading of their own, and lines of a program, which are not torn apart to fill their line."""
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
        if kinds == ["code_inline"]:
            token.attrJoin("class", "program")
        if kinds[:1] == ["strong_open"]:
            token.attrJoin("class", "run-in")
