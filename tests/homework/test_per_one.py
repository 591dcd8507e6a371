"""A number said of each one, or of which one, is no right total; the same number said of all is."""

from __future__ import annotations

import pytest
from nets import walked
from torch import nn

from explainer.homework.grading.grade import grade
from explainer.homework.questions import find

RIGHT = ("correct", "equivalent", "rounded")
OF_EACH = [
    "64 filters of 36928",
    "64个卷积核，每个36928",
    "each of the 64 kernels has 36928",
    "36,928 each",
    "每个通道36928",
]
OF_ALL = [
    "36928",
    "36,928 in all",
    "每个卷积核3*3*64+1=577个参数，共36928个",
    "each kernel has 577, so 64*577=36928",
    "每个卷积核有577个，64个一共36,928",
]


@pytest.fixture(scope="module")
def question():
    return find(walked(nn.Conv2d(64, 64, 3), (1, 64, 8, 8)), "params")


@pytest.mark.parametrize("text", OF_EACH)
def test_of_each_is_for_a_person(question, text):
    assert grade(question, text).verdict not in RIGHT


@pytest.mark.parametrize("text", OF_ALL)
def test_of_all_is_right(question, text):
    assert grade(question, text).verdict in RIGHT


WHICH_ONE = [
    "in layer 36928",
    "layer 36928",
    "conv layer 36,928",
    "step 36928",
    "No. 36928",
    "the 36928th layer",
    "第36928层",
    "第 36928 个",
    "36928号层",
    "编号36928",
    "层号36928",
]
NOT_WHICH = [
    "this layer 36928",
    "in layer 36928 parameters",
    "layer 3: 36928",
    "第3层：36928",
    "第2层36928个参数",
    "第1步 3*3*64=576，第2步 576+1=577，第3步 577*64=36928",
    "Step 1: 64*9=576; step 2: 576+1=577; step 3: 577*64 = 36928",
    "36928 (layer 5)",
]


@pytest.mark.parametrize("text", WHICH_ONE)
def test_a_number_that_says_which_is_for_a_person(question, text):
    assert grade(question, text).verdict not in (*RIGHT, "wrong")


@pytest.mark.parametrize("text", NOT_WHICH)
def test_a_number_beside_an_ordinal_is_right(question, text):
    assert grade(question, text).verdict in RIGHT


COUNTED_AS_ANOTHER = {
    "shape": [
        "64*6*6=2304 个参数",
        "参数量=64×6×6=2304",
        "64×6×6 MACs",
        "[64, 6, 6] parameters",
        "64*6*6=2304 weights",
        "64×6×6 B",
        "[64, 6, 6] B",
    ],
    "macs": ["576*2304=1327104 weights", "576×2304=1327104个参数", "576*2304 = 1.327M params"],
    "activations": ["64*6*6=2304 params"],
    "weights": ["64*576=36864 biases"],
}
COUNTED_AS_ASKED = {
    "shape": [
        "64*6*6=2304 个元素",
        "64×6×6=2,304个元素",
        "64×6×6，参数共享",
        "no parameters, 64×6×6",
        "64×6×6 weights are shared",
    ],
    "macs": [
        "576*2304=1,327,104 weight multiplications",
        "1,327,104 MACs, params 36928",
        "each of the 2,304 outputs needs 576 MACs -> 1,327,104 MACs",
        "2304个输出每个需要576次乘加 → 1327104次乘加",
    ],
    "bytes": ["36928 params * 4 = 147712"],
}


@pytest.mark.parametrize(
    ("quantity", "text"), [(name, text) for name, all in COUNTED_AS_ANOTHER.items() for text in all]
)
def test_a_right_figure_with_the_unit_of_another_is_for_a_person(question, quantity, text):
    assert grade(find(question.walk, quantity), text).verdict not in (*RIGHT, "wrong")


@pytest.mark.parametrize(("quantity", "text"), [(name, text) for name, all in COUNTED_AS_ASKED.items() for text in all])
def test_a_right_figure_with_its_unit_is_right(question, quantity, text):
    assert grade(find(question.walk, quantity), text).verdict in RIGHT
