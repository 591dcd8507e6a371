"""What a user's model prints while it is built and run goes to stderr: on stdout there is the lesson alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress


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
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if ours is not None:
            os.dup2(ours, 1)
            os.close(ours)
