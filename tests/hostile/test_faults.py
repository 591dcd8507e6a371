"""Closed streams, full disks, killed processes: a sentence and exit code 2, and nothing half-written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from explainer.cli.console import main
from explainer.homework.classroom import marker
from explainer.homework.classroom.grade_class import check_folder
from explainer.homework.classroom.outputs import Outputs

NAME = "features.0.params"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux")
def test_a_full_disk_is_a_sentence(monkeypatch, capsys):
    full = open("/dev/full", "w", encoding="utf-8", buffering=1)  # noqa: SIM115 (closing it fails, as it must)
    monkeypatch.setattr(sys, "stdout", full)
    assert main(["list", "--lang", "en"]) == 2
    monkeypatch.undo()
    with suppress(OSError):
        full.close()
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "disk is full" in said and "internal" not in said


def test_a_closed_input_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["ask", "vgg16", NAME, "--lang", "en"]) == 2
    assert "closed" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/bin/sh"), reason="POSIX")
@pytest.mark.parametrize("closed", ["0", "1", "2", "0 1 2"])
def test_streams_that_the_shell_has_closed_harm_nothing(closed, tmp_path):
    """A file that is opened in the place of a closed stream must not get what is printed."""
    ends = " ".join(f"{number}>&-" for number in closed.split())
    (tmp_path / "net.py").write_text(
        "from torch import nn\nprint('printed')\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n"
        "EXAMPLE_INPUT = (1, 4)\n"
    )
    program = f'"{sys.executable}" -m explainer net.py:Net --lang en'
    done = subprocess.run(
        ["/bin/sh", "-c", f"{program} {ends} && {program} -o x.json -o x.md {ends}"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0 and "internal error" not in done.stderr, done.stderr
    assert "printed" not in (tmp_path / "x.json").read_text() + (tmp_path / "x.md").read_text()


@pytest.mark.parametrize("batch", ["99999999999999999999999", "1000001", "0", "-1"])
def test_a_batch_beyond_counting_is_a_sentence(batch, capsys):
    assert main(["vgg16", "--batch", batch, "--lang", "en"]) == 2
    assert "from 1 to 1000000" in capsys.readouterr().err


def test_a_message_prints_nothing_that_acts(capsys):
    assert main(["check", "vgg16", "\x1b[31m\u202e.csv", "--lang", "en"]) == 2
    assert not {"\x1b", "\u202e"} & set(capsys.readouterr().err)


LIMITED = """
import resource, sys
from explainer.cli.console import main
resource.setrlimit(*{limit})
sys.exit(main({arguments}))
"""
SMALL_FILES = "(resource.RLIMIT_FSIZE, (0, 0))"
FEW_FILES = "(resource.RLIMIT_NOFILE, (4, 4))"
LITTLE_MEMORY = "(resource.RLIMIT_AS, (200 << 20, 200 << 20))"
CALLS = {
    "a lesson": ["alexnet", "-o", "x.md"],
    "a lesson's data": ["alexnet", "-o", "x.json"],
    "a worksheet": ["worksheet", "alexnet", "-o", "w.md"],
    "which": ["which", "alexnet", "61M", "-o", "x.md"],
    "compare": ["compare", "net.py:Net", "net.py:Net", "--input", "1,4"],
    "check": ["check", "alexnet", "a.md", "-o", "x.md"],
}


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize(
    ("call", "limit"),
    [
        *((call, SMALL_FILES) for call in CALLS),
        ("a lesson", FEW_FILES),
        ("compare", FEW_FILES),
        ("a lesson", LITTLE_MEMORY),
    ],
)
@pytest.mark.slow
def test_a_tiny_limit_is_a_sentence_that_blames_nobody_else(call: str, limit: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n"
    )
    (tmp_path / "a.md").write_text("total.params: 1\n")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED.format(limit=limit, arguments=[*CALLS[call], "--lang", "en"])],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env={**os.environ, "EXPLAINER_CACHE_DIR": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode in (0, 1, 2), done.stderr
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr, done.stderr
    if done.returncode == 2:
        assert len(done.stderr.strip().splitlines()) == 1
        assert not any(
            word in done.stderr for word in ("torchvision", "--arg", "No usable", "there is no such file")
        ), done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"net.py", "a.md", "w.md", "w.key.md", *CALLS[call]}


KILLS = int(os.environ.get("EXPLAINER_KILLS", "6"))  # `make fuzz` takes 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")
def test_killed_at_any_time_it_goes_on_to_the_same_bytes(tmp_path, vgg16):
    """Files graded, pages, summary and table: killed at any moment, what stands there is whole, and the next run ends alike."""
    sent = tmp_path / "sent"
    sent.mkdir()
    for n in range(12):
        (sent / f"2023{n:03}.md").write_text(f"{NAME}: {1780 + n}\n")

    def run(out: Path) -> dict[str, bytes]:
        outputs = Outputs(out / "grades.csv", out / "feedback", out / "summary.md", ".md")
        check_folder(sent, vgg16, outputs, ("en",), jobs=1)
        return written(out)

    def written(out: Path) -> dict[str, bytes]:
        return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}

    fresh, out = tmp_path / "fresh", tmp_path / "out"
    fresh.mkdir()
    begin = time.monotonic()
    wanted = run(fresh)
    lasts, real, chance = time.monotonic() - begin + 12 * 0.02, marker.Marker.file, Random(3)

    def slow(self, path, name):
        time.sleep(0.02)
        return real(self, path, name)

    killed = 0
    while killed < KILLS:
        if not out.exists() or (out / "grades.csv").exists():  # one that ended in time: anew
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
        pid = os.fork()
        if not pid:
            marker.Marker.file = slow
            run(out)
            os._exit(0)
        time.sleep(chance.uniform(0.01, lasts))
        os.kill(pid, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        for name, content in written(out).items():
            hidden = Path(name).name.startswith(".")  # the state, and what was not yet moved into its place
            assert hidden or content == wanted[name], name
        if killed % 3 == 0:
            assert {name: content for name, content in run(out).items() if name in wanted} == wanted
    assert {name: content for name, content in run(out).items() if name in wanted} == wanted
