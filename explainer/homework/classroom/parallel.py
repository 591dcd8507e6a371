"""Independent pieces of work on all cores; a piece that takes its process down takes no other with it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

FEWEST = 8  # pieces of work for which a second process pays
LARGEST = 16  # pieces handed over at once: few enough that a crash costs little
_PR_SET_PDEATHSIG = 1
_work: Callable[[Any], Any] | None = None


class Crashed:
    """Stands for the result of a piece whose process died."""


def spread(work: Callable[[Any], Any], items: Sequence[Any], *, jobs: int | None = None) -> Iterator[tuple[int, Any]]:
    """(index, result) as each is done, in no fixed order. What `work` refers to is inherited; results are pickled.

    jobs: processes; by default one a core. Where processes cannot be forked, one after the other in this one. Only a few
    pieces are under way at a time, so that memory does not grow with their number.
    """
    jobs = min(jobs or len(_cores()), len(items))
    if jobs < 2 or len(items) < FEWEST or not _forks():
        for index, item in enumerate(items):
            yield index, work(item)
        return
    global _work
    before, _work = _work, work
    try:
        yield from _pooled(items, jobs)
    finally:
        _work = before


def _pooled(items: Sequence[Any], jobs: int) -> Iterator[tuple[int, Any]]:
    size = max(1, min(LARGEST, len(items) // (4 * jobs)))
    left = deque(range(begin, min(begin + size, len(items))) for begin in range(0, len(items), size))
    while left:
        suspects = yield from _pool(items, left, jobs)
        for (
            index
        ) in suspects:  # the pool broke: each piece that was under way by itself, to find the one that breaks it
            alone = deque([range(index, index + 1)])
            crashed = yield from _pool(items, alone, 1)
            if crashed:
                yield index, Crashed()


def _pool(items: Sequence[Any], left: deque[range], jobs: int) -> Generator[tuple[int, Any], None, list[int]]:
    """Takes pieces from `left` until it is empty or a process dies; returns those that were under way then."""
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("fork"), initializer=_begin, initargs=(os.getpid(),)
    )
    under_way: dict[Future[list[Any]], range] = {}
    try:
        while left or under_way:
            try:
                while left and len(under_way) < 2 * jobs:
                    under_way[pool.submit(_several, [items[index] for index in left[0]])] = left[0]
                    left.popleft()
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    results = future.result()
                    yield from zip(under_way.pop(future), results, strict=True)
            except BrokenProcessPool:
                return sorted(index for indices in under_way.values() for index in indices)
        return []
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(parent: int) -> None:
    """In the child: Ctrl-C is the parent's business, and when the parent is killed the child goes with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (OSError, AttributeError):
        return
    if os.getppid() != parent:  # it died before the signal was asked for
        os._exit(1)


def _several(items: Sequence[Any]) -> list[Any]:
    assert _work is not None
    return [_work(item) for item in items]


def _forks() -> bool:
    return sys.platform.startswith("linux") and "fork" in multiprocessing.get_all_start_methods()


def _cores() -> set[int] | range:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
