"""The progress of a class on a terminal's stderr; silent in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from explainer.homework.classroom.grade_class import Report
from explainer.i18n.bilingual import Bi, Lang

STAGES = {
    "grade": Bi("批改：第{n}份，共{all}份", "grading: {n} of {all}"),
    "sheets": Bi("出题：第{n}份，共{all}份", "worksheets: {n} of {all}"),
    "pages": Bi("写反馈页：第{n}份，共{all}份", "feedback pages: {n} of {all}"),
}


@contextmanager
def class_progress(lang: Lang) -> Iterator[Report | None]:
    """`with class_progress(lang) as report: check_folder(…, report=report)`; None where nobody is watching."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=20), TextColumn("{task.description}", markup=False))
    # Drawn only when something is done: a thread that draws would be in the way when processes are forked.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        tasks = {stage: bar.add_task("", total=None, visible=False) for stage in STAGES}

        def report(stage: str, done: int, whole: int) -> None:
            text = STAGES[stage].format(n=done, all=whole)[lang]
            bar.update(tasks[stage], completed=done, total=whole, description=text, visible=True, refresh=True)

        yield report
