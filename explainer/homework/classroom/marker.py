"""One submission graded: each answer against its question; whatever is in it, a result comes of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.errors import UserError
from explainer.homework.classroom.assignment import Asked, Assignment, all_asked, whose
from explainer.homework.classroom.record import Answered, Marked, Told
from explainer.homework.submissions.limits import GRADING, TooLong, within
from explainer.homework.submissions.readers import Submission, read_all
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

if TYPE_CHECKING:
    from explainer.homework.grading.result import Graded
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.worksheets.sheet import Sheet

PER_FILE = 120.0  # seconds of grading for one submission; what is left then is undecided
MOST_PROBLEMS = 20

TOO_LONG = Bi(
    zh="这个答案在规定时间内没能判断，请人工批改。",
    en="This answer could not be judged within its time; grade it by hand.",
)
FAILED = Bi(
    zh="程序没能判断这个答案（{reason}），请人工批改。",
    en="The program could not judge this answer ({reason}); grade it by hand.",
)
WHICH = Bi(
    zh="正确选项是{letter}：{text}。",
    en="The right option is {letter}: {text}.",
)
NO_OPTION = Bi(
    zh="没有“{given}”这个选项，请填{first}到{last}中的一个字母。",
    en="'{given}' is none of the options; give a letter from {first} to {last}.",
)
MORE = Bi(zh="另有{n}处同类问题，没有一一列出。", en="There are {n} more such problems, not listed one by one.")


@dataclass
class Marker:
    """Grades submissions of one assignment; an answer that several students give is judged once."""

    assignment: Assignment
    hint: bool = False
    _judged: dict[tuple[str, str, str], Answered] = field(default_factory=dict)

    def file(self, path: Path, name: str) -> list[Marked]:
        """Every submission in a file; `name` is how the file is called in the results."""
        submissions = read_all(path)
        return [self.submission(one, name) for one in submissions]

    def submission(self, submission: Submission, file: str) -> Marked:
        """The submission's answers in the sheet's order, or in the student's; on a sheet the missing ones too."""
        marked = Marked(file, submission.student, submission.name, submission.sheet_id, ())
        if not submission.answers and submission.sheet_id is None:
            return marked.saying(*submission.problems)
        try:
            sheet = self.assignment.sheet(submission)
        except UserError as error:
            return marked.saying(*submission.problems, error.message)
        found, unknown = self._answers(submission, sheet)
        problems = [*submission.problems, *(whose(sheet, submission) if sheet else ())]
        problems += unknown[:MOST_PROBLEMS]
        if len(unknown) > MOST_PROBLEMS:
            problems.append(MORE.format(n=len(unknown) - MOST_PROBLEMS))
        ordered = [found.get(asked.key) or missing(asked) for asked in all_asked(sheet)] if sheet else found.values()
        return replace(marked, answers=tuple(ordered)).saying(*problems)

    def _answers(self, submission: Submission, sheet: Sheet | None) -> tuple[dict[str, Answered], list[Bi]]:
        unknown: list[Bi] = []
        found: dict[str, Answered] = {}
        until = time.monotonic() + PER_FILE
        for name, text in submission.answers.items():
            try:
                asked = self.assignment.asked(name, sheet)
            except UserError as error:
                unknown.append(error.message)
                continue
            if text or asked.key not in found:
                found[asked.key] = self.answer(asked, text, sheet.id if sheet else "", late=time.monotonic() > until)
        return found, unknown

    def answer(self, asked: Asked, text: str, sheet: str = "", *, late: bool = False) -> Answered:
        """One answer judged, within its time. A blank one is missing."""
        if not text.strip():
            return missing(asked)
        if late:
            return _undecided(asked, text, TOO_LONG)
        key = (sheet, asked.key, text)
        if key not in self._judged:
            self._judged[key] = self._judge(asked, text)
        return self._judged[key]

    def _rubric(self, asked: Asked) -> Rubric | None:
        """A worksheet's marks are those that its key and look-up sheet print: the teacher's rubric, or the default."""
        if self.assignment.rubric is None and asked.item is not None:
            from explainer.homework.grading.rubric import Rubric

            return Rubric()
        return self.assignment.rubric

    def _judge(self, asked: Asked, text: str) -> Answered:
        from explainer.homework.grading.grade import grade

        try:
            with within(GRADING):
                if asked.item is not None and asked.item.choices:
                    chosen = _chosen(asked, text, hint=self.hint)
                    if chosen is not None:
                        return chosen
                return _answered(asked, grade(asked.question, text, hint=self.hint), self._rubric(asked))
        except TooLong:
            return _undecided(asked, text, TOO_LONG)
        except Exception as error:  # a fault of ours in one answer must not lose the class's grades
            return _undecided(asked, text, FAILED.format(reason=type(error).__name__))


def _marks(asked: Asked, graded: Graded, rubric: Rubric | None) -> float:
    """By the rubric; without one, the share of right steps."""
    if rubric is None:
        return round(asked.points * graded.score, 6)
    return float(rubric.marks(Fraction(asked.points).limit_denominator(1000), graded))


def missing(asked: Asked) -> Answered:
    """Asked and not answered: no marks."""
    return Answered(asked.key, asked.question.name, asked.title, "", "missing", None, asked.points, 0.0)


def _undecided(asked: Asked, text: str, remark: Bi) -> Answered:
    return replace(missing(asked), given=text, verdict="undecided", remarks=(remark,))


def _answered(asked: Asked, graded: Graded, rubric: Rubric | None) -> Answered:
    return Answered(
        asked.key,
        asked.question.name,
        asked.title,
        graded.given,
        graded.verdict,
        graded.expected,
        asked.points,
        _marks(asked, graded, rubric),
        tuple(Told(found.id, found.hint if graded.hinted else found.message, found.hint) for found in graded.mistakes),
        graded.remarks,
        graded.first_wrong_step,
        graded.caret,
    )


def _chosen(asked: Asked, text: str, *, hint: bool) -> Answered | None:
    """A multiple choice by its letter; None where the answer is no letter, and so may be the number itself."""
    from explainer.homework.worksheets.sheet import letter

    assert asked.item is not None
    item = asked.item
    choice = item.choice_of(text)
    right = next(choice for choice in item.choices if choice.right)
    blank = replace(missing(asked), given=text, expected=None if hint else item.right_letter)
    if choice is None:
        if not text.strip().isalpha():
            return None
        remark = NO_OPTION.format(given=same(visible(text)[:40]), first=letter(0), last=letter(len(item.choices) - 1))
        return replace(blank, verdict="unreadable", remarks=(remark,))
    if choice.right:
        return replace(blank, verdict="correct", score=asked.points)
    found = choice.diagnosis
    told = (Told(found.id, found.hint if hint else found.message, found.hint),) if found else ()
    remarks = () if hint else (WHICH.format(letter=item.right_letter, text=right.text),)
    return replace(blank, verdict="wrong", mistakes=told, remarks=remarks)
