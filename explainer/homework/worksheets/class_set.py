"""Sheets for a class: a variant for each student, A and B papers, and a list of who got which."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.errors import UserError
from explainer.homework.worksheets.answer_key import write_key
from explainer.homework.worksheets.files import SHEET_FORMATS, write_sheet
from explainer.homework.worksheets.make import make_sheet
from explainer.homework.worksheets.sheet import Sheet, Student
from explainer.homework.worksheets.sheet_file import sheets_json
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.i18n.printable import cell
from explainer.plain_file import bytes_of
from explainer.render.files import reason, write
from explainer.walkthrough.model import Walkthrough

if TYPE_CHECKING:
    from explainer.homework.grading.rubric import Rubric

MOST_STUDENTS = 5000
MakeSheet = Callable[..., Sheet]  # takes `student`, `paper` and the options of a sheet

UNREADABLE = Bi(zh="无法读取学生名单 {path}：{reason}。", en="Cannot read the list of students {path}: {reason}.")
NOT_TEXT = Bi(zh="文件编码既不是UTF-8，也不是GB18030", en="it is neither UTF-8 nor GB18030")
NO_STUDENTS = Bi(
    zh="学生名单 {path} 里没有学生：每行一个学生，各列为学号、姓名、班级（学号必填）。",
    en="The list {path} has no students: one a line, with the columns number, name, class (the number is needed).",
)
TWICE = Bi(
    zh="学生名单 {path} 里学号 {number} 出现了两次：请改正后再试。",
    en="The student number {number} occurs twice in {path}: correct the list and try again.",
)
BAD_PAPERS = Bi(
    zh="--papers 应写成1到6个不同的大写字母，例如 A,B；现在写的是“{papers}”。",
    en="--papers takes one to six different capital letters, as A,B; it was '{papers}'.",
)
NO_FOLDER = Bi(
    zh="建立不了文件夹 {path}：{reason}。请换一个位置，或检查权限和剩余空间。",
    en="Cannot make the folder {path}: {reason}. Choose another place, or check the permissions and the space left.",
)
BAD_FORMAT = Bi(
    zh="练习题不能写成“{ending}”：可用的有 .pdf、.html、.md、.csv、.json。",
    en="Sheets cannot be written as '{ending}': choose .pdf, .html, .md, .csv or .json.",
)

_COLUMNS = {
    "number": {"学号", "学生号", "考号", "number", "id", "student", "studentid", "studentnumber", "student_id", "sid"},
    "name": {"姓名", "名字", "name", "studentname", "fullname"},
    "group": {"班级", "班", "class", "group", "section"},
}


def students_of(path: Path) -> tuple[Student, ...]:
    """The students of a CSV file (UTF-8 or GB18030; with a heading or without). Numbers stay text.

    Raises UserError: the file cannot be read, has no student, or a number twice.
    """
    try:
        content = bytes_of(path)
    except OSError as error:
        raise UserError(UNREADABLE.format(path=str(path), reason=reason(error))) from error
    rows = _rows(_decoded(content, path))
    order = _heading(rows[0]) if rows else None
    found: list[Student] = []
    for row in rows[1 if order else 0 :]:
        at = order or {"number": 0, "name": 1, "group": 2}
        number, name, group = (_cell(row, at.get(key)) for key in ("number", "name", "group"))
        if number:
            found.append(Student(number, name, group))
    numbers = [student.number for student in found]
    for number in numbers:
        if numbers.count(number) > 1:
            raise UserError(TWICE.format(path=str(path), number=same(number)))
    if not found:
        raise UserError(NO_STUDENTS.format(path=str(path)))
    return tuple(found[:MOST_STUDENTS])


def _decoded(content: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserError(UNREADABLE.format(path=str(path), reason=NOT_TEXT))


def _rows(text: str) -> list[list[str]]:
    first = text.split("\n", 1)[0]
    comma = max(",;\t，", key=first.count)
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=comma)]


def _heading(row: Sequence[str]) -> dict[str, int] | None:
    """Which column is which; None if the first row is a student already."""
    plain = [re.sub(r"[\s_]", "", cell).lower() for cell in row]
    found = {key: plain.index(word) for key, words in _COLUMNS.items() for word in plain if word in words}
    return found if "number" in found else None


def _cell(row: Sequence[str], at: int | None) -> str:
    """A cell as text: `="0012"` and `'0012`, by which spreadsheets keep zeros, are 0012."""
    if at is None or at >= len(row):
        return ""
    return re.sub(r'^="(.*)"$', r"\1", row[at]).lstrip("'").strip()


def papers_of(text: str) -> tuple[str, ...]:
    """`A,B` → ("A", "B"). Raises UserError."""
    papers = tuple(part.strip().upper() for part in text.replace("，", ",").split(",") if part.strip())
    if (
        not papers
        or len(papers) > 6
        or len(set(papers)) < len(papers)
        or not all(re.fullmatch("[A-Z]", p) for p in papers)
    ):
        raise UserError(BAD_PAPERS.format(papers=same(text[:40])))
    return papers


def sheets(
    of: Walkthrough | MakeSheet,
    *,
    students: Sequence[Student] = (),
    papers: Sequence[str] = (),
    **options: Any,
) -> Iterator[Sheet]:
    """A sheet for each paper and student, one after the other.

    of: a model, or what makes a sheet, as `partial(topic_sheet, ["conv"])`; options: as that takes them.
    """
    make: MakeSheet = partial(make_sheet, of) if isinstance(of, Walkthrough) else of
    for paper in papers or ("",):
        for student in students or (None,):
            yield make(student=student, paper=paper, **options)


def write_class(
    of: Walkthrough | MakeSheet,
    students: Sequence[Student],
    folder: Path,
    langs: tuple[Lang, ...],
    *,
    ending: str = ".pdf",
    papers: Sequence[str] = (),
    keys: bool = False,
    rubric: Rubric | None = None,
    on_sheet: Callable[[Sheet, Path], None] | None = None,
    **options: Any,
) -> list[Path]:
    """A file for each student (`2024001_张三.pdf`), with `keys` its answer key beside it (`keys/`); `sheets.csv`, the list
    of who got which; and `sheets.json`, by which `explain check` grades them without torch. With papers and students, the students take turns: A, B, A, … Returns the sheets' paths.

    Raises UserError: the folder cannot be made, or the ending is unknown.
    """
    if ending not in SHEET_FORMATS:
        raise UserError(BAD_FORMAT.format(ending=same(ending)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if keys:
            (folder / "keys").mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(NO_FOLDER.format(path=str(folder), reason=reason(error))) from error
    written: list[Path] = []
    made: list[Sheet] = []
    listed: list[list[str]] = [["student", "name", "class", "sheet", "file"]]
    for at, student in enumerate(students):
        paper = (papers[at % len(papers)],) if papers else ()
        sheet = next(sheets(of, students=(student,), papers=paper, rubric=rubric, **options))
        path = folder / f"{file_name(student)}{ending}"
        write_sheet(sheet, path, langs)
        if keys:
            write_key(
                sheet,
                folder / "keys" / f"{file_name(student)}{'.md' if ending in ('.csv', '.json') else ending}",
                langs,
                rubric,
            )
        made.append(sheet)
        written.append(path)
        listed.append([student.number, student.name, student.group, sheet.id, path.name])
        if on_sheet:
            on_sheet(sheet, path)
    output = io.StringIO()
    csv.writer(output, lineterminator="\n").writerows([cell(text) for text in row] for row in listed)
    write(folder / "sheets.csv", ("\ufeff" + output.getvalue()).encode())
    write(folder / "sheets.json", sheets_json(made))
    return written


def paper_path(path: Path, paper: str) -> Path:
    """sheet.pdf → sheet-A.pdf"""
    return path.with_name(f"{path.stem}-{paper}{path.suffix}") if paper else path


def file_name(student: Student) -> str:
    """`2024001_张三`, with nothing in it that a file system would not take."""
    parts = [re.sub(r"[^\w·-]+", "-", part).strip("-") for part in (student.number, student.name)]
    return "_".join(part[:60] for part in parts if part) or "student"
