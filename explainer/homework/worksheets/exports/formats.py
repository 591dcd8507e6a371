"""Worksheets for other programs: Moodle XML, GIFT, QTI 2.1 and 1.2, Gradescope results, Jupyter notebooks.

The formats are a table of the `EXPORT`s that the modules of this package hold.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.errors import UserError
from explainer.homework.worksheets import exports
from explainer.homework.worksheets.exports.base import Export
from explainer.homework.worksheets.exports.tolerance import EXACT, Tolerance, parse_tolerance
from explainer.i18n.bilingual import Bi, Lang, words_in_a_row
from explainer.render.files import ending_of, write

if TYPE_CHECKING:
    from explainer.homework.grading.result import Graded
    from explainer.homework.worksheets.sheet import Sheet

NO_FORMAT = Bi(
    zh="看不出 {path} 该用什么格式：请加上 --format，可用的有 {formats}。",
    en="The format of {path} is not clear: add --format, one of {formats}.",
)
NEEDS_ANSWERS = Bi(
    zh="{format}格式写的是批改结果：请先用 explain check 批改，再导出。",
    en="The {format} format holds results: check the answers first (explain check), then export them.",
)
NO_SHEET = Bi(
    zh="{format}格式写的是题目，需要一份练习：请先用 explain worksheet 出题。",
    en="The {format} format holds questions and needs a worksheet: make one first (explain worksheet).",
)


def found_exports() -> Iterator[Export]:
    """Every module of the package that holds an `EXPORT`."""
    for module in pkgutil.iter_modules(exports.__path__):
        if module.name != Path(__file__).stem:
            export = getattr(import_module(f"{exports.__name__}.{module.name}"), "EXPORT", None)
            if isinstance(export, Export):
                yield export


EXPORTS: dict[str, Export] = {export.key: export for export in found_exports()}
FORMATS = tuple(EXPORTS)
ENDINGS = {ending: export for export in EXPORTS.values() for ending in export.endings}


def export(
    sheet: Sheet | None,
    path: str | Path,
    fmt: str | None = None,
    langs: Sequence[Lang] = ("zh",),
    *,
    tolerance: Tolerance | str = EXACT,
    graded: Sequence[Graded] | None = None,
) -> None:
    """Write a sheet (for gradescope: one student's results) to a file, whole or not at all.

    fmt: one of FORMATS, by default by the ending (.xml, .gift, .zip for QTI 2.1, .ipynb). tolerance: "50", "0.5%" or
    "3sf" for the questions answered by a number. Raises UserError for an unknown format, a tolerance that the format
    cannot say, or a file that cannot be written.
    """
    write(Path(path), exported(sheet, format_of(Path(path), fmt), langs, tolerance=tolerance, graded=graded))


def format_of(path: Path, fmt: str | None = None) -> str:
    """The key of the format asked for, or of the file's ending. Raises UserError."""
    found = EXPORTS.get(fmt) if fmt else ENDINGS.get(ending_of(path, ENDINGS))
    if found is None:
        raise UserError(NO_FORMAT.format(path=path.name, formats=words_in_a_row(FORMATS)))
    return found.key


def exported(
    sheet: Sheet | None,
    fmt: str,
    langs: Sequence[Lang] = ("zh",),
    *,
    tolerance: Tolerance | str = EXACT,
    graded: Sequence[Graded] | None = None,
) -> bytes:
    """The same as bytes: equal for equal sheets."""
    chosen = EXPORTS[fmt]
    allowed = parse_tolerance(tolerance) if isinstance(tolerance, str) else tolerance
    if chosen.of_results is not None:
        if graded is None:
            raise UserError(NEEDS_ANSWERS.format(format=fmt))
        allowed.check(chosen.name, chosen.tolerances)
        return chosen.of_results(graded, langs, sheet)
    if sheet is None:
        raise UserError(NO_SHEET.format(format=fmt))
    assert chosen.of_sheet is not None
    allowed.check(chosen.name, chosen.tolerances)
    return chosen.of_sheet(sheet, langs, allowed)
