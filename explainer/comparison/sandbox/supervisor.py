"""The process that runs submissions: it imports torch once and forks a worker, locked up, for each.

It speaks with `sandbox.py` over its standard input (a job a line, JSON) and output (a line of JSON, then the bytes that
the worker left). What a worker sends is passed on unread: nobody here trusts it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from explainer.comparison.sandbox import isolation as jail
from explainer.comparison.sandbox import linux_syscalls as kernel
from explainer.comparison.sandbox.limits import Limits


def main() -> None:
    """Serve jobs until the standard input ends."""
    answers = os.dup(1)
    _silence()
    _warm_up()
    if kernel.is_linux():
        with contextlib.suppress(OSError):
            kernel.adopt_orphans()
    os.write(answers, b'{"ready": true}\n')
    for line in iter(_line, b""):
        job = json.loads(line)
        report, result = _run(job, Limits(**job["limits"]))
        head = json.dumps({**report, "bytes": len(result)}).encode() + b"\n"
        _write_all(answers, head + result)


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

    torch.set_num_threads(1)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
    walk = walk_model(net, (torch.empty(1, 1, 4, 4),), {}, name="", source="")
    facts_of(walk).to_dict()
    gc.collect()
    gc.freeze()


def _run(job: dict[str, Any], limits: Limits) -> tuple[dict[str, Any], bytes]:
    """One job in a worker of its own, watched. Returns how it ended, and what it wrote."""
    place = tempfile.mkdtemp(prefix="explain-")
    result, to_us = os.pipe()
    output, printed = os.pipe()
    try:
        keeper = os.fork()
        if keeper == 0:
            _keep(job, limits, place, to_us, printed)
        os.close(to_us)
        os.close(printed)
        report, written = _watch(keeper, result, output, limits)
    finally:
        os.close(result)
        os.close(output)
        _sweep()
        shutil.rmtree(place, ignore_errors=True)
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


def _keep(job: dict[str, Any], limits: Limits, place: str, to_us: int, printed: int) -> None:
    """In the keeper: leave the namespaces, fork the first process of the new ones, end as it ends. Never returns."""
    code = 1
    try:
        os.setsid()
        mapped = jail.address_space()
        granted = jail.leave_namespaces()
        first = os.fork()
        if first == 0:
            _first(job, limits, place, to_us, printed, granted, mapped)
        code = _waited(first, math.inf)
    finally:
        os._exit(code)


def _first(
    job: dict[str, Any], limits: Limits, place: str, to_us: int, printed: int, granted: set[str], mapped: int
) -> None:
    """The first process of its namespace: when it ends, the kernel ends all others in it."""
    code = 1
    try:
        if kernel.is_linux():
            kernel.die_with_parent()
        worker = os.fork()
        if worker == 0:
            _work(job, limits, place, to_us, printed, granted, mapped)
        code = _waited(worker, limits.cpu_seconds)
    finally:
        os._exit(code)


def _waited(pid: int, cpu_seconds: float) -> int:
    """The child's exit code; 128 + the signal that ended it, and for want of processor time that of the limit."""
    while True:
        done, status, used = os.wait3(0)
        if done == pid:
            code = os.waitstatus_to_exitcode(status)
            if code == -signal.SIGKILL and used.ru_utime + used.ru_stime >= cpu_seconds:
                code = -signal.SIGXCPU
            return 128 - code if code < 0 else code


def _work(
    job: dict[str, Any], limits: Limits, place: str, to_us: int, printed: int, granted: set[str], mapped: int
) -> None:
    """Lock up, then run the submission and send its figures. Never returns."""
    code = 1
    try:
        if kernel.is_linux():
            kernel.die_with_parent()
        home = place
        root = jail.is_root()  # asked while there is a /proc
        if "mounts" in granted and jail.has_own_root(place, limits):
            home = jail.HOME
            granted.add("files")
        else:
            os.chmod(place, 0o777)
        if jail.become_nobody(home == jail.HOME) or os.getuid() != 0:
            granted.add("user")
        elif root:
            _write_all(to_us, b'[]\n{"failure": "root"}')
            return
        os.chdir(home)
        granted |= jail.lock_up(home)
        jail.set_limits(limits, mapped)
        _only(to_us, printed)
        _write_all(3, json.dumps(sorted(granted)).encode() + b"\n")
        from explainer.comparison.sandbox.worker import answer

        _write_all(3, answer(job))
        code = 0
    except BaseException as error:
        with contextlib.suppress(BaseException):
            _write_all(3, json.dumps({"failure": "sandbox", "reason": repr(error)[:500]}).encode())
    finally:
        os._exit(code)


def _only(to_us: int, printed: int) -> None:
    """Standard input empty, output and errors into one pipe, the result on 3, and no other file open."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    high = [os.dup(handle) for handle in (nothing, printed, printed, to_us)]
    for number, handle in enumerate(high):
        os.dup2(handle, number)
    os.closerange(4, max(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 4096))
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stdout


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


if __name__ == "__main__":
    main()
