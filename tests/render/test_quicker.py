"""What is worked out once instead of again and again changes no byte of a page."""

from contextlib import nullcontext
from xml.etree import ElementTree

import pytest

from explainer.render.html.assets import stylesheet
from explainer.render.pdf import parsed, quicker
from explainer.render.pdf.write import print_html, to_pdf

PAGE = """<!-- explainer: lang=zh -->
# 卷积层

每个卷积核有 $k_h·k_w·C_{in}$ 个权重，“填充”为1；步幅为2。

$$\\begin{aligned}\\text{参数量}&=(k_h k_w C_{in}+1)·C_{out}\\\\&=\\underbrace{3}_{高}·3·64\\end{aligned}$$

| 层 | 说明 | 参数量 | `code.name_of_it` |
|---|---|---:|---|
| 卷积层（kernel） | 输出的高、宽各减半，（见上）。“通道”加倍 and a few English words | 1,792 | `features.0.conv_and_more` |
| 全连接层 | $H_{out}=\\left⌊\\frac{H+2p-k}{s}\\right⌋+1$，同上 | 4096·25,088+4096 | a-b/c 1×1 |
| | 两个字 | 0 | |

## 代码

    first line
    TAB second, with a tab

[一个链接](https://example.org) and ~~a word~~；*强调*。
""".replace("TAB ", "\t")
EN = PAGE.replace("lang=zh", "lang=en")


def in_their_way(weasyprint, html, fetcher):
    return weasyprint.HTML(string=html, base_url=None, url_fetcher=fetcher, media_type="print")


@pytest.mark.parametrize(
    ("page", "css"),
    [
        (PAGE, ""),
        (EN, "@media print { p { text-align: left } } .nobody, td { width: 40%; letter-spacing: 1px }"),
        (PAGE + "\n\nDie Größe der Karte bleibt. " * 9, "body { display: flex; direction: rtl } p { box-sizing: border-box }"),
        (PAGE.replace("lang=zh", "lang=zh,en"), "h2 > b & { color: red } td { margin-inline-start: 4px }"),
    ],
)  # fmt: skip
def test_not_a_byte_is_different(page, css, monkeypatch):
    quick = to_pdf(page, css=css)
    monkeypatch.setattr(quicker, "quicker", nullcontext)
    monkeypatch.setattr(parsed, "parsed", in_their_way)
    monkeypatch.setattr(parsed, "used_rules", lambda css, html: css)
    assert to_pdf(page, css=css) == quick


def test_a_text_that_stands_in_many_cells_is_set_once(monkeypatch):
    from weasyprint.layout import preferred

    asked = []
    original = preferred.split_first_line
    monkeypatch.setattr(
        preferred, "split_first_line", lambda *given, **more: (asked.append(given[0]), original(*given, **more))[1]
    )
    to_pdf("| a | b |\n|---|---|\n" + 30 * "| 1,792 | 1,792 |\n")
    assert 0 < asked.count("1,792") <= 3, "as wide as it is, and in its cell"
    asked.clear()
    to_pdf("| a | b |\n|---|---|\n" + 30 * "| 1,792 | 1,792 |\n", css="td { text-overflow: ellipsis }")
    assert asked.count("1,792") >= 60, "a line that may be cut short when it is drawn is nobody else's"


def test_a_long_page_is_the_same_when_its_lines_do_not_wait(monkeypatch):
    waiting = to_pdf(PAGE)
    monkeypatch.setattr("explainer.render.pdf.kept_lines._MOST_WAITING", 3)
    assert to_pdf(PAGE) == waiting


@pytest.mark.parametrize("page", [PAGE, EN, PAGE.replace("lang=zh", "lang=zh,en"), "", "a & b < c\n\n<td>x</p>"])
def test_our_page_is_well_formed(page):
    ElementTree.fromstring(print_html(page, placed=lambda svg: ""))


def test_rules_stay_for_the_classes_that_are_there():
    css = "/* .a {} */ p { x: y } .a, .b { x: y } .b { x: y } :is(.b, h1) { x: y } @page { @top-left { x: y } } .a > .b i, td.a { x: y }"
    left = parsed.used_rules(css, '<p class="c a">')
    assert left.replace(" ", "") == "p{x:y}.a{x:y}:is(.b,h1){x:y}@page{@top-left{x:y}}td.a{x:y}"
    whole = stylesheet("print.css")
    assert len(parsed.used_rules(whole, "<p>")) < 0.6 * len(whole)


def test_pieces_are_measured_once_and_weasyprint_has_its_own_back(monkeypatch):
    from weasyprint.css import ComputedStyle
    from weasyprint.layout import block, preferred
    from weasyprint.text.line_break import Layout

    asked = []
    original = preferred.split_first_line
    monkeypatch.setattr(
        preferred, "split_first_line", lambda *given, **more: (asked.append(given), original(*given, **more))[1]
    )
    theirs = [
        (owner, name, getattr(owner, name))
        for owner, name in (
            (preferred, "split_first_line"),
            (Layout, "setup"),
            (Layout, "reactivate"),
            (ComputedStyle, "__missing__"),
            (block, "resolve_percentages"),
        )
    ]
    row = "| 每个卷积核逐个位置滑过特征图 | 输出的通道数 |\n"
    to_pdf("| 层 | 说明 |\n|---|---|\n" + 8 * row)
    assert 0 < len(asked) < 16, "an eighth of the rows' 20 characters, all as wide as each other, and the heading"
    assert all(getattr(owner, name) is one for owner, name, one in theirs)
