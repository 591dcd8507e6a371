"""A last page with a few lines is drawn into the pages before it; nothing is lost, and what does not fit stays as it was."""

import io

import pytest
from pypdf import PdfReader

from explainer.render.pdf import drawn_in
from explainer.render.pdf.write import to_pdf

SENTENCE = "每个卷积核在特征图的各个位置上共用同一组参数，所以参数量与图像的大小无关，也与批量的大小无关。"


def page(paragraphs):
    return "<!-- explainer: lang=zh -->\n# 卷积层\n\n" + "\n\n".join(
        f"第{at}段。{SENTENCE}" for at in range(1, paragraphs + 1)
    )


def read(content):
    return [one.extract_text() for one in PdfReader(io.BytesIO(content)).pages]


@pytest.fixture(scope="module")
def long_enough():
    """How many paragraphs just begin a third page, and the pages that they make without drawing in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn_in, "LAST", -1)
        pages = ((at, read(to_pdf(page(at)))) for at in range(44, 60))
        return next((at, found) for at, found in pages if len(found) == 3)


def test_a_few_lines_are_drawn_in_and_every_letter_stays(long_enough):
    count, apart = long_enough
    together = read(to_pdf(page(count)))
    assert (len(apart), len(together)) == (3, 2)
    assert "第1页，共2页" in "".join(together[0].split())
    assert "".join(together).count("无关，也与批量") == "".join(apart).count("无关，也与批量")
    assert all(f"第{at}段" in "".join(together) for at in range(1, count + 1))


def test_what_is_not_enough_leaves_the_pages_alone(long_enough, monkeypatch):
    count, _ = long_enough
    for name, value in (("LINE", 0.0), ("CLOSER", 1.0), ("APART", 1.0)):
        monkeypatch.setattr(drawn_in, name, value)
    tried = to_pdf(page(count))
    monkeypatch.setattr(drawn_in, "LAST", -1)
    assert to_pdf(page(count)) == tried


def test_much_on_the_last_page_is_not_tried(long_enough, monkeypatch):
    count, _ = long_enough
    made = []
    original = drawn_in._pages_to_remake
    monkeypatch.setattr(drawn_in, "_pages_to_remake", lambda pages: made.append(original(pages)) or made[-1])
    to_pdf(page(count + 9))
    assert made == [0]
