"""Documents and JSON on the standard output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible

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


def json_text(value: Any) -> str:
    """JSON for the terminal: what could act on it is spelled out as JSON itself does it."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return "".join(char if char == "\n" or visible(char) == char else json.dumps(char)[1:-1] for char in text)
