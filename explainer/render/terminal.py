"""Document → a readable rendering in a terminal, with rich."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from explainer.document.nodes import (
    Bullets,
    Code,
    Document,
    Equation,
    Heading,
    Math,
    Note,
    Paragraph,
    Row,
    Strong,
    Table,
    Text,
)
from explainer.formula.printing import Plain, plain
from explainer.i18n.printable import visible
from explainer.render.blocks import written
from explainer.render.breaking import Broken
from explainer.render.long_sums import continued_with, in_lines

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text as RichText

MANY_COLUMNS = 6
WIDE = 62  # signs of a sum on one line: 80 columns, the label and the indent beside it


def print_document(document: Document, console: Console) -> None:
    """Write the document to the console; a pager is left to the user."""
    writer = _Writer(document)
    from rich.rule import Rule

    console.print(Rule(writer.styled(document.title, "bold")))
    console.print(writer.text(document.subtitle, "italic"), justify="center")
    for block in document.blocks:
        console.print()
        for part in chain.from_iterable(written(block, writer)):
            console.print(part)


class _Writer:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.plain = Plain(times=document.times)

    def heading(self, block: Heading) -> list[RenderableType]:
        return [self.text(block.text, {2: "bold underline"}.get(block.level, "bold"))]

    def paragraph(self, block: Paragraph) -> list[RenderableType]:
        return [self.text(words) for words in block.words.values()]

    def note(self, block: Note) -> list[RenderableType]:
        from rich.panel import Panel

        style = "bold red" if block.alarm else ""
        return [Panel(self.text(words, style)) for words in block.words.values()]

    def bullets(self, block: Bullets) -> list[RenderableType]:
        from rich.padding import Padding

        return [Padding(self.text(words), (0, 0, 0, 2)) for item in block.items for words in item.values()]

    def equation(self, block: Equation) -> list[RenderableType]:
        """Rows aligned at "="."""
        from rich.padding import Padding
        from rich.table import Table as RichTable

        grid = RichTable.grid()
        grid.add_column(justify="right", no_wrap=True)
        grid.add_column()
        for row in block.rows:
            left = row.left if isinstance(row.left, str) else plain(row.left, self.plain) if row.left else ""
            grid.add_row(row.lead + left, "\n".join(self.sides(row)))
        return [Padding(grid, (0, 0, 0, 4))]

    def sides(self, row: Row) -> list[str]:
        """` = a = b`, in one line; a sum that is too wide for it goes on in the next lines."""
        lines = [""]
        for expr in row.chain:
            first, *rest = in_lines(expr, WIDE)
            lines[-1] += f" = {plain(first, self.plain)}"
            lines += [f"   {continued_with(line)}{plain(line, self.plain)}" for line in rest]
        return lines

    def table(self, block: Table) -> list[RenderableType]:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table as RichTable

        sides = {"l": "left", "r": "right", "c": "center"}
        tight = (0, 0) if len(block.header) >= MANY_COLUMNS else (0, 1)
        rendered = RichTable(box=SIMPLE_HEAD, show_edge=False, padding=tight, pad_edge=False, collapse_padding=True)
        for title, side in zip(block.header, block.align, strict=True):
            numbers = side == "r"  # no line ends in them
            rendered.add_column(self.text(title), justify=sides[side], overflow="fold", no_wrap=numbers)  # type: ignore[arg-type]
        for row in block.rows:
            rendered.add_row(*(self.text(cell) for cell in row))
        return [rendered]

    def text(self, parts: Text, style: str = "") -> Broken:
        return Broken(self.styled(parts, style))

    def styled(self, parts: Text, style: str = "") -> RichText:
        from rich.text import Text as RichText

        text = RichText(style=style)
        for part in parts:
            match part:
                case str():
                    text.append(visible(part))
                case Code():
                    text.append(visible(part.text), style=f"cyan link {part.link}" if part.link else "cyan")
                case Strong():
                    text.append(part.text, style="bold")
                case Math():
                    text.append(plain(part.expr, self.plain), style="italic")
        return text
