"""English in brackets at a term's first use: where the term stands by itself."""

import pytest

from explainer.document.nodes import Paragraph
from explainer.i18n.bilingual import Bi
from explainer.i18n.glossary import Term
from explainer.lesson.first_use_glosses import glossed

TERMS = [
    Term(Bi(zh, en), Bi("", ""))
    for zh, en in (
        ("填充", "padding"),
        ("池化层", "pooling layer"),
        ("通道", "channel"),
        ("权重", "weight"),
        ("归一化", "normalization"),
    )
]


def told(text):
    return "".join(glossed([Paragraph({"zh": (text,)})], TERMS)[0].words["zh"])


@pytest.mark.parametrize(
    "text",
    [
        "步幅为1，不填充。",
        "最大池化层有窗口。",
        "每个输出通道有1个。",
        "通道数不变。",
        "组归一化不变。",
        "连接（池化层之后）。",
        "分别由“填充、池化层”计算。",
    ],
)
def test_not_inside_another_word_a_bracket_or_a_quotation(text):
    assert told(text) == text


def test_where_it_stands_by_itself():
    assert (
        told("不填充时，填充为0，最大池化层属于池化层。")
        == "不填充时，填充（padding）为0，最大池化层属于池化层（pooling layer）。"
    )


def test_behind_a_measure_word_it_stands_by_itself():
    assert told("各位置共用同一组权重。") == "各位置共用同一组权重（weight）。"
