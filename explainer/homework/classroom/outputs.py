"""What comes of a class: the grades, a page for each submission, the summary; written one after the other, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.errors import UserError
from explainer.homework.classroom import gradebook
from explainer.homework.classroom.assignment import Asked, Assignment
from explainer.homework.classroom.feedback import feedback, without_answers
from explainer.homework.classroom.figures import ClassFigures
from explainer.homework.classroom.page_names import names_of
from explainer.homework.classroom.parallel import Crashed, spread
from explainer.homework.classroom.record import Answered, Marked
from explainer.homework.classroom.results import Results
from explainer.homework.classroom.summary import summary_of
from explainer.homework.submissions.limits import TooLong, within
from explainer.homework.submissions.readers import Submission
from explainer.i18n.bilingual import Bi, Lang, words_in_a_row

if TYPE_CHECKING:
    from explainer.document.nodes import Document
    from explainer.walkthrough.model import Walkthrough

PAGE = 60.0  # seconds of processor time for one feedback page, a PDF with fonts among them
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
            (self.summary, SUMMARY, (".html", ".md", ".pdf", ".json")),
        ):
            if path is not None:
                if path.suffix.lower() not in endings:
                    raise UserError(ENDING.format(path=str(path), what=what, endings=words_in_a_row(endings)))
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
        return where in written or (folder is not None and folder in (where, *where.parents))


def written(
    results: Results,
    outputs: Outputs,
    langs: tuple[Lang, ...],
    assignment: Assignment,
    *,
    guessed: bool,
    hint: bool,
    jobs: int | None,
    report: Callable[[str, int, int], None] | None,
) -> tuple[ClassFigures, list[Path]]:
    """The pages, the summary, and the grades last: when they are there, all is there. (the class in figures, the files)"""
    from explainer.render.files import write

    subject = _subject(assignment.walk) if assignment.walk is not None else ""
    paths = _pages(results, outputs, langs, assignment, subject, hint, jobs, report) if outputs.feedback else []
    figures, columns = ClassFigures(), gradebook.Columns()
    for one in results:
        figures.add(one)
        columns.add(one)
    if outputs.summary is not None:
        if outputs.summary.suffix.lower() == ".json":
            from explainer.i18n.printable import json_text

            write(outputs.summary, json_text(figures.to_dict()).encode() + b"\n")
        else:
            save(summary_of(figures, langs, mistake_titles(), subject=subject, guessed=guessed), outputs.summary)
        paths.append(outputs.summary)
    if outputs.grades is not None:
        rows = gradebook.rows(results, columns, langs[0])
        excel = outputs.grades.suffix.lower() == ".xlsx"
        title = GRADES["zh"] if langs[0] == "zh" else "grades"
        write(outputs.grades, gradebook.to_xlsx(rows, title) if excel else gradebook.to_csv(rows))
        paths.append(outputs.grades)
    return figures, paths


def _pages(
    results: Results,
    outputs: Outputs,
    langs: tuple[Lang, ...],
    assignment: Assignment,
    subject: str,
    hint: bool,
    jobs: int | None,
    report: Callable[[str, int, int], None] | None,
) -> list[Path]:
    """A page for each submission."""
    from explainer.render.files import write

    assert outputs.feedback is not None
    folder = _made(outputs.feedback)
    pages = [folder / f"{stem}{outputs.pages}" for stem in names_of(results.senders())]

    def page(at: int) -> None:
        def find(marked: Marked, answer: Answered) -> Asked | None:
            return question_of(assignment, marked, answer)

        marked = results[at]
        try:
            with within(PAGE):
                content = rendered(feedback(marked, langs, find, subject=subject, hint=hint), outputs.pages, light=True)
        except (TooLong, Exception):  # what one student wrote keeps nobody else from a page
            content = rendered(without_answers(marked, langs), outputs.pages, light=True)
        write(pages[at], content)

    def bare(at: int) -> None:
        write(pages[at], rendered(without_answers(results[at], langs), outputs.pages, light=True))

    for n, (index, outcome) in enumerate(spread(page, range(len(pages)), jobs=jobs), start=1):
        if isinstance(outcome, Crashed):
            bare(index)
        if report is not None:
            report("pages", n, len(pages))
    return pages


def _subject(walk: Walkthrough) -> str:
    """The model's name as a heading has it: VGG-16."""
    from explainer.lesson.architectures import proper_name

    return proper_name(walk.name, walk.source)


def _made(folder: Path) -> Path:
    from explainer.render.files import NOT_WRITABLE, reason

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(NOT_WRITABLE.format(path=str(folder), reason=reason(error))) from error
    return folder


def save(document: Document, path: Path) -> None:
    """A document in the format of the path's ending, whole or not at all. Raises UserError."""
    from explainer.render.files import write

    write(path, rendered(document, path.suffix.lower()))


def rendered(document: Document, ending: str, *, light: bool = False) -> bytes:
    """A document as the bytes of a file of that ending; light: HTML without fonts. Raises UserError.

    A page has its pictures inside; Markdown, which would need files beside it, goes without: tables say the same.
    """
    from explainer.document.nodes import Picture
    from explainer.render.files import from_markdown
    from explainer.render.html.page import to_html
    from explainer.render.markdown import to_markdown

    pictures = {f"{one.name}.svg": one.inline for one in document.blocks if isinstance(one, Picture)}
    markdown = to_markdown(document, None if ending == ".md" else lambda name: f"{name}.svg")
    if light and ending == ".html":
        return to_html(markdown, fonts=False, pictures=pictures).encode()
    return from_markdown(markdown, ending, pictures=pictures)


def question_of(assignment: Assignment, marked: Marked, answer: Answered) -> Asked | None:
    """The question behind a result, for its working; sheets are at hand or made again."""
    try:
        sheet = assignment.sheet(Submission(marked.student, marked.name, marked.sheet_id, {}))
        return assignment.asked(answer.key, sheet)
    except UserError:
        return None


def mistake_titles() -> dict[str, Bi]:
    """The title of every named mistake."""
    from explainer.homework.grading.messages import ARITHMETIC, ARITHMETIC_TITLE
    from explainer.homework.mistakes import MISTAKES

    return {mistake.id: mistake.title for mistake in MISTAKES} | {ARITHMETIC: ARITHMETIC_TITLE}
