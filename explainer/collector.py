"""Python's garbage collector, out of the way of work that makes many objects and little garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@contextmanager
def collector_off() -> Iterator[None]:
    """No collection inside: it would look again and again at what is all still needed (time grows with the square).

    Nor at once behind it: what was made counts as old, and is looked at with all that is old.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            _grow_old()
            gc.enable()


@contextmanager
def cleared_behind() -> Iterator[None]:
    """Behind it the garbage made inside is gone. What was there before (torch's million objects) is not looked at for it, unless
    somebody has objects frozen already: theirs stay so.
    """
    apart = not _process.apart and not gc.get_freeze_count()
    if apart:
        gc.freeze()
        _process.apart += 1
    try:
        yield
    finally:
        gc.collect()
        if apart:
            _process.apart -= 1
            gc.unfreeze()


def _grow_old() -> None:
    """Put what is young among the old, unless that has been done with so much that garbage may have gathered there."""
    _process.young += gc.get_count()[0]
    if _process.young > _MOST:
        _process.young = 0
    # A program that froze what it had keeps it frozen; what we froze ourselves need not be counted, a million objects.
    elif not _process.apart and not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()


_MOST = 2_000_000  # objects


@dataclass
class _Process:
    """ours: this process is a command of ours, which may treat the collector as it likes. young: objects made in
    stretches without a collection, since the last time that they were looked at. apart: how many stretches have frozen what was there."""

    ours: bool = False
    young: int = 0
    apart: int = 0


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
        _process.apart += 1
        gc.enable()
