"""What a user's model does to this program while it is built and run: what it prints goes to stderr, and it cannot end it unsaid."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import NoReturn


@contextmanager
def strangers_to_stderr() -> Iterator[None]:
    """By `print`, and by what does not go through Python: C code, a program that the model's file starts."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    try:
        ours = os.dup(1)
    except OSError:  # there is no stdout
        ours = None
    try:
        if ours is not None:
            with suppress(OSError):
                os.dup2(2, 1)
        with redirect_stdout(sys.stderr), _ending_is_said():
            yield
    finally:
        if ours is not None:
            os.dup2(ours, 1)
            os.close(ours)


@contextmanager
def _ending_is_said() -> Iterator[None]:
    """`os._exit(0)` would end in success, without a lesson; here it is `sys.exit`, of which there is a sentence."""
    ours, really = os.getpid(), os._exit

    def leave(status: int) -> NoReturn:
        if os.getpid() != ours:  # a process that the model's code has forked
            really(status)
        raise SystemExit(status)

    os._exit = leave
    try:
        yield
    finally:
        os._exit = really
