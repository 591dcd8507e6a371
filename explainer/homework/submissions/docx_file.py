"""Word: paragraphs and tables in the order of the page; formulas of the equation editor as one line of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from explainer.homework.submissions.base import MAX_BYTES, MAX_ROWS, Broken, Found
from explainer.homework.submissions.lines import LineReader
from explainer.homework.submissions.numbering import Numbering
from explainer.homework.submissions.office import NOT_OFFICE, opened
from explainer.homework.submissions.omml import WORD, linear, tag
from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NO_ANSWERS = Bi(
    zh="文档中没有找到答案；请按“features.0.params：1792”的格式书写，或者用题目、答案两列的表格。",
    en="The document has no answers that could be found; write them as 'features.0.params: 1792' or in a table of questions and answers.",
)


def read_docx(content: bytes, *, on_sheet: bool = False) -> list[Found]:
    """Raises Broken where the file is damaged. on_sheet: the answers go by their numbers."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    archive = opened(content, ".docx")
    try:
        root = fromstring(archive.read("word/document.xml")[:MAX_BYTES])
        body = root.find(f"{WORD}body")
        found = Found()
        founds = _blocks(body, found, Numbering(archive), on_sheet) if body is not None else [found]
    except (KeyError, ParseError, DefusedXmlException, RecursionError) as error:
        raise Broken(NOT_OFFICE.format(ending=".docx")) from error
    if len(founds) == 1 and not found.entries:
        found.problems.append(NO_ANSWERS)
    return founds if found.entries or len(founds) == 1 else founds[1:]


def _blocks(body: Element, found: Found, numbering: Numbering, on_sheet: bool) -> list[Found]:
    """Paragraphs are read as lines, with the numbers that Word itself puts before them; each table as a table."""
    reader = LineReader(found, markdown=False, on_sheet=on_sheet)
    lines: list[str] = []
    for block in _flat(body):
        if tag(block) == "p":
            text = linear(block).splitlines() or [""]
            lines += [numbering.of(block) + text[0], *text[1:]]
            continue
        reader.feed("\n".join(lines))
        lines = []
        rows = block.findall(f"{WORD}tr")[:MAX_ROWS]
        reader.table([[_cell(cell) for cell in row.findall(f"{WORD}tc")] for row in rows])
    reader.feed("\n".join(lines))
    return reader.close()


def _flat(body: Element) -> Iterator[Element]:
    """Paragraphs and tables; content controls are looked into."""
    for child in body:
        if tag(child) in ("p", "tbl"):
            yield child
        elif tag(child) in ("sdt", "sdtContent"):
            yield from _flat(child)


def _cell(cell: Element) -> str:
    return "\n".join(text for part in cell.iter(f"{WORD}p") if (text := linear(part).strip()))
