"""What is said of answers that are nearly right: the false equation named, what a line adds, a shape told by its sides."""

from __future__ import annotations

import pytest
from nets import walked
from torch import nn

from explainer.homework.grading.grade import grade
from explainer.homework.questions import find

WALK = walked(nn.Sequential(nn.Conv2d(3, 48, 5, padding=2), nn.Conv2d(48, 20, 1, bias=False)), (1, 3, 60, 60))


def judged(name: str, text: str, **options):
    return grade(find(WALK, name), text, **options)


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        ("卷积核权重共5×5×3×48=3500个，加上48个偏置是3548", "wrong", "“5×5×3×48=3500”不成立：等号左边等于3600。"),
        (
            "Each filter has 5*5*3=85 weights, plus bias 1, so 86*48=4128",
            "wrong",
            "“5*5*3=85”不成立：等号左边等于75。",
        ),
        (
            "卷积核权重共5×5×3×48=3500个，加上48个偏置是3648",
            "undecided",
            "“5×5×3×48=3500”不成立：等号左边等于3600。",
        ),
    ],
)
def test_a_false_equation_in_prose_is_named(text, verdict, said):
    found = judged("0.params", text)
    assert found.verdict == verdict
    assert said in [one.message.zh for one in found.mistakes[:1]] + [one.zh for one in found.remarks]


def test_a_hint_does_not_say_what_the_equation_comes_to():
    for text in ("卷积核权重共5×5×3×48=3500个，加上48个偏置是3548", "卷积核权重共5×5×3×48=3500个，加上48个偏置是3648"):
        found = judged("0.params", text, hint=True)
        shown = [one.hint.zh for one in found.mistakes] + [one.zh for one in found.remarks]
        assert shown == ["“5×5×3×48=3500”不成立，请重新计算。"]


@pytest.mark.parametrize(
    "text", ["75*48=3600\n+48=3648\n3648", "75*48=3600, +48, =3648", "75×48=3600，再加偏置48，等于3648"]
)
def test_what_is_added_goes_on_with_the_line_before(text):
    assert judged("0.params", text).verdict == "correct"


def test_a_bias_that_is_not_there_is_named_where_a_line_adds_it():
    found = judged("1.params", "48*20=960\n+20=980\n980")
    assert (found.verdict, found.mistakes[0].id, found.first_wrong_step) == ("wrong", "bias.assumed", 2)
    assert "formula" not in found.notes  # the formula has something more in it


def test_the_slip_behind_what_was_added_is_named_against_the_sum():
    found = judged("0.params", "权重5×5×3×48=3600，再加偏置48，等于3684")
    assert found.mistakes[0].id == "slip.arithmetic" and "3648" in found.mistakes[0].message.zh


@pytest.mark.parametrize(
    "text",
    [
        "长60，宽60，深度48",
        "长宽为60，深度为48",
        "长=宽=60，深度=48",
        "length 60, width 60, depth 48",
        "宽60，高60，深48",
    ],
)
def test_a_shape_by_its_sides(text):
    assert judged("0.shape", text).right


def test_a_wrong_shape_told_by_its_sides_is_explained():
    assert judged("0.shape", "长56，宽56，深度48").mistakes[0].id == "shape.padding_forgotten"


@pytest.mark.parametrize("text", ["(5*5*3+1)*48=3648", "5*5*3*48=3600", "12960000"])
def test_another_figure_earns_nothing_where_a_shape_is_asked(text):
    found = judged("0.shape", text)
    assert (found.verdict, found.score, found.first_wrong_step) == ("wrong", 0.0, None)


def test_one_side_worked_out_still_earns_its_arithmetic():
    assert judged("0.shape", "(60-5)/1+1=56").score == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "没有偏置是3600，加上偏置3648",
        "3600 w/o bias, 3648 with it",
        "48 kernels of size 5x5x3 (75 weights) and 48 biases: 3,600 + 48 = 3,648",
        "5×5×3=75，加上偏置76，乘以48得3648",
        "48*75+48 = 3648 √",
        "sum(p.numel() for p in model[0].parameters()) = 3648",
        "(m*n*d+1)*k",
        "(w*h*d+1)*n",
        "3600? no, 3648",
    ],
)
def test_right_whatever_stands_beside(text):
    assert judged("0.params", text).right


@pytest.mark.parametrize(
    "text",
    [
        "3648? no, 3600",
        "没有偏置是3648",
        "权重3600，偏置3648",
        "没有偏置3648，加上偏置3696",
        "48 kernels (75 weights), 3648 biases",
    ],
)
def test_no_tick_where_the_figure_is_said_of_another_part(text):
    assert not judged("0.params", text).right


def test_a_wrong_formula_miscalculated_has_both_named():
    found = judged("0.params", "5*5*3*48=3700")
    said = [one.zh for one in found.remarks]
    assert found.mistakes[0].id == "bias.forgotten" and "第2步“3700”有误：前一步等于3600。" in said
    assert not any("有误：" in one.zh for one in judged("0.params", "5*5*3*48=3600").remarks)
