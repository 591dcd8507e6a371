"""A control group (cgroup v2) for the supervisor and its workers: memory counted as memory, whatever it is asked for by.

Only where this user may make one: beside our own group, or below it. Version 1 is not used; there, and where no group can
be made, the address space is limited and the calls that would get around it are refused.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from explainer.comparison.sandbox.limits import Limits

TORCH_ITSELF = 2**30  # what the supervisor has imported, which its workers share
PROCESSES = 64
_ENTER = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); os.execvp(sys.argv[2], sys.argv[2:])"


@dataclass(frozen=True)
class MemoryGroup:
    """A group with limits. Remove it when its processes have ended."""

    folder: Path

    def command(self, program: Sequence[str]) -> list[str]:
        """The command line that enters the group and goes on as `program`."""
        return [sys.executable, "-I", "-S", "-c", _ENTER, str(self.folder / "cgroup.procs"), *program]

    def kills(self) -> int:
        """How many processes were ended for want of memory so far."""
        with contextlib.suppress(OSError, ValueError):
            for line in (self.folder / "memory.events").read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
        return 0

    def remove(self) -> None:
        """End what is left in it, and remove it."""
        with contextlib.suppress(OSError):
            (self.folder / "cgroup.kill").write_text("1")
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def memory_group(limits: Limits, mounted: Path = Path("/sys/fs/cgroup"), own: str | None = None) -> MemoryGroup | None:
    """A new group with the limits of memory and processes, or None where none can be made.

    mounted: where version 2 is mounted; own: our own group's path in it (as /proc/self/cgroup says).
    """
    ours = _own_group() if own is None else own
    if ours is None or not (mounted / "cgroup.controllers").is_file():
        return None
    here = mounted / ours.strip("/")
    for parent in dict.fromkeys((here.parent, here)):
        if parent != mounted.parent and _hands_on_memory(parent):
            group = parent / f"explainer-{os.getpid()}-{os.urandom(4).hex()}"
            try:
                group.mkdir()
            except OSError:
                continue
            if _limited(group, limits):
                return MemoryGroup(group)
            with contextlib.suppress(OSError):
                group.rmdir()
    return None


def _own_group() -> str | None:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    return next((line[3:] for line in lines if line.startswith("0::")), None)


def _hands_on_memory(parent: Path) -> bool:
    """Whether groups below it can limit memory."""
    try:
        return "memory" in (parent / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False


def _limited(group: Path, limits: Limits) -> bool:
    try:
        (group / "memory.max").write_text(str(TORCH_ITSELF + limits.memory))
    except OSError:
        return False
    for name, value in (("memory.swap.max", "0"), ("pids.max", str(PROCESSES))):
        with contextlib.suppress(OSError):  # without swap, or without that controller, there is no such file
            (group / name).write_text(value)
    return os.access(group / "cgroup.procs", os.W_OK)
