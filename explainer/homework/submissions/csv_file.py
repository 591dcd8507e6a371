"""CSV: separated by comma, semicolon or tab; an unquoted 2,359,808 is joined back together."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import islice

from explainer.homework.expressions import expression
from explainer.homework.submissions.base import MAX_ANSWER, MAX_ROWS, Found, squeezed, stated
from explainer.homework.submissions.decode import decoded
from explainer.homework.submissions.tables import ANSWER, first, heads, read_rows

MAX_CELL = 1_000_000
MAX_CELLS_OF_A_ROW = 10_000  # an unquoted answer may have commas of its own
_BEGINS = expression(r"\s*+[\w.@\"]++\s*+")


def read_csv(content: bytes) -> list[Found]:
    """Raises Broken where the file is no text."""
    return read_csv_text(decoded(content))


def read_csv_text(text: str) -> list[Found]:
    """The answers of a CSV file; `# 学号: …` lines may stand before the heading."""
    found = Found()
    rest: list[str] = []
    for line in text.splitlines(keepends=True):
        if not rest and line.lstrip(' "').startswith("#"):
            said = stated(line[:1_000].replace(",", ":", 1) if ":" not in line and "：" not in line else line[:1_000])
            if said:
                found.say(*said)
            continue
        if rest or line.strip():
            rest.append(line)
    text = "".join(rest)
    comma = delimiter(text)
    rows = _rows(text, comma)
    return read_rows(_joined(rows, comma), found)


def delimiter(text: str) -> str:
    """What separates the cells: that which makes a heading of one of the first lines; else what most lines have."""
    lines = [line[:MAX_ANSWER] for line in islice(text.splitlines(), 20) if line.strip()]
    candidates = (",", ";", "\t", "，", "；")
    for line in lines:
        for candidate in candidates:
            if heads([cell.strip(' "') for cell in line.split(candidate)]):
                return candidate
    begun = [line[found.end()] for line in lines if (found := _BEGINS.match(line)) and found.end() < len(line)]
    tabbed = sum(found[0].endswith("\t") for line in lines if (found := _BEGINS.match(line)))
    named = {candidate: begun.count(candidate) + (tabbed if candidate == "\t" else 0) for candidate in candidates}
    return max(candidates, key=lambda candidate: named[candidate])


def _rows(text: str, comma: str) -> list[list[str]]:
    """The cells; where the quotes do not pair, line by line and the quotes as they stand."""
    limit = csv.field_size_limit(MAX_CELL)
    try:
        try:
            return _limited(csv.reader(text.splitlines(keepends=True), delimiter=comma, strict=True))
        except csv.Error:
            lines = (line[:MAX_CELL] for line in text.splitlines())
            return _limited([cell.strip().strip('"') for cell in line.split(comma)] for line in lines)
    finally:
        csv.field_size_limit(limit)


def _limited(reader: Iterable[list[str]]) -> list[list[str]]:
    """One row more than are read, so that it is told where there are more."""
    return [row[:MAX_CELLS_OF_A_ROW] for row in islice(reader, MAX_ROWS + 1)]


def _joined(rows: list[list[str]], comma: str) -> list[list[str]]:
    """Cells too many belong to the answer, whose own commas parted them."""
    head = next((row for row in rows if heads(row)), None)
    if head is None:
        return [[row[0], comma.join(row[1:])] if len(row) > 2 else row for row in rows]
    if not any(cell for cell in head) or len(head) < 2:
        return rows
    at = answer_column(head)
    if at is None:
        return rows
    joined = []
    for row in rows:
        row, extra = _shorter(row, len(head), at == len(head) - 1)
        joined.append([*row[:at], comma.join(row[at : at + extra + 1]), *row[at + extra + 1 :]] if extra > 0 else row)
    return joined


def _shorter(row: list[str], columns: int, last: bool) -> tuple[list[str], int]:
    """(the row without needless empty cells at its end, how many it then has too many)."""
    end = len(row)
    while end > columns and not row[end - 1].strip() and (last or not row[end - 2].strip()):
        end -= 1
    return row[:end], end - columns


def answer_column(head: list[str]) -> int | None:
    """Where the answers stand, by the heading."""
    return first([squeezed(cell) for cell in head], ANSWER)
