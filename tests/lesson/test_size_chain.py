"""The sizes from layer to layer, where the layers are not alike."""

import pytest
from torch import nn

import explainer


def text(*layers, size=(1, 3, 64, 64), lang="en"):
    return explainer.explain(nn.Sequential(*layers), size, lang=lang, detail="handout").to_markdown()


def test_kernels_and_padding_that_differ_are_worked_out_in_a_chain():
    told = text(
        nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3)
    )
    section = told.split("### Output sizes, layer by layer")[1].split("\n#")[0]
    rows = [line for line in section.split("\n") if line.startswith("| ")]
    assert [row.split("| ")[2:4] for row in rows[2:]] == [
        ["⌊(64+2·2−5)/1⌋+1 ", "64 |"],
        ["⌊(64−2)/2⌋+1 ", "32 |"],
        ["⌊(32−3)/1⌋+1 ", "30 |"],
        ["⌊(30−3)/1⌋+1 ", "28 |"],
    ]
    assert "Where the padding is 0, its term is left out" in told


def test_one_behind_the_other_that_do_the_same_share_a_row():
    same = nn.Conv2d(8, 8, 3, padding=1)
    told = text(nn.Conv2d(3, 8, 11, stride=4, padding=2), same, nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), lang="zh")
    assert "| 卷积层 `1`、`3` | ⌊(15+2·1−3)/1⌋+1 | 15 |" in told and "完整的公式" not in told


def test_transposed_convolutions_have_the_formula_with_padding():
    told = text(
        nn.ConvTranspose2d(3, 8, 4, 1, 0), nn.ConvTranspose2d(8, 8, 4, 2, 1), nn.ConvTranspose2d(8, 3, 4, 2, 1),
        size=(1, 3, 1, 1), lang="zh",
    )  # fmt: skip
    assert "| (4−1)·2−2·1+4 | 8 |" in told and r"(H-1)\cdot s-2p+k_h" in told.split("逐层的输出尺寸")[1]


@pytest.mark.parametrize(
    "layers",
    [
        (nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1), nn.MaxPool2d(2)),
        (nn.Conv2d(3, 8, (3, 5), padding=1), nn.Conv2d(8, 8, 3)),
    ],
)
def test_layers_that_are_alike_or_are_not_alike_in_height_and_width_have_none(layers):
    assert "Output sizes, layer by layer" not in text(*layers)


def test_stages_are_counted_where_most_have_several_convolutions():
    one = [nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1), nn.MaxPool2d(2)]
    several = [nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(8, 8, 1)]
    several.append(nn.Conv2d(8, 8, 1))
    assert "conv1-1" not in text(*one) and "conv1-1" in text(*several)
