"""Texts in two languages: counts with their nouns, numbers as a reader wants them, a teacher's own terms."""

from __future__ import annotations

import pytest

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, grouped, joined, same, shape_text
from explainer.i18n.glossary import TERMS
from explainer.i18n.locale import preferred
from explainer.lesson.terminology import check_terms, read_terms, replaced


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (7, "7"),
        (1792, "1792"),
        (9999, "9999"),
        (10_000, "10,000"),
        (25088, "25,088"),
        (138357544, "138,357,544"),
    ],
)
def test_four_digits_stand_together_and_longer_numbers_are_grouped(value, text):
    assert grouped(value) == text
    assert grouped(-value) == (f"-{text}" if value else text)


@pytest.mark.parametrize(
    ("shape", "text"),
    [((64, 224, 224), "64×224×224"), ((1, 3), "1×3"), ((25088,), "25,088"), ((10,), "10"), ((), "")],
)
def test_shapes_have_a_times_sign(shape, text):
    assert shape_text(shape) == text


KERNELS = Bi(zh="{n}个卷积核", en="{n:kernel|kernels}")


@pytest.mark.parametrize(
    ("n", "zh", "en"),
    [
        (0, "0个卷积核", "0 kernels"),
        (1, "1个卷积核", "1 kernel"),
        (2, "2个卷积核", "2 kernels"),
        (25088, "25,088个卷积核", "25,088 kernels"),
    ],
)
def test_a_count_comes_with_its_noun(n, zh, en):
    text = KERNELS.format(n=n)
    assert (text.zh, text.en) == (zh, en)


def test_a_text_in_a_text_gives_each_language_its_half():
    outer = Bi(zh="在{place}处", en="at {place}").format(place=Bi("输入", "the input"))
    assert outer == Bi("在输入处", "at the input")


def test_numbers_are_grouped_and_text_is_left_alone():
    text = Bi("{a}与{b}与{c}", "{a} and {b} and {c}").format(a=25088, b="25088", c=True)
    assert text.zh == "25,088与25088与True"


def test_braces_in_a_value_are_no_placeholders():
    assert Bi("{x}", "{x}").format(x="{y} {0}").en == "{y} {0}"


def test_both_halves_are_mandatory():
    with pytest.raises(TypeError):
        Bi(zh="一")  # type: ignore[call-arg]


def test_a_missing_value_is_an_error():
    with pytest.raises((KeyError, IndexError)):
        KERNELS.format(m=3)


def test_placeholders_are_known_by_name():
    assert Bi("{a}{b}", "{b:x|y} {c}").placeholders() == ({"a", "b"}, {"b", "c"})


def test_addition_lists_and_choice():
    assert Bi("甲", "a") + Bi("乙", "b") == Bi("甲乙", "ab")
    assert joined([Bi("甲", "a"), Bi("乙", "b"), Bi("丙", "c")]) == Bi("甲、乙、丙", "a, b, c")
    assert joined([]) == Bi("", "")
    assert same("x")["zh"] == same("x")["en"] == "x"


# A teacher's own terms.


def test_terms_are_replaced_the_longest_first():
    terms = check_terms({"池化层": "汇聚层", "最大池化层": "最大汇聚层", "步幅": "步长"})
    assert replaced("最大池化层与池化层的步幅", "zh", terms) == "最大汇聚层与汇聚层的步长"


def test_a_term_that_begins_like_a_longer_one_leaves_the_longer_one_whole():
    terms = check_terms({"批归一化": "甲", "批归一化层": "乙"})
    assert replaced("批归一化层做批归一化", "zh", terms) == "乙做甲"


def test_a_replacement_is_not_replaced_again():
    terms = check_terms({"步幅": "填充", "填充": "步幅"})
    assert replaced("步幅和填充", "zh", terms) == "填充和步幅"


def test_each_language_has_its_own_terms():
    terms = check_terms({"zh": {"步幅": "步长"}, "en": {"stride": "step"}})
    assert replaced("步幅 stride", "zh", terms) == "步长 stride"
    assert replaced("步幅 stride", "en", terms) == "步幅 step"


def test_english_terms_are_replaced_as_whole_words():
    terms = check_terms({"en": {"channel": "plane", "stride": "step"}})
    assert replaced("a channel, two channels, a stride", "en", terms).startswith("a plane, two planes")
    assert "step" in replaced("the stride is 2", "en", terms)
    terms = check_terms({"en": {"bias": "offset"}})
    assert "unbiased" in replaced("an unbiased estimate has a bias", "en", terms)
    assert "offsetes" not in replaced("all biases", "en", terms)


def test_a_term_at_the_beginning_of_an_english_sentence():
    terms = check_terms({"en": {"padding": "margin"}})
    assert replaced("Padding is per side.", "en", terms) == "Margin is per side."


def test_no_terms_change_nothing():
    assert replaced("步幅", "zh", {"zh": {}, "en": {}}) == "步幅"


@pytest.mark.parametrize(
    "content", [{"步伐": "步长"}, {"步幅": 3}, {"步幅": ""}, {"步幅": "字" * 41}, {"步幅": "a\nb"}, {"zh": {"x": "y"}}]
)
def test_what_is_no_term_is_refused(content):
    with pytest.raises(UserError) as caught:
        check_terms(content)
    assert caught.value.message.zh != caught.value.message.en


def test_an_unknown_term_has_its_neighbours_named():
    with pytest.raises(UserError) as caught:
        check_terms({"步副": "步长"})
    assert "步幅" in caught.value.message.zh


def test_every_term_of_the_glossary_can_be_replaced():
    for term in TERMS:
        assert check_terms({term.name.zh: "甲"})["zh"] == {term.name.zh: "甲"}
        assert check_terms({"en": {term.name.en: "x"}})["en"] == {term.name.en: "x"}


def test_the_terms_that_chinese_books_disagree_on_are_in_the_glossary():
    known = {term.name.zh for term in TERMS}
    assert {"步幅", "池化层", "批归一化", "特征图", "展平"} <= known


def test_a_terms_file(tmp_path):
    path = tmp_path / "terms.toml"
    path.write_text('"步幅" = "步长"\n[en]\n"feature map" = "activation map"\n', encoding="utf-8")
    assert read_terms(path) == {"zh": {"步幅": "步长"}, "en": {"feature map": "activation map"}}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"=", '步幅 = "步长"'.encode("gbk")])
def test_a_terms_file_that_cannot_be_read(tmp_path, content):
    path = tmp_path / "terms.toml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_terms(path)
    assert "terms.toml" in caught.value.message.en


def test_a_terms_file_saved_by_notepad(tmp_path):
    """With a byte order mark."""
    path = tmp_path / "terms.toml"
    path.write_text('"步幅" = "步长"\n', encoding="utf-8-sig")
    assert read_terms(path)["zh"] == {"步幅": "步长"}


# The user's language.

LOCALES = {
    "nothing said": ({}, "en"),
    "LANG": ({"LANG": "zh_CN.UTF-8"}, "zh"),
    "traditional": ({"LANG": "zh_TW"}, "zh"),
    "English": ({"LANG": "en_US.UTF-8"}, "en"),
    "German": ({"LANG": "de_DE"}, "en"),
    "LC_ALL before LANG": ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
    "LC_MESSAGES before LANG": ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
    "LC_ALL before LC_MESSAGES": ({"LC_ALL": "C", "LC_MESSAGES": "zh_CN.UTF-8"}, "en"),
    "an empty one does not count": ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
}


@pytest.mark.parametrize(("environment", "lang"), LOCALES.values(), ids=LOCALES)
def test_the_language_of_the_locale(monkeypatch, environment, lang):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert preferred() == lang


def test_a_file_name_of_two_lines_is_printed_in_one():
    said = Bi(zh="没有{path}。{why}", en="There is no {path}. {why}").format(path="a\nb.py", why="1\n2")
    assert said.en == "There is no a\\u000ab.py. 1\n2" and "a\\u000ab.py" in said.zh
