"""`explain check` of one file: each answer judged and said line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.errors import UserError
from explainer.homework.classroom.assignment import Assignment
from explainer.homework.classroom.feedback import EXPECTED, HINT, SEVERAL, VERDICTS, printed
from explainer.homework.classroom.marker import PER_FILE, WHOLE_TOO_LONG, Marker
from explainer.homework.classroom.reconcile import settled
from explainer.homework.classroom.record import Answered, Marked, exit_code, points_text
from explainer.homework.classroom.sheet_codes import SheetCodes
from explainer.homework.submissions.decode import name_text
from explainer.homework.submissions.limits import READING, TooLong, within
from explainer.homework.submissions.readers import Submission, read_all, read_text
from explainer.homework.worksheets.sheet_source import SheetSource
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import visible

if TYPE_CHECKING:
    from explainer.homework.grading.policy import Policy
    from explainer.homework.grading.rubric import Rubric
    from explainer.walkthrough.model import Walkthrough

TOTAL = Bi("得分：{score}/{full}", "Score: {score} of {full}")
NOTHING = Bi(
    zh="没有读到答案：每行写“题目：答案”，例如 features.0.params: 1792。",
    en="No answers are found: write one a line, 'question: answer', for example features.0.params: 1792.",
)
MARKS: dict[str, str] = {"marked": "·", "wrong": "✗", "unreadable": "?", "undecided": "?", "missing": "–"}


def check_file(
    path: Path,
    walk: Walkthrough | None,
    *,
    questions: Mapping[str, float] | None = None,
    rubric: Rubric | None = None,
    source: SheetSource | None = None,
    hint: bool = False,
    codes: SheetCodes | None = None,
    policy: Policy | None = None,
) -> tuple[list[Marked], int]:
    """(every submission in the file graded, exit code: 0 all right, 1 not, 3 not known). Raises UserError where nothing can be read.

    walk: None for a worksheet that carries its id; source: where that comes from. hint: without the right answers. codes: the
    worksheet of a file that does not say which it answers. policy: how answers are judged, else as the rubric says.
    """
    marker = Marker(
        Assignment(walk, dict(questions or {}), rubric, source or SheetSource(), policy), hint, codes or SheetCodes()
    )
    try:
        with within(READING + 2 * PER_FILE):
            return _checked(read_all(path, on_sheet=bool(codes)), name_text(path.name), marker)
    except TooLong as error:
        raise UserError(WHOLE_TOO_LONG) from error


def check_text(
    text: str,
    walk: Walkthrough | None,
    *,
    source: SheetSource | None = None,
    hint: bool = False,
    codes: SheetCodes | None = None,
    policy: Policy | None = None,
) -> tuple[list[Marked], int]:
    """The same for text from a pipe: CSV, JSON, Markdown or lines."""
    marker = Marker(Assignment(walk, source=source or SheetSource(), policy=policy), hint, codes or SheetCodes())
    return _checked((read_text(text, on_sheet=bool(codes)),), "-", marker)


def _checked(submissions: Sequence[Submission], name: str, marker: Marker) -> tuple[list[Marked], int]:
    assignment = marker.assignment
    submissions = [marker.codes.applied(one) for one in submissions]
    if len(submissions) == 1 and not submissions[0].answers and submissions[0].problems:
        raise UserError(submissions[0].problems[0])
    if assignment.walk is None and len(submissions) == 1:
        assignment.sheet(submissions[0])  # no model and no id: wrong use
    if not assignment.points and not any(one.answers or one.problems or one.sheet_id for one in submissions):
        raise UserError(NOTHING)
    marked, _ = settled([marker.submission(one, name) for one in submissions], assignment)
    return marked, exit_code(one.exit_code for one in marked)


def lines(marked: Marked, lang: Lang, *, hint: bool = False) -> Iterator[str]:
    """What the terminal says of one submission; whatever a student wrote is made visible."""
    who = " ".join(visible(part) for part in (marked.student, marked.name) if part)
    if who:
        yield who
    for problem in (*marked.problems, *marked.warnings):
        yield f"! {problem[lang]}"
    for answer in marked.answers:
        yield from answer_lines(answer, lang, hint=hint)
    yield TOTAL.format(score=points_text(marked.score), full=points_text(marked.max_score))[lang]


def answer_lines(answer: Answered, lang: Lang, *, hint: bool = False) -> Iterator[str]:
    """One answer: the verdict, then what is to be said of it, indented."""
    number = f"{answer.key}. " if answer.key.isdecimal() else ""
    verdict = VERDICTS[answer.verdict][lang]
    given = [visible(line.strip()) for line in answer.given.splitlines() if line.strip()]
    yield f"{MARKS.get(answer.verdict, '✓')} {number}{visible(answer.question)}  {verdict}"
    yield from (f"    {line}" for line in given)
    if answer.caret is not None and len(given) == 1:
        indent = len(answer.given) - len(answer.given.lstrip())
        yield "    " + " " * _width(given[0][: max(0, answer.caret - indent)]) + "^"
    if hint and answer.mistakes:
        yield "  " + HINT.format(hint=answer.mistakes[0].hint)[lang]
    elif len(answer.mistakes) > 1:
        yield "  " + SEVERAL.format(n=len(answer.mistakes))[lang]
        yield from (f"  - {told.message[lang]}" for told in answer.mistakes)
    else:
        yield from (f"  {told.message[lang]}" for told in answer.mistakes)
    yield from (f"  {remark[lang]}" for remark in answer.remarks)
    if not hint and not answer.right and answer.expected is not None:
        yield "  " + EXPECTED.format(expected=printed(answer.expected))[lang]


def _width(text: str) -> int:
    """Columns that a text takes in a terminal."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
