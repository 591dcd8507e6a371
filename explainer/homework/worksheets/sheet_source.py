"""Where a worksheet comes from when answers to it are graded: it was kept, or its id makes it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from explainer.errors import UserError
from explainer.homework.grading.rubric import Rubric
from explainer.homework.worksheets.make import model_sheet
from explainer.homework.worksheets.sheet import Sheet, Student
from explainer.homework.worksheets.sheet_id import read_id
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible
from explainer.walkthrough.model import Walkthrough

NOT_KEPT = Bi(
    zh="练习 {id} 要重新出题才能批改，这里办不到；请给出出题时保存的文件：explain check sheet.json 作业。",
    en="Worksheet {id} must be drawn again to be graded, which cannot be done here; give the file that was saved with it: "
    "explain check sheet.json SUBMISSIONS.",
)


class Redraw(Protocol):
    """Makes a sheet again from its id, with torch: `explainer.drawing.sheet_of_id`. Raises UserError."""

    def __call__(self, text: str, /, *, rubric: Rubric | None = None) -> Sheet: ...


class SheetSource:
    """Sheets by their ids. kept: those read from a file; redraw: for the others, where torch is at hand."""

    def __init__(self, kept: Iterable[Sheet] = (), redraw: Redraw | None = None) -> None:
        self.kept = {sheet.id: sheet for sheet in kept}
        self.redraw = redraw

    @property
    def only(self) -> Sheet | None:
        """The sheet that was kept, if it is the only one: answers that name none belong to it."""
        return next(iter(self.kept.values())) if len(self.kept) == 1 else None

    def sheet(self, text: str, rubric: Rubric | None = None) -> Sheet:
        """The sheet of an id. Raises UserError: the id is mistyped, or the sheet is neither kept nor can it be drawn."""
        source = read_id(text)
        found = self.kept.get(source.text)
        if found is not None:
            return marked_by(found, rubric)
        if self.redraw is None:
            raise UserError(NOT_KEPT.format(id=same(visible(text)[:80])))
        return self.redraw(text, rubric=rubric)


def marked_by(sheet: Sheet, rubric: Rubric | None) -> Sheet:
    """The same sheet with a rubric's points."""
    if rubric is None:
        return sheet
    count = len(sheet.items)
    items = (replace(item, points=rubric.points_of(item.question, item.number, count)) for item in sheet.items)
    return replace(sheet, items=tuple(items))


def sheet_on(text: str, walk: Walkthrough, rubric: Rubric | None = None) -> Sheet:
    """The sheet of an id on a model that is at hand. Raises UserError."""
    source = read_id(text)
    student = Student(source.student) if source.student else None
    return model_sheet(walk, source, student=student, rubric=rubric)
