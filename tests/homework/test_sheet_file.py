"""A saved worksheet is the sheet itself: every page and export of it is the same, it is graded without torch, and a stranger's
file is refused in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nets import zoo_walk
from test_without_torch import run

from explainer.drawing import sheet_of_id, topic_sheet
from explainer.errors import UserError
from explainer.homework.classroom.grade_class import Outputs, check_folder
from explainer.homework.classroom.one_file import check_file
from explainer.homework.grading.rubric import Rubric, read_rubric, write_rubric
from explainer.homework.question import right_value
from explainer.homework.worksheets.answer_key import key_document
from explainer.homework.worksheets.class_set import write_class
from explainer.homework.worksheets.exports.formats import EXPORTS, exported
from explainer.homework.worksheets.files import SHEET_FORMATS, sheet_bytes, write_sheet
from explainer.homework.worksheets.lookup_sheet import lookup_document
from explainer.homework.worksheets.make import make_sheet
from explainer.homework.worksheets.sheet import Sheet, Student
from explainer.homework.worksheets.sheet_file import is_sheet_file, read_sheets, sheets_json, sheets_of_json
from explainer.homework.worksheets.sheet_source import SheetSource, marked_by
from explainer.homework.worksheets.topics import TOPICS
from explainer.walkthrough.file.limits import Refused


def again(sheet: Sheet) -> Sheet:
    (found,) = sheets_of_json(sheets_json([sheet]))
    return found


def every_page(sheet: Sheet) -> dict[str, object]:
    langs = ("zh", "en")
    pages: dict[str, object] = {
        end: sheet_bytes(sheet, end, langs) for end in SHEET_FORMATS if end not in (".pdf", ".json")
    }
    pages |= {"key": key_document(sheet, langs), "lookup": lookup_document(sheet, langs)}
    return pages | {key: exported(sheet, key, langs) for key, export in EXPORTS.items() if export.of_sheet}


# Every topic, four or so to a sheet.
@pytest.mark.parametrize("topics", [[topic.key for topic in TOPICS[at::4]] for at in range(4)], ids="+".join)
def test_a_saved_sheet_has_the_same_pages(topics: list[str]) -> None:
    sheet = topic_sheet(topics, count=12, seed=11, level=2, styles="mixed", student="0012")
    found = again(sheet)
    assert (found.id, found.title, found.source, found.points) == (sheet.id, sheet.title, sheet.source, sheet.points)
    assert every_page(found) == every_page(sheet)


def test_a_saved_sheet_on_a_model_has_the_same_pages() -> None:
    sheet = make_sheet(
        zoo_walk("alexnet"), count=9, seed=2, styles="mixed", level=3, student=Student("7", "张三", "1班")
    )
    found = again(sheet)
    assert found.student == sheet.student and len(found.walks) == 1
    assert every_page(found) == every_page(sheet)


def test_the_id_still_draws_the_saved_sheet() -> None:
    sheet = again(topic_sheet(["conv", "lstm"], count=5, seed=4, level=3, styles="mixed"))
    assert every_page(sheet_of_id(sheet.id)) == every_page(sheet)


def test_options_keep_their_letters_whatever_is_known_of_mistakes_later() -> None:
    sheet = topic_sheet(["conv"], count=4, seed=9, styles="choice")
    data = json.loads(sheets_json([sheet]))
    row = data["sheets"][0]["items"][0]
    row["choices"] = row["choices"][::-1]
    (found,) = sheets_of_json(json.dumps(data).encode())
    old, new = sheet.items[0], found.items[0]
    assert [choice.text for choice in new.choices] == [choice.text for choice in old.choices][::-1]
    assert new.choices["ABCD".index(new.right_letter)].text == old.choices["ABCD".index(old.right_letter)].text
    assert all(choice.right or choice.diagnosis for choice in new.choices)


def test_points_are_kept_and_a_rubric_sets_them_anew(tmp_path: Path) -> None:
    write_rubric(tmp_path / "rubric.toml", "en")
    rubric: Rubric = read_rubric(tmp_path / "rubric.toml")
    sheet = topic_sheet(["linear"], count=3, seed=1)
    odd = replace(sheet, items=tuple(replace(item, points=item.number) for item in sheet.items))
    assert [item.points for item in again(odd).items] == [1, 2, 3]
    assert marked_by(again(odd), rubric).points == topic_sheet(["linear"], count=3, seed=1, rubric=rubric).points
    thirds = replace(sheet, items=sheet.items[:1] * 3)
    assert again(thirds).points == thirds.points


def answers(sheet: Sheet, *, named: bool) -> str:
    head = f"<!-- explainer lang=zh sheet={sheet.id} -->\n\n" if named else ""
    return head + "\n".join(f"{item.number}. {right_value(item.question)}" for item in sheet.items)


def test_a_class_is_graded_by_its_saved_sheets_alone(tmp_path: Path) -> None:
    students = [Student(f"{n:03}", "甲") for n in range(3)]
    made = partial(topic_sheet, ["linear"])
    write_class(made, students, tmp_path / "sheets", ("zh",), ending=".md", count=3, seed=5)
    kept = read_sheets(tmp_path / "sheets" / "sheets.json")
    assert [sheet.student for sheet in kept] == students
    sent = tmp_path / "sent"
    sent.mkdir()
    for sheet in kept:
        assert sheet.student is not None
        (sent / f"{sheet.student.number}_甲.md").write_text(answers(sheet, named=True), encoding="utf-8")
    (sent / "sheets.json").write_bytes((tmp_path / "sheets" / "sheets.json").read_bytes())
    result = check_folder(sent, None, Outputs(), ("zh",), source=SheetSource(kept), jobs=1)
    assert [(one.score, one.max_score) for one in result.marked] == [(float(kept[0].points),) * 2] * 3
    other = topic_sheet(["linear"], count=3, seed=6)
    (sent / "009.md").write_text(answers(other, named=True), encoding="utf-8")
    refused = check_folder(sent, None, Outputs(), ("zh",), source=SheetSource(kept), jobs=1).marked[-1]
    assert refused.problems and refused.score == 0
    with pytest.raises(UserError, match=r"sheet\.json"):
        SheetSource(kept).sheet(other.id)


def test_answers_that_name_no_sheet_belong_to_the_only_one(tmp_path: Path) -> None:
    sheet = topic_sheet(["linear"], count=3, seed=5)
    (tmp_path / "a.md").write_text(answers(sheet, named=False), encoding="utf-8")
    (marked,), code = check_file(tmp_path / "a.md", None, source=SheetSource([again(sheet)]))
    assert code == 0 and marked.score == float(sheet.points)
    with pytest.raises(UserError):
        check_file(tmp_path / "a.md", None, source=SheetSource([sheet, topic_sheet(["linear"], count=3, seed=6)]))


def test_the_commands_take_a_saved_sheet_without_torch(tmp_path: Path) -> None:
    sheet = topic_sheet(["conv", "attn"], count=5, seed=3, styles="mixed")
    for name in ("sheet.json", "sheet.md"):
        write_sheet(sheet, tmp_path / name, ("zh",))
    (tmp_path / "a.md").write_text(
        answers(sheet, named=True).replace(str(right_value(sheet.items[0].question)), "7", 1)
    )
    code = """
import os, runpy
os.chdir(sys.argv[1])
for line in (
    "worksheet sheet.json -o again.md -o sheet.gift --key key.md --lookup lookup.md --lang zh",
    "check sheet.json a.md --json --lang en",
    "worksheet sheet.json -o x.pdf --papers A,B --lang en",
):
    sys.argv = ["explain", *line.split()]
    try:
        runpy.run_module("explainer", run_name="__main__")
    except SystemExit as end:
        print("code", end.code)
"""
    said = run(code, str(tmp_path))
    assert (tmp_path / "again.md").read_bytes() == (tmp_path / "sheet.md").read_bytes()
    assert (tmp_path / "key.md").exists() and (tmp_path / "lookup.md").exists() and (tmp_path / "sheet.gift").exists()
    assert [line for line in said.splitlines() if line.startswith("code")] == ["code 0", "code 1", "code 2"]
    assert '"score"' in said


BROKEN: dict[str, Any] = {
    "no sheets": lambda data: {**data, "sheets": []},
    "another version": lambda data: {**data, "explainer_sheets": 9},
    "a walkthrough that is not there": lambda data: {**data, "walks": []},
    "a negative place": lambda data: _changed(data, walk=-1),
    "another question": lambda data: _changed(data, question="q9.params"),
    "a style that is none": lambda data: _changed(data, style="essay"),
    "points that are none": lambda data: _changed(data, points="ten"),
    "points without end": lambda data: _changed(data, points="1/0"),
    "a mistyped id": lambda data: {**data, "sheets": [{**data["sheets"][0], "id": "T1-conv-n1-l1-s1-XX"}]},
    "too many questions": lambda data: {
        **data,
        "sheets": [{**data["sheets"][0], "items": data["sheets"][0]["items"] * 101}],
    },
    "a broken walkthrough": lambda data: {**data, "walks": [{**data["walks"][0], "layers": 3}]},
    "an unknown key": lambda data: {**data, "more": 1},
}


def _changed(data: dict[str, Any], **changes: object) -> dict[str, Any]:
    sheet = data["sheets"][0]
    return {**data, "sheets": [{**sheet, "items": [{**sheet["items"][0], **changes}]}]}


@pytest.mark.parametrize("what", BROKEN)
def test_a_strangers_file_is_refused_in_a_sentence(what: str, tmp_path: Path) -> None:
    data = json.loads(sheets_json([topic_sheet(["linear"], count=1, seed=1)]))
    path = tmp_path / "sheet.json"
    path.write_text(json.dumps(BROKEN[what](data)))
    with pytest.raises(UserError) as refused:
        read_sheets(path)
    assert refused.value.message.en.startswith(str(path)) and "\n" not in refused.value.message.en


def test_what_is_no_sheet_file_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for content in (b"", b"{}", b'{"schema": 2}', b'[{"explainer_sheets": 1}]', b"\xff\xfe"):
        path.write_bytes(content)
        assert not is_sheet_file(path)
    path.write_bytes(sheets_json([topic_sheet(["linear"], count=1, seed=1)]))
    assert is_sheet_file(path) and not is_sheet_file(tmp_path / "missing.json") and not is_sheet_file(tmp_path)
    with pytest.raises(Refused):
        sheets_of_json(b'{"explainer_sheets":1,"sheets":' + b"[" * 100_000)
