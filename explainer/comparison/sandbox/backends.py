"""The room that the supervisor runs in: bubblewrap's where it is installed and works, else none but the worker's own walls.

bubblewrap (`bwrap`, the audited program that Flatpak uses) builds namespaces and a root of its own around the supervisor,
once for a class. Inside it every worker still gives up the rest: files (Landlock), system calls, limits, root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from explainer.comparison.sandbox.isolation import DEVICES, readable_paths
from explainer.comparison.sandbox.limits import Limits

ROOM = ("network", "processes", "mounts", "files")  # what a room of bubblewrap's grants by itself
# As root the supervisor keeps what it needs to make a worker nobody, to end it, and to clear away what it left.
_POWERS = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_DAC_OVERRIDE")
_TRIAL_SECONDS = 20


@dataclass(frozen=True)
class Backend:
    """How the supervisor is started. `before`: a command that is put before everything (none but in tests)."""

    name: Literal["bubblewrap", "own"]
    before: tuple[str, ...] = ()
    as_root: bool = False

    @property
    def walls(self) -> tuple[str, ...]:
        """The protections that stand already when the supervisor starts."""
        return ROOM if self.name == "bubblewrap" else ()

    def command(self, program: Sequence[str], limits: Limits) -> list[str]:
        """The whole command line that runs `program` in this room."""
        room = _bubblewrap(limits, self.as_root) if self.name == "bubblewrap" else []
        return [*self.before, *room, *program]


def preferred() -> Backend:
    """bubblewrap where it is installed and works, else our own."""
    found = Backend("bubblewrap", as_root=_is_root())
    return found if why_not(found) is None else Backend("own", as_root=_is_root())


@cache
def why_not(backend: Backend) -> str | None:
    """Why this back end cannot be used here, or None: it is tried, with a program that does nothing."""
    if backend.name == "own":
        return None
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    command = backend.command([sys.executable, "-I", "-S", "-c", ""], Limits())
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TRIAL_SECONDS, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start: {error}"
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return None if done.returncode == 0 else f"bubblewrap does not work here: {(said or ['no reason given'])[-1]}"


def _bubblewrap(limits: Limits, as_root: bool) -> list[str]:
    """bwrap's options: no network, no other processes, Python and the system's libraries read only, one place to write."""
    options = ["bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--die-with-parent", "--hostname", "submission", "--cap-drop", "ALL"]
    if as_root:
        options += [word for power in _POWERS for word in ("--cap-add", power)]
    else:
        options += ["--unshare-user", "--disable-userns"]
    # First, so that a program that lies below /tmp is shown on top of it.
    options += ["--proc", "/proc", "--perms", "0755", "--size", str(limits.disk), "--tmpfs", "/tmp"]
    shown = readable_paths()
    parents = {str(parent) for path in (*shown, *DEVICES) for parent in Path(path).parents if str(parent) != "/"}
    for folder in sorted(parents - {*shown, "/tmp"}):
        options += ["--perms", "0755", "--dir", folder]  # by itself bwrap makes them for their owner alone
    for path in shown:
        options += ["--ro-bind", path, path]
    for device in DEVICES:
        options += ["--dev-bind", device, device]
    return [*options, "--remount-ro", "/", "--chdir", "/", "--"]


def _is_root() -> bool:
    return os.getuid() == 0
