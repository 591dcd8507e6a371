"""Word: paragraphs and tables in the order of the page; formulas of the equation editor as one line of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from explainer.homework.submissions.base import MAX_BYTES, Broken, Found
from explainer.homework.submissions.lines import read_lines
from explainer.homework.submissions.office import NOT_OFFICE, opened
from explainer.homework.submissions.omml import WORD, linear, tag
from explainer.homework.submissions.tables import read_rows
from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NO_ANSWERS = Bi(
    zh="文档中没有找到答案；请写成“features.0.params：1792”的样子，或者用题目、答案两列的表格。",
    en="The document has no answers that could be found; write them as 'features.0.params: 1792' or in a table of questions and answers.",
)
MAX_CHARACTERS = 2_000_000


def read_docx(content: bytes) -> list[Found]:
    """Raises Broken where the file is damaged."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    archive = opened(content, ".docx")
    try:
        root = fromstring(archive.read("word/document.xml")[:MAX_BYTES])
        body = root.find(f"{WORD}body")
        found = Found()
        several = _blocks(body, found) if body is not None else []
    except (KeyError, ParseError, DefusedXmlException, RecursionError) as error:
        raise Broken(NOT_OFFICE.format(ending=".docx")) from error
    if not found.entries and not several:
        found.problems.append(NO_ANSWERS)
    return [found, *several] if found.entries or not several else several


def _blocks(body: Element, found: Found) -> list[Found]:
    """Runs of paragraphs are read as lines, each table as a table."""
    several: list[Found] = []
    lines: list[str] = []
    for block in _flat(body):
        if tag(block) == "p":
            lines += linear(block).splitlines() or [""]
            continue
        read_lines("\n".join(lines)[:MAX_CHARACTERS], found, markdown=False)
        lines = []
        rows = [[_cell(cell) for cell in row.findall(f"{WORD}tc")] for row in block.findall(f"{WORD}tr")]
        several += [one for one in read_rows(rows, found) if one is not found]
    read_lines("\n".join(lines)[:MAX_CHARACTERS], found, markdown=False)
    return several


def _flat(body: Element) -> Iterator[Element]:
    """Paragraphs and tables; content controls are looked into."""
    for child in body:
        if tag(child) in ("p", "tbl"):
            yield child
        elif tag(child) in ("sdt", "sdtContent"):
            yield from _flat(child)


def _cell(cell: Element) -> str:
    return "\n".join(text for part in cell.iter(f"{WORD}p") if (text := linear(part).strip()))
