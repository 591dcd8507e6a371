"""One specification for all readers (docs/submissions.md): the same answers in every format come out the same."""

from __future__ import annotations

import csv
import io
import json

import pytest

from explainer.homework.classroom.grade_class import check_folder
from explainer.homework.classroom.hand_marks import hand_marks_of
from explainer.homework.classroom.one_file import check_file
from explainer.homework.classroom.outputs import Outputs
from explainer.homework.classroom.sheet_codes import SheetCodes, variants_of
from explainer.homework.question import right_value
from explainer.homework.submissions.readers import read, read_all
from explainer.homework.worksheets.sheet_source import SheetSource

P, S, W = "features.0.params", "features.4.shape", "features.2.params"

# What students write, a question after the other. Nothing of it may be lost, whether the grader can read it or not.
CASES = {
    "numbers": {P: "1792", S: "64×112×112"},
    "labelled parts": {P: "权重：1728\n偏置：64\n合计：1792", W: "weights: 36864\nbias: 64\ntotal: 36928"},
    "prose": {P: "每个卷积核有27个权重\n加1个偏置\n所以共28*64=1792", W: "I think it is 36928"},
    "working": {P: "(3*3*3+1)*64\n= 28*64\n= 1792", W: "3*3*64*64 = 36864\n+ 64 = 36928"},
    "about": {P: "约1800个", W: "没有参数", S: "不知道"},
    "units": {P: "409.6万", W: "4096000次", S: "9439232字节"},
    "a shape with a reason": {S: "(224-2)/2+1=112，所以是64×112×112", P: "1792"},
    "blank": {P: "", W: "36928"},
    "figures at a line's start": {P: "(28)*64\n64 kernels\n1792.", W: "2.36M"},
}


def _pdf(answers):
    """A filled form as small as it may be."""
    import pypdf
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

    writer = pypdf.PdfWriter()
    writer.add_blank_page(9, 9)
    fields = ArrayObject()
    for name, text in answers.items():
        field = {"/Type": NameObject("/Annot"), "/Subtype": NameObject("/Widget"), "/FT": NameObject("/Tx")}
        field |= {"/T": TextStringObject(name), "/V": TextStringObject(text)}
        fields.append(writer._add_object(DictionaryObject({NameObject(key): value for key, value in field.items()})))
    form = DictionaryObject({NameObject("/Fields"): fields})
    writer._root_object[NameObject("/AcroForm")] = form
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _printed(html):
    """A page printed to PDF, as a browser or Word does it."""
    import weasyprint

    from explainer.render.html.fonts import linked_faces

    style = (
        f"{linked_faces()} body{{font:11pt 'Explainer Latin','Explainer Song'}} p{{white-space:pre-wrap;margin:4pt 0}}"
    )
    style += "td,th{border:1px solid;padding:2pt 6pt;vertical-align:middle}table{border-collapse:collapse}sup,sub{font-size:70%}"
    return weasyprint.HTML(string=f"<meta charset=utf-8><style>{style}</style>{html}").write_pdf()


def _printed_lines(answers):
    from html import escape

    return _printed("".join(f"<p>{escape(f'{name}：{text}')}</p>" for name, text in answers.items()))


def _printed_table(answers):
    from html import escape

    cells = [("题目", "答案"), *((name, escape(text).replace("\n", "<br>")) for name, text in answers.items())]
    return _printed("<table>" + "".join(f"<tr><td>{name}<td>{text}" for name, text in cells) + "</table>")


def _docx(fill):
    import docx

    document = docx.Document()
    fill(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _docx_lines(answers):
    def fill(document):
        for name, text in answers.items():
            for line in f"{name}：{text}".split("\n"):
                document.add_paragraph(line)

    return _docx(fill)


def _docx_table(answers):
    def fill(document):
        table = document.add_table(rows=1, cols=2)
        table.rows[0].cells[0].text, table.rows[0].cells[1].text = "题目", "答案"
        for name, text in answers.items():
            row = table.add_row().cells
            row[0].text, row[1].text = name, text

    return _docx(fill)


def _xlsx(answers):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["question", "answer"])
    for name, text in answers.items():
        first, *rest = text.split("\n")
        for cells in ([name, first], *(["", line] for line in rest)):  # as typed: a line a row
            book.active.append([""] * 2)
            for column, cell in enumerate(cells, start=1):
                made = book.active.cell(book.active.max_row, column)
                made.value, made.data_type = cell or None, "s" if cell else "n"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _csv(answers):
    stream = io.StringIO()
    csv.writer(stream).writerows([["question", "answer"], *answers.items()])
    return stream.getvalue().encode()


def _notebook(*cells):
    return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in cells]}).encode()


FORMATS = {
    "colon.md": lambda answers: "\n".join(f"{name}: {text}" for name, text in answers.items()).encode(),
    "heading.md": lambda answers: "\n\n".join(f"## {name}\n\n{text}" for name, text in answers.items()).encode(),
    "list.md": lambda answers: "\n".join(
        f"- {name}: {text}".replace("\n", "\n  ") for name, text in answers.items()
    ).encode(),
    "fence.md": lambda answers: "\n".join(f"{name}:\n```\n{text}\n```\n" for name, text in answers.items()).encode(),
    "gbk.txt": lambda answers: "\r\n".join(f"{name}：{text}" for name, text in answers.items()).encode("gb18030"),
    "answers.csv": _csv,
    "answers.json": lambda answers: json.dumps(answers).encode(),
    "list.json": lambda answers: json.dumps([{"题目": name, "答案": text} for name, text in answers.items()]).encode(),
    "answers.xlsx": _xlsx,
    "lines.docx": _docx_lines,
    "table.docx": _docx_table,
    "text.ipynb": lambda answers: _notebook(*(("markdown", f"### {name}\n{text}") for name, text in answers.items())),
    "code.ipynb": lambda answers: _notebook(
        *(("code", f'answers["{name}"] = """{text}"""') for name, text in answers.items())
    ),
    "form.pdf": _pdf,
    "printed.pdf": _printed_lines,
    "table.pdf": _printed_table,
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("file", FORMATS)
def test_every_format_gives_what_was_written(tmp_path, file, case):
    (tmp_path / file).write_bytes(FORMATS[file](CASES[case]))
    submission = read(tmp_path / file)
    assert submission.problems == ()
    assert submission.answers == CASES[case]


NUMBERED = {"1": "409.6万", "2": "没有参数", "3": "权重：800\n合计：810", "10": "(224-2)/2+1=112，所以是64×112×112"}


@pytest.mark.parametrize(
    "style", ["{n}. {text}", "{n}、{text}", "q{n}: {text}", "Q{n} = {text}", "第{n}题：{text}", "（{n}） {text}", "**{n}．** {text}",
              "{n}.\n答：{text}", "{n}. 求参数量。\n答：{text}", "## {n}. \n{text}", "题{n}\n{text}",
              "**Question {n}**\n\n{text}", "**Q{n}** {text}", "Question {n}: {text}"]
)  # fmt: skip
def test_answers_by_their_numbers_are_read_however_the_number_is_written(tmp_path, style):
    text = "\n\n".join(style.format(n=n, text=text) for n, text in NUMBERED.items())
    for file in ("a.md", "a.txt", "a.docx", "a.ipynb"):
        content = text.encode()
        if file == "a.docx":
            content = _docx(lambda document: [document.add_paragraph(line) for line in text.splitlines()])
        elif file == "a.ipynb":
            content = _notebook(("markdown", text))
        (tmp_path / file).write_bytes(content)
        (found,) = read_all(tmp_path / file, on_sheet=True)
        assert found.answers == NUMBERED, file


def test_code_cells_answer_by_number(tmp_path):
    cells = [("code", "q1 = 28*64\nq2 = '64x112x112'  # shape\n# q3\n3*3*3\nq4 = \"约410万\"")]
    (tmp_path / "a.ipynb").write_bytes(_notebook(*cells))
    (found,) = read_all(tmp_path / "a.ipynb", on_sheet=True)
    assert found.answers == {"1": "28*64", "2": "64x112x112", "3": "3*3*3", "4": "约410万"}


def test_a_name_that_code_uses_further_on_stays(tmp_path):
    cells = [
        ("markdown", "## Q1"),
        ("code", "w = 27*64\nb = 64\nprint(w + b)"),
        ("markdown", "## Q2"),
        ("code", "total = 28*64"),
    ]
    (tmp_path / "a.ipynb").write_bytes(_notebook(*cells))
    (found,) = read_all(tmp_path / "a.ipynb", on_sheet=True)
    assert found.answers == {"1": "w = 27*64\nb = 64\nw + b", "2": "28*64"}


def test_what_stands_before_an_answer_in_code_and_is_used_in_it_belongs_to_it(tmp_path):
    cells = [("markdown", "Q1: 1792"), ("code", "h, d = 64, 20\nq2 = 4*(d*h + h*h)\nq2")]
    (tmp_path / "a.ipynb").write_bytes(_notebook(*cells))
    (found,) = read_all(tmp_path / "a.ipynb", on_sheet=True)
    assert found.answers == {"1": "1792", "2": "h, d = 64, 20\n4*(d*h + h*h)"}


def test_what_code_has_printed_is_the_answer(tmp_path):
    cells = json.loads(_notebook(("code", "n = 64\nprint('Q1:', 28*n)\nprint(f'Q2 = {n}')")))
    cells["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["Q1: 1792\n", "Q2 = 64\n"]}]
    (tmp_path / "a.ipynb").write_text(json.dumps(cells))
    (found,) = read_all(tmp_path / "a.ipynb", on_sheet=True)
    assert found.answers == {"1": "1792", "2": "64"}


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("1) 7880 2) 6120 3) 8x7x7", {"1": "7880", "2": "6120", "3": "8x7x7"}),
        ("1. 5, 2. 6\n3. 7, 4. 8", {"1": "5", "2": "6", "3": "7", "4": "8"}),
        ("1) w 800 2) b 10 3) 810\n2) 5\n3) 6", {"1": "w 800 2) b 10 3) 810", "2": "5", "3": "6"}),  # steps
    ],
)
def test_answers_in_one_line_are_told_apart(tmp_path, text, answers):
    (tmp_path / "a.txt").write_text(text)
    assert read_all(tmp_path / "a.txt", on_sheet=True)[0].answers == answers


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("count", [3, 4])  # 33 + 33 + 34 points: told in all, not each
def test_our_own_sheet_filled_in_is_read(tmp_path, lang, count):
    from explainer.drawing import topic_sheet
    from explainer.homework.worksheets.page import BLANK, sheet_document
    from explainer.render.markdown import to_markdown

    text = to_markdown(sheet_document(topic_sheet(["conv", "linear"], count=count, seed=5), (lang,)))
    for n in range(1, count + 1):
        text = text.replace(("答：" if lang == "zh" else "Answer: ") + 2 * BLANK, f"Answer: {n}000", 1)
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    assert read(tmp_path / "a.md").answers == {str(n): f"{n}000" for n in range(1, count + 1)}


@pytest.mark.parametrize("heading", ["My answer", "Solution", "What I got", "我写的"])
def test_the_only_column_beside_the_questions_has_the_answers(tmp_path, heading):
    def fill(document):
        table = document.add_table(rows=0, cols=2)
        for row in (("Question", heading), (P, "(3*3*3+1)*64\n= 1792"), (S, "64x112x112")):
            cells = table.add_row().cells
            cells[0].text, cells[1].text = row

    (tmp_path / "a.docx").write_bytes(_docx(fill))
    assert read(tmp_path / "a.docx").answers == {P: "(3*3*3+1)*64\n= 1792", S: "64x112x112"}


def test_a_list_of_layers_under_a_total_is_its_working(tmp_path):
    table = "| layer | params |\n|---|---|\n| conv1 | 1824 |\n| fc1 | 1010 |\n| total | 2834 |\n"
    (tmp_path / "a.md").write_text(f"conv1.params: 18*100 + 24\n\n## total.params\n\n{table}")
    assert read(tmp_path / "a.md").answers == {
        "conv1.params": "18*100 + 24", "total.params": "conv1: 1824\nfc1: 1010\ntotal: 2834",
    }  # fmt: skip


def test_emphasis_within_an_answer_keeps_both_its_marks(tmp_path):
    (tmp_path / "a.md").write_text(f"## {P}\n- weights: 1728\n- bias: 64\n\nTotal: **1792**\n\n## {W}\n**36928**\n")
    assert read(tmp_path / "a.md").answers == {P: "weights: 1728\nbias: 64\nTotal: **1792**", W: "36928"}


def test_a_sum_in_a_cell_of_excel_is_its_working(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["student", "Ann Lee (3003)"], ["question", "answer"], [P, "=SUM(1728,64)"], [W, "=2*PRODUCT(3, 4)+1"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    found = read(tmp_path / "a.xlsx")
    assert found.answers == {P: "(1728+64)", W: "2*(3* 4)+1"}
    assert (found.student, found.name) == ("3003", "Ann Lee")


def test_closing_words_are_no_part_of_the_answer(tmp_path):
    for word in ("Thank you for marking!", "谢谢老师", "Best regards, David"):
        (tmp_path / "a.docx").write_bytes(_docx_lines({"1": "1792", "2": f"64x112x112\n{word}"}))
        assert read_all(tmp_path / "a.docx", on_sheet=True)[0].answers == {"1": "1792", "2": "64x112x112"}


def test_a_table_of_layers_answers_each_cell(tmp_path):
    text = "| layer | params | output |\n|---|---|---|\n| features.0 | 1792 | 64x224x224 |\n| total | 138M | |\n"
    (tmp_path / "h.md").write_text(text)
    assert read(tmp_path / "h.md").answers == {
        "features.0.params": "1792", "features.0.shape": "64x224x224", "total.params": "138M",
    }  # fmt: skip
    (tmp_path / "h.csv").write_text("层,参数量,输出尺寸\nfeatures.0,1792,64x224x224\n", encoding="utf-8")
    assert read(tmp_path / "h.csv").answers == {"features.0.params": "1792", "features.0.shape": "64x224x224"}
    (tmp_path / "h.json").write_text('{"features.0": {"params": 1792, "shape": [64, 224, 224]}}')
    assert read(tmp_path / "h.json").answers == {"features.0.params": "1792", "features.0.shape": "[64, 224, 224]"}


def test_a_table_inside_an_answer_belongs_to_it(tmp_path):
    (tmp_path / "i.md").write_text(f"{P}:\n\n| | |\n|---|---|\n| weights | 1728 |\n| total | 1792 |\n\n{W}: 5\n")
    assert read(tmp_path / "i.md").answers == {P: "weights: 1728\ntotal: 1792", W: "5"}


def test_steps_with_numbers_of_their_own_stay_in_the_answer(tmp_path):
    (tmp_path / "a.md").write_text(f"## {P}\n1. weights: 1728\n2. bias: 64\n3. total: 1792\n\n## {W}\n5\n")
    assert read(tmp_path / "a.md").answers == {P: "1. weights: 1728\n2. bias: 64\n3. total: 1792", W: "5"}
    (tmp_path / "b.md").write_text("1.\n1) weights: 800\n2) bias: 10\n3) total 810\n2. 5\n3. 6\n")
    assert read_all(tmp_path / "b.md", on_sheet=True)[0].answers == {
        "1": "weights: 800\nbias: 10\ntotal 810",
        "2": "5",
        "3": "6",
    }


def test_words_numbered_lists_are_numbers_again(tmp_path):
    def fill(document):
        for text in ("1792", "没有参数", "810"):
            document.add_paragraph(text, style="List Number")

    (tmp_path / "a.docx").write_bytes(_docx(fill))
    assert read_all(tmp_path / "a.docx", on_sheet=True)[0].answers == {"1": "1792", "2": "没有参数", "3": "810"}


def test_what_no_reader_makes_out_goes_to_the_teacher(tmp_path, vgg16):
    (tmp_path / "a.json").write_text(f'{{"{P}": {{"b": [true, null]}}, "{W}": 36928}}')
    (marked,), _ = check_file(tmp_path / "a.json", vgg16)
    assert [(answer.verdict, answer.given) for answer in marked.answers] == [
        ("unreadable", "{b: [true, null]}"), ("correct", "36928"),
    ]  # fmt: skip


# ---- sheets without their number, marks by hand


@pytest.fixture(scope="module")
def sheets():
    from explainer.drawing import sheet_of_id, topic_sheet

    made = {number: topic_sheet(["conv"], count=3, seed=7, student=number) for number in ("", "2023001", "2023002")}
    return made, SheetSource(redraw=sheet_of_id)


@pytest.mark.parametrize("form", ["csv", "json", "txt", "docx"])
def test_a_sheet_answered_without_its_number_is_graded_by_the_code(tmp_path, sheets, form):
    made, source = sheets
    values = {f"q{item.number}": str(right_value(item.question)) for item in made[""].items}
    content = {
        "csv": _csv(values), "json": json.dumps(values).encode(), "docx": _docx_lines(values),
        "txt": "\n".join(f"{name}: {text}" for name, text in values.items()).encode(),
    }[form]  # fmt: skip
    (tmp_path / f"a.{form}").write_bytes(content)
    (marked,), code = check_file(tmp_path / f"a.{form}", None, source=source, codes=SheetCodes(made[""].id))
    assert code == 0 and marked.sheet_id == made[""].id


def test_variants_say_who_has_which_sheet(tmp_path, sheets):
    made, source = sheets
    folder = tmp_path / "sent"
    folder.mkdir()
    for number in ("2023001", "2023002"):
        text = "\n".join(f"{item.number}. {right_value(item.question)}" for item in made[number].items)
        (folder / f"{number}.txt").write_text(text)
    (tmp_path / "sheets.csv").write_text(
        "\ufeffstudent,name,class,sheet,file\n"
        + "".join(f"{number},,,{sheet.id},\n" for number, sheet in made.items() if number)
    )
    codes = SheetCodes(by_student=variants_of(tmp_path / "sheets.csv"))
    result = check_folder(folder, None, Outputs(), ("en",), source=source, codes=codes)
    assert result.exit_code == 0 and len(result.marked) == 2


def test_the_students_page_has_no_advice_for_the_teacher(tmp_path):
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "2023001.csv").write_text("question,answer\nq1,5\n")
    outputs = Outputs(tmp_path / "g.csv", tmp_path / "pages", pages=".md")
    check_folder(folder, None, outputs, ("en",))
    page = (tmp_path / "pages" / "2023001.md").read_text(encoding="utf-8")
    assert "explain check" not in page and "goes to the teacher" in page
    assert "explain check" in (tmp_path / "g.csv").read_text(encoding="utf-8-sig")


def test_marks_by_hand_are_taken_into_grades_and_figures(tmp_path, vgg16):
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "2023001.md").write_text(f"{P}: 不知道\n{W}: 36928\n", encoding="utf-8")
    (folder / "2023002.md").write_text(f"{P}: 1792\n{W}: 36928\n")
    (folder / "2023003.pdf").write_bytes(b"no pdf")
    questions = {P: 10.0, W: 10.0}
    before = check_folder(folder, vgg16, Outputs(), ("en",), questions=questions)
    assert (before.figures.graded, before.figures.open, before.figures.mean) == (2, 1, 1.0)
    (tmp_path / "marks.csv").write_text(f"student,question,score\n2023001,{P},4\n")
    marks = hand_marks_of(tmp_path / "marks.csv")
    after = check_folder(folder, vgg16, Outputs(summary=tmp_path / "s.json"), ("en",), questions=questions, marks=marks)
    assert [one.score for one in after.marked] == [14, 20, 0]
    assert (after.figures.open, after.figures.mean) == (0, pytest.approx(0.85))
    data = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert data["mean"] == pytest.approx(0.85) and data["graded"] == 2
    assert [one["submissions"] for one in data["histogram"]] == [0, 0, 0, 0, 0, 0, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("text", "word"), [("student,question,score\n1,a.params,x\n", "'x'"), ("a,b\n1,2\n", "three columns"), ("", "three columns")]
)  # fmt: skip
def test_wrong_tables_of_marks_are_told(tmp_path, text, word):
    from explainer.errors import UserError

    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(UserError, match=word):
        hand_marks_of(tmp_path / "m.csv")


def test_marks_for_nobody_are_told(tmp_path, vgg16):
    from explainer.errors import UserError

    (tmp_path / "2023001.md").write_text(f"{P}: 1792\n")
    (tmp_path / "m.txt").write_text(f"student,question,score\n999,{P},1\n")
    marks = hand_marks_of(tmp_path / "m.txt")
    with pytest.raises(UserError, match="999"):
        check_folder([tmp_path / "2023001.md"], vgg16, Outputs(), ("en",), marks=marks)


def test_what_is_written_over_a_ruled_line_is_the_answer(tmp_path):
    rule = "＿" * 30
    text = f"1. 求参数量。\n\n解：\n\n＿＿权重：3×3×4×12=432＿＿＿＿\n\n{rule}\n\n答：＿＿444＿＿＿＿\n"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    assert read_all(tmp_path / "a.md", on_sheet=True)[0].answers == {"1": "权重：3×3×4×12=432\n444"}


def test_an_answer_without_a_figure_is_not_lost(tmp_path, sheets):
    made, source = sheets
    (tmp_path / "a.txt").write_text(
        f"{made[''].id}\n1. see the picture\n2. 忘了\n3. {made[''].items[2].question.text.zh}\n", encoding="utf-8"
    )
    (marked,), _ = check_file(tmp_path / "a.txt", None, source=source)
    assert [answer.verdict for answer in marked.answers] == ["unreadable", "unreadable", "missing"]
