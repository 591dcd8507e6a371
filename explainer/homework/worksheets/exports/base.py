"""What an export is: a format of another program, in which a sheet or a student's results are written.

A new one is a file in this package with an `EXPORT`; the table (`formats.py`), the command and the tests find it by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from explainer.homework.grading.result import Graded
from explainer.homework.worksheets.exports.tolerance import Mode, Tolerance
from explainer.homework.worksheets.sheet import Sheet
from explainer.i18n.bilingual import Lang

SheetWriter = Callable[[Sheet, Sequence[Lang], Tolerance], bytes]
ResultsWriter = Callable[[Sequence[Graded], Sequence[Lang], Sheet | None], bytes]


@dataclass(frozen=True)
class Export:
    """One format. key: as `--format` takes it; name: as a sentence has it.

    of_sheet, of_results: what it writes, the same bytes for the same content; one of the two is there.
    endings: of files, or whole names, that choose it by themselves; tolerances: the kinds that it can express.
    """

    key: str
    name: str
    of_sheet: SheetWriter | None = None
    of_results: ResultsWriter | None = None
    endings: tuple[str, ...] = ()
    tolerances: tuple[Mode, ...] = ()
