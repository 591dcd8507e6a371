"""Closed streams, full disks, killed processes: a sentence and exit code 2, and nothing half-written."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

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


@pytest.mark.parametrize("batch", ["99999999999999999999999", "1000001", "0", "-1"])
def test_a_batch_beyond_counting_is_a_sentence(batch, capsys):
    assert main(["vgg16", "--batch", batch, "--lang", "en"]) == 2
    assert "from 1 to 1000000" in capsys.readouterr().err


def test_a_message_prints_nothing_that_acts(capsys):
    assert main(["check", "vgg16", "\x1b[31m\u202e.csv", "--lang", "en"]) == 2
    assert not {"\x1b", "\u202e"} & set(capsys.readouterr().err)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")
def test_killed_at_any_time_it_goes_on_to_the_same_bytes(tmp_path, vgg16, monkeypatch):
    sent = tmp_path / "sent"
    sent.mkdir()
    for n in range(12):
        (sent / f"2023{n:03}.md").write_text(f"{NAME}: {1780 + n}\n")

    def run(out: Path) -> dict[str, bytes]:
        outputs = Outputs(out / "grades.csv", out / "feedback", out / "summary.md", ".md")
        check_folder(sent, vgg16, outputs, ("en",), jobs=1)
        return {path.name: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}

    out, fresh = tmp_path / "out", tmp_path / "fresh"
    out.mkdir()
    fresh.mkdir()
    wanted = run(fresh)
    real = marker.Marker.file

    def slow(self, path, name):
        time.sleep(0.02)
        return real(self, path, name)

    for killed in range(1, 6):
        pid = os.fork()
        if not pid:
            marker.Marker.file = slow
            run(out)
            os._exit(0)
        state, until = out / ".grades.csv.partial", time.monotonic() + 20
        while time.monotonic() < until and not (state.exists() and state.read_bytes().count(b"\n") > 2 * killed):
            time.sleep(0.005)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert not (out / "grades.csv").exists() or (out / "grades.csv").read_bytes() == wanted["grades.csv"]
    assert run(out) == wanted
