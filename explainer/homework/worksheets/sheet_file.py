"""Worksheets as JSON and back: the questions with the walkthroughs that they are of, so that no torch is needed again.

A file may hold a whole class's sheets; walkthroughs that they share are written once. What follows from a question (its
right answer, the mistakes behind wrong options) is computed anew; what was printed (the options, in their order) is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import msgspec

from explainer.errors import UserError
from explainer.homework.question import Question, right_value, value_text
from explainer.homework.questions import find
from explainer.homework.worksheets.distractors import Choice, wrong_values
from explainer.homework.worksheets.make import MOST_QUESTIONS, sheet_title
from explainer.homework.worksheets.sheet import Item, Sheet, Student
from explainer.homework.worksheets.sheet_id import read_id
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import json_text
from explainer.plain_file import TooLarge, bytes_of
from explainer.walkthrough.file import limits
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.file.read import from_plain as walk_of_plain
from explainer.walkthrough.file.write import to_plain as walk_to_plain
from explainer.walkthrough.model import Walkthrough

KEY = "explainer_sheets"
FORMAT = 1
MOST_SHEETS = 5_000
UNREADABLE = Bi(
    zh="{path}不是explainer保存的练习（{reason}）：请用 explain worksheet … -o {path} 重新生成。",
    en="{path} is not a worksheet that explainer saved ({reason}): make it again with explain worksheet … -o {path}.",
)
OTHER_FORMAT = Bi("由另一版本写出", "another version wrote it")
TOO_MANY = Bi("练习或题目太多", "it has too many sheets or questions")
NOTHING = Bi("里面没有练习", "it has no sheets")


class ItemRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A question: its name, the walkthrough that it is of, how it is asked, its marks, the options as printed."""

    question: str
    walk: int
    style: Literal["number", "formula", "choice"]
    points: str
    choices: tuple[str, ...] = ()


class SheetRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A sheet: its id, who gets it (number, name, class), its questions."""

    id: str
    items: tuple[ItemRow, ...]
    student: tuple[str, str, str] | None = None


class SheetsRow(msgspec.Struct, forbid_unknown_fields=True):
    """The file. walks: what the questions are of."""

    explainer_sheets: int
    sheets: tuple[SheetRow, ...]
    walks: tuple[dict[str, Any], ...]


def sheets_json(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as a file; the same bytes for the same sheets."""
    walks: dict[int, Walkthrough] = {}
    rows = [_sheet_row(sheet, walks) for sheet in sheets]
    places = {key: place for place, key in enumerate(walks)}
    for row in rows:
        for item in row.items:
            item.walk = places[item.walk]
    found = SheetsRow(FORMAT, tuple(rows), tuple(walk_to_plain(walk) for walk in walks.values()))
    return json_text(msgspec.to_builtins(found), None).encode() + b"\n"


def _sheet_row(sheet: Sheet, walks: dict[int, Walkthrough]) -> SheetRow:
    items = []
    for item in sheet.items:
        walk = item.question.walk
        walks.setdefault(id(walk), walk)
        choices = tuple(choice.text.en for choice in item.choices)
        items.append(ItemRow(item.name, id(walk), item.style, str(Fraction(item.points)), choices))
    who = sheet.student
    return SheetRow(sheet.id, tuple(items), (who.number, who.name, who.group) if who else None)


def is_sheet_file(path: Path) -> bool:
    """Whether a file is one that `sheets_json` wrote."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(100).lstrip().startswith(b'{"' + KEY.encode())
    except OSError:
        return False


def read_sheets(path: Path) -> tuple[Sheet, ...]:
    """The sheets of a file. Raises UserError, with one sentence, for anything else."""
    try:
        return sheets_of_json(bytes_of(path, limits.BYTES))
    except TooLarge as error:
        raise UserError(UNREADABLE.format(path=str(path), reason=error.why)) from error
    except OSError as error:
        raise UserError(UNREADABLE.format(path=str(path), reason=same(error.strerror or str(error)))) from error
    except Refused as error:
        raise UserError(UNREADABLE.format(path=str(path), reason=error.reason)) from error
    except UserError as error:
        raise UserError(UNREADABLE.format(path=str(path), reason=_part(error.message))) from error


def sheets_of_json(data: bytes) -> tuple[Sheet, ...]:
    """The sheets of a file's bytes. Raises Refused; UserError for an id or a question that is not there."""
    try:
        found = msgspec.json.decode(data, type=SheetsRow)
    except RecursionError as error:
        raise Refused(limits.TOO_DEEP) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(same(" ".join(str(error).split())[:200])) from error
    if found.explainer_sheets != FORMAT:
        raise Refused(OTHER_FORMAT)
    if not found.sheets:
        raise Refused(NOTHING)
    if len(found.sheets) > MOST_SHEETS or any(not 0 < len(sheet.items) <= MOST_QUESTIONS for sheet in found.sheets):
        raise Refused(TOO_MANY)
    walks = [walk_of_plain(walk) for walk in found.walks]
    return tuple(_sheet(row, walks) for row in found.sheets)


def _sheet(row: SheetRow, walks: Sequence[Walkthrough]) -> Sheet:
    source = read_id(row.id)
    items = tuple(_item(number, item, walks) for number, item in enumerate(row.items, start=1))
    of = tuple({id(item.question.walk): item.question.walk for item in items}.values())
    student = Student(*row.student) if row.student else None
    return Sheet(source.text, sheet_title(source, of[0]), items, source, of, student)


def _item(number: int, row: ItemRow, walks: Sequence[Walkthrough]) -> Item:
    if not 0 <= row.walk < len(walks):
        raise Refused(limits.NO_INDEX)
    question = find(walks[row.walk], row.question)
    try:
        points = Fraction(row.points) if len(row.points) < 20 else Fraction(0)
    except (ValueError, ZeroDivisionError) as error:
        raise Refused(limits.NO_FORM) from error
    marks = int(points) if points.denominator == 1 else points
    return Item(number, question, row.style, marks, _choices(question, row.choices))


def _choices(question: Question, printed: Sequence[str]) -> tuple[Choice, ...]:
    """The options as they were printed, each with the mistake that leads to it."""
    if not printed:
        return ()
    right = value_text(right_value(question))
    mistakes = {value_text(found.value): found for found in wrong_values(question)}
    return tuple(Choice(same(text), text == right, mistakes.get(text) if text != right else None) for text in printed)


def _part(message: Bi) -> Bi:
    """A sentence within another."""
    return Bi(message.zh.rstrip("。"), message.en.rstrip("."))
