"""A teacher's list of the questions that count, with their marks."""

from __future__ import annotations

import csv
from pathlib import Path

from explainer.errors import UserError
from explainer.homework.submissions.base import squeezed
from explainer.homework.submissions.csv_file import delimiter
from explainer.homework.submissions.decode import decoded
from explainer.homework.submissions.tables import QUESTION, first
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.plain_file import bytes_of

NO_QUESTIONS = Bi(
    zh="题目表 {path} 中没有题目；请每行写一个题目，例如 features.0.params。",
    en="The list {path} names no questions; write one a line, for example features.0.params.",
)
BAD_POINTS = Bi(
    zh="题目表 {path} 中 {name} 的分值“{points}”不是正数。",
    en="In the list {path} the marks of {name} are '{points}', which is no positive number.",
)
_POINTS = frozenset(("分值", "满分", "分数", "points", "marks", "score"))


def questions_of(path: Path) -> dict[str, float]:
    """The questions that count with their marks: one name a line, or a table with a column of points. Raises UserError."""
    try:
        text = decoded(bytes_of(path))
    except OSError as error:
        raise UserError(NO_QUESTIONS.format(path=visible(str(path)))) from error
    comma = delimiter(text)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=comma) if row and not row[0].startswith("#")]
    head = [squeezed(cell) for cell in rows[0]] if rows else []
    named = first(head, QUESTION)
    column = first(head, _POINTS)
    headed = named is not None or column is not None
    if not headed and all(len(row) > 1 and _is_number(row[1]) for row in rows):  # conv1.params,10
        column = 1
    found: dict[str, float] = {}
    for row in rows[1:] if headed else rows:
        name = row[named or 0].strip()
        points = row[column].strip() if column is not None and column < len(row) else ""
        if name:
            found[name] = _marks(points or "1", name, path)
    if not found:
        raise UserError(NO_QUESTIONS.format(path=visible(str(path))))
    return found


def _is_number(cell: str) -> bool:
    return cell.strip().replace(".", "", 1).isdecimal()


def _marks(points: str, name: str, path: Path) -> float:
    try:
        value = float(points)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise UserError(BAD_POINTS.format(path=visible(str(path)), name=visible(name), points=visible(points)))
    return value
