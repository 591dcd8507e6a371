"""Between the supervisor and a submission: the processes that give everything up, and wait.

supervisor → keeper (its own session and namespaces) → first (process 1 there: when it ends, the kernel ends all others)
→ worker (walls, limits, the filter of calls; then the stranger's code). Each ends with its parent.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import signal
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from explainer.comparison.sandbox import isolation, linux_syscalls
from explainer.comparison.sandbox.limits import Limits
from explainer.comparison.sandbox.worker import answer


@dataclass(frozen=True)
class Task:
    """One submission. place: an empty directory for it; to_us, printed: where its figures and its output go."""

    job: dict[str, Any]
    limits: Limits
    place: str
    to_us: int
    printed: int


def keep(task: Task, walls: frozenset[str]) -> NoReturn:
    """In the keeper: leave the namespaces (where no room has been left for us), fork the first process, end as it ends."""
    code = 1
    try:
        os.setsid()
        _end_with_parent()
        mapped = isolation.address_space()
        granted = set(walls) or isolation.leave_namespaces()
        first = os.fork()
        if first == 0:
            _first(task, granted, mapped, bool(walls))
        code = _waited(first, math.inf)
    finally:
        os._exit(code)


def _first(task: Task, granted: set[str], mapped: int, in_a_room: bool) -> NoReturn:
    code = 1
    try:
        _end_with_parent()
        worker = os.fork()
        if worker == 0:
            _work(task, granted, mapped, in_a_room)
        code = _waited(worker, task.limits.cpu_seconds)
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


def _work(task: Task, granted: set[str], mapped: int, in_a_room: bool) -> NoReturn:
    """Lock up, then run the submission and send its figures."""
    code, result, before = 1, task.to_us, b"[]\n"  # the first line is what was granted
    try:
        _end_with_parent()
        if _locked_up(task, granted, in_a_room):
            isolation.set_limits(task.limits, mapped)
            _only(task.to_us, task.printed)
            result = 3
            filtered = isolation.filter_calls()
            write_all(result, json.dumps(sorted(granted | filtered)).encode() + b"\n")
            before = b""
            write_all(result, answer(task.job))
        else:
            write_all(result, b'[]\n{"failure": "root"}')
        code = 0
    except BaseException as error:
        with contextlib.suppress(BaseException):
            write_all(result, before + json.dumps({"failure": "sandbox", "reason": repr(error)[:500]}).encode())
    finally:
        os._exit(code)


def _locked_up(task: Task, granted: set[str], in_a_room: bool) -> bool:
    """All walls but the filter; adds what was granted. False where it would still be root."""
    home, root = task.place, isolation.is_root()  # asked while there is a /proc
    if linux_syscalls.is_linux():
        isolation.be_first_to_go()
    if "mounts" in granted and not in_a_room and isolation.has_own_root(task.place, task.limits):
        home = isolation.HOME
        granted.add("files")
    else:
        os.chmod(task.place, 0o777)
    if isolation.become_nobody(in_a_room or home == isolation.HOME) or os.getuid() != 0:
        granted.add("user")
    elif root:
        return False
    _end_with_parent()  # the kernel forgets it when the user changes
    os.chdir(home)
    granted |= isolation.lock_up(home)
    return True


def _end_with_parent() -> None:
    if linux_syscalls.is_linux():
        linux_syscalls.die_with_parent()


def _only(to_us: int, printed: int) -> None:
    """Standard input empty, output and errors into one pipe, the result on 3, and no other file open."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    high = [os.dup(handle) for handle in (nothing, printed, printed, to_us)]
    for number, handle in enumerate(high):
        os.dup2(handle, number)
    os.closerange(4, max(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 4096))
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stdout


def write_all(handle: int, data: bytes) -> None:
    """All of it, whatever the pipe takes at once."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
