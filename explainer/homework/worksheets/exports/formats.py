"""Worksheets for other programs: Moodle XML, GIFT, QTI 2.1 and 1.2, Gradescope results, Jupyter notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from explainer.errors import UserError
from explainer.homework.worksheets.exports.tolerance import EXACT, Tolerance, parse_tolerance
from explainer.i18n.bilingual import Bi, Lang

if TYPE_CHECKING:
    from explainer.homework.grading.result import Graded
    from explainer.homework.worksheets.sheet import Sheet

Format = Literal["moodle", "gift", "qti21", "qti12", "gradescope", "notebook"]
FORMATS: tuple[Format, ...] = get_args(Format)
ENDINGS: dict[str, Format] = {".xml": "moodle", ".gift": "gift", ".zip": "qti21", ".ipynb": "notebook"}
NO_FORMAT = Bi(
    zh="看不出 {path} 该用什么格式：请加上 --format，可用的有 {formats}。",
    en="The format of {path} is not clear: add --format, one of {formats}.",
)
NEEDS_ANSWERS = Bi(
    zh="gradescope格式写的是批改结果：请先用 explain check 批改，再导出。",
    en="The gradescope format holds results: check the answers first (explain check), then export them.",
)
NO_SHEET = Bi(
    zh="{format}格式写的是题目，需要一份练习：请先用 explain worksheet 出题。",
    en="The {format} format holds questions and needs a worksheet: make one first (explain worksheet).",
)


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
    from explainer.render.files import write

    chosen = format_of(Path(path), fmt)
    write(Path(path), exported(sheet, chosen, langs, tolerance=tolerance, graded=graded))


def format_of(path: Path, fmt: str | None = None) -> Format:
    """The format asked for, or the one of the ending. Raises UserError."""
    wanted = fmt or ENDINGS.get(path.suffix.lower(), "gradescope" if path.name == "results.json" else "")
    found = next((known for known in FORMATS if known == wanted), None)
    if found is None:
        raise UserError(NO_FORMAT.format(path=path.name, formats=Bi("、".join(FORMATS), ", ".join(FORMATS))))
    return found


def exported(
    sheet: Sheet | None,
    fmt: Format,
    langs: Sequence[Lang] = ("zh",),
    *,
    tolerance: Tolerance | str = EXACT,
    graded: Sequence[Graded] | None = None,
) -> bytes:
    """The same as bytes: equal for equal sheets."""
    allowed = parse_tolerance(tolerance) if isinstance(tolerance, str) else tolerance
    if fmt == "gradescope":
        from explainer.homework.worksheets.exports.gradescope import to_gradescope

        if graded is None:
            raise UserError(NEEDS_ANSWERS)
        return to_gradescope(graded, langs, allowed, sheet)
    if sheet is None:
        raise UserError(NO_SHEET.format(format=fmt))
    if fmt == "moodle":
        from explainer.homework.worksheets.exports.moodle import to_moodle as written
    elif fmt == "gift":
        from explainer.homework.worksheets.exports.gift import to_gift as written
    elif fmt == "qti21":
        from explainer.homework.worksheets.exports.qti import to_qti as written
    elif fmt == "qti12":
        from explainer.homework.worksheets.exports.qti12 import to_qti12 as written
    else:
        from explainer.homework.worksheets.exports.notebook import to_notebook as written
    return written(sheet, langs, allowed)
