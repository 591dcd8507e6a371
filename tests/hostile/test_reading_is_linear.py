"""Twice as much of anything takes about twice the processor time, in every reader."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from strings import SIGNS

from explainer.homework.submissions.base import plain
from explainer.homework.submissions.readers import read_all

NAME = "features.0.params"
SIZE = {"docx": 10_000, "xlsx": 10_000, "pdf": 5_000}  # what their own libraries take long for; others: 25,000
FORMS = ("md", "txt", "csv", "json", "ipynb", "docx", "xlsx", "pdf")


def written(form: str, text: str) -> bytes:
    """A file of that form in which the text is an answer, and stands alone as well."""
    match form:
        case "json":
            return json.dumps({NAME: text, text: "1"}).encode()
        case "ipynb":
            sources = [("code", text), ("markdown", f"{NAME}: {text}\n\n{text}"), ("code", f"q2 = {text}")]
            return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in sources]}).encode()
        case "docx":
            return _docx([f"{NAME}: {text}", text, *(text[at : at + 500] for at in range(0, len(text), 500))])
        case "xlsx":
            return _xlsx(text)
        case "pdf":
            return _pdf({NAME: text, "1": text, text[:1000]: "1"})
        case "csv":
            return f"question,answer\n{NAME},{text}\n".encode()
    return f"{text}\n{NAME}: {text}\n\n{text}\n".encode()


def _docx(paragraphs: list[str]) -> bytes:
    """Each as a paragraph, and all of them as cells of a table."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    said = [f"<w:p><w:r><w:t xml:space='preserve'>{escape(_printable(text))}</w:t></w:r></w:p>" for text in paragraphs]
    rows = "".join(f"<w:tr><w:tc>{one}</w:tc><w:tc>{one}</w:tc></w:tr>" for one in said[:100])
    xml = f"<w:document xmlns:w='{word}'><w:body>{''.join(said)}<w:tbl>{rows}</w:tbl></w:body></w:document>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", xml)
    return stream.getvalue()


def _xlsx(text: str) -> bytes:
    """In one cell as much as a cell holds, and in as many rows as it takes."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["question", "answer"])
    for at in range(0, len(text), 1_000):
        cell = sheet.cell(row=at // 1_000 + 2, column=2, value=_printable(text[at : at + 1_000]))
        cell.data_type = "s"
        sheet.cell(row=at // 1_000 + 2, column=1, value=NAME)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _printable(text: str) -> str:
    return "".join(char for char in text if char in "\n\t" or char.isprintable())


def _pdf(fields: dict[str, str]) -> bytes:
    """A form with these fields."""
    from pypdf import PdfWriter
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject, create_string_object

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    made = [
        writer._add_object(
            DictionaryObject(
                {
                    NameObject("/FT"): NameObject("/Tx"),
                    NameObject("/T"): create_string_object(name),
                    NameObject("/V"): create_string_object(value),
                }
            )
        )
        for name, value in fields.items()
    ]
    writer._root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): ArrayObject(made)})
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def seconds(path: Path) -> float:
    begin = time.process_time()
    read_all(path)
    return time.process_time() - begin


@pytest.mark.parametrize("form", ["docx", "xlsx", "pdf"])
def test_the_files_are_what_they_should_be(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    path.write_bytes(written(form, "1792"))
    assert any("1792" in answer for answer in read_all(path)[0].answers.values())


@pytest.mark.parametrize("form", FORMS)
def test_twice_as_much_takes_about_twice_as_long(tmp_path: Path, form: str) -> None:
    slow = {}
    for what, sign in SIGNS.items():
        paths = []
        for size in (SIZE.get(form, 25_000), 2 * SIZE.get(form, 25_000)):
            path = tmp_path / f"{size}.{form}"
            path.write_bytes(written(form, (sign * (size // len(sign) + 1))[:size]))
            paths.append(path)
        for _ in range(4):  # twice, and what a clock is wrong by; a quadratic reader needs minutes here
            once, twice = seconds(paths[0]), seconds(paths[1])
            if twice <= 2.2 * once + 0.1:
                break
        else:
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
