"""A class graded: a folder of mixed formats → the grades, a page for each submission, a summary for the teacher.

No file stops the others. The same folder gives the same bytes; an interrupted run goes on where it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.errors import UserError
from explainer.homework.classroom import gradebook as grade_table
from explainer.homework.classroom.assignment import Assignment
from explainer.homework.classroom.feedback import feedback
from explainer.homework.classroom.marker import Marker
from explainer.homework.classroom.page_names import page_names
from explainer.homework.classroom.parallel import Crashed, spread
from explainer.homework.classroom.reconcile import settled
from explainer.homework.classroom.record import Answered, Marked
from explainer.homework.classroom.resume import Progress, content_of, fingerprint
from explainer.homework.classroom.summary import summary
from explainer.homework.submissions.readers import Submission
from explainer.homework.worksheets.sheet_source import SheetSource
from explainer.i18n.bilingual import Bi, Lang

if TYPE_CHECKING:
    from explainer.document.nodes import Document
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.question import Question
    from explainer.walkthrough.model import Walkthrough

MOST_FILES = 5_000
_IGNORED = re.compile(r"^(?:\.|~\$|__MACOSX$|Thumbs\.db$|desktop\.ini$|keys$|sheets\.csv$)", re.IGNORECASE)

NO_FOLDER = Bi(zh="没有文件夹或文件 {path}，请检查路径。", en="There is no folder or file {path}; check the path.")
EMPTY = Bi(zh="{path} 里没有作业文件。", en="There are no submissions in {path}.")
TOO_MANY = Bi(
    zh="{path} 里有{n}个文件，超过上限{most}个；请分批批改。",
    en="There are {n} files in {path}, more than the limit of {most}; grade them in parts.",
)
ENDING = Bi(
    zh="“{path}”的格式不对：{what}只能是 {endings}。",
    en="'{path}' has the wrong format: {what} must end in {endings}.",
)
GRADES = Bi("成绩表", "the table of grades")
SUMMARY = Bi("小结", "the summary")
PAGES = Bi("反馈页", "the feedback pages")
IN_THE_WAY = Bi(
    zh="{path} 是文件，不是文件夹；反馈页需要一个文件夹。",
    en="{path} is a file, not a folder; the feedback pages need a folder.",
)
CRASHED = Bi(
    zh="批改这个文件时程序崩溃，没有结果；请人工批改。",
    en="The program crashed on this file, which has no result; grade it by hand.",
)
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outputs:
    """Where the results go; None: not written. pages: the ending of the feedback pages, .html, .md or .pdf."""

    grades: Path | None = None
    feedback: Path | None = None
    summary: Path | None = None
    pages: str = ".html"

    def check(self) -> None:
        """Raises UserError where something cannot be written, before any work is done."""
        from explainer.render.files import check_target

        for path, what, endings in (
            (self.grades, GRADES, (".csv", ".xlsx")),
            (self.summary, SUMMARY, (".html", ".md", ".pdf")),
        ):
            if path is not None:
                if path.suffix.lower() not in endings:
                    raise UserError(ENDING.format(path=str(path), what=what, endings=", ".join(endings)))
                check_target(path, endings)
        if self.pages not in (".html", ".md", ".pdf"):
            raise UserError(ENDING.format(path=self.pages, what=PAGES, endings=".html, .md, .pdf"))
        if self.feedback is not None and self.feedback.exists() and not self.feedback.is_dir():
            raise UserError(IN_THE_WAY.format(path=str(self.feedback)))

    @property
    def state(self) -> Path | None:
        """The file from which an interrupted run goes on."""
        if self.grades is not None:
            return self.grades.with_name(f".{self.grades.name}.partial")
        return self.feedback.with_name(f".{self.feedback.name}.partial") if self.feedback is not None else None

    def owns(self, path: Path) -> bool:
        """Whether a file in the folder is one of ours."""
        written = [out.resolve() for out in (self.grades, self.summary, self.state) if out is not None]
        folder = self.feedback.resolve() if self.feedback is not None else None
        where = path.parent.resolve() / path.name
        return where in written or (folder is not None and folder in where.parents)


@dataclass(frozen=True)
class ClassResult:
    """marked: every submission in the order of the files' names. guessed: which questions count was taken from them."""

    marked: tuple[Marked, ...]
    guessed: bool = False
    written: tuple[Path, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """0 where everyone has everything right, else 1."""
        return 0 if self.marked and all(one.all_right for one in self.marked if not one.superseded) else 1


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
    jobs: int | None = None,
    report: Report | None = None,
) -> ClassResult:
    """Grade every file of a folder (or the files given) and write what `outputs` names.

    walk: the model asked about, None for worksheets that carry their id. questions: those that count, with their marks;
    by default those that at least two submissions answer. source: where worksheets come from. report: called with a stage, how much is done and of how much.
    Raises UserError for wrong use; what is wrong in a submission is said in its row.
    """
    outputs.check()
    files = _files(where, outputs)
    assignment = Assignment(walk, dict(questions or {}), rubric, source or SheetSource())
    marked = _graded(files, Marker(assignment, hint), outputs, jobs, report)
    result, guessed = settled(marked, assignment)
    subject = _subject(walk) if walk is not None else ""
    written = _write(result, outputs, langs, assignment, subject, guessed, hint, jobs, report)
    state = outputs.state
    if state is not None:
        Progress(state, "").close(finished=True)
    return ClassResult(tuple(result), guessed, tuple(written))


def _subject(walk: Walkthrough) -> str:
    """The model's name as a heading has it: VGG-16."""
    from explainer.lesson.architectures import proper_name

    return proper_name(walk.name) if walk.source == "torchvision" else walk.name


def natural(text: str) -> list[tuple[int, int, str]]:
    """For sorting: v2 before v10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d{1,18}|\D+", text)]


def _files(where: Path | Sequence[Path], outputs: Outputs) -> list[tuple[str, Path]]:
    """(name, path) of every submission in order: subfolders too, but no hidden files and none of our own."""
    if not isinstance(where, Path):
        missing_file = next((path for path in where if not path.exists() and not path.is_symlink()), None)
        if missing_file is not None:
            raise UserError(NO_FOLDER.format(path=str(missing_file)))
        return sorted(((path.name, path) for path in where), key=lambda pair: natural(pair[0]))
    if not where.is_dir():
        raise UserError(NO_FOLDER.format(path=str(where)))
    found = [
        (path.relative_to(where).as_posix(), path)
        for path in where.rglob("*")
        if (path.is_file() or path.is_symlink())
        and not any(_IGNORED.match(part) for part in path.relative_to(where).parts)
        and not outputs.owns(path)
    ]
    if not found:
        raise UserError(EMPTY.format(path=str(where)))
    if len(found) > MOST_FILES:
        raise UserError(TOO_MANY.format(path=str(where), n=len(found), most=MOST_FILES))
    return sorted(found, key=lambda pair: (natural(pair[0]), pair[0]))


def _graded(
    files: list[tuple[str, Path]], marker: Marker, outputs: Outputs, jobs: int | None, report: Report | None
) -> list[Marked]:
    """Each file's submissions; what an interrupted run has done is taken over."""
    progress = Progress(outputs.state, fingerprint(marker.assignment, marker.hint))
    progress.load()
    hashes = [content_of(path) for _, path in files]
    todo = [at for at, (name, _) in enumerate(files) if (name, hashes[at]) not in progress.done]
    done = len(files) - len(todo)
    try:
        for index, marked in spread(lambda at: marker.file(files[at][1], files[at][0]), todo, jobs=jobs):
            name = files[todo[index]][0]
            if isinstance(marked, Crashed):
                marked = [marker.submission(Submission("", "", None, {}, (CRASHED,)), name)]
            progress.add(name, hashes[todo[index]], marked)
            done += 1
            if report is not None:
                report("grade", done, len(files))
    finally:
        progress.close(finished=False)
    return [one for (name, _), content in zip(files, hashes, strict=True) for one in progress.done[name, content]]


def _write(
    marked: Sequence[Marked],
    outputs: Outputs,
    langs: tuple[Lang, ...],
    assignment: Assignment,
    subject: str,
    guessed: bool,
    hint: bool,
    jobs: int | None,
    report: Report | None,
) -> list[Path]:
    """The pages, the summary, and the grades last: when they are there, all is there."""
    from explainer.render.files import write

    written = []
    if outputs.feedback is not None:
        folder = _made(outputs.feedback)
        pages = [(one, folder / f"{stem}{outputs.pages}") for one, stem in zip(marked, page_names(marked), strict=True)]

        def page(pair: tuple[Marked, Path]) -> None:
            one, path = pair
            made = feedback(one, langs, lambda m, a: _question(assignment, m, a), subject=subject, hint=hint)
            save(made, path, light=True)

        for n, (index, outcome) in enumerate(spread(page, pages, jobs=jobs), start=1):
            if isinstance(outcome, Crashed):
                page(pages[index])
            if report is not None:
                report("pages", n, len(pages))
        written += [path for _, path in pages]
    if outputs.summary is not None:
        save(summary(marked, langs, mistake_titles(), subject=subject, guessed=guessed), outputs.summary)
        written.append(outputs.summary)
    if outputs.grades is not None:
        rows = grade_table.table(marked, langs[0])
        excel = outputs.grades.suffix.lower() == ".xlsx"
        title = GRADES["zh"] if langs[0] == "zh" else "grades"
        write(outputs.grades, grade_table.to_xlsx(rows, title) if excel else grade_table.to_csv(rows))
        written.append(outputs.grades)
    return written


def _made(folder: Path) -> Path:
    from explainer.render.files import NOT_WRITABLE, reason

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(NOT_WRITABLE.format(path=str(folder), reason=reason(error))) from error
    return folder


def save(document: Document, path: Path, *, light: bool = False) -> None:
    """A document in the format of the path's ending, whole or not at all; light: HTML without fonts. Raises UserError."""
    from explainer.render.files import from_markdown, write
    from explainer.render.html.page import to_html
    from explainer.render.markdown import to_markdown

    markdown = to_markdown(document)
    ending = path.suffix.lower()
    write(
        path,
        to_html(markdown, fonts=False).encode() if light and ending == ".html" else from_markdown(markdown, ending),
    )


def _question(assignment: Assignment, marked: Marked, answer: Answered) -> Question | None:
    """The question behind a result, for its working; sheets are at hand or made again."""
    try:
        sheet = assignment.sheet(Submission(marked.student, marked.name, marked.sheet_id, {}))
        return assignment.asked(answer.key, sheet).question
    except UserError:
        return None


def mistake_titles() -> dict[str, Bi]:
    """The title of every named mistake."""
    from explainer.homework.mistakes import MISTAKES

    return {mistake.id: mistake.title for mistake in MISTAKES}
