"""A program that asks at the keyboard gets no answer here: its question would stop the command and stand in the lesson."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from unittest.mock import patch

ASKED = "input() asks at the keyboard"


@contextmanager
def nobody_at_the_keyboard() -> Iterator[None]:
    """Within it `input()` raises EOFError at once and prints nothing."""
    with patch.object(builtins, "input", _nobody):
        yield


def _nobody(*_: object) -> NoReturn:
    raise EOFError(ASKED)
