"""How a token of Markdown is written as HTML where markdown-it's own way will not do."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from html import escape
from typing import Any
from urllib.parse import unquote

from markdown_it.token import Token

from explainer.render.html.cjk_text import plain_text, text_width
from explainer.render.html.images import data_uri, drawn
from explainer.render.html.tables import NAME_IN_TEXT, classes, columns, type_size

_SAFE_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)


def _inline_math(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    return str(env["formula"](tokens[index].content.strip(), False))


def _block_math(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    return f'<div class="formula">{env["formula"](tokens[index].content.strip(), True)}</div>\n'


def _double_math(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    return f'<span class="formula">{env["formula"](tokens[index].content.strip(), True)}</span>'


def _image(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    token = tokens[index]
    words = escape(plain_text(token.children or []))
    address = str(token.attrs.get("src", ""))
    drawing = drawn(unquote(address), env["base"], env["pictures"])
    if drawing is not None:
        return env["placed"](drawing) if env["placed"] else drawing
    source = data_uri(address, env["base"])
    if source is None:
        return f'<span class="no-image">[{words}]</span>' if words else ""
    return f'<img src="{source}" alt="{words}"/>'


def _link(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    href = str(tokens[index].attrs.get("href", ""))
    if not _SAFE_LINK.match(href):
        return "<a>"
    return f'<a href="{escape(unquote(href) if href.startswith("#") else href)}">'


def _table_open(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    cols = columns(tokens[index])
    scale = type_size(tokens[index])
    style = f' style="font-size:{100 * scale:.0f}%"' if scale < 1 else ""
    return f'<div class="table"><table{classes(tokens[index])}{style}>{cols}\n'


def _table_close(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    return "</table></div>\n"


def _fence(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    return f"<pre><code>{escape(tokens[index].content, quote=False)}</code></pre>\n"


def _code_inline(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """A short name goes to the next line whole, not torn at its dot."""
    token = tokens[index]
    whole = token.attrGet("class") == "w" or ("." in token.content and text_width(token.content) <= NAME_IN_TEXT)
    opening = '<code class="w">' if whole else "<code>"
    return f"{opening}{escape(token.content, quote=False)}</code>"


# 1792+36,928+…=14,714,688, set without spaces: it may break after a sign, never within a number.
_SUM = re.compile(r"[\d,.·×+=]{24,}")
_UNIT = re.compile(r"(?<=\d) (?=(?:[kMGTB]|[kMGT]i?B)\b)")
_END = re.compile(r"[\u4e00-\u9fff]{2}[\d,]*[。？：]$")
_RANGE = re.compile(r"[\d,]+～[\d,]+")
_SIGN = re.compile(r"(?<=\d)[+=](?=\d)")
# 64·224·224=3,211,264 or 1·1+2·0+4·(−1)+5·2=7 in a paragraph: broken behind a sign (GB 3102.11), where neither side is little.
_WORKING = re.compile(r"(?<![\d,.·×+−()=/])[\d(][\d,.·×+−()/=]{9,}")
_LITTLE = 4


def _broken(working: re.Match[str]) -> str:
    text, depth, last = working[0], 0, 0
    parts: list[str] = []
    for at, sign in enumerate(text[:-_LITTLE], 1):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and sign in "=+" and at - last > _LITTLE:
            parts.append(text[last:at])
            last = at
    return "<wbr/>".join([*parts, text[last:]])


def _text(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """A tick never begins a line, a number keeps its unit; a long sum breaks after its signs; the last characters of a Chinese
    paragraph stay together, since no line is for one of them."""
    text = escape(tokens[index].content, quote=False).replace(" ✓", "\u00a0✓").replace("1/√", "1/\u2060√")
    text = _RANGE.sub(r'<span class="w">\g<0></span>', _UNIT.sub("\u00a0", text))
    if tokens[index].meta.get("breaks"):
        text = _WORKING.sub(_broken, text)
    if tokens[index].meta.get("ends"):
        text = _END.sub(r'<span class="w">\g<0></span>', text)
    return _SUM.sub(lambda found: _SIGN.sub(lambda sign: f"{sign[0]}<wbr/>", found[0]), text)


RENDER_RULES: dict[str, Callable[..., str]] = {
    "text": _text,
    "math_inline": _inline_math,
    "math_inline_double": _double_math,
    "math_block": _block_math,
    "image": _image,
    "link_open": _link,
    "table_open": _table_open,
    "table_close": _table_close,
    "fence": _fence,
    "code_inline": _code_inline,
}
