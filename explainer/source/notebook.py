"""A notebook as a module: of its code cells, only imports, definitions and assignments of literals are run."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.source.only_needed import definitions
from explainer.source.source_text import read_source, with_plain_blanks

NOT_A_NOTEBOOK = Bi(
    zh="{path} 不是Jupyter笔记本：里面没有单元格。", en="{path} is no Jupyter notebook: it has no cells."
)
ONLY = Bi(
    zh="{path} 只运行了其中的import、类和函数的定义，以及字面量的赋值；其余单元格没有运行。",
    en="Of {path} only imports, definitions and assignments of literals were run; nothing else in its cells.",
)
_MAGIC = re.compile(r"^(\s*)[%!?].*$", re.MULTILINE)
_CELL_MAGIC = re.compile(r"^\s*%%(?!time\b|timeit\b|capture\b|prun\b)\w+")


def statements_of(path: Path) -> Iterator[tuple[list[str], CodeType]]:
    """What is run of each cell, in order, with the names that it imports. The cell's number stands in the file's name.

    Raises UserError.
    """
    for number, text in enumerate(_cells(path), start=1):
        tree = _parsed(text)
        for statement in definitions(tree).body if tree is not None else ():
            names = [
                alias.asname or alias.name.partition(".")[0]
                for alias in (statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else ())
            ]
            yield names, compile(ast.Module([statement], []), f"{path}[{number}]", "exec", dont_inherit=True)


def _cells(path: Path) -> Iterator[str]:
    """The text of each code cell."""
    try:
        content: Any = json.loads(read_source(path))
        sheets = content.get("worksheets") or [content]  # before version 4 a notebook had worksheets
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell.get("cell_type") == "code"]
        texts = [cell.get("source", cell.get("input", "")) for cell in cells]
        yield from [text if isinstance(text, str) else "".join(text) for text in texts]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(NOT_A_NOTEBOOK.format(path=visible(str(path)))) from error


def _parsed(text: str) -> ast.Module | None:
    """The cell as Python, without IPython's commands; None for a cell in another language, or half written."""
    if _CELL_MAGIC.match(text):
        return None
    for version in (text, _MAGIC.sub(r"\1pass", text)):
        try:
            return ast.parse(with_plain_blanks(version))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None
