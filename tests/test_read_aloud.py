"""What a reader found by reading pages aloud (docs/language.md), where a machine can look for it again."""

from __future__ import annotations

import pytest
from nets import walked
from torch import nn

from explainer.document.builder import Page
from explainer.document.nodes import Document
from explainer.homework.classroom.worked_out import how_it_comes
from explainer.homework.grading.grade import grade
from explainer.homework.questions import find
from explainer.lesson.exercises_on_layers import token_exercises
from explainer.probing.naming import symbols_for
from explainer.render.markdown import to_markdown
from explainer.vocabulary.symbols import kernel, window


@pytest.fixture(scope="module")
def net():
    return walked(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)), (1, 3, 16, 16))


def page_of(net, name):
    page = Page(("zh",), "standard")
    how_it_comes(page, find(net, name))
    return to_markdown(Document(("zh",), ("",), (), tuple(page.blocks)))


def test_a_letter_with_two_meanings_in_one_legend_says_where():
    legend = Page(("zh", "en"), "standard").legend(*kernel(2), *window(2))
    zh, en = ("".join(part for part in legend[lang] if isinstance(part, str)) for lang in ("zh", "en"))
    assert "池化层中的" in zh and "in pooling layers " in en


def test_the_working_on_a_students_page_explains_its_letters(net):
    assert "$s$ 为步幅" in page_of(net, "0.shape") and "$C_{\\mathrm{in}}$" in page_of(net, "0.params")


def test_nothing_to_count_has_a_reason_and_no_equation(net):
    page = page_of(net, "1.params")
    assert "没有可学习的参数" in page and "=" not in page.partition("-->")[2]


def test_a_wrong_size_is_called_by_its_word(net):
    said = "".join(remark.zh for remark in grade(find(net, "0.shape"), "8×16×15").remarks)
    assert said == "第3维（宽）：你写的是15，应为16。"


def test_rows_of_a_batch_are_no_positions():
    walk = walked(nn.Linear(4, 3), (2, 4))
    assert [text.zh for text in walk.layers[0].output.macs_why] == ["输入有2行，每个权重对每一行参与1次乘加。"]


def test_no_exercise_on_the_length_of_a_sequence_that_an_image_has_not():
    mixer = walked(nn.Sequential(nn.Conv2d(3, 7, 4, 4), nn.Flatten(2), nn.Linear(16, 5)), (1, 3, 16, 16))
    assert not list(token_exercises(mixer))
    assert list(token_exercises(walked(nn.Linear(16, 5), (1, 7, 16))))


def test_sides_of_an_image_and_blocks_have_their_words():
    symbols = symbols_for(["img_size[0]", "img_size[1]", "num_blocks"])
    assert [symbol.meaning.zh for symbol in symbols.values()] == ["图像的高", "图像的宽", "块数"]


def test_two_mistakes_together_speak_of_the_kernel_that_was_taken():
    question = find(walked(nn.Conv2d(3, 64, 11), (1, 3, 16, 16)), "params")
    said = [found.message.en for found in grade(question, "1728").mistakes]
    assert any("a kernel of 3×3 is taken" in one for one in said) and not any("1×1" in one for one in said)
