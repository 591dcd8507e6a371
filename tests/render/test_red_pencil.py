"""What a lecturer would mark on a printed page: a line past its margin, a row alone, a name in pieces, a torn line, a space before a full stop."""

import re
from io import BytesIO

import pytest

from explainer.document.nodes import Document, Math, Paragraph
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import same
from explainer.render.markdown import to_markdown
from explainer.render.pdf.write import laid_out, to_pdf

RIGHT = 18 / 25.4 * 72  # the margin of print.css


def boxes(box, kind):
    if type(box).__name__ == kind:
        yield box
    for child in getattr(box, "children", ()):
        yield from boxes(child, kind)


def pages(text, lang):
    return [page._page_box for page in laid_out(f"<!-- explainer lang={lang} -->\n\n# T\n\n{text}\n").pages]


def words(box):
    return "".join(one.text for one in boxes(box, "TextBox"))


@pytest.mark.parametrize("more", range(0, 9, 2))
def test_a_line_with_a_tick_ends_at_the_margin(more):
    """Measured in the file, since what WeasyPrint draws may be wider than its box says."""
    pdfminer = pytest.importorskip("pdfminer.high_level")
    from pdfminer.layout import LTChar, LTTextContainer

    sentence = "整个网络的参数量（parameter count）为7,978,856（约797.9万，即7.98 M），与PyTorch的统计一致 ✓。"
    written = to_pdf(
        f"<!-- explainer lang=zh -->\n\n# T\n\n{'字' * more}{sentence}{'一次前向传播需做许多次乘加运算。' * 4}\n"
    )
    (page,) = pdfminer.extract_pages(BytesIO(written))
    lines = [line for box in page if isinstance(box, LTTextContainer) for line in box]
    letters = [one for line in lines for one in line if isinstance(one, LTChar)]
    assert len(letters) > 80 and all(one.x1 < page.width - RIGHT + 1 for one in letters if one.get_text() not in "，。")
    assert max(one.x0 for one in letters) < page.width - RIGHT  # a mark at the end hangs by half


@pytest.mark.parametrize("above", range(30, 52, 3))
def test_a_table_leaves_no_row_alone(above):
    lines = "\n\n".join(f"Line {i}." for i in range(above))
    table = "| Model | Parameters |\n| --- | ---: |\n" + "\n".join(f"| row{i} | {i} |" for i in range(14))
    found = [
        len(re.findall(r"row\d+", words(page)))
        for page in pages(f"{lines}\n\n### The models\n\nAll of them.\n\n{table}", "en")
    ]
    assert all(not rows or rows >= 2 for rows in found) and sum(found) == 14
    for page in pages(f"{lines}\n\n### The models\n\nAll of them.\n\n{table}", "en"):
        assert "The models" not in words(page).split("T", 1)[-1] or "row0" in words(page)


def test_a_short_name_among_words_stays_in_one_piece():
    row = "| Fully connected layer `classifier.0` | 4096 | (25,088+1)·4096 | 102,764,544 | 74.27% | 102,760,448 |"
    table = f"| Part | Output | In numbers and words | Parameters | Share | MACs |\n|---|---|---|---:|---:|---:|\n{row}"
    (page,) = pages(table, "en")
    assert "classifier.0" in [box.text for box in boxes(page, "TextBox")]


def test_a_line_of_few_words_is_not_torn_apart():
    long = "+".join(["134,260,544"] * 6)
    (page,) = pages(f"The sum is {long} and {long} in all, as it is said here.", "en")
    found = list(boxes(page, "TextBox"))
    assert all(box.justification_spacing <= 0.5 * box.style["font_size"] for box in found)


def test_the_last_section_stays_together():
    for above in range(32, 52):
        lines = "\n\n".join(f"Line {i}." for i in range(above))
        answers = "\n\n".join(f"Answer {i}" for i in range(5))
        found = [words(page).count("Answer ") for page in pages(f"{lines}\n\n## Answers\n\n{answers}", "en")]
        assert sorted(found)[-1] == 5


def test_no_chinese_line_is_one_character():
    for more in range(1, 14):
        (page,) = pages("形状都不写批量维" * 4 + "字" * more + "，只写其余各维。", "zh")
        last = [words(line) for line in boxes(page, "LineBox") if words(line).strip()][-2:]
        assert all(len(one) > 2 for one in last if "页" not in one), last


def test_no_space_before_a_full_stop():
    formula = Math(Symbol("C", same("C")))
    page = Document(
        ("en",), ("T",), (), (Paragraph({"en": ("It has ", formula, ", or ", formula, ". So (", formula, ") is it.")}),)
    )
    assert "It has $C$, or $C$. So ($C$) is it." in to_markdown(page)


def test_a_long_heading_does_not_leave_the_running_head():
    long = "Number of multiply-accumulates of features.5 (convolutional layer) of the network"
    text = "\n\n".join(f"## {long}\n\nLine {i}." for i in range(30))
    for page in pages(text, "en")[1:]:
        (head,) = [box for box in boxes(page, "TextBox") if box.text.endswith("…")]
        assert head.position_x + head.width <= page.content_box_x() + page.width + 1 and long.startswith(head.text[:-1])
