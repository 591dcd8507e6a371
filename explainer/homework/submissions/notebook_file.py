"""A Jupyter notebook: text cells are read as Markdown, code cells as lines of text. Nothing is ever run."""

from __future__ import annotations

import re
from typing import Any

from explainer.homework.submissions.base import NAME, Broken, Found
from explainer.homework.submissions.decode import decoded
from explainer.homework.submissions.json_file import parsed
from explainer.homework.submissions.lines import read_lines
from explainer.i18n.bilingual import Bi

NOT_A_NOTEBOOK = Bi(
    zh="这不是Jupyter笔记本：其中没有单元格（cells）。",
    en="This is no Jupyter notebook: it has no cells.",
)
MAX_CELLS = 5_000

_ASSIGNED = re.compile(
    rf"""^\s*(?:\#\s*)?(?:[A-Za-z_]\w*\s*\[\s*|\{{\s*|[A-Za-z_]\w*\s*=\s*(?:dict\(|\{{)\s*)?   # answers[ or {{
    (["'])(?P<name>{NAME.pattern})\1\s*\]?\s*[:=]\s*(?P<value>.*)$""",
    re.VERBOSE | re.ASCII,
)
_STRING = re.compile(r"""^[rRuUbB]?(?P<quote>\"{3}|'{3}|"|')(?P<text>.*?)(?:(?P=quote)[\s,})]*)?$""", re.DOTALL)


def read_notebook(content: bytes) -> list[Found]:
    """Raises Broken where the file is no notebook."""
    value = parsed(decoded(content))
    cells = _get(value, "cells")
    if cells is None:
        sheets = _get(value, "worksheets")
        cells = _get(sheets[0], "cells") if isinstance(sheets, list) and sheets else None
    if not isinstance(cells, list):
        raise Broken(NOT_A_NOTEBOOK)
    found = Found()
    _metadata(_get(value, "metadata"), found)
    text = "\n\n".join(_cell(cell) for cell in cells[:MAX_CELLS])
    return read_lines(text, found)


_COMMENT = re.compile(r"^\s*#+\s*(.*)$")
_EXPRESSION = re.compile(r"[\w\s.*+/()\-^\[\],²³×·=≈%]+")
_CODE = re.compile(r"(?:import|from|def|class|for|if|else|while|return|with|try|assert|del|pass)\b|[A-Za-z_][\w.]*\(")


def _metadata(metadata: Any, found: Found) -> None:
    """A sheet's id and the student, where an exported notebook keeps them."""
    for pairs in (metadata, _get(metadata, "explainer")):
        for key in ("sheet", "sheet_id", "student", "name"):
            said = _get(pairs, key)
            if isinstance(said, str):
                found.say(key, said)


def _cell(cell: Any) -> str:
    about = _get(_get(cell, "metadata"), "explainer")
    asked = _get(about, "question")
    if _get(about, "role") == "question" and isinstance(asked, str) and NAME.fullmatch(asked):
        return f"## {asked}"  # its words are ours, not the student's
    source = _get(cell, "source") or _get(cell, "input") or ""
    if isinstance(source, list):
        source = "".join(piece for piece in source if isinstance(piece, str))
    if not isinstance(source, str):
        return ""
    if _get(cell, "cell_type") != "code":
        return source
    lines: list[str] = []
    answered = False
    for line in _statements(source):
        answer = _assigned(line)
        answered = answered or answer is not None
        if answer is not None:
            lines.append(answer)
        elif comment := _COMMENT.match(line):
            lines.append(comment[1])
        elif not answered and (working := _working(line)):
            lines.append(working)
    return "\n".join(lines)


def _statements(source: str) -> list[str]:
    r"""The lines of a code cell; a \"\"\"text of several lines\"\"\" stays one, its line ends marked."""
    lines: list[str] = []
    waiting = ""
    for line in source.splitlines():
        if waiting:
            lines[-1] += "\n" + line
            waiting = "" if waiting in line else waiting
            continue
        lines.append(line)
        waiting = next((quote for quote in ('"""', "'''") if line.count(quote) % 2), "")
    return lines


def _assigned(line: str) -> str | None:
    """`answers["features.0.params"] = "1792"  # so` → `features.0.params: 1792`; None for any other line."""
    first = line.partition("\n")[0]
    assigned = _ASSIGNED.match(first)
    return f"{assigned['name']}: {_value(assigned['value'] + line[len(first) :])}" if assigned else None


def _working(line: str) -> str:
    """An expression by itself, or what is assigned to a name: the answer to the question above the cell. "" for code."""
    value = _value(re.sub(r"^\s*[A-Za-z_]\w*\s*=(?!=)\s*", "", line))
    return value if _EXPRESSION.fullmatch(value) and not _CODE.match(value) else ""


def _value(text: str) -> str:
    """Without the quotes of a string, a trailing comma, a comment."""
    text = text.strip()
    string = _STRING.match(text)
    if string:
        return string["text"].strip()
    return re.sub(r"\s+#.*$", "", text).rstrip(" ,}")


def _get(pairs: Any, key: str) -> Any:
    """The value of an object's key; objects are pairs here."""
    if not isinstance(pairs, list):
        return None
    return next((pair[1] for pair in pairs if isinstance(pair, tuple) and pair[0] == key), None)
