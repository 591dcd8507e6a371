"""A progress bar on a terminal's stderr; silent in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from explainer.i18n.bilingual import Bi, Lang

if TYPE_CHECKING:
    from rich.progress import Progress

    from explainer.tracing.call import Call

STAGES = {
    "torch": Bi("载入torch", "loading torch"),
    "build": Bi("构建模型", "building the model"),
    "run": Bi("逐层推导", "deriving layer by layer"),
    "write": Bi("写出 {path}", "writing {path}"),
}
CALL = Bi("逐层推导：第{n}步 {path}", "deriving: step {n}, {path}")


class Stage:
    """Call it with a stage's name when that stage begins."""

    def __init__(self, lang: Lang, bar: Progress | None, stages: int) -> None:
        self.lang = lang
        self._bar = bar
        self._task = bar.add_task("", total=stages) if bar else None

    def __call__(self, name: str, **values: str) -> None:
        if self._bar is not None and self._task is not None:
            text = STAGES[name].format(**values)[self.lang]
            self._bar.update(self._task, description=text, advance=0 if name == "torch" else 1)

    def call(self, call: Call) -> None:
        """A step of the forward pass is done."""
        if self._bar is not None and self._task is not None and call.index % 20 == 0:
            text = CALL.format(n=str(call.index), path=call.path)[self.lang]
            self._bar.update(self._task, description=text)

    def say(self, text: Bi) -> None:
        """A line on stderr, above the bar if there is one."""
        if self._bar is not None:
            self._bar.console.print(text[self.lang], markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text[self.lang], err=True)


@contextmanager
def progress(lang: Lang, outputs: int) -> Iterator[Stage]:
    """The bar while the work goes on; it disappears when done."""
    if not sys.stderr.isatty():
        yield Stage(lang, None, 0)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), BarColumn(bar_width=20), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Stage(lang, bar, 3 + outputs)
