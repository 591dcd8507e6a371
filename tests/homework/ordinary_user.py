"""Run a command as an ordinary user, for whom Python can be read wherever it lies (root's home is closed to others).

    python ordinary_user.py COMMAND …

As root, in a mount namespace of its own; nothing on the machine is changed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

USER = 54321


def _closed(path: Path) -> Path | None:
    """The first folder on the way that others may not enter."""
    steps = [*reversed(path.parents), path]
    return next((step for step in steps if step.is_dir() and not step.stat().st_mode & 0o001), None)


def _open_up(wanted: list[str]) -> None:
    """Every closed folder on the way becomes an empty one that shows the wanted path alone."""
    from explainer.comparison.sandbox import linux_syscalls

    linux_syscalls.unshare(linux_syscalls.NEW_MOUNTS)
    linux_syscalls.mount("none", "/", flags=linux_syscalls.RECURSIVE | linux_syscalls.PRIVATE)
    for text in wanted:
        path = Path(text).resolve()
        while closed := _closed(path):
            kept = tempfile.mkdtemp()
            linux_syscalls.mount(text, kept, flags=linux_syscalls.BIND | linux_syscalls.RECURSIVE)
            linux_syscalls.mount("tmpfs", str(closed), "tmpfs", 0, "mode=755,size=1m")
            path.mkdir(parents=True)
            linux_syscalls.mount(kept, str(path), flags=linux_syscalls.BIND | linux_syscalls.RECURSIVE)


def main() -> None:
    import explainer

    _open_up([sys.base_prefix, sys.prefix, str(Path(explainer.__file__).parent.parent)])
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
