"""Python's garbage collector, out of the way of work that makes many objects and little garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@contextmanager
def collector_off() -> Iterator[None]:
    """No collection inside: it would look again and again at what is all still needed (time grows with the square)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass
class _Process:
    """Whether this process is a command of ours, which may treat the collector as it likes."""

    ours: bool = False


_process = _Process()


def quiet_start() -> None:
    """For the command line: no collection while torch and the libraries are loaded, for nothing of them is garbage."""
    _process.ours = True
    gc.disable()


def settled() -> None:
    """Before a model's own code runs: what is loaded stays, is never looked at again, and the collector works as usual.

    Does nothing in a process that is not ours (a notebook, a program that imports explainer).
    """
    if _process.ours:
        gc.freeze()
        gc.enable()
