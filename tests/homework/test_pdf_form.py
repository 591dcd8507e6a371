"""The worksheet as a PDF with fields: filled with a library that is not ours, and read back."""

from __future__ import annotations

import re

import pypdf
import pytest

from explainer.drawing import sheet_of_id, topic_sheet
from explainer.errors import UserError
from explainer.homework.worksheets.files import write_sheet
from explainer.homework.worksheets.filled_form import read_fields
from explainer.homework.worksheets.pdf_form import form_pdf
from explainer.homework.worksheets.sheet import Student


@pytest.fixture(scope="module")
def sheet():
    return topic_sheet(["conv", "pool", "bn"], count=10, seed=7, level=1, styles="mixed")


@pytest.fixture(scope="module")
def empty(sheet, tmp_path_factory):
    path = tmp_path_factory.mktemp("pdf") / "sheet.pdf"
    write_sheet(sheet, path, ("zh",))
    return path


def filled(path, values, target):
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(path))
    for page in writer.pages:
        writer.update_page_form_field_values(page, values, auto_regenerate=False)
    writer.write(target)
    return target


def test_an_empty_form_has_every_question_and_the_id(sheet, empty):
    fields = read_fields(empty)
    assert fields["sheet"] == sheet.id and sheet_of_id(fields["sheet"]).items == sheet.items
    assert {name: fields[name] for name in ("name", "student", "group")} == {"name": "", "student": "", "group": ""}
    assert [name for name in fields if "." in name] == [item.name for item in sheet.items]
    assert not any(fields[item.name] for item in sheet.items)


def test_what_is_filled_in_is_read_back(sheet, empty, tmp_path):
    answers = {item.number: item.right_letter or f"（3×3×{item.number}+1)*64 = 236万" for item in sheet.items}
    values = {f"q{n}": answer for n, answer in answers.items()} | {"name": "张三", "student": "0012"}
    read = read_fields(filled(empty, values, tmp_path / "filled.pdf"))
    assert read["name"] == "张三" and read["student"] == "0012" and read["sheet"] == sheet.id
    assert {item.number: read[item.name] for item in sheet.items} == answers


def test_the_id_is_hidden_and_cannot_be_changed(sheet, empty):
    fields = pypdf.PdfReader(empty).get_fields()
    assert fields["sheet"]["/Ff"] & 1 and fields["sheet"]["/V"] == sheet.id
    widgets = [a.get_object() for page in pypdf.PdfReader(empty).pages for a in page.get("/Annots", [])]
    own = next(widget for widget in widgets if widget.get("/T") == "sheet")
    assert own["/F"] & 2
    assert all("." not in str(widget.get("/T", "")) for widget in widgets)


def test_choices_are_lists_and_all_others_have_room(sheet, empty):
    fields = pypdf.PdfReader(empty).get_fields()
    styles = {item.style for item in sheet.items}
    assert styles == {"number", "choice", "formula"}
    for item in sheet.items:
        field = fields[f"q{item.number}"]
        if item.style == "choice":
            assert field["/FT"] == "/Ch"
            assert [option[0] for option in field["/_States_"]][1:] == ["A", "B", "C", "D"][: len(item.choices)]
        else:
            assert field["/FT"] == "/Tx"
            assert field.get("/Ff", 0) & (1 << 12)  # several lines: steps are marked


def test_every_reader_has_the_fields_font(empty):
    form = pypdf.PdfReader(empty).trailer["/Root"]["/AcroForm"]
    assert form["/DR"]["/Font"]["/Helv"]["/BaseFont"] == "/Helvetica" and form["/NeedAppearances"]


def test_a_students_own_sheet_names_the_student(tmp_path):
    sheet = topic_sheet(["bn"], count=2, seed=1, student=Student("0012", "李四", "一班"))
    path = tmp_path / "sheet.pdf"
    write_sheet(sheet, path, ("zh", "en"))
    fields = read_fields(path)
    assert fields["student"] == "0012" and "name" not in fields
    text = "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    assert "李四" in text and "一班" in text and sheet.id in re.sub(r"\s", "", text)


def test_the_same_sheet_gives_the_same_bytes(sheet):
    assert form_pdf(sheet, ("en",)) == form_pdf(sheet, ("en",))


def test_nothing_of_a_name_becomes_markup(tmp_path):
    sheet = topic_sheet(["bn"], count=1, seed=1, student=Student("1", "<img src=x>\"'", "</form>"))
    path = tmp_path / "sheet.pdf"
    write_sheet(sheet, path, ("zh",))
    assert "<img src=x>" in "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def test_what_is_no_form_is_refused(tmp_path):
    path = tmp_path / "x.pdf"
    path.write_bytes(b"hello")
    with pytest.raises(UserError):
        read_fields(path)
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(path)
    with pytest.raises(UserError):
        read_fields(path)
    with pytest.raises(UserError):
        read_fields(tmp_path / "none.pdf")


def test_the_class_reader_takes_it(sheet, empty, tmp_path):
    from explainer.homework.submissions.readers import read

    values = {f"q{item.number}": item.right_letter or "42" for item in sheet.items} | {
        "student": "0012",
        "name": "张三",
    }
    submission = read(filled(empty, values, tmp_path / "0012.pdf"))
    assert submission.sheet_id == sheet.id and submission.student == "0012"
    found = {sheet.find(key).number: text for key, text in submission.answers.items()}
    assert found == {item.number: item.right_letter or "42" for item in sheet.items}
