"""The files of one sheet, and those of a class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from explainer.cli.show import WRITTEN
from explainer.cli.worksheet_options import NO_TARGET, WorksheetOptions
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang

if TYPE_CHECKING:
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.worksheets.class_set import MakeSheet
    from explainer.homework.worksheets.sheet import Sheet

ONE_SHEET = Bi(
    zh="给全班出题时，--key 不带单独的文件；请用 --keys，每人的参考答案会写进文件夹里的 keys。",
    en="For a class --key has no file of its own: use --keys, which writes each answer key into keys/ in the folder.",
)
NO_FOLDER = Bi(
    zh="给全班出题时，-o 后面应是文件夹，例如 -o sheets/；{path} 是文件名。",
    en="For a class -o names a folder, for example -o sheets/; {path} is the name of a file.",
)
NO_TOLERANCE = Bi(
    zh="{path} 这种练习题不能带容差：--tolerance 只用于导出到其他系统的格式（.xml、.gift、.zip）。",
    en="{path}: a worksheet of this format cannot carry a tolerance; --tolerance is for exports to other systems (.xml .gift "
    ".zip).",
)


def write_files(
    sheet: Sheet, options: WorksheetOptions, langs: tuple[Lang, ...], rubric: Rubric | None, name: str = ""
) -> None:
    """One sheet's files: the sheet, its key, its look-up sheet."""
    from explainer.homework.worksheets.answer_key import write_key
    from explainer.homework.worksheets.class_set import paper_path
    from explainer.homework.worksheets.lookup_sheet import write_lookup

    paper = "-".join(part for part in (sheet.source.paper, name) if part)
    for path in options.outputs:
        _write(sheet, paper_path(path, paper), langs, options.tolerance, options.fmt)
    if options.key is not None:
        write_key(sheet, paper_path(options.key, paper), langs, rubric)
    if options.lookup is not None:
        write_lookup(sheet, paper_path(options.lookup, paper), langs, rubric)


def _write(sheet: Sheet, path: Path, langs: tuple[Lang, ...], tolerance: str, fmt: str | None) -> None:
    """A page, or by its ending another program's format."""
    from explainer.homework.worksheets.exports.formats import ENDINGS, export
    from explainer.homework.worksheets.files import write_sheet
    from explainer.render.files import ending_of

    if fmt or ending_of(path, ENDINGS):
        export(sheet, path, fmt, langs, tolerance=tolerance)
        return
    if tolerance != "0":
        raise UserError(NO_TOLERANCE.format(path=str(path)))
    write_sheet(sheet, path, langs, tuple(ending for ending in ENDINGS if ending.startswith(".")))


def write_for_class(
    spoken: Lang,
    make: MakeSheet,
    students: Path,
    options: WorksheetOptions,
    langs: tuple[Lang, ...],
    rubric: Rubric | None,
) -> int:
    """A sheet for every student of a list, into a folder."""
    from explainer.cli.bar import class_progress
    from explainer.homework.worksheets.class_set import papers_of, students_of, write_class
    from explainer.homework.worksheets.exports.formats import ENDINGS
    from explainer.homework.worksheets.files import SHEET_FORMATS
    from explainer.render.files import ending_of

    if len(options.outputs) != 1:
        raise UserError(NO_TARGET)
    folder = options.outputs[0]
    if ending_of(folder, (*SHEET_FORMATS, *ENDINGS)) and not folder.is_dir():
        raise UserError(NO_FOLDER.format(path=str(folder)))
    if options.key is not None:
        raise UserError(ONE_SHEET)
    listed = students_of(students)
    done: list[Path] = []
    with class_progress(spoken) as report:

        def made(sheet: Sheet, path: Path) -> None:
            done.append(path)
            if report is not None:
                report("sheets", len(done), len(listed))

        written = write_class(
            make,
            listed,
            folder,
            langs,
            ending=f".{(options.fmt or 'pdf').lstrip('.')}",
            papers=papers_of(options.papers) if options.papers else (),
            keys=options.keys,
            rubric=rubric,
            on_sheet=made,
        )
    click.echo(WRITTEN.format(path=f"{folder} ({len(written)})")[spoken], err=True)
    return 0
