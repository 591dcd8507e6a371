"""Markdown ⇒ the parts of a page: title, subtitle, headings and body, in HTML that is safe whoever wrote the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from explainer.render.html.cjk_text import (
    close_up,
    guess_language,
    plain_text,
    split_lines,
)
from explainer.render.html.marks import (
    keep_closing_lines,
    keep_last_section,
    mark_breaks,
    mark_ends,
    mark_english,
    mark_english_behind,
    mark_figures,
    mark_leads,
    shorten_heads,
)
from explainer.render.html.parser import markdown_parser
from explainer.render.html.tables import mark_tables

FormulaSetter = Callable[[str, bool], str]
"""How a formula is set: (LaTeX, displayed?) ⇒ HTML."""

_COMMENT = re.compile(r"\A\ufeff?\s*<!--\s*explainer\b(.*?)-->[ \t]*\n?", re.DOTALL)
_CONTENTS = re.compile(r"\bcontents=[\"']?screen\b")
_ENGLISH_TITLE = re.compile("\u3000(?=[A-Za-z])")  # of a bilingual page: a line of its own
_LANG = re.compile(r"\blang=[\"']?([a-z,]+)")
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
    parser = markdown_parser()
    environment: dict[str, Any] = {"formula": formula, "base": base, "pictures": pictures or {}, "placed": placed}
    tokens = parser.parse(text, environment)
    for token in tokens:
        if token.type == "inline" and token.children:
            token.children = split_lines(token.children)
            close_up(token.children)
    headings = _number_headings(tokens, parser, environment)
    title, title_html, subtitle_html = _take_title(tokens, parser, environment)
    if len(languages) > 1:
        subtitle_html = _ENGLISH_TITLE.sub("<br/>", subtitle_html)
        mark_english(tokens)
        mark_english_behind(tokens)
    mark_leads(tokens)
    mark_breaks(tokens)
    if compact:
        mark_ends(tokens)
        keep_closing_lines(tokens)
        shorten_heads(tokens)
        keep_last_section(tokens)
    mark_figures(tokens)
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
