"""One submission graded: each answer against its question; whatever is in it, a result comes of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.errors import UserError
from explainer.homework.classroom.assignment import Asked, Assignment, all_asked, whose
from explainer.homework.classroom.record import Answered, Marked, Outcome, Told
from explainer.homework.classroom.said_beside import said_beside
from explainer.homework.classroom.sheet_codes import SheetCodes
from explainer.homework.submissions.limits import GRADING, READING, TooLong, within
from explainer.homework.submissions.readers import Submission, read_all
from explainer.homework.submissions.who import from_path, owner_of
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

if TYPE_CHECKING:
    from explainer.homework.grading.policy import Policy
    from explainer.homework.grading.result import Graded
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.worksheets.sheet import Sheet

PER_FILE = 120.0  # seconds of processor time for one submission's answers; what is left then is undecided
MOST_PROBLEMS = 20
MOST_KEPT = 20_000  # answers judged that are kept in case another student gives the same

TOO_LONG = Bi(
    zh="这个答案在规定时间内没能自动判断，由教师批改。",
    en="This answer could not be judged within its time and goes to the teacher.",
)
FAILED = Bi(
    zh="程序没能判断这个答案（{reason}），由教师批改。",
    en="The program could not judge this answer ({reason}); it goes to the teacher.",
)
NOT_READ = Bi(
    zh="这个答案无法识别，照原样交给教师批改。",
    en="This answer could not be read; it goes to the teacher as it was written.",
)
NO_QUESTIONS = Bi(
    zh="这份答卷与题目不符：缺少练习编号，或者编号有误。答案已交给教师处理。",
    en="The questions of this submission are not known: the worksheet's id is missing or wrong. It goes to the teacher.",
)
NOT_GRADED = Bi(
    zh="这份答卷没能自动批改，由教师处理。",
    en="This submission could not be graded by the program; it goes to the teacher.",
)
WHOLE_TOO_LONG = Bi(
    zh="批改这个文件用的处理器时间超过上限，已放弃，请人工批改。",
    en="Grading this file took more processor time than the limit and was given up; grade it by hand.",
)
WHOLE_FAILED = Bi(
    zh="程序没能批改这个文件（{reason}），请人工批改。",
    en="The program could not grade this file ({reason}); grade it by hand.",
)
WHICH = Bi(
    zh="正确选项是{letter}：{text}。",
    en="The right option is {letter}: {text}.",
)
NO_OPTION = Bi(
    zh="没有“{given}”这个选项，请填{first}到{last}中的一个字母。",
    en="'{given}' is none of the options; give a letter from {first} to {last}.",
)
TWO_OPTIONS = Bi(
    zh="写了不止一个选项，或者字母与所写的内容不是同一个选项：请教师判断。",
    en="More than one option is named, or the letter and what is written beside it are not the same option: the teacher decides.",
)
MORE = Bi(zh="另有{n}处同类问题，没有一一列出。", en="There are {n} more such problems, not listed one by one.")


@dataclass
class Marker:
    """Grades submissions of one assignment; an answer that several students give is judged once.

    codes: the worksheets of those who do not say which.
    """

    assignment: Assignment
    hint: bool = False
    codes: SheetCodes = field(default_factory=SheetCodes)
    _judged: dict[tuple[str, str, str], Answered] = field(default_factory=dict)

    def file(self, path: Path, name: str) -> list[Marked]:
        """Every submission in a file, all of it within the limits; `name` is how the file is called in the results."""
        try:
            with within(READING + 2 * PER_FILE):
                owner = owner_of(path)
                submissions = read_all(path, on_sheet=bool(self.codes))
                return [replace(self.submission(one, name), owner=owner) for one in submissions]
        except TooLong:
            return [unmarked(path, name, WHOLE_TOO_LONG)]
        except Exception as error:  # a fault of ours with one file must not lose the class's grades
            return [unmarked(path, name, WHOLE_FAILED.format(reason=type(error).__name__))]

    def submission(self, submission: Submission, file: str) -> Marked:
        """The submission's answers in the sheet's order, or in the student's; on a sheet the missing ones too."""
        submission = self.codes.applied(submission)
        marked = Marked(
            file,
            submission.student,
            submission.name,
            submission.sheet_id,
            (),
            warnings=submission.warnings,
            claimed=submission.claimed,
        )
        if not submission.answers and (submission.sheet_id is None or submission.problems):
            return marked.saying(*submission.problems)
        try:
            sheet = self.assignment.sheet(submission)
        except UserError as error:
            return marked.saying(*submission.problems, NO_QUESTIONS).warning(error.message)
        found, unknown = self._answers(submission, sheet)
        problems = list(submission.problems)
        problems += unknown[:MOST_PROBLEMS]
        if len(unknown) > MOST_PROBLEMS:
            problems.append(MORE.format(n=len(unknown) - MOST_PROBLEMS))
        ordered = [found.get(asked.key) or missing(asked) for asked in all_asked(sheet)] if sheet else found.values()
        warnings = whose(sheet, submission) if sheet else ()
        return replace(marked, answers=tuple(ordered)).saying(*problems).warning(*warnings)

    def _answers(self, submission: Submission, sheet: Sheet | None) -> tuple[dict[str, Answered], list[Bi]]:
        unknown: list[Bi] = []
        found: dict[str, Answered] = {}
        until = time.process_time() + PER_FILE
        for name, text in submission.answers.items():
            try:
                asked = self._asked(name, submission.wordings.get(name, ""), sheet)
            except UserError as error:
                unknown.append(error.message)
                continue
            unread = name in submission.unread
            if not text and (said := said_beside(asked, submission.wordings.get(name, ""))):
                text, unread = said, True
            if unread:
                found[asked.key] = _open(asked, text, "unreadable", NOT_READ)
            elif text or asked.key not in found:
                late = time.process_time() > until
                found[asked.key] = self.answer(asked, text, sheet.id if sheet else "", late=late)
        return found, unknown

    def _asked(self, name: str, wording: str, sheet: Sheet | None) -> Asked:
        """The question of that name; else the one whose wording stands there. Raises UserError for the name."""
        try:
            return self.assignment.asked(name, sheet)
        except UserError:
            if wording:
                try:
                    return self.assignment.asked(wording, sheet)
                except UserError:
                    pass
            raise

    def answer(self, asked: Asked, text: str, sheet: str = "", *, late: bool = False) -> Answered:
        """One answer judged, within its time. A blank one is missing."""
        if not text.strip():
            return missing(asked)
        if late:
            return _open(asked, text, "undecided", TOO_LONG)
        key = (sheet, asked.key, text)
        if key not in self._judged:
            if len(self._judged) >= MOST_KEPT:
                self._judged.clear()
            self._judged[key] = self._judge(asked, text)
        return self._judged[key]

    @property
    def policy(self) -> Policy:
        """How answers are judged: as the command says, else the rubric, else as usual."""
        from explainer.homework.grading.policy import Policy

        rubric = self.assignment.rubric
        return self.assignment.policy or (rubric.policy if rubric is not None else Policy())

    def reading(self, asked: Asked, text: str) -> Bi | None:
        """How an answer would be read, where that is not plain from the answer itself."""
        from explainer.homework.grading.grade import grade
        from explainer.homework.grading.read_as import differs

        if asked.item is not None and asked.item.choices:
            return None
        found = grade(asked.question, text, hint=True, policy=self.policy).read_as
        return found if found is not None and differs(text, found) else None

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
                return _answered(
                    asked, grade(asked.question, text, hint=self.hint, policy=self.policy), self._rubric(asked)
                )
        except TooLong:
            return _open(asked, text, "undecided", TOO_LONG)
        except Exception as error:  # a fault of ours in one answer must not lose the class's grades
            return _open(asked, text, "undecided", FAILED.format(reason=type(error).__name__))


def _marks(asked: Asked, graded: Graded, rubric: Rubric | None) -> float:
    """By the rubric; without one, the share of right steps."""
    if rubric is None:
        return round(asked.points * graded.score, 6)
    return float(rubric.marks(Fraction(asked.points).limit_denominator(1000), graded))


def missing(asked: Asked) -> Answered:
    """Asked and not answered: no marks."""
    return Answered(asked.key, asked.question.name, asked.title, "", "missing", None, asked.points, 0.0)


def unmarked(path: Path, name: str, warning: Bi) -> Marked:
    """The row of a file on which the program itself failed."""
    number, who = from_path(path)
    return Marked(name, number, who, None, (), (NOT_GRADED,), warnings=(warning,), owner=owner_of(path))


def _open(asked: Asked, text: str, verdict: Outcome, remark: Bi) -> Answered:
    """An answer that is left to the teacher as it was written."""
    return replace(missing(asked), given=text, verdict=verdict, remarks=(remark,))


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
        notes=graded.notes,
        read_as=graded.read_as,
    )


def _chosen(asked: Asked, text: str, *, hint: bool) -> Answered | None:
    """A multiple choice by its letter; None where the answer is no letter, and so may be the number itself."""
    from explainer.homework.classroom.option import CONTRARY, option_meant
    from explainer.homework.worksheets.question_text import option_text
    from explainer.homework.worksheets.sheet import letter

    assert asked.item is not None
    item = asked.item
    texts = [(choice.text.zh, choice.text.en, option_text(item, choice.text).en) for choice in item.choices]
    meant = option_meant(text, texts)
    right = next(choice for choice in item.choices if choice.right)
    blank = replace(missing(asked), given=text, expected=None if hint else item.right_letter)
    if meant == CONTRARY:
        return replace(blank, verdict="undecided", remarks=(TWO_OPTIONS,))
    choice = item.choice_of(meant)
    if choice is None:
        if not meant and not text.strip().isalpha():
            return None
        remark = NO_OPTION.format(given=same(visible(text)[:40]), first=letter(0), last=letter(len(item.choices) - 1))
        return replace(blank, verdict="unreadable", remarks=(remark,))
    if choice.right:
        return replace(blank, verdict="correct", score=asked.points)
    found = choice.diagnosis
    told = (Told(found.id, found.hint if hint else found.message, found.hint),) if found else ()
    remarks = () if hint else (WHICH.format(letter=item.right_letter, text=right.text),)
    return replace(blank, verdict="wrong", mistakes=told, remarks=remarks)
