"""Documents and JSON on the standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    from explainer.document.nodes import Document

WRITTEN = Bi(zh="已写出 {path}", en="Wrote {path}")


def show(document: Document) -> None:
    """Markdown into a pipe, a readable rendering on a terminal."""
    if sys.stdout.isatty():
        from rich.console import Console

        from explainer.render.terminal import print_document

        print_document(document, Console())
        return
    from explainer.render.markdown import to_markdown

    click.echo(to_markdown(document), nl=False)
