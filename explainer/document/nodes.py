"""A lesson's content, block by block, in one language or in two; knows nothing of formats.

Text that differs between the languages is `Words`: one entry for each language of the document. What reads alike
(numbers, headings that carry both languages in one line) is a single `Text`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from explainer.formula.tree import Expr
from explainer.i18n.bilingual import Lang

_ADDRESS = re.compile(r"https://[\w.-]+(/[\w.~/+-]*)?(\?[\w=&+-]*)?(#[\w-]*)?", re.ASCII)


@dataclass(frozen=True)
class Code:
    """A name or a line as it stands in a program. address: of ours, an https address to which it is a link."""

    text: str
    address: str = ""

    @property
    def link(self) -> str:
        """The address, if nothing in it could be read as anything else."""
        return self.address if _ADDRESS.fullmatch(self.address) else ""


@dataclass(frozen=True)
class Math:
    """A formula in running text."""

    expr: Expr


@dataclass(frozen=True)
class Strong:
    """Set off from the running text."""

    text: str


Inline = str | Code | Math | Strong
Text = tuple[Inline, ...]
Words = Mapping[Lang, Text]


NOT_TEXT = {"not_text": True}  # a field whose string is no text of the document: field(metadata=NOT_TEXT)


class Block:
    """A part of a document.

    A new kind is a frozen dataclass of this base, in a file of its own if it likes: every string in its fields is text
    (see `texts.py`), and `simpler` says it in the kinds below, for the formats that have no method of its name.
    """

    def simpler(self) -> tuple[Block, ...]:
        """The same in simpler blocks. Every format has a method for the kinds in this file."""
        raise NotImplementedError(f"{type(self).__name__} needs a method `simpler`, or every format one of its name")


@dataclass(frozen=True)
class Heading(Block):
    level: int
    text: Text


@dataclass(frozen=True)
class Paragraph(Block):
    words: Words


@dataclass(frozen=True)
class Note(Block):
    """A remark set off from the text; `alarm` for what must not be overlooked."""

    words: Words
    alarm: bool = False


@dataclass(frozen=True)
class Bullets(Block):
    items: tuple[Words, ...]


@dataclass(frozen=True)
class Row:
    """left = chain[0] = chain[1] = …; no left: the row goes on from the one above.

    left: a word or a symbol; lead: a word before the symbol. labelled: roles stand under the numbers.
    """

    left: str | Expr | None
    chain: tuple[Expr, ...]
    labelled: bool = False
    lead: str = ""


@dataclass(frozen=True)
class Equation(Block):
    """Rows aligned at "="."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table(Block):
    """align: `l`, `r` or `c` for each column."""

    header: tuple[Text, ...]
    align: str = field(metadata=NOT_TEXT)
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True)
class Picture(Block):
    """A figure. What cannot show it leaves it out: all that it shows is in the text too.

    name: of its file, `volumes`. title, caption: its words. instead: what says the same where it cannot be shown and no text does. svg: draws it for a file, letters as outlines; inline: for a page that has our
    fonts; nothing is drawn before.
    """

    name: str = field(metadata=NOT_TEXT)
    title: Words
    caption: Words
    svg: Callable[[], str] = field(metadata=NOT_TEXT, compare=False)
    inline: Callable[[], str] = field(metadata=NOT_TEXT, compare=False)
    instead: tuple[Block, ...] = field(default=(), metadata=NOT_TEXT)

    def simpler(self) -> tuple[Block, ...]:
        return self.instead


@dataclass(frozen=True)
class Document:
    """langs: the languages in reading order. times: the sign between factors, `·` or `×`. contents: whether its printed form has a
    table of contents.
    """

    langs: tuple[Lang, ...]
    title: Text
    subtitle: Text
    blocks: tuple[Block, ...]
    times: str = "·"
    contents: bool = True
