"""Tables: alignment as classes, and, for the PDF, fewer elements and known widths where a table is long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it.token import Token

from explainer.render.html.cjk_text import plain_text, text_width

_LONG = 120  # rows from which a table gets fixed columns: measuring every cell costs a fifth of the time
_SHORT = 7.0  # em: a heading of one word is not broken
_PADDING = 1.2
_LINE = 51.0  # what a line of a table holds, in em of its type


@dataclass
class _Table:
    opening: Token
    widths: list[float] = field(default_factory=list)
    rows: int = 0

    def add(self, column: int, width: float) -> None:
        while len(self.widths) <= column:
            self.widths.append(1.0)
        self.widths[column] = max(self.widths[column], width)


def mark_tables(tokens: list[Token], *, compact: bool) -> None:
    """Put classes on cells; `compact` for a renderer that pays by the element."""
    for table, column, cell, content in _cells(tokens):
        children = content.children or []
        align = str(cell.attrs.pop("style", "")).removeprefix("text-align:")
        names = [{"right": "r", "center": "c"}.get(align, "l")]
        if cell.type == "th_open" and text_width(plain_text(children)) <= _SHORT:
            names.append("short")
        if compact and len(children) == 1 and children[0].type == "code_inline":
            children[0].type, children[0].tag = "text", ""
            names.append("code")
        cell.attrs["class"] = " ".join(names)
        if compact:
            table.add(column, text_width(plain_text(children)))
            if table.rows >= _LONG:
                table.opening.meta["widths"] = table.widths


def columns(opening: Token) -> str:
    """The `<colgroup>` of a long table, its columns as wide as their longest cells ask."""
    widths = _fitted([width + _PADDING for width in opening.meta.get("widths", ())])
    total = sum(widths)
    cols = "".join(f'<col style="width:{100 * width / total:.2f}%"/>' for width in widths)
    return f"<colgroup>{cols}</colgroup>" if cols else ""


def _fitted(widths: list[float]) -> list[float]:
    """The widest columns give way, so that the narrow ones need no second line."""
    cap, room = _LINE, _LINE
    narrow = sorted(widths)
    for index, width in enumerate(narrow):
        cap = room / (len(narrow) - index)
        if width > cap:
            break
        room -= width
    return [min(width, cap) for width in widths] if sum(widths) > _LINE else widths


def _cells(tokens: list[Token]) -> Iterator[tuple[_Table, int, Token, Token]]:
    table, column = None, 0
    for index, token in enumerate(tokens):
        if token.type == "table_open":
            table = _Table(token)
        elif token.type == "tr_open" and table is not None:
            table.rows, column = table.rows + 1, 0
        elif token.type in ("td_open", "th_open") and table is not None:
            yield table, column, token, tokens[index + 1]
            column += 1
