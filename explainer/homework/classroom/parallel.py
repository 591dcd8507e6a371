"""Independent pieces of work on all cores; a piece that takes its process down takes no other with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

FEWEST = 8  # pieces of work for which a second process pays
_work: Callable[[Any], Any] | None = None


class Crashed:
    """Stands for the result of a piece whose process died."""


def spread(work: Callable[[Any], Any], items: Sequence[Any], *, jobs: int | None = None) -> Iterator[tuple[int, Any]]:
    """(index, result) as each is done, in no fixed order. What `work` refers to is inherited; results are pickled.

    jobs: processes; by default one a core. Where processes cannot be forked, one after the other in this one.
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
    left = set(range(len(items)))
    for index, result in _pool(items, sorted(left), jobs):
        left.discard(index)
        yield index, result
    for index in sorted(left):  # the pool broke: each of the rest by itself, to find the one that breaks it
        yield next(_pool(items, [index], 1), (index, Crashed()))


def _pool(items: Sequence[Any], indices: Sequence[int], jobs: int) -> Iterator[tuple[int, Any]]:
    """What gets done; ends early when a process dies."""
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"), initializer=_begin)
    try:
        futures: dict[Future[Any], int] = {pool.submit(_one, items[index]): index for index in indices}
        for future in as_completed(futures):
            try:
                result = future.result()
            except BrokenProcessPool:
                return
            yield futures[future], result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business


def _one(item: Any) -> Any:
    assert _work is not None
    return _work(item)


def _forks() -> bool:
    return sys.platform.startswith("linux") and "fork" in multiprocessing.get_all_start_methods()


def _cores() -> set[int] | range:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
