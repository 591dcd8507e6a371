"""The control group, on a copy of the kernel's files: this is all that can be tried where there is no cgroup v2."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from explainer.comparison.sandbox.limits import Limits
from explainer.comparison.sandbox.memory_group import TORCH_ITSELF, MemoryGroup, memory_group


def _mounted(folder: Path, *with_memory: str) -> Path:
    """/sys/fs/cgroup as version 2 shows it; these groups hand the memory controller on to those below them."""
    (folder / "cgroup.controllers").write_text("cpu memory pids\n")
    for place in ("", "user", "user/app", "user/app/session"):
        (folder / place).mkdir(exist_ok=True)
        (folder / place / "cgroup.subtree_control").write_text("memory pids\n" if place in with_memory else "cpu\n")
    return folder


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that is made has its files at once."""
    make = Path.mkdir

    def mkdir(self: Path, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        make(self, mode, parents, exist_ok)
        if self.name.startswith("explainer-"):
            for name in ("cgroup.procs", "memory.max", "memory.swap.max", "pids.max", "cgroup.kill"):
                (self / name).touch()
            (self / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")

    monkeypatch.setattr(Path, "mkdir", mkdir)


@pytest.mark.parametrize(
    ("with_memory", "parent"),
    [(["user/app"], "user/app"), (["user/app/session"], "user/app/session"), (["user"], None), ([], None)],
)
def test_a_group_is_made_beside_our_own_or_below_it(
    tmp_path: Path, kernel: None, with_memory: list[str], parent: str | None
) -> None:
    mounted = _mounted(tmp_path, *with_memory)
    group = memory_group(Limits(memory=2**28), mounted, "/user/app/session")
    if parent is None:
        assert group is None
        return
    assert group is not None and group.folder.parent == mounted / parent
    assert int((group.folder / "memory.max").read_text()) == TORCH_ITSELF + 2**28
    assert (group.folder / "memory.swap.max").read_text() == "0"
    assert group.kills() == 2


def test_the_program_enters_the_group_before_it_starts(tmp_path: Path) -> None:
    import subprocess
    import sys

    command = MemoryGroup(tmp_path).command([sys.executable, "-c", "import os; print(os.getpid())"])
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (tmp_path / "cgroup.procs").read_text() == done.stdout.strip()


def test_where_there_is_none(tmp_path: Path) -> None:
    assert memory_group(Limits(), tmp_path / "nowhere", "/") is None
    assert memory_group(Limits(), _mounted(tmp_path), "/") is None
    (tmp_path / "cgroup.subtree_control").write_text("memory")
    if os.getuid() != 0:
        tmp_path.chmod(0o500)
        assert memory_group(Limits(), tmp_path, "/") is None
