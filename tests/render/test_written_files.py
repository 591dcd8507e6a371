"""Files written whole or not at all, also those that are written piece by piece."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import pytest

from explainer import explain_source
from explainer.errors import UserError
from explainer.render.files import write


def test_what_fails_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    place = tmp_path / "lesson.json"
    place.write_text("old")

    def breaks(file: IO[bytes]) -> None:
        file.write(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(place, breaks)
    assert [path.name for path in tmp_path.iterdir()] == ["lesson.json"]
    assert place.read_text() == "old"


def test_a_disk_that_is_full_in_the_middle_is_named(tmp_path: Path) -> None:
    def full(file: IO[bytes]) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match="the disk is full"):
        write(tmp_path / "lesson.json", full)
    assert not list(tmp_path.iterdir())


def test_the_file_has_what_the_text_has(tmp_path: Path) -> None:
    lesson = explain_source("alexnet")
    lesson.save(tmp_path / "lesson.json")
    assert (tmp_path / "lesson.json").read_bytes() == lesson.to_json_bytes() == lesson.to_json().encode()
