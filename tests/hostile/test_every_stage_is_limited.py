"""Whatever stage of one submission hangs or fails, it ends within its limits, and the others get their grades and their pages.

A class of three is graded in this process, without another one that could be lost.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from explainer.errors import UserError
from explainer.homework.classroom import marker, one_file, outputs
from explainer.homework.classroom.assignment import Assignment
from explainer.homework.classroom.grade_class import check_folder
from explainer.homework.classroom.outputs import Outputs
from explainer.homework.submissions import readers

NAME = "features.0.params"
BAD = "2023002"


def _hang() -> None:
    while True:
        sum(range(100))


def _fail() -> None:
    raise RecursionError


STAGES = {
    "the owner": (marker, "owner_of"),
    "reading": (readers, "_read"),
    "the sheet": (marker.Marker, "submission"),
    "a question's name": (Assignment, "asked"),
    "an answer": (marker.Marker, "_judge"),
    "the page": (outputs, "feedback"),
}


@pytest.mark.parametrize("happens", [_hang, _fail], ids=["hangs", "fails"])
@pytest.mark.parametrize("stage", STAGES)
def test_one_stage_of_one_submission(stage, happens, tmp_path: Path, vgg16, monkeypatch):
    for module, name in ((marker, "READING"), (readers, "READING"), (marker, "GRADING"), (outputs, "PAGE")):
        monkeypatch.setattr(module, name, 0.3)
    monkeypatch.setattr(marker, "PER_FILE", 0.3)
    sent = tmp_path / "sent"
    sent.mkdir()
    for number, answer in (("2023001", 1792), (BAD, 17), ("2023003", 1792)):
        (sent / f"{number}.md").write_text(f"- {NAME}: {answer}\n")
    where, name = STAGES[stage]
    real = getattr(where, name)
    tried = []

    def stumbling(*given, **named):
        if BAD in repr(given) or (len(given) > 2 and given[2] == "17"):
            tried.append(stage)
            if len(tried) == 1:  # what is said instead may ask again
                happens()
        return real(*given, **named)

    if stage == "a question's name":  # nothing of the student is in it: the second one asked

        def stumbling(*given, **named):
            tried.append(stage)
            if len(tried) == 2:
                happens()
            return real(*given, **named)

    monkeypatch.setattr(where, name, stumbling)
    out = Outputs(tmp_path / "grades.csv", tmp_path / "pages", tmp_path / "summary.md", ".md")
    check_folder(sent, vgg16, out, ("en",), questions={NAME: 10.0}, jobs=1)
    assert tried
    rows = {row["file"]: row for row in csv.DictReader((tmp_path / "grades.csv").read_text("utf-8-sig").splitlines())}
    assert [rows[f"{number}.md"]["score"] for number in ("2023001", "2023003")] == ["10", "10"]
    assert f"{BAD}.md" in rows and len(list((tmp_path / "pages").iterdir())) == 3


def test_one_file_by_itself_is_limited_too(tmp_path, vgg16, monkeypatch):
    for name in ("READING", "PER_FILE"):
        monkeypatch.setattr(one_file, name, 0.2)
    monkeypatch.setattr(one_file.Marker, "submission", lambda *given: _hang())
    (tmp_path / "a.md").write_text(f"{NAME}: 1792\n")
    with pytest.raises(UserError, match="processor time"):
        one_file.check_file(tmp_path / "a.md", vgg16)
