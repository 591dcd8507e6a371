"""Marks that the teacher has given by hand, fed back into the grades: a table student,question,score."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from explainer.errors import UserError
from explainer.homework.classroom.record import Answered, Marked
from explainer.homework.submissions.base import squeezed, who
from explainer.homework.submissions.csv_file import delimiter
from explainer.homework.submissions.decode import decoded
from explainer.homework.submissions.tables import NUMBER, NUMBERED, QUESTION, first
from explainer.i18n.bilingual import Bi, joined, same
from explainer.i18n.printable import visible
from explainer.plain_file import bytes_of

NO_MARKS = Bi(
    zh="评分表 {path} 读不出内容；请用三列：student,question,score（学号、题目、得分）。",
    en="The marks in {path} cannot be read; give three columns: student,question,score.",
)
BAD_SCORE = Bi(
    zh="评分表 {path} 中 {student} 的“{question}”一题，得分“{score}”不是从0起的数。",
    en="In the marks {path} the score of {student} for '{question}' is '{score}', which is no number from 0 on.",
)
TOO_HIGH = Bi(
    zh="教师给的{score}分超过了这道题的满分{points}分，按满分计。",
    en="The teacher's {score} is more than the {points} that the question is worth; full marks are counted.",
)
GIVEN = Bi(zh="教师评分：{score}/{points}。", en="Marked by the teacher: {score} of {points}.")
FOR_NOBODY = Bi(
    zh="评分表 {path} 中有{n}行与答卷不符，例如 {examples}；请核对学号和题目。",
    en="{n:row|rows} of the marks {path} fit no submission, for example {examples}; check students and questions.",
)
_SCORE = frozenset(["得分", "分数", "评分", "score", "mark", "marks", "points"])


@dataclass(frozen=True)
class HandMarks:
    """scores: by (student's number or file in lower case, question's name or number). used: which of them fitted."""

    scores: Mapping[tuple[str, str], float] = field(default_factory=dict)
    path: str = ""

    def applied(self, marked: Marked) -> Marked:
        """The submission with the teacher's scores in place of the program's. One that is not counted stays as it is."""
        if not self.scores or marked.superseded:
            return marked
        return replace(marked, answers=tuple(self._answer(marked, answer) for answer in marked.answers))

    def _answer(self, marked: Marked, answer: Answered) -> Answered:
        for student in (marked.student.lower(), marked.file.lower()):
            for name in (answer.key, answer.question):
                score = self.scores.get((student, name)) if student else None
                if score is not None:
                    return _given(answer, score)
        return answer

    def check(self, known: set[tuple[str, str]]) -> None:
        """known: (student or file, question) of all submissions. Raises UserError for marks that nobody gets."""
        left = [pair for pair in self.scores if pair not in known]
        if left:
            examples = same(", ".join(f"{visible(student)} {visible(question)}" for student, question in left[:3]))
            raise UserError(FOR_NOBODY.format(path=same(visible(self.path)), n=len(left), examples=examples))


def _given(answer: Answered, score: float) -> Answered:
    points, counted = answer.points, min(score, answer.points)
    told = GIVEN.format(score=f"{counted:g}", points=f"{points:g}")
    if score > points:
        told = joined([told, TOO_HIGH.format(score=f"{score:g}", points=f"{points:g}")], zh="", en=" ")
    return replace(answer, verdict="marked", score=counted, mistakes=(), remarks=(told,), caret=None)


def hand_marks_of(path: Path) -> HandMarks:
    """Read the teacher's table. Raises UserError where it cannot be read or a score is no number."""
    where = same(visible(str(path)))
    try:
        text = decoded(bytes_of(path))
    except (OSError, UserError) as error:
        raise UserError(NO_MARKS.format(path=where)) from error
    rows = [
        row for row in csv.reader(text.splitlines(), delimiter=delimiter(text)) if any(cell.strip() for cell in row)
    ]
    columns = [squeezed(cell) for cell in rows[0]] if rows else []
    kinds = [who(cell) for cell in rows[0]] if rows else []
    student = (
        kinds.index("student") if "student" in kinds else first(columns, frozenset(("file", "文件", "submission")))
    )
    question = first(columns, QUESTION | NUMBER)
    score = first(columns, _SCORE)
    if student is None or question is None or score is None:
        raise UserError(NO_MARKS.format(path=where))
    found: dict[tuple[str, str], float] = {}
    for row in rows[1:]:
        cells = [*row, *[""] * len(columns)]
        person, asked, given = cells[student].strip().strip("='\""), cells[question].strip(), cells[score].strip()
        if not given:
            continue
        numbered = NUMBERED.fullmatch(asked)
        found[person.lower(), numbered[1] if numbered else asked] = _number(given, person, asked, where)
    if not found:
        raise UserError(NO_MARKS.format(path=where))
    return HandMarks(found, str(path))


def _number(text: str, student: str, question: str, where: Bi) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise UserError(
            BAD_SCORE.format(
                path=where, student=same(visible(student)), question=same(visible(question)), score=same(visible(text))
            )
        )
    return value
