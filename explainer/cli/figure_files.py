"""`--figure`: figures by themselves, into files for slides and papers, or as SVG into a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from explainer.cli.exit_codes import EXIT_DISAGREES
from explainer.cli.show import WRITTEN
from explainer.cli.walked import walked
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang

NO_FILE = Bi(
    zh="--figure 要写到文件里：请加 -o，例如 -o vgg16.svg（也可以是 .png、.pdf），几张图则用文件夹：-o figures/。",
    en="--figure goes into a file: add -o, for example -o vgg16.svg (or .png, .pdf), or a folder for several: -o figures/.",
)


def run_figures(spoken: Lang, model: str, wanted: str, outputs: Sequence[Path], **given: Any) -> int:
    """Write the figures that are named, or all that the model gets. 0, 1 where a figure of the model disagrees with torch."""
    from explainer.cli.progress import progress
    from explainer.figures.export import check_place, save
    from explainer.figures.table import figure, figures, known, wants_of
    from explainer.options import langs_of

    lang = langs_of(given["lang"])[0]
    names = [name.strip() for name in wanted.replace("，", ",").split(",") if name.strip()]
    many = len(names) > 1 or names == ["all"]
    known(names)
    for path in outputs:
        check_place(path, many)
    if not outputs and (many or sys.stdout.isatty()):
        raise UserError(NO_FILE)
    with progress(spoken, len(outputs)) as stage:
        stage("torch")
        wants = wants_of(names)
        walk = walked(stage, model, cached=not wants, **given)
        if wants:
            from explainer.measuring import measured

            walk = measured(walk, wants)
        made = list(figures(walk, lang).values()) if names == ["all"] else [figure(walk, one, lang) for one in names]
        for path in outputs:
            stage("write", path=path.name)
            save(made, path)
    if not outputs:
        click.echo(made[0].to_svg())
    for path in outputs if sys.stderr.isatty() else ():
        click.echo(WRITTEN.format(path=str(path))[spoken], err=True)
    return 0 if walk.agrees else EXIT_DISAGREES
