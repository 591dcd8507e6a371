"""A user's script has a command line of its own: here it is empty, and what it lacks there is said in a sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from explainer.i18n.bilingual import Bi

LACKS = Bi(
    zh="{path} 用argparse读自己的命令行，而它要的参数没有给（{reason}）：请给这些参数默认值，或把parse_args()放到 "
    'if __name__ == "__main__" 下。',
    en="{path} reads a command line of its own (argparse) and lacks an argument there ({reason}): give its arguments defaults, or move "
    'parse_args() under if __name__ == "__main__".',
)


class Lacking(SystemExit):
    """What argparse would have printed before it ended the program."""


@contextmanager
def own_command_line(program: str) -> Iterator[None]:
    """While a user's code runs, `sys.argv` is its name alone; argparse raises `Lacking` and prints nothing."""
    argv, error = sys.argv, argparse.ArgumentParser.error
    sys.argv = [program]
    argparse.ArgumentParser.error = _lacking  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        sys.argv, argparse.ArgumentParser.error = argv, error  # type: ignore[method-assign]


def _lacking(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    raise Lacking(message)
