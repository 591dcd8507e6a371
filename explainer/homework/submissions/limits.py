"""A limit on the processor time that one file may take, so that no file holds up the class.

Processor time, not the clock: a busy machine changes no result. Only what does not work at all and waits (a broken network
drive) is ended by the clock, after many times as long.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

READING = 20.0  # seconds of processor time for one file
GRADING = 20.0  # for one answer: many times what the grader allows itself
WAITING = 30  # times as long by the clock

_ends: list[tuple[float, float]] = []  # (processor, clock) at which each limit that is open runs out


class TooLong(BaseException):
    """The time is up. No Exception, so that nothing on the way swallows it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TooLong inside when the processor time is used up; limits may stand inside each other.

    Where there are no such alarms (Windows, other threads), no limit: the readers' own bounds on bytes, lines and tokens hold.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(number, signal.signal(number, _stop)) for number in (signal.SIGPROF, signal.SIGALRM)]
    _ends.append((time.process_time() + seconds, time.monotonic() + WAITING * seconds))
    try:
        _arm()
        yield
    finally:
        _ends.pop()
        _arm()
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def memory_within(extra: int) -> Iterator[None]:
    """Raise MemoryError inside where the process would grow by more than so many bytes; no limit where the system has none."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = min([now + extra, *(one for one in (soft, hard) if one != resource.RLIM_INFINITY)])
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (ImportError, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _arm() -> None:
    """Both alarms for the limit that runs out first; none where no limit is open."""
    used, now = time.process_time(), time.monotonic()
    processor = max(min(end for end, _ in _ends) - used, 1e-4) if _ends else 0.0
    clock = max(min(end for _, end in _ends) - now, 1e-4) if _ends else 0.0
    signal.setitimer(signal.ITIMER_PROF, processor)
    signal.setitimer(signal.ITIMER_REAL, clock)


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooLong
