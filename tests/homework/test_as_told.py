"""What stands beside the figure: remarks, reasons, units defined in the answer, parts without a sum, and answers that say none."""

from __future__ import annotations

import pytest
from nets import walked
from torch import nn

from explainer.homework.answers.none_said import says_none
from explainer.homework.classroom.question_list import questions_of
from explainer.homework.grading.grade import grade
from explainer.homework.questions import find
from explainer.homework.submissions.readers import read_all

WALK = walked(
    nn.Sequential(nn.Conv2d(3, 32, 5, stride=2, padding=1), nn.BatchNorm2d(32), nn.MaxPool2d(3, 2), nn.Flatten()),
    (1, 3, 41, 41),
)


def judged(name: str, text: str):
    return grade(find(WALK, name), text)


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("没有参数", "params"),
        ("None", "params"),
        ("Pooling has no learnable parameters.", "params"),
        ("没有权重，也没有偏置", "params"),
        ("no weights or biases", "params"),
        ("无偏置", "bias"),
        ("None, it just takes the max", "params"),
    ],
)
def test_none_is_said(text, quantity):
    assert says_none(text, quantity)


@pytest.mark.parametrize(
    "text",
    [
        "not none",
        "no bias",
        "no parameters except bias",
        "maybe none",
        "没有答案",
        "不会",
        "没有参数，但有偏置",
        "not",
        "",
    ],
)
def test_none_is_not_said(text):
    assert not says_none(text, "params")


def test_none_said_of_a_layer_with_parameters_is_wrong_and_the_cause_is_named():
    graded = judged("1.params", "没有参数")
    assert graded.verdict == "wrong" and graded.mistakes[0].id == "norm.none" and graded.given == "没有参数"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0.params", "2400 weights and 32 biases"),
        ("0.params", "2432 (75 weights for each kernel)"),
        ("0.params", "2432 (2400 + 32)"),
        ("0.params", "2.432K (2,432)"),
        ("0.params", "2432 params (9.5 KB)"),
        ("0.params", "2432, because 75*32 = 2400 and there are 32 biases"),
        ("0.params", "weights 2400\nbiases 32\n= 2432"),
        ("0.params", "it’s 2432"),
        ("1.params", "64 trainable (running mean and var are not parameters)"),
        ("2.params", "0, max pooling only takes the maximum"),
        ("0.params.bytes", "9.5 KB (1 KB = 1024 B)"),
        ("0.params.bytes", "9728 B / 1024 = 9.5 KiB"),
        ("0.shape", "32x20x20, because k=5, s=2, p=1"),
        ("0.shape", "输入3×41×41，步幅2，输出32×20×20"),
        ("0.shape", "(?, 32, 20, 20)"),
        ("0.shape", "20x20x32 volume"),
        ("3.shape", "a vector of length 2592"),
    ],
)
def test_right_with_what_stands_beside(name, text):
    graded = judged(name, text)
    assert graded.right, (graded.verdict, graded.read_as, [remark.en for remark in graded.remarks])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0.params", "2432 or 2400"),
        ("0.params", "not 2432"),
        ("0.params", "it isn't 2432"),
        ("0.params", "I don't think it's 2432"),
        ("0.params", "2432?? no, 2400"),
        ("0.params", "2400 weights and 3 biases"),
        ("0.params", "weights 2400, bias 3, total 2432"),
        ("0.params", "2432 (2400 + 3)"),
        ("0.params", "2432 params (9.9 KB)"),
        ("0.params", "2400 (2432 with bias)"),
        ("0.params.bytes", "9.5 KB (1 KB = 1000 B)"),
        ("0.shape", "32x20x20, because k=3"),
        ("total.params", "conv1 2432, bn1 32, total 2496"),
        ("0.params", "no parameters"),
    ],
)
def test_no_tick_for_what_takes_it_back_or_contradicts_it(name, text):
    assert not judged(name, text).right


@pytest.mark.parametrize("text", ["2400，加32＿＿＿＿＿＿\n2432", "75×32=2400______, 2400+32=2432____"])
def test_what_is_left_of_the_ruled_line_is_passed_over(text):
    assert judged("0.params", text).right


@pytest.mark.parametrize("text", ["32×1=32，75×32=2400，2400+32=2432", "2400×1=2400, 2400+32=2432", "2,400+32=2,432"])
def test_a_comma_behind_a_result_begins_the_next_step(text):
    assert judged("0.params", text).right


def test_marks_stand_beside_the_names_of_questions(tmp_path):
    listed = tmp_path / "q.txt"
    listed.write_text("0.params,10\n0.shape,5\n", "utf-8")
    assert questions_of(listed) == {"0.params": 10, "0.shape": 5}
    listed.write_text("0.params\n0.shape\n", "utf-8")
    assert questions_of(listed) == {"0.params": 1, "0.shape": 1}


def test_a_filled_worksheet_on_a_model_is_told_by_its_whole_id(tmp_path):
    id = "M3-net.py:Net@1,1,28,28-n1-l1-s3-KW"
    page = f"<!-- explainer lang=zh sheet={id} -->\n\n*练习编号：{id}　满分：10分*\n\n姓名：钱多多　学号：20240001\n\n"
    file = tmp_path / "20240001.md"
    file.write_text(page + "**1．**（10分）求输出尺寸。\n\n解：\n\n28-5+1=24＿＿＿＿＿＿\n\n答：6×24×24\n", "utf-8")
    (found,) = read_all(file)
    assert found.sheet_id == id and found.answers["1"].replace("\n", " ").split() == ["28-5+1=24", "6×24×24"]
