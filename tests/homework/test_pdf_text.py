"""PDFs printed from Word, a browser or LaTeX: their text is read as any text; what is not certain is the teacher's."""

from __future__ import annotations

import io

import pytest

from explainer.homework.submissions.pdf_page import Bar, Letter, Sheet
from explainer.homework.submissions.pdf_table import DOUBT, blocks
from explainer.homework.submissions.pdf_text import lines_of, without_margins
from explainer.homework.submissions.readers import read, read_all


def printed(html, style=""):
    import weasyprint

    from explainer.render.html.fonts import linked_faces

    fonts = f"{linked_faces()} body{{font:11pt 'Explainer Latin','Explainer Song'}} p{{margin:4pt 0}} sup,sub{{font-size:70%}}"
    table = "table{border-collapse:collapse}td,th{border:1px solid;padding:2pt 6pt;vertical-align:middle}"
    return weasyprint.HTML(string=f"<meta charset=utf-8><style>{fonts}{table}{style}</style>{html}").write_pdf()


def found(tmp_path, content, **how):
    (tmp_path / "a.pdf").write_bytes(content)
    (one,) = read_all(tmp_path / "a.pdf", **how)
    return one


def test_exponents_and_indices_are_no_digits_of_the_number(tmp_path):
    text = "<p>1. 2<sup>14</sup>·2<sup>8</sup>+256 = 4194560</p><p>2. H<sub>out</sub> = 5, n<sub>W</sub><sup>[l]</sup> = 3</p>"
    one = found(tmp_path, printed(text), on_sheet=True)
    assert one.answers == {"1": "2^{14}·2^{8}+256 = 4194560", "2": "H_{out} = 5, n_{W}^{[l]} = 3"}
    assert not one.unread


def test_a_numbered_table_whose_label_stands_in_the_middle_of_its_row(tmp_path):
    rows = "<tr><th>题号<th>答案<tr><td>1<td>156个<tr><td>2<td>权重：800<br>偏置：10<br>合计：810<tr><td>3<td>没有参数"
    one = found(tmp_path, printed(f"<p>姓名：李雷 学号：2023001</p><table>{rows}</table><p>以上</p>"), on_sheet=True)
    assert one.answers == {"1": "156个", "2": "权重：800\n偏置：10\n合计：810", "3": "没有参数"}
    assert (one.student, one.name, one.unread) == ("2023001", "李雷", frozenset())


def test_without_edges_a_line_between_two_rows_is_the_teachers(tmp_path):
    rows = "<tr><th>题号<th>答案<tr><td>1<td>156个<tr><td>2<td>权重：800<br>偏置：10<br>合计：810<tr><td>3<td>没有参数"
    style = "table{width:90%}td,th{border:0;padding:6pt}"
    one = found(tmp_path, printed(f"<table>{rows}</table>", style), on_sheet=True)
    assert {"1", "2"} <= one.unread and "3" not in one.unread


def test_columns_go_to_the_teacher_as_they_stand(tmp_path):
    text = "".join(f"<p>{n}. {156 + n}</p>" for n in range(1, 9))
    one = found(tmp_path, printed(f"<div style='columns:2'>{text}</div>"), on_sheet=True)
    assert one.unread == frozenset(one.answers) and len(one.problems) == 1
    assert "157" in "".join(one.answers.values())


def test_page_numbers_dates_and_headings_of_pages_are_no_answers(tmp_path):
    text = "".join(f"<p style='margin-bottom:30pt'>{n}. {100 + n}个参数</p>" for n in range(1, 40))
    style = (
        "@page{margin:80pt;@top-center{content:'张三的作业'}@bottom-right{content:counter(page) ' / ' counter(pages)}}"
    )
    one = found(tmp_path, printed(text, style), on_sheet=True)
    assert one.answers == {str(n): f"{100 + n}个参数" for n in range(1, 40)}


def test_what_was_typed_upon_the_page_is_read(tmp_path):
    import pypdf
    from pypdf.annotations import FreeText

    reader = pypdf.PdfReader(io.BytesIO(printed("<p>1. 求参数量。</p><p style='margin-top:60pt'>2. 求参数量。</p>")))
    writer = pypdf.PdfWriter(clone_from=reader)
    top = float(reader.pages[0].mediabox.top)
    for text, up in (("没有参数", 120), ("(3*3*3+1)*64=1792", 200)):
        writer.add_annotation(0, FreeText(text=text, rect=(90, top - up - 16, 300, top - up)))
    stream = io.BytesIO()
    writer.write(stream)
    assert found(tmp_path, stream.getvalue(), on_sheet=True).answers == {"1": "没有参数", "2": "(3*3*3+1)*64=1792"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_worksheet_filled_in_and_printed_has_its_answers(tmp_path, lang):
    """The fields are gone, what was typed is a part of the page."""
    import pypdf

    from explainer.drawing import topic_sheet
    from explainer.homework.worksheets.files import write_sheet

    sheet = topic_sheet(["conv", "attention", "lstm"], count=9, seed=3, styles="mixed")
    write_sheet(sheet, tmp_path / "s.pdf", (lang,))
    writer = pypdf.PdfWriter(clone_from=tmp_path / "s.pdf")
    typed = {f"q{item.number}": "A" if item.choices else f"{item.number}*3 = {item.number * 3}" for item in sheet.items}
    for page in writer.pages:
        upon = ""
        for field in (note.get_object() for note in page["/Annots"]):
            left, low, _, high = map(float, field["/Rect"])
            down = float(page.mediabox.top) - max(low, high) + 3
            upon += (
                f"<p style='position:absolute;margin:0;left:{left + 3}pt;top:{down}pt'>{typed.get(field['/T'], '')}</p>"
            )
        page.merge_page(pypdf.PdfReader(io.BytesIO(printed(upon, "@page{size:A4;margin:0}"))).pages[0])
    writer.remove_annotations("/Widget")
    del writer._root_object["/AcroForm"]
    stream = io.BytesIO()
    writer.write(stream)
    one = found(tmp_path, stream.getvalue())
    assert one.sheet_id == sheet.id and not one.unread
    assert one.answers == {name.removeprefix("q"): text for name, text in typed.items()}


def test_scans_passwords_and_texts_without_answers_are_told(tmp_path):
    import pypdf

    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    scan = io.BytesIO()
    writer.write(scan)
    assert "no text" in found(tmp_path, scan.getvalue()).problems[0].en
    writer.encrypt("secret")
    locked = io.BytesIO()
    writer.write(locked)
    assert "password" in found(tmp_path, locked.getvalue()).problems[0].en
    assert "No answers" in found(tmp_path, printed("<p>hello</p>")).problems[0].en
    assert "damaged" in found(tmp_path, b"%PDF-1.7\nnothing").problems[0].en


def letters(text, x, y, size=10.0, order=0):
    return [Letter(char, x + 5 * at, x + 5 * at + 5, y, size, order + at) for at, char in enumerate(text)]


def page(*pieces, bars=()):
    every = [letter for piece in pieces for letter in piece]
    return Sheet(
        0,
        800,
        600,
        [Letter(one.text, one.left, one.right, one.y, one.size, at) for at, one in enumerate(every)],
        list(bars),
    )


def test_a_line_that_ends_with_the_page_goes_on_in_the_next(tmp_path):
    words = (
        "Each filter has 27 weights plus one bias, and there are 64 filters, so altogether it should be 28 × 64 = 1792"
    )
    zh = "每个卷积核有二十七个权重，再加上一个偏置，一共有六十四个卷积核，所以这一层的参数量应该等于28×64=1792个"
    for shift in range(4):  # wherever the line breaks
        pad = "x" * shift
        text = f"<p>1. {pad} {words}</p><p>2. 权重：3×3×3×64=1728<br>偏置：64<br>合计：1792</p><p>3. {zh}{pad}</p>"
        one = found(tmp_path, printed(text), on_sheet=True)
        assert one.answers == {
            "1": f"{pad} {words}".strip(), "2": "权重：3×3×3×64=1728\n偏置：64\n合计：1792", "3": zh + pad,
        }  # fmt: skip


def test_a_fraction_of_two_storeys_is_one_quotient():
    sheet = page(letters("224+2", 100, 508), letters("2", 110, 493), letters("+1=114", 128, 500),
                 bars=[Bar(99, 503, 126, 503.5)])  # fmt: skip
    (line,) = lines_of(sheet)
    assert line.text() == "(224+2)/(2) +1=114" and not (line.doubtful or line.crowded)


def test_only_running_heads_are_taken_off_the_edge_of_a_page():
    """What is said twice may be an answer, wherever its page ends."""
    head = letters("Worksheet 3", 100, 780, size=8)
    first = page(
        head, letters("Worksheet 3", 100, 760, size=19), letters("没有参数", 100, 300), letters("答：A", 100, 30)
    )
    second = page(head, letters("没有参数", 100, 25), letters("答：A", 100, 30), letters("homework of A", 100, 50))
    third = page(letters("homework of A", 100, 50), letters("3 / 3", 300, 20))
    kept = without_margins([(one, lines_of(one)) for one in (first, second, third)])
    texts = [[line.text() for line in lines] for _, lines in kept]
    assert texts == [["Worksheet 3", "没有参数", "答：A"], ["答：A", "没有参数"], []]


def test_two_storeys_without_a_stroke_are_in_doubt():
    sheet = page(letters("224+2", 100, 506), letters("2", 110, 494), letters("+1=114", 128, 500))
    assert all(block.endswith(DOUBT) for block in blocks(sheet, lines_of(sheet)))


@pytest.mark.parametrize("text", ["\ufffd792", "17\ufffd2"])
def test_letters_that_only_the_font_knows_are_in_doubt(text):
    sheet = page(letters(text, 100, 500))
    assert list(blocks(sheet, lines_of(sheet))) == [f"{text}\n{DOUBT}"]


def test_a_printed_answer_is_graded(tmp_path, vgg16):
    from explainer.homework.classroom.one_file import check_file

    text = "<p>学号：2023001</p><p>features.0.params：2<sup>6</sup>×28 = 1792</p><p>features.2.params：36864</p>"
    (tmp_path / "2023001.pdf").write_bytes(printed(text))
    (marked,), _ = check_file(tmp_path / "2023001.pdf", vgg16)
    assert [answer.verdict for answer in marked.answers] == ["correct", "wrong"]
    assert read(tmp_path / "2023001.pdf").student == "2023001"


def test_a_page_of_letters_strewn_about_takes_no_long_time():
    import random
    import time

    chance = random.Random(1)
    strewn = [
        letters("7", chance.random() * 600, chance.random() * 800, 4 + 9 * chance.random()) for _ in range(20_000)
    ]
    bars = [
        Bar(x, y, x + 30, y + 0.5) for x, y in ((chance.random() * 600, chance.random() * 800) for _ in range(2_000))
    ]
    begun = time.process_time()
    lines = lines_of(page(*strewn, bars=bars))
    assert sum(line.doubtful or line.crowded for line in lines) > 0.9 * len(lines)
    assert time.process_time() - begun < 10


def pdf_of(stream, filters, resources="", more=b""):
    """A PDF of one page by hand."""
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<{resources}>>>>".encode()
    content = f"<</Length {len(stream)}/Filter[{filters}]>>stream\n".encode() + stream + b"\nendstream"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        content,
        *([more] if more else []),
    ]
    out, places = b"%PDF-1.7\n", []
    for at, one in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{at} 0 obj".encode() + one + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        out
        + (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
        ).encode()
    )


@pytest.mark.parametrize("times", [1, 2])
def test_what_unpacks_without_end_is_refused(tmp_path, times):
    import zlib

    stream = b" " * 200_000_000
    for _ in range(times):
        stream = zlib.compress(stream, 9)
    one = found(tmp_path, pdf_of(stream, "/FlateDecode" * times))
    assert "too large when unpacked" in one.problems[0].en


def test_a_font_with_a_thousand_million_letters_is_refused(tmp_path):
    import zlib

    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/X"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[0 1000000000 500]"
        b"/FontDescriptor<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 0 1 1]>>>>]>>"
    )
    text = zlib.compress(b"BT /F 12 Tf 50 700 Td <0041> Tj ET")
    one = found(tmp_path, pdf_of(text, "/FlateDecode", "/Font<</F 5 0 R>>", font))
    assert one.problems and not one.answers
