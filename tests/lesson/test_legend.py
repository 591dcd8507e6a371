"""What a formula's letters stand for: letters of one meaning stand together, however many they are."""

import pytest

from explainer.document.builder import Page
from explainer.formula.tree import Symbol, product
from explainer.i18n.bilingual import Bi

ONE, SIDES = Bi("组数", "groups"), Bi("高和宽", "height and width")


def legend(*symbols):
    return Page(("zh",), "standard").legend(product(list(symbols)))["zh"]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_letters_of_the_same_words_stand_together(count):
    told = legend(*[Symbol(f"B_{i}", ONE, family=ONE) for i in range(count)])
    assert "".join(part for part in told if isinstance(part, str)) == "式中：" + "、" * (count - 1) + "为组数。"


def test_the_name_of_a_pair_is_for_both_only():
    height, width = (Symbol(name, Bi(word, word), family=SIDES) for name, word in (("h", "高"), ("w", "宽")))
    assert "高和宽" in "".join(part for part in legend(height, width) if isinstance(part, str))
    assert "高和宽" not in "".join(part for part in legend(height) if isinstance(part, str))
