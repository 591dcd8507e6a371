"""The table of grades: a row for each submission, as CSV or .xlsx; text that a spreadsheet would run is only shown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from explainer.homework.classroom.record import Answered, Marked, points_text
from explainer.i18n.bilingual import Bi, Lang, joined
from explainer.i18n.printable import cell, visible

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
LEFT = Bi("待批改", "to be marked")


def table(marked: Sequence[Marked], lang: Lang) -> list[list[Cell]]:
    """The heading and a row for each submission; marks as numbers, everything else as harmless text."""
    columns = Columns()
    for one in marked:
        columns.add(one)
    return list(rows(marked, columns, lang))


@dataclass
class Columns:
    """Every question that counts in any submission, with its marks; taken in one pass."""

    points: dict[str, set[float]] = field(default_factory=dict)

    def add(self, one: Marked) -> None:
        for answer in one.answers:
            if answer.points:
                seen = self.points.setdefault(answer.key, set())
                if len(seen) < 2:
                    seen.add(answer.points)

    def order(self) -> list[str]:
        """A sheet's by number, a model's in the order first met."""
        return sorted(self.points, key=lambda key: (0, int(key)) if key.isdecimal() else (1, 0))

    def heading(self, key: str, lang: Lang) -> str:
        """The question, with its marks where they are not 1 and the same for all."""
        points = self.points[key]
        if len(points) != 1 or points == {1.0}:
            return key
        return FULL.format(key=key, points=points_text(next(iter(points))))[lang]


def rows(marked: Iterable[Marked], columns: Columns, lang: Lang) -> Iterator[list[Cell]]:
    """The heading, then a row for each submission as it comes."""
    keys = columns.order()
    heading: list[Cell] = [word[lang] for word in HEADINGS]
    heading += [cell(columns.heading(key, lang)) for key in keys] + [NOT_ANSWERED[lang], REMARKS[lang]]
    yield heading
    for one in marked:
        yield _row(one, keys, lang)


def _row(one: Marked, keys: Sequence[str], lang: Lang) -> list[Cell]:
    answers = {answer.key: answer for answer in one.answers}
    score: Cell = one.score if one.graded else ""  # an empty cell: 0 would be a mark, and there is none yet
    row: list[Cell] = [cell(one.student), cell(one.name), cell(one.file), score, one.max_score]
    row += [_mark(answers[key], lang) if key in answers else "" for key in keys]
    return [*row, cell(" ".join(answer.key for answer in one.missing)), cell(remarks(one)[lang])]


def _mark(answer: Answered, lang: Lang) -> Cell:
    """A number; nothing where nothing was answered; a word where a person must still judge."""
    if answer.open:
        return LEFT[lang]
    return "" if answer.verdict == "missing" else answer.score


def remarks(one: Marked) -> Bi:
    """What the teacher should know of a submission, as running text."""
    said = [SUPERSEDED.format(file=visible(one.superseded))] if one.superseded else []
    return joined([*one.problems, *one.warnings, *said], zh="", en=" ")


def to_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a mark, without which Excel takes Chinese for another encoding."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerows([points_text(one) if isinstance(one, float | int) else one for one in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def to_xlsx(rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """A workbook of one sheet: text cells as text (leading zeros stay), marks as numbers; the same bytes each time."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    for at, row in enumerate(rows):
        made = [WriteOnlyCell(sheet, value=round(one, 2) if isinstance(one, float | int) else one) for one in row]
        for one in made:
            if isinstance(one.value, str):
                one.data_type, one.number_format = "s", "@"
            if not at:
                one.font = bold
        sheet.append(made)
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
