"""A number said of each one is no right total; the same number said of all is."""

from __future__ import annotations

import pytest
from nets import walked
from torch import nn

from explainer.homework.grading.grade import grade
from explainer.homework.question import find

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
