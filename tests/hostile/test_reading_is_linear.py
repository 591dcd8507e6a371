"""Twice as much of anything takes about twice the processor time, in every reader."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from strings import SIGNS

from explainer.homework.submissions.base import plain
from explainer.homework.submissions.readers import read_all

NAME = "features.0.params"
SIZE = 150_000
FORMS = ("md", "txt", "csv", "json", "ipynb")


def written(form: str, text: str) -> bytes:
    """A file of that form in which the text is an answer, and stands alone as well."""
    match form:
        case "json":
            return json.dumps({NAME: text, text: "1"}).encode()
        case "ipynb":
            sources = [("code", text), ("markdown", f"{NAME}: {text}\n\n{text}"), ("code", f"q2 = {text}")]
            return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in sources]}).encode()
        case "csv":
            return f"question,answer\n{NAME},{text}\n".encode()
    return f"{text}\n{NAME}: {text}\n\n{text}\n".encode()


def seconds(path: Path) -> float:
    begin = time.process_time()
    read_all(path)
    return time.process_time() - begin


@pytest.mark.parametrize("form", FORMS)
def test_twice_as_much_takes_about_twice_as_long(tmp_path: Path, form: str) -> None:
    slow = {}
    for what, sign in SIGNS.items():
        paths = []
        for size in (SIZE, 2 * SIZE):
            path = tmp_path / f"{size}.{form}"
            path.write_bytes(written(form, (sign * (size // len(sign) + 1))[:size]))
            paths.append(path)
        once, twice = seconds(paths[0]), seconds(paths[1])
        if twice > 3 * once + 0.4:  # a quadratic reader needs minutes here
            slow[what] = (once, twice)
    assert slow == {}


def test_what_wraps_an_answer_is_taken_off_in_linear_time() -> None:
    for sign in ("`", "$", "*", "`$", "**`", " *", "`*", "_"):
        begin = time.process_time()
        plain(sign * 1_000_000)
        plain(sign * 500_000 + "1" + sign * 500_000)
        assert time.process_time() - begin < 4, sign
    assert (
        plain("`1792`")
        == plain("**1792**")
        == plain("$1792$")
        == plain(" ** `1792` **")
        == plain("```1792```")
        == "1792"
    )
    assert plain("`a` and `b`") == "`a` and `b`"


@pytest.mark.parametrize("sign", ["[", "{", '{"a":', "[[],", '["a",'])
def test_deep_json_is_refused_at_once(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(sign * 500_000)
    begin = time.process_time()
    (found,) = read_all(path)
    assert time.process_time() - begin < 4
    assert found.answers == {} and found.problems


def test_a_workbook_of_empty_sheets_takes_no_time_or_memory(tmp_path: Path) -> None:
    """A cell in the last row and column of many sheets is a table of millions of cells to whoever believes it."""
    import openpyxl

    book = openpyxl.Workbook()
    for _ in range(30):
        book.create_sheet()["KN20000"] = 1
    path = tmp_path / "a.xlsx"
    book.save(path)
    begin = time.process_time()
    read_all(path)
    assert time.process_time() - begin < 25  # ended by the limit at the latest


@pytest.mark.parametrize("form", ["xlsx", "docx"])
def test_millions_of_tags_are_not_parsed(tmp_path: Path, form: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<a>" + "<b/>" * 4_000_000 + "</a>")
    path = tmp_path / f"a.{form}"
    path.write_bytes(stream.getvalue())
    begin = time.process_time()
    (found,) = read_all(path)
    assert time.process_time() - begin < 4
    assert "XML" in found.problems[0].en


def test_a_table_of_millions_of_columns_is_cut_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("学号," + "features.0.params," * 400_000 + "\n" + "7\n" * 20_000, encoding="utf-8")
    begin = time.process_time()
    found = read_all(path)
    assert time.process_time() - begin < 20
    assert any("columns" in problem.en for one in found for problem in one.problems)
