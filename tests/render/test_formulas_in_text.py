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
