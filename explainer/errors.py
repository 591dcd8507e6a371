"""What goes wrong for a user: one clear sentence in both languages, and no traceback."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from explainer.i18n.bilingual import Bi, Lang, same
from explainer.i18n.in_python import in_python
from explainer.i18n.printable import visible

LONGEST = 300
AT_LINE = Bi(zh="（{file} 第{line}行）", en=" ({file}, line {line})")


class UserError(Exception):
    """Wrong use or bad input: says what was wrong and what to do. The command line exits with 2.

    message: as the command line says it. lang: in which it is printed where nobody chooses, as in a traceback; there options are named
    as Python's arguments are.

    >>> str(UserError(Bi(zh="请写--batch 2。", en="write --batch 2."), "zh"))
    '请写batch 2。'
    """

    def __init__(self, message: Bi, lang: Lang = "en") -> None:
        super().__init__(in_python(message[lang]))
        self.message = message


class GraphEnds(Exception):
    """A graph read from a file can be followed no further: at which operator, and why, in English (it goes into the data)."""

    def __init__(self, operator: str, reason: str) -> None:
        super().__init__(reason)
        self.operator = operator


def said_by(error: BaseException) -> str:
    """`ValueError: no` for an error of a stranger's code: one line, not long, and nothing in it acts on a terminal.

    Never raises, though the error's own class may do anything when it is printed.
    """
    kind, lines = type(error).__name__, text_of(error).splitlines()
    return visible(f"{kind}: {lines[0]}" if lines else kind)[:LONGEST]


def text_of(error: BaseException) -> str:
    """Its text as it stands; "" where its class cannot even be printed."""
    try:
        return str(error).strip()
    except BaseException:
        return ""


def at_line(error: BaseException) -> Bi:
    """` (net.py, line 12)`: the innermost line of a user's own code that an error passed through, or nothing."""
    import traceback

    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_users(frame.filename) and frame.lineno:
            return AT_LINE.format(file=visible(Path(frame.filename).name), line=str(frame.lineno))
    return same("")


def is_users(filename: str) -> bool:
    """Whether a file of code is neither ours, nor Python's, nor an installed package's."""
    import sysconfig

    places = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return not filename.startswith((*places, str(Path(__file__).parent), "<"))


ASKED = "input() asks at the keyboard"


@contextmanager
def nobody_at_the_keyboard() -> Iterator[None]:
    """Within it `input()` raises EOFError at once and prints nothing: a question would stop the command and stand in the lesson."""
    before, builtins.input = builtins.input, _nobody
    try:
        yield
    finally:
        builtins.input = before


def _nobody(*_: object) -> NoReturn:
    raise EOFError(ASKED)
