"""The right total beside a part of another number goes to the teacher; right parts, however they are said, are right."""

from __future__ import annotations

import pytest
from nets import walked
from torch import nn

from explainer.homework.grading.grade import grade
from explainer.homework.questions import find

WALK = walked(nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.Flatten(), nn.Linear(65536, 10)), (1, 3, 32, 32))
CONVOLUTION, LINEAR = find(WALK, "0.params"), find(WALK, "2.params")


@pytest.mark.parametrize(
    "text",
    [
        *("1792 biases", "1792 bias", "bias: 1792", "偏置1792", "1792个偏置", "1792 (bias)", "1792 weights"),
        *("1728 weights and 32 biases, 1792", "1728 weights, 32 biases, 1792 in total", "1728个权重和32个偏置，共1792"),
        *("1728 weights + 32 biases = 1792", "27 weights and 64 biases, 1792", "权重1728，偏置32，共1792"),
        *("bias 1728 + weights 64", "64 weights + 1728 biases", "权重64+偏置1728=1792"),
    ],
)
def test_a_part_of_another_number_gives_no_tick(text):
    graded = grade(CONVOLUTION, text)
    assert not graded.right and graded.score == 0
    assert graded.verdict in ("undecided", "unreadable")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1792 with bias",
            "bias 64 weights 1728 total 1792",
            "1728 weights + 64 biases = 1792",
            "64 biases + 1728 weights",
        ),
        *(
            "27 weights + 1 bias per filter, 64 filters: 1792",
            "(27 weights+1 bias)*64 = 1792",
            "27*64 weights + 64 bias",
        ),
        *("weights 3*3*3*64=1728, bias 64, 1792", "1792 (bias included, 1728 weights)", "1728 (weights) + 64 (bias)"),
        *(
            "权重1728个，偏置64个，共1792个",
            "权重：27×64=1728；偏置：64；共1792",
            "weights: 1728\nbias: 64\ntotal: 1792",
        ),
        *(
            "每个卷积核27个权重、1个偏置，64个卷积核共1792",
            "1728 weights plus one bias for each of the 64 filters: 1792",
        ),
    ],
)
def test_right_parts_are_right(text):
    assert grade(CONVOLUTION, text).right


def test_a_linear_layer_s_too():
    assert grade(LINEAR, "655,360 weights and 10 biases, in total 655,370").right
    assert not grade(LINEAR, "655,360 weights and 32 biases, in total 655,370").right
    assert not grade(LINEAR, "655,370 biases").right
