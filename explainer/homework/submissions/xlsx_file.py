"""Excel: numbers as they are stored, student numbers with their zeros, a typed formula as the formula."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from explainer.homework.expressions import expression
from explainer.homework.submissions.base import MAX_COLUMNS, MAX_ROWS, TOO_MANY_ROWS, Broken, Found
from explainer.homework.submissions.limits import TooLong
from explainer.homework.submissions.office import NOT_OFFICE, opened
from explainer.homework.submissions.tables import read_rows
from explainer.i18n.bilingual import Bi, same

MAX_SHEETS = 20
MAX_CELLS = 400_000  # that hold something, in all sheets
NO_ANSWERS = Bi(
    zh="工作簿中没有找到答案；请把表头写成 question,answer。",
    en="The workbook has no answers that could be found; head its columns question,answer.",
)
A_DATE = Bi(
    zh="单元格 {cell} 被Excel改成了日期；请把该单元格设为“文本”后重新填写。",
    en="Excel has turned cell {cell} into a date; format the cell as text and type the answer again.",
)
NOT_SAVED = Bi(
    zh="单元格 {cell} 的公式引用了别的单元格，而文件中没有它的结果；请填写算式或数值。",
    en="The formula in cell {cell} refers to other cells, and the file does not hold its result; give the working or the number.",
)

_REFERENCE = expression(
    r"\$?[A-Za-z]{1,3}\$?\d|(?<![A-Za-z])(?!(?:SUM|PRODUCT)\b)[A-Za-z]{2,}\s*\(|!|\[", re.IGNORECASE
)
_CALL = expression(r"\b(SUM|PRODUCT)\s{0,3}\(([^()]++)\)", re.IGNORECASE)


def read_xlsx(content: bytes) -> list[Found]:
    """Every visible sheet's answers. Raises Broken."""
    opened(content, ".xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _read(content)
        except (Broken, TooLong, MemoryError):
            raise
        except Exception as error:  # openpyxl fails on damaged files in as many ways as there are parts
            raise Broken(NOT_OFFICE.format(ending=".xlsx")) from error


def _read(content: bytes) -> list[Found]:
    found = Found()
    several: list[Found] = []
    unread: set[str] = set()
    with _opened(content, values=False) as typed, _opened(content, values=True) as stored:
        pairs = zip(_visible(typed), _visible(stored), strict=True)
        left, rows_left = MAX_CELLS, MAX_ROWS + 1
        for typed_sheet, stored_sheet in islice(pairs, MAX_SHEETS):
            rows: list[list[str]] = []
            for whole, stored_row in zip(_rows(typed_sheet), _rows(stored_sheet), strict=False):
                typed_row = _filled(whole)
                left, rows_left = left - len(typed_row), rows_left - 1
                if left < 0 or rows_left < 0:
                    found.problems.append(TOO_MANY_ROWS.format(rows=len(rows), columns=MAX_COLUMNS))
                    break
                rows.append(
                    [_text(cell, value, found, unread) for cell, value in zip(typed_row, stored_row, strict=False)]
                )
            several += [one for one in read_rows(rows, found) if one is not found]
    for one in (found, *several):
        for entry in one.entries:
            entry.unread = entry.text in unread
    if not found.entries and not several:
        found.problems.append(NO_ANSWERS)
    return [found, *several] if found.entries or not several else several


@contextmanager
def _opened(content: bytes, *, values: bool) -> Iterator[Any]:
    """The workbook with formulas as typed, or with the values stored beside them."""
    import io

    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values)
    try:
        yield book
    finally:
        book.close()


def _visible(book: Any) -> Iterator[Any]:
    return (sheet for sheet in book.worksheets if sheet.sheet_state == "visible")


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    return iter(sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS))


def _filled(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The cells up to the last that holds something."""
    end = len(row)
    while end and row[end - 1].value is None:
        end -= 1
    return row[:end]


def _text(cell: Any, stored: Any, found: Found, unread: set[str]) -> str:
    """A cell as its student sees it; a formula with no references is the working itself. unread: texts that say nothing."""
    value = cell.value
    if isinstance(value, str) and cell.data_type == "f":
        if not _REFERENCE.search(value):
            return _CALL.sub(_spelt_out, value.removeprefix("="))
        value = stored.value
        if value is None:
            found.problems.append(NOT_SAVED.format(cell=same(cell.coordinate)))
            unread.add(cell.value)
            return str(cell.value)
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        found.problems.append(A_DATE.format(cell=same(cell.coordinate)))
        unread.add(str(value))
        return str(value)
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).upper()
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "General")
    return value if isinstance(value, str) else str(value)


def _spelt_out(call: re.Match[str]) -> str:
    """`SUM(1824,10416)` → `(1824+10416)`: the working that it is."""
    return f"({('+' if call[1].upper() == 'SUM' else '*').join(call[2].split(','))})"


def _number(value: float, form: str) -> str:
    """Whole numbers whole, others with the 15 digits that Excel keeps; 00000000 pads, % shows hundredths."""
    zeros = re.fullmatch(r'"?(0{2,})"?', form)
    percent = form.rstrip().endswith("%")
    shown = value * 100 if percent else value
    text = str(int(shown)) if float(shown).is_integer() and abs(shown) < 1e15 else f"{shown:.15g}"
    return text.rjust(len(zeros[1]), "0") if zeros else text + "%" * percent
