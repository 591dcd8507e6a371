"""A filter of system calls (seccomp): what the definition of a model has no business with, the kernel refuses.

It closes what limits cannot count (shared memory, memory files, message queues: their bytes belong to no process) and what
other walls cannot be sure of (new namespaces, new processes, sockets of any family, signals to others).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterator, Mapping
from typing import Any

# For each call its number on x86-64 and on the machines that use the kernel's common table (None: it has no such call).
_UNCOUNTED_MEMORY = {
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "semget": (64, 190),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}
_NAMESPACES = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
}
_NEW_PROCESSES = {"clone": (56, 220), "fork": (57, None), "vfork": (58, None), "clone3": (435, 435)}
_PROGRAMS = {"execve": (59, 221), "execveat": (322, 281)}
_OTHER_PROCESSES = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
_SOCKETS = {"socket": (41, 198), "socketpair": (53, 199)}
_MACHINE = {
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "syslog": (103, 116),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "personality": (135, 92),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "landlock_create_ruleset": (444, 444),
    "seccomp": (317, 277),
}
REFUSED: tuple[tuple[Mapping[str, tuple[int, int | None]], int], ...] = (
    (_UNCOUNTED_MEMORY, errno.ENOMEM),
    (_NEW_PROCESSES, errno.EAGAIN),
    (_PROGRAMS, errno.ENOENT),  # nothing that could be run is there
    (_SOCKETS, errno.EACCES),
    (_NAMESPACES, errno.EPERM),
    (_OTHER_PROCESSES, errno.EPERM),
    (_MACHINE, errno.EPERM),
)
_OWN_ONLY = {"kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261)}  # the first argument: a process

_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_OTHER_TABLE = 0x40000000  # numbers of x86-64's second table ("x32"), by which a filter could be passed
_SET_FILTER, _FILTER_MODE = 22, 2


def install(process: int) -> None:
    """From here on the filter holds for this process, for good. `process`: its own number, which it may signal.

    Needs `no_new_privileges` before. Raises OSError where the kernel or the machine knows no such filter.
    """
    program = b"".join(_program(os.uname().machine, process))
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    libc: Any = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_FILTER, _FILTER_MODE, ctypes.c_char_p(header), 0, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _program(machine: str, process: int) -> Iterator[bytes]:
    """The filter's instructions, eight bytes each."""
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    architecture, column = _MACHINES[machine]
    yield _step(_LOAD, _ARCHITECTURE)
    yield _step(_EQUAL, architecture, 1, 0)
    yield _step(_RETURN, _KILL)
    yield _step(_LOAD, _NUMBER)
    yield _step(_AT_LEAST, _OTHER_TABLE, 0, 1)
    yield _step(_RETURN, _REFUSE | errno.ENOSYS)
    for calls, error in REFUSED:
        for numbers in calls.values():
            if (number := numbers[column]) is not None:
                yield _step(_EQUAL, number, 0, 1)
                yield _step(_RETURN, _REFUSE | error)
    for name, numbers in _OWN_ONLY.items():
        allowed = (
            (process, 0) if name == "prlimit64" else (process, process)
        )  # prlimit(0) is oneself, kill(0) the group
        yield _step(_EQUAL, numbers[column], 0, 5)
        yield _step(_LOAD, _FIRST_ARGUMENT)  # the kernel looks at these 32 bits alone
        yield _step(_EQUAL, allowed[0], 2, 0)
        yield _step(_EQUAL, allowed[1], 1, 0)
        yield _step(_RETURN, _REFUSE | errno.EPERM)
        yield _step(_RETURN, _ALLOW)
    yield _step(_RETURN, _ALLOW)


def _step(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_so, if_not, value)
