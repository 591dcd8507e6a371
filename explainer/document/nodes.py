"""A lesson's content, block by block, in one language or in two; knows nothing of formats.

Text that differs between the languages is `Words`: one entry for each language of the document. What reads alike
(numbers, headings that carry both languages in one line) is a single `Text`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explainer.formula.tree import Expr
from explainer.i18n.bilingual import Lang


@dataclass(frozen=True)
class Code:
    """A name or a line as it stands in a program."""

    text: str


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


@dataclass(frozen=True)
class Heading:
    level: int
    text: Text


@dataclass(frozen=True)
class Paragraph:
    words: Words


@dataclass(frozen=True)
class Note:
    """A remark set off from the text; `alarm` for what must not be overlooked."""

    words: Words
    alarm: bool = False


@dataclass(frozen=True)
class Bullets:
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
class Equation:
    """Rows aligned at "="."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """align: `l`, `r` or `c` for each column."""

    header: tuple[Text, ...]
    align: str
    rows: tuple[tuple[Text, ...], ...]


Block = Heading | Paragraph | Note | Bullets | Equation | Table


@dataclass(frozen=True)
class Document:
    """langs: the languages in reading order. times: the sign between factors, `·` or `×`."""

    langs: tuple[Lang, ...]
    title: Text
    subtitle: Text
    blocks: tuple[Block, ...]
    times: str = "·"
