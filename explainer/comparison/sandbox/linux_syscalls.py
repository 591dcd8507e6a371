"""The few calls of the Linux kernel that Python has no function for, by ctypes; each raises OSError where it is refused."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

NEW_USER, NEW_NET, NEW_PROCESSES, NEW_IPC, NEW_NAMES, NEW_MOUNTS = (
    0x10000000,
    0x40000000,
    0x20000000,
    0x08000000,
    0x04000000,
    0x00020000,
)
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
NO_SUID, NO_DEVICES = 2, 4
DETACH = 2
# Numbers of system calls that came after 5.0 are the same on every machine.
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41}
_PARENT_DEATH, _DUMPABLE, _NO_NEW_PRIVILEGES, _SUBREAPER = 1, 4, 38, 36


@cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces that one was born into."""
    _checked(_libc().unshare(flags))


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """mount(2)."""
    names = [text.encode() if text else None for text in (source, target, kind)]
    _checked(_libc().mount(*names, ctypes.c_ulong(flags), data.encode() if data else None))


def unmount(target: str) -> None:
    """umount2(2), lazily: with all that is mounted below."""
    _checked(_libc().umount2(target.encode(), DETACH))


def read_only(target: str) -> None:
    """A mount and all below it: read only, no devices, no set-uid programs."""
    attributes = struct.pack("QQQQ", 1 | 2 | 4, 0, 0, 0)
    path = ctypes.c_char_p(target.encode())
    _checked(_libc().syscall(_MOUNT_SETATTR, -100, path, 0x8000, attributes, len(attributes)))


def change_root(root: str) -> None:
    """Make a mounted directory the root, and let go of the old one."""
    number = _PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError("pivot_root: unknown machine")
    os.chdir(root)
    here = ctypes.c_char_p(b".")
    _checked(_libc().syscall(number, here, here))
    _checked(_libc().umount2(here, DETACH))
    os.chdir("/")


def die_with_parent() -> None:
    """Be killed when the parent ends."""
    _checked(_libc().prctl(_PARENT_DEATH, 9, 0, 0, 0))


def set_open(is_open: bool) -> None:
    """Whether other processes of the same user may look into this one's memory by /proc."""
    _checked(_libc().prctl(_DUMPABLE, int(is_open), 0, 0, 0))


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends."""
    _checked(_libc().prctl(_SUBREAPER, 1, 0, 0, 0))


def no_new_privileges() -> None:
    """Set-uid programs give nothing more."""
    _checked(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def drop_capabilities() -> None:
    """Keep no power of root's, of this namespace's either."""
    header, none = struct.pack("Ii", 0x20080522, 0), bytes(24)
    _checked(_libc().capset(header, none))


_EXECUTE, _WRITE, _READ, _LIST = 1, 2, 4, 8
_FILES_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}


def restrict_files(readable: Iterable[str], writable: Iterable[str]) -> int:
    """Landlock: only these paths from here on, no TCP, no signals to the outside (as far as the kernel knows them).

    Returns the kernel's version of Landlock. Needs `no_new_privileges` before.
    """
    call = _libc().syscall
    version = _checked(call(_LANDLOCK_CREATE, None, 0, 1))
    handled = _FILES_BY_VERSION.get(version, (1 << 16) - 1)
    rules = struct.pack("QQQ", handled, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _checked(call(_LANDLOCK_CREATE, rules, size, 0))
    try:
        everything = handled & ~_EXECUTE
        for paths, rights in ((readable, _READ | _LIST), (writable, everything)):
            for path in paths:
                _allow(ruleset, path, rights)
        _checked(call(_LANDLOCK_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _READ | _WRITE
        rule = struct.pack("=Qi", rights, handle)
        _checked(_libc().syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0))
    finally:
        os.close(handle)


def is_linux() -> bool:
    """Elsewhere none of this exists."""
    return sys.platform.startswith("linux")
