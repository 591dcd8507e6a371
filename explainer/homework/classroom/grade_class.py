"""A class graded: a folder of mixed formats → the grades, a page for each submission, a summary for the teacher.

No file stops the others. The same folder gives the same bytes; an interrupted run goes on where it was. Results stand in a
file, not in memory: a class may have a hundred thousand submissions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.homework.classroom.assignment import Assignment
from explainer.homework.classroom.brief import Brief, brief
from explainer.homework.classroom.figures import ClassFigures
from explainer.homework.classroom.files import Sent, submitted
from explainer.homework.classroom.hand_marks import HandMarks
from explainer.homework.classroom.marker import Marker, unmarked
from explainer.homework.classroom.outputs import Outputs, written
from explainer.homework.classroom.parallel import Crashed, spread
from explainer.homework.classroom.reconcile import reconciled
from explainer.homework.classroom.record import Marked
from explainer.homework.classroom.results import Results
from explainer.homework.classroom.resume import Progress, content_of, fingerprint, line_of
from explainer.homework.classroom.sheet_codes import SheetCodes
from explainer.homework.worksheets.sheet_source import SheetSource
from explainer.i18n.bilingual import Bi, Lang

if TYPE_CHECKING:
    from explainer.homework.grading.policy import Policy
    from explainer.homework.grading.rubric import Rubric
    from explainer.walkthrough.model import Walkthrough

CRASHED = Bi(
    zh="批改这个文件时程序崩溃，没有结果；请人工批改。",
    en="The program crashed on this file, which has no result; grade it by hand.",
)
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ClassResult:
    """marked: every submission in the order of the files' names, read from the disk as they are asked for.

    figures: the class in figures, the same that the summary prints. guessed: which questions count was taken from the answers.
    """

    marked: Sequence[Marked]
    figures: ClassFigures
    guessed: bool = False
    written: tuple[Path, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """0 where everyone has everything right, 3 where nothing is wrong and something is not known, else 1."""
        figures = self.figures
        if not figures.counted or figures.all_right + figures.not_complete != figures.counted:
            return 1
        return 3 if figures.not_complete else 0


def check_folder(
    where: Path | Sequence[Path],
    walk: Walkthrough | None,
    outputs: Outputs,
    langs: tuple[Lang, ...],
    *,
    questions: Mapping[str, float] | None = None,
    rubric: Rubric | None = None,
    source: SheetSource | None = None,
    hint: bool = False,
    codes: SheetCodes | None = None,
    marks: HandMarks | None = None,
    policy: Policy | None = None,
    jobs: int | None = None,
    report: Report | None = None,
) -> ClassResult:
    """Grade every file of a folder (or the files given) and write what `outputs` names.

    walk: the model asked about, None for worksheets that carry their id. questions: those that count, with their marks;
    by default those that at least two submissions answer. source: where worksheets come from. codes: the worksheets of
    those who do not say which. policy: how answers are judged. marks: what the teacher has judged by hand. report: called with a stage, how much is done and of how much.
    Raises UserError for wrong use; what is wrong in a submission is said in its row.
    """
    outputs.check()
    files = submitted(where, outputs.owns)
    assignment = Assignment(walk, dict(questions or {}), rubric, source or SheetSource(), policy)
    marker = Marker(assignment, hint, codes or SheetCodes())
    progress = Progress(outputs.state, fingerprint(assignment, hint, marker.codes))
    progress.load()
    try:
        _grade(files, marker, progress, jobs, report)
        places = [(sent.key, at) for sent in files for at in range(len(progress.done[sent.key].briefs))]
        names = [sent.name for sent in files for _ in progress.done[sent.key].briefs]
        briefs = [one for sent in files for one in progress.done[sent.key].briefs]
        whole = reconciled(briefs, names, assignment, marks)
        results = Results(progress, places, whole)
        if marks is not None:
            marks.check(_known(results))
        figures, paths = written(
            results, outputs, langs, assignment, guessed=whole.guessed, hint=hint, jobs=jobs, report=report
        )
        kept = results.kept()
    except BaseException:
        progress.close(finished=False)
        raise
    progress.close(finished=True, readable=kept is results)
    return ClassResult(kept, figures, whole.guessed, tuple(paths))


def _grade(files: Sequence[Sent], marker: Marker, progress: Progress, jobs: int | None, report: Report | None) -> None:
    """Every file that an interrupted run has not done."""
    todo = [
        sent for sent in files if sent.key not in progress.done or not progress.knows(sent.key, content_of(sent.path))
    ]
    done = len(files) - len(todo)
    for index, made in spread(partial(_graded, marker), todo, jobs=jobs):
        sent = todo[index]
        if isinstance(made, Crashed):
            progress.add(sent.key, content_of(sent.path), [unmarked(sent.path, sent.name, CRASHED)])
        else:
            progress.add_line(sent.key, *made)
        done += 1
        if report is not None:
            report("grade", done, len(files))


def _graded(marker: Marker, sent: Sent) -> tuple[str, bytes, tuple[Brief, ...]]:
    """In another process: one file's content, its line for the state file, and what the class must know of it."""
    content = content_of(sent.path)
    marked = marker.file(sent.path, sent.name)
    return content, line_of(sent.key, content, marked), tuple(brief(one) for one in marked)


def _known(results: Sequence[Marked]) -> set[tuple[str, str]]:
    """Every (student or file, question) that a teacher's mark can mean."""

    def pairs() -> Iterator[tuple[str, str]]:
        for one in results:
            for answer in one.answers:
                for student in {one.student.lower(), one.file.lower()} - {""}:
                    yield student, answer.key
                    yield student, answer.question

    return set(pairs())


__all__ = ["ClassResult", "Outputs", "Report", "check_folder"]
