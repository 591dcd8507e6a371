"""A Jupyter notebook: text cells are read as Markdown, code cells as lines of text. Nothing is ever run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from explainer.homework.expressions import expression
from explainer.homework.submissions.base import MAX_ANSWER, MAX_LINES, MAX_TEXT, TOO_MUCH_TEXT, Broken, Found
from explainer.homework.submissions.decode import decoded
from explainer.homework.submissions.json_file import parsed
from explainer.homework.submissions.lines import MAX_LINE, LineReader
from explainer.homework.submissions.scan import is_name, named, ordinal
from explainer.i18n.bilingual import Bi

NOT_A_NOTEBOOK = Bi(
    zh="这不是Jupyter笔记本：其中没有单元格（cells）。",
    en="This is no Jupyter notebook: it has no cells.",
)
MAX_CELLS = 5_000

_ASSIGNED = expression(
    r"""\s*+(?:\#\s*+)?(?:[A-Za-z_]\w*+\s*+\[\s*+|\{\s*+|[A-Za-z_]\w*+\s*+=\s*+(?:dict\(|\{)\s*+)?   # answers[ or {
    (["'])(?P<name>[\w.@]++)\1\s*+\]?\s*+[:=]\s*+(?P<value>.*)$""",
    re.VERBOSE,
)
_QUOTES = ('"""', "'''", '"', "'")


def read_notebook(content: bytes, *, on_sheet: bool = False) -> list[Found]:
    """Raises Broken where the file is no notebook. on_sheet: the answers go by their numbers."""
    value = parsed(decoded(content))
    cells = _get(value, "cells")
    if cells is None:
        sheets = _get(value, "worksheets")
        cells = _get(sheets[0], "cells") if isinstance(sheets, list) and sheets else None
    if not isinstance(cells, list):
        raise Broken(NOT_A_NOTEBOOK)
    found = Found()
    _metadata(_get(value, "metadata"), found)
    reader = LineReader(found, on_sheet=on_sheet)
    left, lines = MAX_TEXT, MAX_LINES
    for cell in cells[:MAX_CELLS]:
        source = _source(cell)
        left -= len(source)
        lines -= source.count("\n") + 1
        if left < 0 or lines < 0:
            found.problems.append(TOO_MUCH_TEXT.format(most=MAX_TEXT, lines=MAX_LINES))
            break
        if _get(cell, "cell_type") == "code":
            _code(reader, source, _printed(cell))
        else:
            reader.feed(source)
        reader.feed("\n")
    return reader.close()


_EXPRESSION = expression(r"[\w\s.*+/()\-^\[\],²³×·=≈%:，。；、（）]++")
_CODE = expression(r"(?:import|from|def|class|for|if|else|while|return|with|try|assert|del|pass)\b|[A-Za-z_][\w.]*+\(")
_TO_A_NAME = expression(r"\s*+[A-Za-z_]\w*+\s*+=(?!=)\s*+")
_WORD = expression(r"[A-Za-z_]\w*+")
_LABELLED = expression(r"print\(\s{0,3}[fF]?[\"'][^\"'\n]{0,80}[:：=]")
_PRINT = expression(r"\s*+print\((.*)\)\s*$")


def _metadata(metadata: Any, found: Found) -> None:
    """A sheet's id and the student, where an exported notebook keeps them."""
    for pairs in (metadata, _get(metadata, "explainer")):
        for key in ("sheet", "sheet_id", "student", "name"):
            said = _get(pairs, key)
            if isinstance(said, str):
                found.say(key, said)


def _source(cell: Any) -> str:
    """The text of a cell; a question that we printed ourselves is only its name."""
    about = _get(_get(cell, "metadata"), "explainer")
    asked = _get(about, "question")
    if _get(about, "role") == "question" and isinstance(asked, str) and is_name(asked):
        return f"## {asked}"  # its words are ours, not the student's
    source = _get(cell, "source") or _get(cell, "input") or ""
    if isinstance(source, list):
        source = "".join(piece for piece in source if isinstance(piece, str))
    return source if isinstance(source, str) else ""


def _printed(cell: Any) -> str:
    """What a code cell printed when its student ran it; long ones are no answers."""
    outputs = _get(cell, "outputs")
    texts = [_get(output, "text") for output in outputs[:20]] if isinstance(outputs, list) else []
    pieces = [piece for text in texts for piece in (text[:MAX_LINES] if isinstance(text, list) else [text])]
    return "".join(piece for piece in pieces if isinstance(piece, str))[: 4 * MAX_ANSWER]


def _code(reader: LineReader, source: str, printed: str) -> None:
    """A code cell: answers by their names (`answers["q1.params"] = …`, `q2 = …`), working, comments; a program is set aside.

    Where the program has printed `Q1: 7880`, that is the answer, and the program is not.
    """
    answered = False
    if _LABELLED.search(source) and any(_begins(line) for line in printed.splitlines()):
        reader.feed(source, aside=True)
        reader.feed(printed)
        return
    lines = _statements(source, MAX_LINES)
    last = {word: at for at, line in enumerate(lines) for word in _WORD.findall(line)}  # the line that has it last
    opens = max(
        (at for at, line in enumerate(lines) if _assigned(line) is not None or _begins(line.lstrip(" \t#"))), default=-1
    )
    given: list[tuple[int, str]] = []  # what stands before an answer and is used in it: `h, d = 64, 20`
    for at, line in enumerate(lines):
        comment = line.lstrip().startswith("#")
        bare = line.lstrip(" \t#") if comment else line
        answer = _assigned(line)
        if answer is not None:
            reader.feed(answer)
        elif _begins(bare):
            answer = "" if comment else _value(bare)
            head, equals, value = answer.partition("=")
            given = [(used, one) for used, one in given if used >= at]
            reader.feed(
                "\n".join([f"{head}{equals}", *(one for _, one in given), value.strip()])
                if given and value
                else answer or bare
            )
        else:
            working = bare.strip() if comment else _working(line, at, last)
            used = (
                max((last[name] for name in _WORD.findall(line.partition("=")[0])), default=-1) if "=" in line else -1
            )
            if working and at < used and at < opens and not comment:
                given.append((used, working))
                continue
            reader.feed(working or line, aside=answered or not working)
        answered = answered or answer is not None


def _begins(line: str) -> bool:
    """Whether a line names its question, or numbers it as one (`Q3: …`)."""
    return named(line) is not None or ((found := ordinal(line)) is not None and found.style == "Q")


def _statements(source: str, most: int) -> list[str]:
    r"""The lines of a code cell; a \"\"\"text of several lines\"\"\" stays one, its line ends marked."""
    lines: list[str] = []
    waiting = ""
    for line in islice(source.splitlines(), most):
        line = line[:MAX_LINE]
        if waiting:
            if len(lines[-1]) <= MAX_ANSWER:
                lines[-1] += "\n" + line
            waiting = "" if waiting in line else waiting
            continue
        lines.append(line)
        waiting = next((quote for quote in _QUOTES[:2] if line.count(quote) % 2), "")
    return lines


def _assigned(line: str) -> str | None:
    """`answers["features.0.params"] = "1792"  # so` → `features.0.params: 1792`; None for any other line."""
    first = line.partition("\n")[0]
    assigned = _ASSIGNED.match(first)
    if assigned is None:
        return None
    name = assigned["name"]
    if not is_name(name) and not ((number := ordinal(f"{name}:")) is not None and not number.rest):
        return None
    return f"{name}: {_value(assigned['value'] + line[len(first) :])}"


def _working(line: str, at: int, last: Mapping[str, int]) -> str:
    """An expression by itself, printed, or assigned to a name: the answer to the question above the cell. "" for code.

    A name that is used further on stays, since `(w+b)*4` says nothing without `w = 1960`. last: the last line of each word.
    """
    printed = _PRINT.match(line)
    assigned = _TO_A_NAME.match(line)
    value = _value(printed[1] if printed else line[assigned.end() :] if assigned else line)
    if not _EXPRESSION.fullmatch(value) or _CODE.match(value):
        return ""
    name = assigned[0].strip(" \t=") if assigned else ""
    return f"{name} = {value}" if name and last[name] > at else value


def _value(text: str) -> str:
    """Without the quotes of a string, a trailing comma, a comment: `q2 = "a"  # b` → `q2 = a`, `"a",` → `a`."""
    text = text.strip()
    head, equals, value = text.partition("=")
    if equals and head.strip().isidentifier():
        return f"{head}= {_value(value)}"
    bare = text.lstrip("rRuUbB") if text[:2].lstrip("rRuUbB")[:1] in ("'", '"') else text
    quote = next((quote for quote in _QUOTES if bare.startswith(quote)), "")
    if quote:
        end = bare.rfind(quote, len(quote))
        if end < 0 or not bare[end + len(quote) :].partition("#")[0].strip(" \t\n,})]"):
            return (bare[len(quote) : end] if end >= 0 else bare[len(quote) :]).strip()
    at = text.find("#")
    while at > 0 and not text[at - 1].isspace():
        at = text.find("#", at + 1)
    return (text[:at] if at >= 0 else text).rstrip(" \t,}")


def _get(pairs: Any, key: str) -> Any:
    """The value of an object's key; objects are pairs here."""
    if not isinstance(pairs, list):
        return None
    return next((pair[1] for pair in pairs if isinstance(pair, tuple) and pair[0] == key), None)
