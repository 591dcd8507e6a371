"""Formulas between words: where they begin a text, and money, which is none."""

from __future__ import annotations

import pytest

from explainer.render.html.page import to_html


def said(markdown: str) -> str:
    """What stands in the page's main part, which has the title besides."""
    return to_html(f"# T\n\n{markdown}").partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("text", ["$9d$ → 0", "$a$ is 7", "from $a$ to 7", "$a$", "$a$, $b$ and 3"])
def test_a_formula_may_begin_a_text_that_ends_with_a_digit(text):
    for markdown in (f"{text}\n", f"| a | b |\n| :-- | :-- |\n| x | {text} |\n"):
        body = said(markdown)
        assert "<math" in body and "$" not in body


@pytest.mark.parametrize("text", ["$5 and $6", "$5$6 costs 3", "I have $5$6"])
def test_money_is_no_formula(text):
    assert text in said(text + "\n")


def test_a_working_in_a_paragraph_may_be_broken_behind_its_sign_and_one_in_a_cell_not():
    from explainer.render.pdf.write import print_html

    text = "把输入的3·224·224=150,528个数连到第一个卷积层输出的64·224·224=3,211,264个数，每个输出的边长是(3−2)/1+1=2，共1·1+2·0=7个。"
    html = print_html(f"<!-- explainer: lang=zh -->\n# x\n\n{text}\n\n| a |\n|---|\n| 3·224·224=150,528 |\n")
    assert "3·224·224=<wbr/>150,528个" in html and "64·224·224=<wbr/>3,211,264" in html
    assert "(3−2)/1+1=2" in html and "1·1+2·0=7" in html and "<td" in html
    assert "224=150,528</td>" in html


def test_a_long_sum_in_a_paragraph_may_be_broken_between_its_terms():
    text = "卷积核盖住左上角的4个数，对应位置相乘，再全部相加，得到第一个输出：1·1+2·0+4·(−1)+5·2=7，然后逐格移动，各位置共用权重。"
    assert "1·1+2·0+<wbr/>4·(−1)+<wbr/>5·2=7" in said(text) and "(−1)" in said(text)
