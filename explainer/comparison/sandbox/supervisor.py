"""The process that runs submissions: it imports torch once and forks a worker, locked up, for each.

It speaks with `client.py` over its standard input (a job a line, JSON) and output (a line of JSON, then the bytes that
the worker left). What a worker sends is passed on unread: nobody here trusts it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from explainer.comparison.sandbox import linux_syscalls
from explainer.comparison.sandbox.keeper import Task, keep, write_all
from explainer.comparison.sandbox.limits import Limits


def main(walls: frozenset[str] = frozenset()) -> None:
    """Serve jobs until the standard input ends. `walls`: the protections that this process's own room grants already."""
    answers = os.dup(1)
    _silence()
    try:
        _warm_up()
    except Exception as error:  # a full disk, a limit: the one outside says why nothing is run
        os.write(answers, json.dumps({"failed": _said(error)}).encode() + b"\n")
        return
    if linux_syscalls.is_linux():
        with contextlib.suppress(OSError):
            linux_syscalls.adopt_orphans()
            linux_syscalls.set_open(False)
    os.write(answers, b'{"ready": true}\n')
    for line in iter(_line, b""):
        job = json.loads(line)
        try:
            report, result = _run(job, Limits(**job["limits"]), walls)
        except OSError as error:
            report, result = {"failed": _said(error)}, b""
        head = json.dumps({**report, "bytes": len(result)}).encode() + b"\n"
        write_all(answers, head + result)


def _said(error: Exception) -> tuple[int, str]:
    """The machine's error, for the process outside to make again."""
    if isinstance(error, OSError):
        return error.errno or 0, error.strerror or str(error)
    return 0, f"{type(error).__name__}: {error}"


def _line() -> bytes:
    """One line from standard input, unbuffered, so that a hang-up can be seen by `poll`."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            return b""
        line += piece
    return bytes(line)


def _silence() -> None:
    """What torch prints while it is imported must not get among the answers."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.close(nothing)


def _warm_up() -> None:
    """Import all that a derivation needs, by making one; a worker cannot read much later."""
    import torch
    from torch import nn

    from explainer.comparison.facts import facts_of
    from explainer.derive.pipeline import walk_model
    from explainer.source import load

    torch.set_num_threads(1)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
    walk = walk_model(net, (torch.empty(1, 1, 4, 4),), {}, name="", source=load.__name__)
    facts_of(walk).to_dict()
    gc.collect()
    gc.freeze()


def _run(job: dict[str, Any], limits: Limits, walls: frozenset[str]) -> tuple[dict[str, Any], bytes]:
    """One job in a worker of its own, watched. Returns how it ended, and what it wrote."""
    place = tempfile.mkdtemp(prefix="explain-")
    result, to_us = os.pipe()
    output, printed = os.pipe()
    try:
        keeper = os.fork()
        if keeper == 0:
            keep(Task(job, limits, place, to_us, printed), walls)
        os.close(to_us)
        os.close(printed)
        report, written = _watch(keeper, result, output, limits)
    finally:
        os.close(result)
        os.close(output)
        _sweep()
        _clear(place)
    return report, written


def _watch(keeper: int, result: int, output: int, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """Read until the worker has ended; end it when it takes too long or says too much."""
    deadline = time.monotonic() + limits.seconds
    written, said, why, status = bytearray(), 0, "", None
    poll = select.poll()
    for pipe in (result, output):
        os.set_blocking(pipe, False)
        poll.register(pipe, select.POLLIN)
    while status is None:
        for pipe, event in poll.poll(50):
            piece = _read(pipe)
            if not piece and event & (select.POLLHUP | select.POLLERR):
                poll.unregister(pipe)
            if pipe == result:
                written += piece
            else:
                said += len(piece)
        if time.monotonic() > deadline:
            why = "time"
        elif said > limits.output:
            why = "output"
        elif len(written) > limits.result:
            why = "strange"
        elif _hung_up():
            why = "gone"
        if why:
            _kill(keeper)
        done, code = os.waitpid(keeper, 0 if why else os.WNOHANG)
        status = code if done else None
    while piece := _read(result):
        written += piece
    said += len(_read(output))
    if not why and said > limits.output:
        why = "output"
    return {"why": why, "exit": os.waitstatus_to_exitcode(status)}, bytes(written[: limits.result])


def _clear(place: str) -> None:
    """Nothing that one submission left is there for the next, whatever rights it took away from itself."""
    for folder, _, _ in os.walk(place):
        with contextlib.suppress(OSError):
            os.chmod(folder, 0o700)
    shutil.rmtree(place, ignore_errors=True)


def _read(pipe: int) -> bytes:
    try:
        return os.read(pipe, 1 << 20)
    except BlockingIOError:
        return b""


def _hung_up() -> bool:
    """The one who gave the job is gone."""
    poll = select.poll()
    poll.register(0, select.POLLHUP)
    return bool(poll.poll(0))


def _kill(keeper: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(keeper, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(keeper, signal.SIGKILL)


def _sweep() -> None:
    """Whatever escaped is our child by now: end it, and again, until there is nothing left."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    for _ in range(1000):
        left: list[str] = []
        with contextlib.suppress(OSError):
            left = children.read_text().split()
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(pid), signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.002)
