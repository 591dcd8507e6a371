"""`explain render`: Markdown, edited by hand perhaps, into a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from explainer.cli.declare import Declared, argument, option
from explainer.cli.exit_codes import EXIT_USAGE
from explainer.cli.shared_options import CSS, DEBUG, ONE_LANG, OUTPUT
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang, same

UNREADABLE = Bi(
    zh="无法读取 {path}：{reason}。请检查路径，文件须为UTF-8编码。",
    en="Cannot read {path}: {reason}. Check the path; the file must be UTF-8.",
)


def run(spoken: Lang, source: Path, outputs: tuple[Path, ...], css: Path | None, **_: Any) -> int:
    """Markdown → HTML, PDF."""
    from explainer.plain_file import text_of
    from explainer.render.files import check_target, from_markdown, reason, write

    try:
        markdown = text_of(source)
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else same("UTF-8")
        raise UserError(UNREADABLE.format(path=str(source), reason=why)) from error
    style = ""
    if css is not None:
        from explainer.render.own_style import own_style

        style = own_style(css)
    failed = 0
    for path in outputs:
        try:
            check_target(path, (".html", ".pdf"))
            write(path, from_markdown(markdown, path.suffix.lower(), source.parent, css=style))
        except UserError as error:
            click.echo(error.message[spoken], err=True)
            failed += 1
    return EXIT_USAGE if failed else 0


COMMAND = Declared(
    help=Bi(zh="把手工改过的Markdown排成PDF或HTML。", en="Turn Markdown, edited by hand perhaps, into PDF or HTML."),
    parameters=(
        argument("source", type=Path, metavar="FILE.md"),
        option("-o", "--output", "outputs", help=OUTPUT, multiple=True, type=Path, metavar="FILE", required=True),
        CSS,
        ONE_LANG,
        DEBUG,
    ),
    run=run,
)
