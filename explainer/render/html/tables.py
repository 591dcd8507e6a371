"""Tables: alignment as classes, and, for the PDF, fewer elements and known widths where a table is long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it.token import Token

from explainer.render.html.cjk_text import CJK, plain_text, text_width

_LONG = 120  # rows from which a table gets fixed columns: measuring every cell costs a fifth of the time
_SHORT = 7.0  # em: a heading of one word is not broken
_NAME = 8  # a name in code as short as this stays in one piece: layer1, conv1
NAME_IN_TEXT = 14  # and one behind words, which can stand in a line of its own: classifier.0
_PADDING = 1.2
_LINE = 51.0  # what a line of a table holds, in em of its type
_ROOMY = 0.95  # of a line: so wide a table surely fits without a break, whatever the letters
_SMALLEST = 0.72  # of a table's usual type: 6.4 pt
_BREAKS = re.compile(f"\\s+|(?<={CJK.pattern})|(?={CJK.pattern})")


@dataclass
class _Table:
    """What its columns hold: the longest cell of each, and the longest piece that cannot be broken."""

    opening: Token
    widths: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    rows: int = 0
    formulas: bool = False

    @property
    def in_one_line(self) -> bool:
        """Whether every row fits on a line by far: nobody need look where a cell could break, which is measured letter by letter."""
        return not self.formulas and sum(width + _PADDING for width in self.widths) < _ROOMY * _LINE

    def add(self, column: int, text: str, *, whole: bool, code: bool) -> None:
        while len(self.widths) <= column:
            self.widths.append(1.0)
            self.least.append(1.0)
        width = text_width(text)
        self.widths[column] = max(self.widths[column], width)
        if not code:  # code may break anywhere
            piece = width if whole else max((text_width(part) for part in _BREAKS.split(text)), default=0.0)
            self.least[column] = max(self.least[column], piece)


def mark_tables(tokens: list[Token], *, compact: bool) -> None:
    """Put classes on cells; `compact` for a renderer that pays by the element."""
    tables: dict[int, _Table] = {}
    for table, column, cell, content in _cells(tokens):
        children = content.children or []
        align = str(cell.attrs.pop("style", "")).removeprefix("text-align:")
        names = [{"right": "r", "center": "c"}.get(align, "l")]
        text = plain_text(children)
        if cell.type == "th_open" and text_width(text) <= _SHORT:
            names.append("short")
        if compact and len(children) == 1 and children[0].type == "code_inline":
            children[0].type, children[0].tag = "text", ""
            names.append("code")
            if text_width(text) <= _NAME:
                names.append("short")
        cell.attrs["class"] = " ".join(names)
        if compact:
            code = "code" in names or any(child.type == "code_inline" for child in children)
            prose = " ".join(child.content for child in children if child.type == "text") if code else text
            whole = "short" in names or (align == "right" and cell.type == "td_open")
            table.add(column, text, whole=whole, code="code" in names and "short" not in names)
            if code and "code" not in names:
                table.add(column, prose, whole=False, code=False)
                for child in children:
                    if child.type == "code_inline" and (width := text_width(child.content)) <= NAME_IN_TEXT:
                        child.attrSet("class", "w")
                        table.least[column] = max(table.least[column], width)
            tables[id(table)] = table
            table.formulas |= any(child.type.startswith("math") for child in children)
    for table in tables.values():
        table.opening.meta["whole"] = table.in_one_line
        table.opening.meta["least"] = [width + _PADDING for width in table.least]
        if table.rows >= _LONG:
            table.opening.meta["widths"] = [width + _PADDING for width in table.widths]


def classes(opening: Token) -> str:
    """`fixed` for a table with known columns, `whole` for one whose cells need no break."""
    names = ["fixed"] * bool(opening.meta.get("widths")) + ["whole"] * bool(opening.meta.get("whole"))
    return f' class="{" ".join(names)}"' if names else ""


def columns(opening: Token) -> str:
    """The `<colgroup>` of a long table, its columns as wide as their longest cells ask."""
    widths = _fitted(opening.meta.get("widths", []), opening.meta.get("least", []))
    total = sum(widths)
    cols = "".join(f'<col style="width:{100 * width / total:.2f}%"/>' for width in widths)
    return f"<colgroup>{cols}</colgroup>" if cols else ""


def type_size(opening: Token) -> float:
    """How much smaller a table is set so that what cannot be broken stands within the page; 1.0 where there is room."""
    least = sum(opening.meta.get("least", []))
    return max(_SMALLEST, min(1.0, _LINE / least)) if least else 1.0


def _fitted(widths: list[float], least: list[float]) -> list[float]:
    """The widest columns give way, so that the narrow ones need no second line; none below what cannot be broken."""
    if sum(widths) <= _LINE:
        return widths
    fixed: dict[int, float] = {}
    while True:
        room = _LINE - sum(fixed.values())
        free = [index for index in range(len(widths)) if index not in fixed]
        cap = _cap([widths[index] for index in free], room)
        tight = [index for index in free if min(widths[index], cap) < least[index]]
        if not tight:
            return [fixed.get(index, min(width, cap)) for index, width in enumerate(widths)]
        fixed |= {index: least[index] for index in tight}


def _cap(widths: list[float], room: float) -> float:
    """The width above which a column gives way, so that all of them fill the room."""
    cap = room
    for index, width in enumerate(sorted(widths)):
        cap = room / (len(widths) - index)
        if width > cap:
            break
        room -= width
    return max(cap, 0.0)


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
