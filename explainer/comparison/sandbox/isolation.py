"""What a process gives up before it runs a stranger's code. Every step that the system allows is taken, and said."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Iterable
from pathlib import Path

from explainer.comparison.sandbox import call_filter, linux_syscalls
from explainer.comparison.sandbox.limits import Limits

NOBODY = 65534
SPARE_MEMORY = 2**28
HOME = "/submission"  # where the code runs, in its own root
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


def readable_paths() -> list[str]:
    """What Python and its packages need: their own directories and the system's libraries; nobody's documents."""
    import explainer

    own = str(Path(explainer.__file__).resolve().parent)
    packages = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    wanted = [*_SYSTEM, sys.base_prefix, sys.prefix, *packages, own]
    found: list[str] = []
    for path in dict.fromkeys(os.path.abspath(entry) for entry in wanted):
        if os.path.exists(path) and path != "/" and not any(_inside(path, other) for other in found):
            found.append(path)
    return found


def _inside(path: str, other: str) -> bool:
    return path == other or path.startswith(other.rstrip("/") + "/")


def leave_namespaces() -> set[str]:
    """Away from the network, the other processes and the mounts. Returns what was granted."""
    if not linux_syscalls.is_linux():
        return set()
    user, group = os.getuid(), os.getgid()
    flags = (
        linux_syscalls.NEW_NET
        | linux_syscalls.NEW_PROCESSES
        | linux_syscalls.NEW_IPC
        | linux_syscalls.NEW_NAMES
        | linux_syscalls.NEW_MOUNTS
    )
    with contextlib.suppress(OSError):
        if user == 0:
            linux_syscalls.unshare(flags)
        else:
            linux_syscalls.set_open(True)  # else its own maps of users are not its own to write
            linux_syscalls.unshare(flags | linux_syscalls.NEW_USER)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        return {"network", "processes", "mounts"}
    return set()


def has_own_root(place: str, limits: Limits) -> bool:
    """Move into a root of its own, or leave things as they were."""
    try:
        own_root(place, limits)
    except OSError:
        with contextlib.suppress(OSError):
            linux_syscalls.unmount(place)
        return False
    return True


def own_root(place: str, limits: Limits) -> None:
    """A root of its own: Python's and the system's directories, read only, and one small directory to write in.

    place: an empty directory to build it on. Raises OSError where mounting is refused.
    """
    linux_syscalls.mount("none", "/", flags=linux_syscalls.RECURSIVE | linux_syscalls.PRIVATE)
    linux_syscalls.mount(
        "tmpfs", place, "tmpfs", linux_syscalls.NO_SUID | linux_syscalls.NO_DEVICES, "size=1m,nr_inodes=4k,mode=755"
    )
    for path in readable_paths():
        _show(path, place)
        linux_syscalls.read_only(place + path)
    for device in DEVICES:
        _show(device, place)
    home = place + HOME
    os.mkdir(home)
    linux_syscalls.mount(
        "tmpfs",
        home,
        "tmpfs",
        linux_syscalls.NO_SUID | linux_syscalls.NO_DEVICES,
        f"size={limits.disk},nr_inodes=1k,mode=777",
    )
    linux_syscalls.change_root(place)
    _seal()


def _show(path: str, place: str) -> None:
    target = place + path
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    linux_syscalls.mount(path, target, flags=linux_syscalls.BIND | linux_syscalls.RECURSIVE)


def _seal() -> None:
    """The root itself read only; the directory to write in is a mount of its own."""
    with contextlib.suppress(OSError):
        linux_syscalls.mount(
            "none", "/", flags=32 | 1 | linux_syscalls.NO_SUID | linux_syscalls.NO_DEVICES
        )  # remount, read only


def become_nobody(in_own_root: bool) -> bool:
    """Give root away. Only where Python's own files can still be read afterwards (a venv in /root cannot)."""
    if os.getuid() != 0 or not (in_own_root or _all_may_read(readable_paths())):
        return False
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return True


def is_root() -> bool:
    """Root of the whole machine (not only of a namespace), whom the limit on processes does not bind."""
    if os.getuid() != 0:
        return False
    with contextlib.suppress(OSError, ValueError, IndexError):
        return Path("/proc/self/uid_map").read_text().split()[1] == "0"
    return True


def _all_may_read(paths: Iterable[str]) -> bool:
    return all(
        step.stat().st_mode & 0o001 for path in paths for step in (Path(path), *Path(path).parents) if step.is_dir()
    )


def set_limits(limits: Limits, mapped: int) -> None:
    """Memory, processor time, file sizes, open files, no further processes, no core dump.

    mapped: the address space that torch takes already, in bytes.
    """
    _limit(resource.RLIMIT_AS, mapped + limits.memory, SPARE_MEMORY)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds, 1)  # first a signal, then the end
    _limit(resource.RLIMIT_FSIZE, limits.disk)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform.startswith("linux"):
        _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_STACK, 16 * 2**20)


def _limit(which: int, value: int, spare: int = 0) -> None:
    _, hard = resource.getrlimit(which)
    top = value + spare if hard == resource.RLIM_INFINITY else min(value + spare, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of the address space
        resource.setrlimit(which, (min(value, top), top))


def use_spare_memory() -> None:
    """After a failure for want of memory: enough to say so."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def address_space() -> int:
    """What this process has mapped already, in bytes."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 0
    return pages * resource.getpagesize()


def be_first_to_go() -> None:
    """Where memory runs out (in a control group), the kernel ends this process and not the supervisor."""
    with contextlib.suppress(OSError):
        linux_syscalls.set_open(True)
        Path("/proc/self/oom_score_adj").write_text("1000")


def lock_up(home: str) -> set[str]:
    """The last steps, which need no power: no new privileges, Landlock, no capability. Returns what was granted."""
    if not linux_syscalls.is_linux():
        return set()
    granted = set()
    linux_syscalls.no_new_privileges()
    with contextlib.suppress(OSError):
        version = linux_syscalls.restrict_files([*readable_paths(), "/dev/zero", "/dev/urandom"], [home, "/dev/null"])
        granted = {"files"} | ({"tcp"} if version >= 4 else set()) | ({"signals"} if version >= 6 else set())
    with contextlib.suppress(OSError):
        linux_syscalls.drop_capabilities()
    return granted


def filter_calls() -> set[str]:
    """After all else, for it refuses some of that: the filter of system calls. Without sockets there is no network."""
    if linux_syscalls.is_linux():
        with contextlib.suppress(OSError):
            call_filter.install(os.getpid())
            return {"calls", "network", "signals"}
    return set()
