"""Tables: alignment as classes, and, for the PDF, fewer elements and known widths where a table is long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it.token import Token

from explainer.render.page_text import is_cjk, plain_text

_LONG = 120  # rows from which a table gets fixed columns: measuring every cell costs a fifth of the time
_PADDING = 1.2
_WIDEST = 32.0


@dataclass
class _Table:
    opening: Token
    widths: list[float] = field(default_factory=list)
    rows: int = 0

    def add(self, column: int, width: float) -> None:
        while len(self.widths) <= column:
            self.widths.append(1.0)
        self.widths[column] = max(self.widths[column], min(width, _WIDEST))


def mark_tables(tokens: list[Token], *, compact: bool) -> None:
    """Put classes on cells; `compact` for a renderer that pays by the element."""
    for table, column, cell, content in _cells(tokens):
        children = content.children or []
        align = str(cell.attrs.pop("style", "")).removeprefix("text-align:")
        names = [{"right": "r", "center": "c"}.get(align, "l")]
        if compact and len(children) == 1 and children[0].type == "code_inline":
            children[0].type, children[0].tag = "text", ""
            names.append("code")
        cell.attrs["class"] = " ".join(names)
        if compact:
            table.add(column, _width(plain_text(children)))
            if table.rows >= _LONG:
                table.opening.meta["widths"] = table.widths


def columns(opening: Token) -> str:
    """The `<colgroup>` of a long table, its columns as wide as their longest cells ask."""
    widths = [width + _PADDING for width in opening.meta.get("widths", ())]
    total = sum(widths)
    cols = "".join(f'<col style="width:{100 * width / total:.2f}%"/>' for width in widths)
    return f"<colgroup>{cols}</colgroup>" if cols else ""


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


def _width(text: str) -> float:
    """Roughly, in em."""
    return sum(1.0 if is_cjk(character) else 0.52 for character in text)
