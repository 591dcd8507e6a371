"""Which worksheet a student has answered, where the file does not say: one for all (`--sheet`), or a list (`--variants`)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from explainer.errors import UserError
from explainer.homework.submissions.base import Submission, who
from explainer.homework.submissions.csv_file import delimiter
from explainer.homework.submissions.decode import decoded
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible
from explainer.plain_file import bytes_of

NO_VARIANTS = Bi(
    zh="学生与练习的对照表 {path} 读不出内容；请用两列：student,sheet（学号、练习编号），发卷时生成的 sheets.csv 就是。",
    en="The list {path} of who has which sheet cannot be read; give it two columns, student,sheet, as in the sheets.csv that "
    "was written with the sheets.",
)
OTHER_SHEET = Bi(
    zh="答的是练习 {theirs}，发给他的是 {given}；按答卷上的编号批改，请核对。",
    en="The worksheet answered is {theirs}, but {given} was handed out; it is graded by its own id, please check.",
)


NOT_LISTED = Bi(
    zh="对照表里没有{student}的练习，答卷上也没有练习编号：请在对照表中补上一行，再批改一次。",
    en="The list of who has which sheet has no row for {student}, and the answers carry no sheet's id: add the row and grade again.",
)


@dataclass(frozen=True)
class SheetCodes:
    """code: the worksheet of everybody; by_student: of single students, by their numbers in lower case."""

    code: str = ""
    by_student: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.code or self.by_student)

    def applied(self, submission: Submission) -> Submission:
        """The submission with its worksheet's id, where it has none of its own."""
        given = self.by_student.get(submission.student.lower(), self.code)
        numbered = bool(submission.answers) and all(name.isdecimal() for name in submission.answers)
        if not given and self.by_student and submission.sheet_id is None and numbered:
            told = NOT_LISTED.format(student=same(visible(submission.student or submission.name or "?")))
            return replace(submission, answers={}, problems=(*submission.problems, told))
        if not given:
            return submission
        if submission.sheet_id is None:
            return replace(submission, sheet_id=given)
        theirs = submission.sheet_id
        if theirs.strip().upper() == given.strip().upper():
            return submission
        warning = OTHER_SHEET.format(theirs=same(visible(theirs)), given=same(visible(given)))
        return replace(submission, warnings=(*submission.warnings, warning))


def _sheet_of(row: list[str], student: int, sheet: int) -> str:
    """The id; its commas were cut where the list was typed without quotes (net.py:Net@1,1,28,28)."""
    typed = row[sheet:] if student < sheet and "@" in row[sheet] else row[sheet : sheet + 1]
    return ",".join(cell.strip() for cell in typed).rstrip(",")


def variants_of(path: Path) -> dict[str, str]:
    """Student's number → worksheet's id, of a table with columns student and sheet (or two columns without a heading).

    Raises UserError where it cannot be read.
    """
    try:
        text = decoded(bytes_of(path))
    except (OSError, UserError) as error:
        raise UserError(NO_VARIANTS.format(path=same(visible(str(path))))) from error
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter(text)) if any(row)]
    kinds = [who(cell) for cell in rows[0]] if rows else []
    student, sheet = 0, 1
    if "student" in kinds and "sheet" in kinds:
        student, sheet = kinds.index("student"), kinds.index("sheet")
        rows = rows[1:]
    found = {
        row[student].strip().strip("='\"").lower(): _sheet_of(row, student, sheet)
        for row in rows
        if len(row) > max(student, sheet) and row[student].strip() and row[sheet].strip()
    }
    if not found:
        raise UserError(NO_VARIANTS.format(path=same(visible(str(path)))))
    return found
