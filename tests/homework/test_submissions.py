"""What students send: every format gives the same answers, and no file does harm."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explainer.homework.submissions.base import MAX_ANSWER, MAX_BYTES
from explainer.homework.submissions.readers import ENDINGS, read, read_all, read_text
from explainer.homework.submissions.who import from_path

P, S, W = "features.0.params", "features.0.shape", "features.2.params"
WORKING = "(3*3*64+1)*64\n= 577*64\n= 36928"


def sent(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path)


def answers(tmp_path, name, content):
    submission = sent(tmp_path, name, content)
    assert submission.problems == ()
    return submission.answers


# ---- CSV

CSV = f'question,answer\n{P},1792\n{S},"[64, 224, 224]"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_csv_is_read_in_each_encoding(tmp_path, encoding):
    text = f"# 学号: 00123\n# 姓名：张三丰\n题目,答案\n{P},１７９２\n{S},64×224×224\n"
    submission = sent(tmp_path, "a.csv", text.encode(encoding))
    assert submission.student == "00123"
    assert submission.name == "张三丰"
    assert submission.answers == {P: "１７９２", S: "64×224×224"}
    assert submission.problems == ()


@pytest.mark.parametrize("separator", [",", ";", "\t", "，", "；"])
@pytest.mark.parametrize("headed", [True, False])
def test_a_csv_may_be_separated_otherwise(tmp_path, separator, headed):
    lines = [("question", "answer")] * headed + [(P, "(3*3*3+1)*64"), (S, "64x224x224")]
    text = "\r\n".join(separator.join(line) for line in lines)
    assert answers(tmp_path, "a.csv", text) == {P: "(3*3*3+1)*64", S: "64x224x224"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"{P},2,359,808", "2,359,808"),
        (f"{P},2, 359, 808", "2, 359, 808"),
        (f'{P},"2,359,808"', "2,359,808"),
        (f"{P},(1,000+1)*2,000 = 2,002,000", "(1,000+1)*2,000 = 2,002,000"),
        (f"{P},[512, 7, 7]", "[512, 7, 7]"),
        (f"{P},2,359,808,,,", "2,359,808"),
        (f"{P},", ""),
        (P, ""),
        (f'{P},"{WORKING}"', WORKING),
    ],
)
def test_commas_of_an_unquoted_answer_are_joined_back(tmp_path, row, expected):
    assert answers(tmp_path, "a.csv", f"question,answer\n{row}\n{W},7\n") == {P: expected, W: "7"}


def test_commas_are_joined_between_columns_and_without_a_heading(tmp_path):
    text = f"no,question,answer,remark\n1,{P},2,359,808,sure\n2,{W},5,\n"
    assert answers(tmp_path, "a.csv", text) == {P: "2,359,808", W: "5"}
    assert answers(tmp_path, "b.csv", f"{P},2,359,808\n") == {P: "2,359,808"}


def test_a_quote_left_open_does_not_swallow_the_rest(tmp_path):
    text = f'question,answer\n{P},"1792\n{W},36928\n'
    assert answers(tmp_path, "a.csv", text) == {P: "1792", W: "36928"}


def test_a_class_in_one_table_is_several_submissions(tmp_path):
    path = tmp_path / "class.csv"
    path.write_text(f"学号,姓名,question,answer\n007,甲,{P},1\n007,甲,{W},2\n008,乙,{P},3\n", encoding="utf-8")
    assert [(one.student, one.name, one.answers) for one in read_all(path)] == [
        ("007", "甲", {P: "1", W: "2"}),
        ("008", "乙", {P: "3"}),
    ]
    path.write_text(f"学号,姓名,{P},{W}\n007,甲,1,2\n008,乙,3,\n", encoding="utf-8")
    assert [(one.student, one.answers) for one in read_all(path)] == [
        ("007", {P: "1", W: "2"}),
        ("008", {P: "3", W: ""}),
    ]


def test_a_table_of_grades_is_not_taken_for_homework(tmp_path):
    submission = sent(tmp_path, "g.csv", f"student,name,file,score,max_score,{P}\n1,a,a.csv,1,1,1\n")
    assert submission.answers == {}
    assert "grades" in submission.problems[0].en


# ---- Markdown and other lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"- {P}: 1792\n* {W}：36,928\n", {P: "1792", W: "36,928"}),
        (
            f"1. `{P}` = (3*3*3+1)*64 = 1792\n2. **{W}**: $(3\\cdot3\\cdot64+1)\\cdot64$\n",
            {P: "(3*3*3+1)*64 = 1792", W: "(3\\cdot3\\cdot64+1)\\cdot64"},
        ),
        (f"{P}：3\\*3\\*3\\*64\n", {P: "3*3*3*64"}),
        (f"| question | answer |\n|:--|--:|\n| {P} | `1792` |\n| {S} | 64×224×224 |\n", {P: "1792", S: "64×224×224"}),
        (f"## {W}\n\n(3*3*64+1)*64\n= 577*64\n= 36928\n\n## {P}\n1792\n", {W: WORKING, P: "1792"}),
        (f"- {W}:\n  (3*3*64+1)*64\n  = 577*64\n  = 36928\n- {P}: 1792\n", {W: WORKING, P: "1792"}),
        (f"- {W}:\n```\n(3*3*64+1)*64\n= 577*64\n= 36928\n```\n", {W: WORKING}),
        (f"{W} = (3*3*64+1)*64\n= 577*64\n= 36928\n", {W: WORKING}),
        (
            f"**1.** features.0（卷积层）的参数量\n\n答：1792\n\n**2.** {W}\n\n答案：**36928**\n",
            {"1": "1792", W: "36928"},
        ),
        ("第1题：1792\n第2题 64×224×224\n(3) 36928\n", {"1": "1792", "2": "64×224×224", "3": "36928"}),
        (f"- {P}: ______\n- {W}: 36928\n", {P: "", W: "36928"}),
        (f"老师好，这是我的作业。\n\n{P}: 1792\n\n谢谢老师！\n", {P: "1792"}),
        ("features.0.relu@2.params: 0\n", {"features.0.relu@2.params": "0"}),
        (f"{P} → 1792\n{W} 是 36928\n", {P: "1792", W: "36928"}),
        (
            "c层参数：112\n- fc层的参数量 = 16\n总参数量是 128\n",
            {"c.params": "112", "fc.params": "16", "total.params": "128"},
        ),
        (f"{P}：\n一个核参数：27\nW参数：1728\n共1792\n", {P: "一个核参数：27\nW参数：1728\n共1792"}),
    ],
)
def test_answers_are_found_in_markdown(tmp_path, text, expected):
    assert answers(tmp_path, "a.md", text) == expected


def test_a_sheets_id_and_the_student_are_read_from_markdown(tmp_path):
    text = "<!-- explainer lang=zh sheet=T1-conv-n2-l1-s7-AB -->\n# 练习\n\n学号：0042    姓名：欧阳娜娜\n\n1. 1792\n2. 5\n"
    submission = sent(tmp_path, "a.md", text)
    assert (submission.sheet_id, submission.student, submission.name) == ("T1-conv-n2-l1-s7-AB", "0042", "欧阳娜娜")
    assert submission.answers == {"1": "1792", "2": "5"}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", ["md", "csv", "pdf", "docx"])
def test_our_own_worksheets_are_read_back_filled_in(tmp_path, lang, form):
    from explainer.drawing import topic_sheet
    from explainer.homework.worksheets.files import write_sheet

    sheet = topic_sheet(["conv", "batchnorm"], count=5, seed=7, student="2023001", styles="mixed")
    replies = ["7,200", "2.36M", "B", "D", "(2*2*6+1)*9*4"]
    path = tmp_path / f"sheet.{'md' if form == 'docx' else form}"
    write_sheet(sheet, path, (lang,))
    if form == "csv":
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        filled = [line + answer for line, answer in zip(lines[-5:], replies, strict=True)]
        path.write_text("\n".join([*lines[:-5], *filled]), encoding="utf-8")
    elif form == "pdf":
        import pypdf

        writer = pypdf.PdfWriter(clone_from=path)
        writer.update_page_form_field_values(None, {f"q{n}": answer for n, answer in enumerate(replies, start=1)})
        writer.write(path)
    else:
        text = path.read_text(encoding="utf-8")
        for answer in replies:
            text = re.sub(r"(?m)^(答：|Answer: )＿+", rf"\g<1>{answer}", text, count=1)
        text = re.sub(r"(姓名：|Name: )＿+", r"\g<1>王小明", text)
        path.write_text(text, encoding="utf-8")
        if form == "docx":  # copied into Word
            path = tmp_path / "sheet.docx"
            path.write_bytes(word(lambda document: [document.add_paragraph(line) for line in text.splitlines()]))
    submission = read(path)
    assert submission.problems == ()
    assert (submission.sheet_id, submission.student) == (sheet.id, "2023001")
    assert submission.name == ("王小明" if form in ("md", "docx") else "")
    assert [
        submission.answers.get(item.name, submission.answers.get(str(item.number))) for item in sheet.items
    ] == replies


def test_a_blank_worksheet_has_blank_answers(tmp_path):
    from explainer.drawing import topic_sheet
    from explainer.homework.worksheets.files import write_sheet

    sheet = topic_sheet(["conv"], count=3, seed=7, styles="mixed")
    for ending in ("md", "csv", "pdf"):
        write_sheet(sheet, tmp_path / f"s.{ending}", ("zh",))
        submission = read(tmp_path / f"s.{ending}")
        assert submission.sheet_id == sheet.id
        assert list(submission.answers.values()) == ["", "", ""]
        assert (submission.student, submission.name) == ("", "")


def test_decimals_at_the_start_of_a_line_are_no_numbers_of_questions(tmp_path):
    assert answers(tmp_path, "a.md", f"- {P}:\n  2.36M\n") == {P: "2.36M"}


# ---- JSON


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f'{{"{P}": 1792, "{W}": "36,928"}}', {P: "1792", W: "36,928"}),
        (f'[{{"question": "{P}", "answer": 1792}}, {{"{W}": 3.690e4}}]', {P: "1792", W: "3.690e4"}),
        (f'{{"student": "01", "answers": {{"{P}": 1792}}}}', {P: "1792"}),
        ('{"学号": "01", "答案": [{"题号": 1, "答案": "B"}]}', {"1": "B"}),
        (f'{{"{S}": [64, 224, 224], "{P}": null}}', {S: "[64, 224, 224]", P: ""}),
        (f'{{"{W}": ["(3*3*64+1)*64", "= 577*64", "= 36928"]}}', {W: WORKING}),
        (f'{{"{P}": {"9" * 9000}}}', {P: "9" * 9000}),
    ],
)
def test_json_keeps_numbers_as_written(tmp_path, value, expected):
    assert answers(tmp_path, "a.json", value) == expected


@pytest.mark.parametrize(
    ("value", "word"),
    [("{'a': 1}", "line 1"), ("[" * 100000, "nested"), ('{"a.params": {"b": {}}}', "a.params"), ("[]", "no answers"),
     (f'{{"{P}": 1, "{P}": 2}}', "more than once")],
)  # fmt: skip
def test_json_that_is_wrong_is_told(tmp_path, value, word):
    assert word in " ".join(problem.en for problem in sent(tmp_path, "a.json", value).problems)


# ---- Excel


def workbook(fill):
    import openpyxl

    book = openpyxl.Workbook()
    fill(book.active)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_an_excel_sheet_keeps_numbers_zeros_and_formulas(tmp_path):
    def fill(sheet):
        sheet.append(["学号", 42])
        sheet["B1"].number_format = "00000000"
        sheet.append(["题目", "答案"])
        sheet.append([P, 1792])
        sheet.append([W, "=(3*3*64+1)*64"])
        sheet.append([S, "64×224×224"])
        sheet.append(["total.params", 138357544])
        sheet["B6"].number_format = "#,##0"
        sheet.append(["total.macs", 1.5e10])

    submission = sent(tmp_path, "a.xlsx", workbook(fill))
    assert submission.student == "00000042"
    assert submission.answers == {
        P: "1792",
        W: "(3*3*64+1)*64",
        S: "64×224×224",
        "total.params": "138357544",
        "total.macs": "15000000000",
    }
    assert submission.problems == ()


def test_excel_dates_and_unsaved_references_are_told(tmp_path):
    import datetime

    def fill(sheet):
        for row in (["question", "answer"], [P, datetime.date(2026, 3, 3)], [W, "=A1*2"]):
            sheet.append(row)

    submission = sent(tmp_path, "a.xlsx", workbook(fill))
    assert submission.answers == {P: "2026-03-03 00:00:00", W: "=A1*2"}  # as it stands there, never "not answered"
    assert submission.unread == {P, W}
    assert [word for problem in submission.problems for word in ("B2", "B3") if word in problem.zh] == ["B2", "B3"]


# ---- Word


def word(fill):
    import docx

    document = docx.Document()
    fill(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_word_paragraphs_tables_and_superscripts(tmp_path):
    def fill(document):
        document.add_paragraph("学号：0042   姓名：王小明")
        paragraph = document.add_paragraph(f"{P}：(3")
        paragraph.add_run("2").font.superscript = True
        paragraph.add_run("×3+1)×64")
        document.add_paragraph(f"{W}：(3*3*64+1)*64")
        document.add_paragraph("= 577*64")
        document.add_paragraph("= 36928")
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(table._cells, ["题目", "答案", S, "64×224×224"], strict=True):
            cell.text = text

    submission = sent(tmp_path, "a.docx", word(fill))
    assert (submission.student, submission.name) == ("0042", "王小明")
    assert submission.answers == {P: "(3^2×3+1)×64", W: WORKING, S: "64×224×224"}


def test_words_equation_editor_is_read_as_one_line(tmp_path):
    from docx.oxml import parse_xml

    namespace = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'

    def run(text):
        return f"<m:r><m:t>{text}</m:t></m:r>"

    formula = (
        f"<m:oMath {namespace}><m:d><m:e><m:sSup><m:e>{run('3')}</m:e><m:sup>{run('2')}</m:sup></m:sSup>{run('·3+1')}</m:e>"
        f"</m:d>{run('·64+')}<m:f><m:num>{run('4')}</m:num><m:den>{run('1+1')}</m:den></m:f></m:oMath>"
    )

    def fill(document):
        document.add_paragraph(f"{P}: ")._p.append(parse_xml(formula))

    assert answers(tmp_path, "a.docx", word(fill)) == {P: "(3^2·3+1)·64+4/(1+1)"}


# ---- notebook


def test_a_notebook_is_read_and_never_run(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["姓名：李四\n", f"- {P}: 1792"]},
        {
            "cell_type": "code",
            "source": f'answers["{W}"] = (3*3*64+1)*64  # 参数\nopen("{tmp_path}/ran", "w")\n',
            "outputs": [],
        },
        {"cell_type": "code", "source": f'answers = {{\n    "{S}": "64x224x224",\n    "a.params": 5,\n}}'},
        {"cell_type": "markdown", "source": "## b.params"},
        {"cell_type": "code", "source": "3**2*64"},
        {"cell_type": "code", "source": 'answers["c.params"] = """(1+1)*2\n= 2*2\n= 4"""'},
        {"cell_type": "raw", "source": "d.params = 7"},
    ]
    assert answers(tmp_path, "a.ipynb", json.dumps({"cells": cells, "nbformat": 4})) == {
        P: "1792",
        W: "(3*3*64+1)*64",
        S: "64x224x224",
        "a.params": "5",
        "b.params": "3**2*64",
        "c.params": "(1+1)*2\n= 2*2\n= 4",
        "d.params": "7",
    }
    assert not (tmp_path / "ran").exists()
    assert read(tmp_path / "a.ipynb").name == "李四"


def test_the_notebook_that_we_export_is_read_back(tmp_path):
    from explainer.drawing import topic_sheet
    from explainer.homework.worksheets.exports.notebook import to_notebook
    from explainer.homework.worksheets.exports.tolerance import EXACT

    sheet = topic_sheet(["conv"], count=3, seed=7, styles="mixed")
    notebook = json.loads(to_notebook(sheet, ("zh", "en"), EXACT))
    replies = iter(["1,792", "B", WORKING])
    for cell in notebook["cells"]:
        if cell["id"].endswith("-answer"):
            cell["source"].append(next(replies))
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    submission = read(path)
    assert submission.sheet_id == sheet.id
    assert submission.answers == {
        item.name: answer for item, answer in zip(sheet.items, ["1,792", "B", WORKING], strict=True)
    }


# ---- who


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20230101_张三_作业1.csv", ("20230101", "张三")),
        ("作业一-李小龙-PB21000123.xlsx", ("PB21000123", "李小龙")),
        ("00123.md", ("00123", "")),
        ("王五_55_assignsubmission_file_/answers.csv", ("", "王五")),
        ("2023级/买买提·艾力 2023112233.docx", ("2023112233", "买买提·艾力")),
        ("第3次作业.csv", ("", "")),
        ("07_赵六.csv", ("07", "赵六")),
    ],
)
def test_the_student_by_the_name_of_the_file(tmp_path, name, expected):
    assert from_path(tmp_path.relative_to("/") / name) == expected


def test_the_number_of_the_files_name_counts_and_the_teacher_is_told_of_another(tmp_path):
    submission = sent(tmp_path, "20230101.csv", f"# 学号: 20230102\n{CSV}")
    assert submission.student == "20230101" and not submission.claimed
    assert submission.problems == ()
    assert "20230101" in submission.warnings[0].zh and "20230102" in submission.warnings[0].zh
    claimed = sent(tmp_path, "mine.csv", f"# 学号: 20230102\n{CSV}")
    assert claimed.student == "20230102" and claimed.claimed


# ---- harm


def zipped(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return stream.getvalue()


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>&b;</w:body></w:document>'
)


@pytest.mark.parametrize("ending", ["xlsx", "docx"])
@pytest.mark.parametrize(
    ("content", "word"),
    [
        (zipped(word__document=b"0" * (MAX_BYTES + 1)), "unpacks"),
        (zipped(word__document=ENTITIES, xl__workbook=ENTITIES), "entities"),
        (zipped(word__document=ENTITIES.encode("utf-16")), "entities"),
        (zipped(word__document="<a>", xl__workbook="<a>"), "damaged"),
        (zipped(other="<a/>"), "damaged"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 1000, "password"),
        (b"", "damaged"),
        (zipped(word__document="<a>" * 100_000, xl__workbook="<a>" * 100_000), "damaged"),
    ],
)
def test_bombs_and_broken_office_files_are_one_sentence(tmp_path, ending, content, word):
    submission = sent(tmp_path, f"a.{ending}", content)
    assert submission.answers == {}
    assert len(submission.problems) == 1
    assert word in submission.problems[0].en


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.csv", b"", "empty"),
        ("a.md", b" \n\n", "empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text"),
        ("a.md", bytes(range(128, 256)) * 5, "no text"),
        ("a.csv", b"hello\n", "No answers"),
        ("a.md", "一二三".encode(), "No answers"),
        ("a.jpg", b"x", ".jpg"),
        ("README", b"x", "no ending"),
        ("a.ZIP", b"PK", "unpack it"),
        ("a.tar.gz", b"x", "unpack it"),
        ("a.doc", b"x", ".doc files"),
        ("a.ipynb", b"{}", "no cells"),
        ("a.ipynb", b"{", "JSON"),
        ("a.csv", b"question,remark\n1,2\n", "answer"),
        ("a.csv", b"1" * (MAX_BYTES + 1), "limit"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, name, content, word):
    submission = sent(tmp_path, name, content)
    assert submission.answers == {}
    assert [word in problem.en for problem in submission.problems] == [True]


@pytest.mark.parametrize(
    "line",
    [
        "ｃｏｎｖ１．ｐａｒａｍｓ：１１２",
        "ｃｏｎｖ１.params＝１１２",
        "　conv1．params： １１２",
        "- **ｃｏｎｖ１．ｐａｒａｍｓ**：１１２",
    ],
)
def test_names_in_the_wide_letters_of_a_chinese_keyboard(tmp_path, line):
    assert sent(tmp_path, "a.txt", line.encode()).answers == {"conv1.params": "１１２"}


def test_a_link_or_a_missing_file_is_told(tmp_path):
    (tmp_path / "secret.csv").write_text(CSV)
    (tmp_path / "a.csv").symlink_to(tmp_path / "secret.csv")
    assert "link" in read(tmp_path / "a.csv").problems[0].en
    assert "cannot be read" in read(tmp_path / "none.csv").problems[0].en


@pytest.mark.parametrize(
    "content",
    ["a.params: " + "(" * 1_000_000, "1. " * 300_000, ("x" * 50 + ".") * 60_000, "|" * 1_000_000, "\\" * 500_000,
     "`*" * 400_000, "a.params" * 100_000, "学号：" * 200_000, "- a.params:\n" + "= 1\n" * 200_000, "<!--" * 200_000],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.md", "a.csv", "a.txt"])
def test_a_long_file_is_read_within_seconds(tmp_path, name, content):
    begin = time.process_time()
    submission = sent(tmp_path, name, content)
    assert time.process_time() - begin < 10
    assert all(len(answer) <= MAX_ANSWER for answer in submission.answers.values())


@pytest.fixture(scope="module")
def whole():
    """A good file of each binary format."""

    def sheet(one):
        one.append(["question", "answer"])
        one.append([P, 1792])

    return {"xlsx": workbook(sheet), "docx": word(lambda one: one.add_paragraph(f"{P}: 1792")), "pdf": BLANK_PDF}


# A PDF as small as it may be, with one field.
BLANK_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[4 0 R]>>endobj
4 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/T(features.0.params)/V(1792)/Rect[0 0 9 9]/P 3 0 R>>endobj
trailer<</Root 1 0 R>>
"""


@pytest.mark.parametrize("form", ["xlsx", "docx", "pdf"])
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_told(tmp_path, whole, form, data):
    content = bytearray(whole[form])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(1, 30))] = data.draw(st.binary(max_size=30))
    submission = sent(tmp_path, f"a.{form}", bytes(content))
    assert submission.answers or submission.problems


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending not in (".xlsm", ".markdown", ".tsv")])
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from([P, "学号", "：", ":", "=", ",", ";", "|", "\n", '"', "`", "$", "\\", "1792", "(", "[", "]",
    "{", "}", "# ", "- ", "1. ", "答", "question", "answer", "\t", "\u202e", "\0", "<!--", "-->", "```", "**", "=1+1", "null"])
    | st.text(max_size=5), max_size=60))  # fmt: skip
def test_whatever_is_in_a_file_is_read_or_told(tmp_path, ending, pieces):
    submission = sent(tmp_path, f"a{ending}", "".join(pieces).encode("utf-8", "surrogatepass"))
    assert submission.answers or submission.problems
    assert all(isinstance(text, str) and len(text) <= MAX_ANSWER for text in submission.answers.values())


def test_typed_text_is_recognised():
    assert read_text(CSV).answers == {P: "1792", S: "[64, 224, 224]"}
    assert read_text(f'{{"{P}": 5}}').answers == {P: "5"}
    assert read_text(f"{P} = 5\n").answers == {P: "5"}
    assert "empty" in read_text('["').problems[0].en or "JSON" in read_text('["').problems[0].en
