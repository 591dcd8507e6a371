"""Tables, normalizations, bilinear layers: what is particular of each."""

from __future__ import annotations

import inspect

import pytest
import torch
from nets import Function, meta, traced, walked
from torch import nn
from torch.nn import functional as F

from explainer.derive.pipeline import walk_model
from explainer.formula.printing import ascii_formula
from explainer.rules import default_registry

KNOWS_BIAS = "bias" in inspect.signature(nn.BatchNorm2d.__init__).parameters  # torch 2.13

COUNTED = [
    (nn.LayerNorm(768), (2, 5, 768), "2*D", 1536),
    (nn.LayerNorm(768, bias=False), (2, 5, 768), "D", 768),
    (nn.LayerNorm(768, elementwise_affine=False), (2, 5, 768), "0", 0),
    (nn.LayerNorm((4, 6)), (2, 4, 6), "2*D_1*D_2", 48),
    (nn.RMSNorm(4096), (2, 5, 4096), "D", 4096),
    (nn.RMSNorm((4, 6)), (2, 4, 6), "D_1*D_2", 24),
    (nn.GroupNorm(4, 32), (2, 32, 7, 7), "2*C", 64),
    (nn.GroupNorm(8, 32), (2, 32, 7, 7), "2*C", 64),
    (nn.InstanceNorm2d(32), (2, 32, 7, 7), "0", 0),
    (nn.InstanceNorm2d(32, affine=True), (2, 32, 7, 7), "2*C", 64),
    (nn.InstanceNorm1d(32, affine=True), (32, 7), "2*C", 64),
    (nn.SyncBatchNorm(32), (2, 32, 7, 7), "2*C", 64),
    (nn.LocalResponseNorm(5), (2, 32, 7, 7), "0", 0),
]


@pytest.mark.parametrize(("layer", "shape", "symbolic", "count"), COUNTED, ids=[str(case[0]) for case in COUNTED])
def test_the_count(layer, shape, symbolic, count):
    (found,) = walked(layer, shape).layers
    assert ascii_formula(found.params.symbolic) == symbolic
    assert found.params.value == found.torch_params == count
    assert found.shape_verdict.value == "agrees"


@pytest.mark.skipif(not KNOWS_BIAS, reason="needs torch 2.13")
@pytest.mark.parametrize("kind", [nn.BatchNorm2d, nn.SyncBatchNorm, nn.InstanceNorm2d])
def test_a_norm_without_shift(kind):
    (found,) = walked(kind(32, affine=True, bias=False), (2, 32, 7, 7)).layers
    assert ascii_formula(found.params.symbolic) == "C"
    assert found.params.value == found.torch_params == 32


def said(layer: nn.Module, *shape: int) -> str:
    (call,) = traced(layer, shape).calls
    parameters = default_registry().for_call(call).parameters(call)
    return "".join(text.zh for text in (*parameters.why, *parameters.remark))


def test_running_statistics_are_mentioned_where_there_are_any():
    assert "滑动均值和滑动方差各32个" in said(nn.InstanceNorm2d(32, track_running_stats=True), 2, 32, 7, 7)
    assert "缓冲区" not in said(nn.InstanceNorm2d(32), 2, 32, 7, 7)


def embedded(model: nn.Module, *indices: torch.Tensor):
    (found,) = walk_model(model, indices, {}, name="table", source="test").layers
    return found


def indices(*shape: int) -> torch.Tensor:
    return meta(*shape, dtype=torch.int64)


def test_an_embedding_is_a_table():
    found = embedded(nn.Embedding(30522, 768), indices(2, 128))
    assert ascii_formula(found.params.substituted) == "30522*768"
    assert found.params.value == found.torch_params == 23_440_896
    assert [size.value for _, size in found.shape] == [2, 128, 768]
    assert found.macs is None  # nothing is multiplied


def test_the_row_for_padding_counts():
    assert "第0行" in "".join(text.zh for text in embedded(nn.Embedding(10, 4, 0), indices(3)).parameters.why)
    found = embedded(nn.Embedding(10, 4, padding_idx=-1), indices(3))
    assert found.params.value == 40
    assert "第9行" in "".join(text.zh for text in found.parameters.why)


@pytest.mark.parametrize(
    ("options", "given", "bags"),
    [
        ({}, (indices(3, 5),), 3),
        ({"mode": "max"}, (indices(15), indices(4)), 4),
        ({"mode": "sum", "include_last_offset": True}, (indices(15), indices(4)), 3),
    ],
)
def test_a_bag_of_rows_is_one_vector(options, given, bags):
    found = embedded(nn.EmbeddingBag(10, 6, **options), *given)
    assert found.params.value == 60
    assert [size.value for _, size in found.shape] == [bags, 6]
    assert found.shape_verdict.value == "agrees"


def test_a_bilinear_layer_has_a_matrix_for_each_output():
    (found,) = walked(nn.Bilinear(12, 5, 4), (9, 12), (9, 5)).layers
    assert ascii_formula(found.params.symbolic) == "(F_1*F_2+1)*F_out"
    assert found.params.value == found.torch_params == 61 * 4


class Functions(nn.Module):
    """The functions, with parameters of the model's own."""

    def __init__(self):
        super().__init__()
        for name, shape in {"scale": (6,), "shift": (6,), "table": (10, 6), "matrices": (3, 6, 6)}.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))

    def forward(self, index):
        x = F.embedding(index, self.table, padding_idx=0)
        x = F.layer_norm(x, (6,), self.scale, bias=self.shift)
        y = F.embedding_bag(index, self.table)
        y = F.group_norm(y, 2, self.scale, self.shift)
        return F.bilinear(y, F.rms_norm(y, [6]), self.matrices), x


def test_functions_are_explained_as_the_modules_are():
    model = Functions()
    walk = walk_model(model, (indices(4, 5),), {}, name="functions", source="test")
    found = {layer.type: layer for layer in walk.layers}
    assert {name: layer.value for name, layer in found.items()} == {
        "embedding": 60,
        "layer_norm": 12,
        "embedding_bag": 60,
        "group_norm": 12,
        "rms_norm": 0,
        "bilinear": 108,
    }
    assert found["embedding_bag"].counted == found["group_norm"].counted == 0  # counted where first seen
    assert walk.checks == walk.checks | {walk.totals.verdict: 2 * 6 + 1}
    assert walk.totals.explained == walk.totals.torch_params == 60 + 12 + 108


def test_a_computed_bias_is_no_parameter_of_the_linear_layer():
    """Swin v2 sets a part of its bias to zero on the way."""

    def forward(model, x):
        return F.linear(x, model.weight, model.bias.clone())

    model = Function(forward, weight=nn.Parameter(torch.zeros(3, 4)), bias=nn.Parameter(torch.zeros(3)))
    walk = walked(model, (2, 4))
    assert [layer.value for layer in walk.layers] == [0, 12]
    assert (walk.totals.explained, walk.totals.raw, walk.totals.unexplained) == (12, 3, 0)
    assert "偏置由前面的步骤算出" in walk.layers[-1].parameters.why[0].zh


def test_positions_share_a_linear_layer():
    (found,) = walked(nn.Linear(4, 3), (2, 5, 4)).layers
    assert ascii_formula(found.macs.symbolic) == "N*T*F_in*F_out"
    assert "参数量与位置的个数无关" in found.output.remark[0].zh


def test_an_adaptive_softmax_is_explained_by_its_layers():
    """Its forward looks at the targets, so that a small one is run with values."""
    model = nn.AdaptiveLogSoftmaxWithLoss(16, 100, [10, 50])
    walk = walk_model(model, (meta(5, 16), indices(5)), {}, name="adaptive", source="test")
    # head: the 10 most frequent and 2 clusters; tails: 16 → 4 → 40 and 16 → 1 → 50
    assert walk.totals.explained == walk.totals.torch_params == 16 * 12 + (16 * 4 + 4 * 40) + (16 * 1 + 1 * 50)
    assert (walk.run.stopped, walk.run.values) == (None, "real")
