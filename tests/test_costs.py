"""Multiply-accumulates in the lesson: derived beside the parameters, summed, and checked against torch's counter."""

from __future__ import annotations

import pytest
import torch
from nets import Function, walked
from torch import nn

from explainer import UserError, explain
from explainer.api import Explanation
from explainer.formula.printing import ascii_formula
from explainer.lesson.macs import for_one
from explainer.options import shown
from explainer.walkthrough.verdict import Verdict

SHAPE = (1, 3, 32, 32)


def page(model: nn.Module, *shapes: tuple[int, ...], lang: str = "en", **options) -> str:
    return explain(model, input_size=list(shapes), lang=lang, **options).to_markdown()


def test_vgg16_is_summed_by_kind_and_in_flops(vgg16):
    for lang in ("zh", "en"):
        text = Explanation(vgg16, (lang,)).to_markdown()
        closed_up = text.replace(" + ", "+").replace(" = ", "=")
        assert "86,704,128+6·1,849,688,064+3·924,844,032+3·462,422,016=15,346,630,656" in closed_up
        assert "15,346,630,656+123,633,664=15,470,264,320" in closed_up
        assert "30,940,528,640" in text
    assert (
        "参数最多的是全连接层，占总参数量的89.36%；计算量最大的却是卷积层，占总计算量的99.20%"
        in Explanation(vgg16, ("zh",)).to_markdown()
    )


def test_a_convolution_costs_its_elements_times_its_kernel():
    (layer,) = walked(nn.Conv2d(3, 64, 3, padding=1), (1, 3, 224, 224)).layers
    assert ascii_formula(layer.macs.symbolic) == "(N*C_out*H_out*W_out)*(k_h*k_w*C_in)"
    assert [ascii_formula(step) for step in layer.macs.steps] == ["3211264*27"]
    assert layer.macs.value == 86_704_128
    assert layer.macs_verdict is Verdict.AGREES


def test_for_one_sample_the_formula_is_written_without_the_batch():
    (one,) = walked(nn.Linear(4, 5), (1, 4)).layers
    (many,) = walked(nn.Linear(4, 5), (6, 4)).layers
    assert ascii_formula(for_one(one.macs).symbolic) == "F_in*F_out"
    assert ascii_formula(for_one(many.macs).symbolic) == "N*F_in*F_out"
    assert (for_one(one.macs).value, for_one(many.macs).value) == (20, 120)


def test_what_torch_does_not_count_gets_no_tick():
    lesson = explain(nn.Bilinear(3, 4, 5), input_size=[(2, 3), (2, 4)], lang="en")
    (layer,) = lesson.layers
    assert layer.macs.value == 2 * 5 * (3 * 4 + 3)
    assert layer.macs_verdict is Verdict.UNCHECKED
    assert "of a kind that it cannot count" in lesson.to_markdown()
    assert lesson.to_dict()["cost"]["macs"]["verdict"] == "unchecked"


def test_a_layer_without_multiply_accumulates_says_so_once():
    text = page(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Sigmoid()), SHAPE)
    assert text.count("The function is applied once per element") == 1


def test_a_cost_that_disagrees_is_loud(monkeypatch):
    lesson = explain(nn.Conv2d(3, 4, 3), input_size=SHAPE, lang="en")
    from dataclasses import replace

    walk = lesson.walkthrough
    (layer,) = walk.layers
    wrong = replace(layer, call=replace(layer.call, flops=14))
    text = Explanation(replace(walk, layers=(wrong,)), ("en",)).to_markdown()
    assert "DISAGREES ✗  The formula gives 97,200 multiply-accumulates, PyTorch counts 7." in text
    assert "ATTENTION ✗" in text


def test_show_chooses_the_figures():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    only_macs = page(model, SHAPE, show="macs")
    assert "(4\\cdot 30\\cdot 30)\\cdot (3\\cdot 3\\cdot 3)" in only_macs
    assert "\\text{Parameters}" not in only_macs and "Subtotals" not in only_macs
    only_params = page(model, SHAPE, show=["params"])
    assert "multiply-accumulate" not in only_params
    assert shown("macs,params") == ("params", "macs")
    assert shown("all")[-1] == "receptive-field"
    with pytest.raises(UserError, match="choose from params, shape"):
        shown("flops")


def test_attention_tells_its_parts():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x):
            return self.layer(x, x, x)[0]

    text = page(Attention(), (1, 5, 8))
    projections, scores = 4 * 5 * 8 * 8, 5 * 5 * 8
    assert f"take {projections}, QKᵀ {scores}, and the attention weights times V (AV) {scores}" in text


def test_a_matrix_with_a_vector_is_counted_by_us_alone():
    walk = walked(Function(torch.mv), (3, 4), (4,))
    assert walk.layers[0].macs.value == 12
    assert walk.layers[0].macs_verdict is Verdict.UNCHECKED


def test_a_table_of_all_figures_stays_on_the_page():
    header = next(line for line in page(nn.Conv2d(3, 4, 3), SHAPE, show="all").splitlines() if line.startswith("| No."))
    assert "Formula with numbers" not in header
    assert header.count("|") == 10
    assert "Formula with numbers" in page(nn.Conv2d(3, 4, 3), SHAPE)
