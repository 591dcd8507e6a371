"""What students send, read within limits: CSV, Markdown, JSON, .xlsx, .docx, the filled PDF, a notebook.

One small reader a format; nothing of a file is ever run. A file that cannot be read is a submission with no answers and
a sentence that says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from explainer.homework.submissions.base import MAX_BYTES, Broken, Found, Submission
from explainer.homework.submissions.limits import READING, TooLong, within
from explainer.homework.submissions.who import from_path
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

ENDINGS = (".csv", ".tsv", ".txt", ".md", ".markdown", ".json", ".xlsx", ".xlsm", ".docx", ".pdf", ".ipynb")

UNKNOWN = Bi(
    zh="读不了 {ending} 文件；请另存为 .csv、.md、.json、.xlsx、.docx、.pdf 或 .ipynb 后重交。",
    en="{ending} files cannot be read; save it as .csv, .md, .json, .xlsx, .docx, .pdf or .ipynb and hand it in again.",
)
NO_ENDING = Bi(zh="没有后缀名的", en="Nameless")
LARGE = Bi(
    zh="文件大小为{n} MB，超过上限{most} MB，没有读。",
    en="The file is {n} MB, more than the limit of {most} MB, and was not read.",
)
A_LINK = Bi(zh="这是一个链接，不是文件，没有读。", en="This is a link, not a file, and was not read.")
NOT_THERE = Bi(zh="读不了这个文件（{reason}）。", en="This file cannot be read ({reason}).")
SLOW = Bi(zh="读这个文件超过了{n}秒，已放弃。", en="Reading this file took more than {n} seconds and was given up.")
UNEXPECTED = Bi(
    zh="文件已损坏，读到一半读不下去（{reason}）；请重新保存后再交。",
    en="The file is damaged and could not be read to its end ({reason}); save it again and hand it in again.",
)
NO_ANSWERS = Bi(
    zh="文件中没有找到答案；每个答案请写成“features.0.params: 1792”的样子。",
    en="No answers were found in the file; write each as 'features.0.params: 1792'.",
)
OTHER_NUMBER = Bi(
    zh="文件名里的学号是 {outside}，文件里写的是 {inside}；以文件里的为准。",
    en="The file's name says student {outside}, the file itself {inside}; the file itself counts.",
)


def read(path: Path) -> Submission:
    """One student's submission. Never raises for what is in the file: `problems` says what is wrong with it."""
    return read_all(path)[0]


def read_all(path: Path) -> tuple[Submission, ...]:
    """Every student's submission in one file (a class's table has several), at least one."""
    try:
        with within(READING):
            founds = _read(path)
    except Broken as error:
        founds = [Found(problems=[error.message])]
    except TooLong:
        founds = [Found(problems=[SLOW.format(n=int(READING))])]
    except OSError as error:
        founds = [Found(problems=[NOT_THERE.format(reason=error.strerror or type(error).__name__)])]
    except (MemoryError, RecursionError) as error:
        founds = [Found(problems=[UNEXPECTED.format(reason=type(error).__name__)])]
    except Exception as error:  # whatever is in the file, the others go on
        founds = [Found(problems=[UNEXPECTED.format(reason=type(error).__name__)])]
    return tuple(_named(found.submission(), path, alone=len(founds) == 1) for found in founds)


def read_text(text: str) -> Submission:
    """Answers typed or piped in: CSV, JSON or lines."""
    try:
        return _of_text(text)[0].submission()
    except Broken as error:
        return Submission("", "", None, {}, (error.message,))


def _read(path: Path) -> list[Found]:
    if path.is_symlink():
        raise Broken(A_LINK)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Broken(LARGE.format(n=size // 1_000_000, most=MAX_BYTES // 1_000_000))
    ending = path.suffix.lower()
    if ending == ".pdf":
        from explainer.homework.submissions.pdf_file import read_pdf

        return read_pdf(path)
    reader = _reader(ending)
    if reader is None:
        raise Broken(UNKNOWN.format(ending=visible(ending) if ending else NO_ENDING))
    founds = reader(path.read_bytes())
    for found in founds:
        if not found.entries and not found.problems:
            found.problems.append(NO_ANSWERS)
    return founds


def _reader(ending: str) -> Callable[[bytes], list[Found]] | None:
    """The reader of a file's ending; each is loaded only when a file asks for it."""
    match ending:
        case ".csv" | ".tsv":
            from explainer.homework.submissions.csv_file import read_csv

            return read_csv
        case ".json":
            from explainer.homework.submissions.json_file import read_json

            return read_json
        case ".xlsx" | ".xlsm":
            from explainer.homework.submissions.xlsx_file import read_xlsx

            return read_xlsx
        case ".docx":
            from explainer.homework.submissions.docx_file import read_docx

            return read_docx
        case ".ipynb":
            from explainer.homework.submissions.notebook_file import read_notebook

            return read_notebook
        case ".md" | ".markdown" | ".txt":
            return _read_text
    return None


def _read_text(content: bytes) -> list[Found]:
    from explainer.homework.submissions.decode import decoded

    return _of_text(decoded(content))


def _of_text(text: str) -> list[Found]:
    """Text of no declared format: JSON by its first bracket, CSV by its heading, else lines."""
    from explainer.homework.submissions.csv_file import delimiter, read_csv_text
    from explainer.homework.submissions.json_file import read_json
    from explainer.homework.submissions.lines import read_lines
    from explainer.homework.submissions.tables import heads

    if text.lstrip().startswith(("{", '["', "[{")):
        return read_json(text.encode())
    comma = delimiter(text)
    if any(heads([cell.strip(' "') for cell in line.split(comma)]) for line in text.splitlines()[:20]):
        return read_csv_text(text)
    return read_lines(text, Found())


def _named(submission: Submission, path: Path, *, alone: bool) -> Submission:
    """The number and the name from the file's name, where the file itself does not say them."""
    if not alone:
        return submission
    number, name = from_path(path)
    problems = submission.problems
    if number and submission.student and number.lower() != submission.student.lower():
        problems = (*problems, OTHER_NUMBER.format(outside=same(number), inside=same(visible(submission.student))))
    return replace(submission, student=submission.student or number, name=submission.name or name, problems=problems)


__all__ = ["ENDINGS", "Submission", "read", "read_all", "read_text"]
