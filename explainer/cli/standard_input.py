"""What is typed, or comes through a pipe."""

from __future__ import annotations

import sys

from explainer.errors import UserError
from explainer.homework.submissions.base import MAX_BYTES
from explainer.homework.submissions.decode import decoded
from explainer.i18n.bilingual import Bi

NO_INPUT = Bi(
    zh="标准输入已关闭，读不到答案；请把答案写在命令中。",
    en="Standard input is closed, so no answer can be read; write the answer into the command.",
)


def typed_line() -> str:
    """One line from the terminal or a pipe. Raises UserError where there is no standard input."""
    if sys.stdin is None or sys.stdin.closed:
        raise UserError(NO_INPUT)
    if sys.stdin.isatty():
        return input("> ")
    return sys.stdin.readline(MAX_BYTES).strip()


def typed() -> str:
    """All that comes through the pipe, as far as a file may go. Raises UserError where there is no standard input."""
    if sys.stdin is None or sys.stdin.closed:
        raise UserError(NO_INPUT)
    content = sys.stdin.buffer.read(MAX_BYTES) if hasattr(sys.stdin, "buffer") else sys.stdin.read(MAX_BYTES).encode()
    return decoded(content) if content.strip() else ""
