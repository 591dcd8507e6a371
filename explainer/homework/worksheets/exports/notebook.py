"""A Jupyter notebook (nbformat 4.5): a cell with the question, and one to answer in, which `explain check` reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from explainer.homework.expressions import expression
from explainer.homework.worksheets.exports.base import Export
from explainer.homework.worksheets.exports.content import Content, contents, lines, one_line, title_of
from explainer.homework.worksheets.exports.tolerance import Tolerance
from explainer.homework.worksheets.sheet import Sheet
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import json_text
from explainer.render.markdown import code, escaped

HOW = Bi(
    zh="答案写在每题下面的单元格里、冒号之后：可以是数、算式，也可以是一步步的过程。请保留冒号前的题名。",
    en="Write each answer in the cell below its question, after the colon: a number, a formula, or the working step by step. "
    "Leave the name before the colon as it is.",
)
NUMBERED = Bi(zh="第{n}题：", en="Question {n}: ")
_PLAIN_NAME = expression(r"[A-Za-z_][\w.]*(@\d+)?", re.ASCII)
LAYER = Bi(zh="层：", en="Layer: ")
ANSWER = Bi(zh="答：", en="Answer: ")
POINTS = Bi(zh="（{points}分）", en=" ({points} points)")


def to_notebook(sheet: Sheet, langs: Sequence[Lang], tolerance: Tolerance) -> bytes:
    """The sheet as a notebook. It takes no tolerance: `explain check` decides by what an answer claims."""
    cells = [_cell("title", f"# {_text(one_line(title_of(sheet), langs))}\n\n{_text(' '.join(lines((HOW,), langs)))}")]
    for content in contents(sheet):
        cells += _question(content, langs)
    data = {
        "cells": cells,
        "metadata": {
            "explainer": {"sheet": sheet.id},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json_text(data).encode() + b"\n"


def _question(content: Content, langs: Sequence[Lang]) -> list[dict[str, Any]]:
    points = one_line(POINTS.format(points=content.points), langs)
    head = f"### {_text(one_line(content.title, langs) + points)}"
    body = [one_line(LAYER, langs) + code(content.code)] if content.code else []
    body += [_text(line) for line in lines(content.text, langs)]
    body += [f"- ({option.ident}) {_text(one_line(option.text, langs))}" for option in content.options]
    about = {"question": content.item.name, "number": content.item.number}
    return [
        _cell(f"{content.ident}-question", "\n\n".join([head, *body]), {"role": "question", **about}, editable=False),
        _cell(f"{content.ident}-answer", _prompt(content, langs[0]), {"role": "answer", **about}),
    ]


def _prompt(content: Content, lang: Lang) -> str:
    """What stands before an answer: the question's name, or its number where the name would not be read as one."""
    name = content.item.name
    return f"{name}: " if _PLAIN_NAME.fullmatch(name) else NUMBERED.format(n=str(content.item.number))[lang]


def _cell(ident: str, source: str, about: dict[str, Any] | None = None, editable: bool = True) -> dict[str, Any]:
    metadata: dict[str, Any] = {"explainer": about} if about else {}
    if about and not editable:
        metadata |= {"editable": False, "deletable": False}
    return {"cell_type": "markdown", "id": ident, "metadata": metadata, "source": source.splitlines(keepends=True)}


def _text(text: str) -> str:
    """Markdown in which a name is only text."""
    return escaped(" ".join(text.split()))


EXPORT = Export("notebook", "Jupyter", of_sheet=to_notebook, endings=(".ipynb",))
