"""The table of grades: a row for each submission, as CSV or .xlsx; text that a spreadsheet would run is only shown."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from explainer.homework.classroom.record import Marked, points_text
from explainer.i18n.bilingual import Bi, Lang, joined
from explainer.i18n.printable import visible

Cell = str | float

HEADINGS = (
    Bi("学号", "student"),
    Bi("姓名", "name"),
    Bi("文件", "file"),
    Bi("得分", "score"),
    Bi("满分", "max_score"),
)
NOT_ANSWERED = Bi("未作答", "not answered")
REMARKS = Bi("备注", "remarks")
FULL = Bi("{key}（满分{points}）", "{key} (of {points})")
SUPERSEDED = Bi(
    zh="同一学号另有 {file}，以它为准，本份不计入统计。",
    en="The same student also sent {file}, which counts; this one is left out of the summary.",
)
MOST = 1_000  # characters in one cell


def table(marked: Sequence[Marked], lang: Lang) -> list[list[Cell]]:
    """The heading and a row for each submission; marks as numbers, everything else as harmless text."""
    keys = columns(marked)
    heading: list[Cell] = [word[lang] for word in HEADINGS]
    heading += [safe(_full(key, marked, lang)) for key in keys] + [NOT_ANSWERED[lang], REMARKS[lang]]
    return [heading, *(_row(one, keys, lang) for one in marked)]


def columns(marked: Sequence[Marked]) -> list[str]:
    """Every question that counts in any submission: a sheet's by number, a model's in the order first met."""
    keys = list(dict.fromkeys(answer.key for one in marked for answer in one.answers if answer.points))
    return sorted(keys, key=lambda key: (0, int(key)) if key.isdigit() else (1, 0))


def _full(key: str, marked: Sequence[Marked], lang: Lang) -> str:
    """The question, with its marks where they are not 1 and the same for all."""
    points = {answer.points for one in marked for answer in one.answers if answer.key == key}
    if len(points) != 1 or points == {1.0}:
        return key
    return FULL.format(key=key, points=points_text(points.pop()))[lang]


def _row(one: Marked, keys: Sequence[str], lang: Lang) -> list[Cell]:
    answers = {answer.key: answer for answer in one.answers}
    row: list[Cell] = [safe(one.student), safe(one.name), safe(one.file), one.score, one.max_score]
    row += [answers[key].score if key in answers and answers[key].verdict != "missing" else "" for key in keys]
    return [*row, safe(" ".join(answer.key for answer in one.missing)), safe(remarks(one)[lang])]


def remarks(one: Marked) -> Bi:
    """What the teacher should know of a submission, as running text."""
    said = [SUPERSEDED.format(file=visible(one.superseded))] if one.superseded else []
    return joined([*one.problems, *said], zh="", en=" ")


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before =, +, -, @ and their full-width forms."""
    text = visible(text)[:MOST]
    first = unicodedata.normalize("NFKC", text.lstrip())[:1]
    return "'" + text if first in ("=", "+", "-", "@", "−", "|", "%") else text


def to_csv(rows: Sequence[Sequence[Cell]]) -> bytes:
    """UTF-8 with a mark, without which Excel takes Chinese for another encoding."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerows([[points_text(cell) if isinstance(cell, float | int) else cell for cell in row] for row in rows])
    return stream.getvalue().encode("utf-8-sig")


def to_xlsx(rows: Sequence[Sequence[Cell]], title: str) -> bytes:
    """A workbook of one sheet: text cells as text (leading zeros stay), marks as numbers; the same bytes each time."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    for at, row in enumerate(rows):
        cells = [WriteOnlyCell(sheet, value=round(cell, 2) if isinstance(cell, float | int) else cell) for cell in row]
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type, cell.number_format = "s", "@"
            if not at:
                cell.font = Font(bold=True)
        sheet.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    return _timeless(stream.getvalue())


def _timeless(content: bytes) -> bytes:
    """The archive without the time of day that openpyxl writes into it."""
    import zipfile

    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data: Any = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2000-01-01T00:00:00Z", data)
            entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
    return result.getvalue()
