"""What students send, read within limits: CSV, Markdown, JSON, .xlsx, .docx, the filled PDF, a notebook.

One small reader a format; nothing of a file is ever run. A file that cannot be read is a submission with no answers and
a sentence that says why.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from explainer.homework.submissions.base import MAX_BYTES, Broken, Found, Submission
from explainer.homework.submissions.limits import READING, TooLong, within
from explainer.homework.submissions.who import from_path
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

ENDINGS = (".csv", ".tsv", ".txt", ".md", ".markdown", ".json", ".xlsx", ".xlsm", ".docx", ".pdf", ".ipynb")

UNKNOWN = Bi(
    zh="无法读取 {ending} 文件；请另存为 .csv、.md、.json、.xlsx、.docx、.pdf 或 .ipynb 后重交。",
    en="{ending} files cannot be read; save it as .csv, .md, .json, .xlsx, .docx, .pdf or .ipynb and hand it in again.",
)
NO_ENDING = Bi(
    zh="文件名没有后缀，看不出是哪种文件；请另存为 .csv、.md、.json、.xlsx、.docx、.pdf 或 .ipynb 后重交。",
    en="The file's name has no ending that says what it is; save it as .csv, .md, .json, .xlsx, .docx, .pdf or .ipynb and hand it in again.",
)
ARCHIVE = Bi(
    zh="这是压缩包（{ending}），不会打开；请解压，把里面的文件交上来。",
    en="This is an archive ({ending}) and is not opened; unpack it and hand in the files themselves.",
)
PICTURE = Bi(
    zh="这是图片（{ending}），认不出上面写的字；请把答案写成文字再交。",
    en="This is a picture ({ending}), and what is written on it cannot be read; hand the answers in as text.",
)
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".heic", ".heif", ".tif", ".tiff")
LARGE = Bi(
    zh="文件大小为{n} MB，超过上限{most} MB，没有读。",
    en="The file is {n} MB, more than the limit of {most} MB, and was not read.",
)
A_LINK = Bi(zh="这是一个链接，不是文件，没有读。", en="This is a link, not a file, and was not read.")
NOT_A_FILE = Bi(
    zh="这不是普通文件（是文件夹、管道或设备），没有读。",
    en="This is no ordinary file (but a folder, a pipe or a device), and was not read.",
)
NOT_THERE = Bi(zh="无法读取这个文件（{reason}）。", en="This file cannot be read ({reason}).")
SLOW = Bi(
    zh="读这个文件用了{n}秒以上的处理器时间，已放弃。",
    en="Reading this file took more than {n} seconds of processor time and was given up.",
)
UNEXPECTED = Bi(
    zh="文件已损坏，读到一半读不下去（{reason}）；请重新保存后再交。",
    en="The file is damaged and could not be read to its end ({reason}); save it again and hand it in again.",
)
NO_ANSWERS = Bi(
    zh="文件中没有找到答案；每个答案请按“features.0.params: 1792”的格式书写。",
    en="No answers were found in the file; write each as 'features.0.params: 1792'.",
)
OTHER_NUMBER = Bi(
    zh="文件名里的学号是 {outside}，文件里写的是 {inside}；以文件名为准，请核对。",
    en="The file's name says student {outside}, the file itself {inside}; the file's name counts, please check.",
)
OTHERS = Bi(
    zh="文件名里的学号是 {outside}，文件里却有{n}个学生的答案；别人的答案只在没有其本人的文件时才算，请核对。",
    en="The file's name says student {outside}, but the file has answers of {n} students; those of others count only where "
    "they have sent nothing themselves, please check.",
)


def read(path: Path) -> Submission:
    """One student's submission. Never raises for what is in the file: `problems` says what is wrong with it."""
    return read_all(path)[0]


def read_all(path: Path, *, on_sheet: bool = False) -> tuple[Submission, ...]:
    """Every student's submission in one file (a class's table has several), at least one.

    on_sheet: the answers are a worksheet's, by their numbers, though the file may not carry its id.
    """
    try:
        with within(READING):
            founds = _read(path, on_sheet)
            submissions = [found.submission(on_sheet=on_sheet) for found in founds]
            return _named(submissions, path)
    except Broken as error:
        problem = error.message
    except TooLong:
        problem = SLOW.format(n=int(READING))
    except OSError as error:
        problem = NOT_THERE.format(reason=error.strerror or type(error).__name__)
    except Exception as error:  # whatever is in the file, the others go on
        problem = UNEXPECTED.format(reason=type(error).__name__)
    return _named([Found(problems=[problem]).submission()], path)


def read_text(text: str, *, on_sheet: bool = False) -> Submission:
    """Answers typed or piped in: CSV, JSON or lines."""
    try:
        with within(READING):
            return _of_text(text, on_sheet=on_sheet)[0].submission(on_sheet=on_sheet)
    except Broken as error:
        return Submission("", "", None, {}, (error.message,))
    except TooLong:
        return Submission("", "", None, {}, (SLOW.format(n=int(READING)),))


def content_of(path: Path) -> bytes:
    """The bytes of an ordinary file within the limit; nothing is opened that could wait or act. Raises Broken, OSError."""
    if path.is_symlink():
        raise Broken(A_LINK)
    if not stat.S_ISREG(path.stat().st_mode):
        raise Broken(NOT_A_FILE)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):  # changed since
            raise Broken(NOT_A_FILE)
        if about.st_size > MAX_BYTES:
            raise Broken(LARGE.format(n=about.st_size // 1_000_000, most=MAX_BYTES // 1_000_000))
        return file.read(MAX_BYTES)


def _read(path: Path, on_sheet: bool) -> list[Found]:
    content = content_of(path)
    ending = path.suffix.lower()
    reader = reader_of(ending, on_sheet=on_sheet)
    if reader is None:
        raise Broken(_unreadable(ending))
    founds = reader(content)
    for found in founds:
        if not found.entries and not found.problems:
            found.problems.append(NO_ANSWERS)
    return founds


def _unreadable(ending: str) -> Bi:
    """Why no reader takes such a file, and what its sender can do."""
    if not ending:
        return NO_ENDING
    kind = ARCHIVE if ending in _ARCHIVES else PICTURE if ending in _PICTURES else UNKNOWN
    return kind.format(ending=visible(ending))


def reader_of(ending: str, *, on_sheet: bool) -> Callable[[bytes], list[Found]] | None:
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

            return partial(read_docx, on_sheet=on_sheet)
        case ".ipynb":
            from explainer.homework.submissions.notebook_file import read_notebook

            return partial(read_notebook, on_sheet=on_sheet)
        case ".pdf":
            from explainer.homework.submissions.pdf_file import read_pdf

            return partial(read_pdf, on_sheet=on_sheet)
        case ".md" | ".markdown" | ".txt":
            return partial(_read_text, on_sheet=on_sheet)
    return None


def _read_text(content: bytes, *, on_sheet: bool) -> list[Found]:
    from explainer.homework.submissions.decode import decoded

    return _of_text(decoded(content), on_sheet=on_sheet)


def _of_text(text: str, *, on_sheet: bool) -> list[Found]:
    """Text of no declared format: JSON by its first bracket, CSV by its heading, else lines."""
    from explainer.homework.submissions.csv_file import delimiter, read_csv_text
    from explainer.homework.submissions.json_file import read_json
    from explainer.homework.submissions.lines import read_lines
    from explainer.homework.submissions.tables import heads

    if text.lstrip().startswith(("{", '["', "[{")):
        return read_json(text.encode("utf-8", "surrogatepass"))
    comma = delimiter(text)
    beginning = [line[:2_000] for line in text[:40_000].splitlines()[:20] if not line.lstrip().startswith("|")]
    if any(heads([cell.strip(' "') for cell in line.split(comma)]) for line in beginning):
        return read_csv_text(text)
    return read_lines(text, Found(), on_sheet=on_sheet)


def _named(submissions: list[Submission], path: Path) -> tuple[Submission, ...]:
    """Whose they are: the file's name speaks first, for the learning platform made it; what the text says comes after it."""
    number, name = from_path(path)
    if len(submissions) > 1:
        others = number and any(one.student.lower() != number.lower() for one in submissions)
        warning = [OTHERS.format(outside=same(visible(number)), n=len(submissions))] if others else []
        return tuple(
            replace(
                one, claimed=not number or one.student.lower() != number.lower(), warnings=(*one.warnings, *warning)
            )
            for one in submissions
        )
    one = submissions[0]
    warnings = list(one.warnings)
    if number and one.student and number.lower() != one.student.lower():
        warnings.append(OTHER_NUMBER.format(outside=same(visible(number)), inside=same(visible(one.student))))
    known = replace(
        one,
        student=number or one.student,
        name=name or one.name,
        claimed=bool(one.student) and not number,
        warnings=tuple(warnings),
    )
    return (known,)


__all__ = ["ENDINGS", "Submission", "read", "read_all", "read_text"]
