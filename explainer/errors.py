"""What goes wrong for a user: one clear sentence in both languages, and no traceback."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible

LONGEST = 300


class UserError(Exception):
    """Wrong use or bad input: says what was wrong and what to do. The command line exits with 2."""

    def __init__(self, message: Bi) -> None:
        super().__init__(message.en)
        self.message = message


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
