"""The tools that count operation by operation: how the operations come about, and what each tool makes of the odd ones."""

from __future__ import annotations

import pytest
import torch
from oracle_walks import before, subject_of, walk_of_net
from torch import nn
from torch.nn import functional as F

from explainer.counters.engine.operation import Rest
from explainer.counters.tools import fvcore, ptflops_aten, torch_counter, torchprofile
from explainer.derive.pipeline import walk_model

SMALL = (
    "grouped transposed norms upsampling pooling recurrent gated attention encoder products functional reused volume"
)
ZOO = (
    "alexnet vgg16 resnet18 googlenet inception_v3 densenet121 squeezenet1_0 shufflenet_v2_x1_0 mobilenet_v3_large "
    "mnasnet1_0 efficientnet_b0 regnet_y_400mf resnext50_32x4d convnext_tiny vit_b_16 swin_t swin_v2_t maxvit_t "
    "fcn_resnet50 deeplabv3_mobilenet_v3_large lraspp_mobilenet_v3_large"
)
MODELS = [*SMALL.split(), *ZOO.split(), "examples/unet.py:UNet", "examples/mnist_cnn.py"]


@pytest.mark.parametrize("name", MODELS)
def test_on_meta_torch_counts_what_its_line_says(name):
    model = subject_of(name)
    assert torch_counter.lines(model)[0].value == sum(call.flops or 0 for call in model.trace.calls)


@pytest.mark.parametrize("name", MODELS)
def test_operations_sum_to_the_walkthrough(name):
    model = subject_of(name)
    assert sum(op.macs for op in model.operations) == sum(layer.macs.value for layer in model.walk.layers if layer.macs)
    assert not any(isinstance(op, Rest) for op in model.operations)


def test_vgg16_term_by_term():
    """The figures of conventions.md."""
    vgg = subject_of("vgg16")
    (torch_line,) = torch_counter.lines(vgg)
    assert (torch_line.value, torch_line.standing) == (30_940_528_640, "right")
    assert [term.value for term in fvcore.lines(vgg)[0].terms] == [15_470_264_320, 25_088]
    assert [term.value for term in torchprofile.lines(vgg)[0].terms] == [15_470_264_320, 25_088]
    aten = ptflops_aten.lines(vgg)[0]
    assert [term.value for term in aten.terms] == [15_470_264_320, 13_547_520, 9_192]
    assert (aten.value, aten.standing) == (15_483_821_032, "convention")


def test_vision_transformer_loses_its_attention():
    vit = subject_of("vit_b_16")
    lost = 715_327_488
    for module in (fvcore, ptflops_aten):
        line = module.lines(vit)[0]
        assert line.standing == "wrong"
        assert [term.value for term in line.terms if "QKᵀ" in term.label.zh] == [-lost]


def test_transposed_convolutions():
    """Output positions for input positions: stride² too many, and the groups forgotten."""
    net = nn.Sequential(nn.ConvTranspose2d(16, 8, 2, stride=2), nn.ConvTranspose2d(8, 4, 2, stride=2, groups=4))
    model = before(walk_of_net(net, torch.empty(1, 16, 5, 5)))
    (line,) = torchprofile.lines(model)
    true = 25 * 16 * 8 * 4 + 100 * 8 * 1 * 4
    # 5×5 → 10×10 → 20×20; four groups
    assert [term.value for term in line.terms] == [true, 3 * true, (4 - 1) * 400 * 8 * 4]
    assert line.value == 100 * 8 * 16 * 4 + 400 * 4 * 8 * 4
    assert line.standing == "wrong"


class Turned(nn.Module):
    """A linear layer on what a transpose has put in another order: torch adds its bias afterwards."""

    def __init__(self, turn: bool):
        super().__init__()
        self.turn, self.linear = turn, nn.Linear(6, 4)

    def forward(self, x):
        return self.linear(x.transpose(0, 1) if self.turn else x)


@pytest.mark.parametrize(("turn", "batch", "bias"), [(False, 3, True), (True, 3, False), (True, 1, True)])
def test_ptflops_counts_a_bias_only_within_the_product(turn, batch, bias):
    """Measured with ptflops 0.7.5: a transposed input loses the bias; a side of 1 changes nothing in memory."""
    model = before(walk_of_net(Turned(turn), torch.empty(batch, 5, 6)))
    assert ptflops_aten.lines(model)[0].value == batch * 5 * 4 * (6 + bias)


class First(nn.Module):
    """BERT's pooler: a linear layer on the first position alone, which lies scattered in memory."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 4)

    def forward(self, x):
        return self.linear(x[:, 0])


def test_ptflops_counts_the_bias_of_any_matrix():
    model = before(walk_of_net(First(), torch.empty(2, 5, 6)))
    assert ptflops_aten.lines(model)[0].value == 2 * 4 * (6 + 1)


class Products(nn.Module):
    def forward(self, a, b):
        return torch.matmul(a, b)


@pytest.mark.parametrize(
    ("left", "right", "fvcore_value", "profile_value"),
    [((2, 3, 4), (2, 4, 5), 120, 120), ((3, 4), (2, 4, 5), 60, 120), ((2, 1, 3, 4), (1, 6, 4, 5), 120, 720)],
)
def test_matmul_broadcast(left, right, fvcore_value, profile_value):
    """Measured: fvcore takes the left tensor's batch for the whole."""
    model = before(walk_of_net(Products(), torch.empty(left), torch.empty(right)))
    assert fvcore.lines(model)[0].value == fvcore_value
    assert torchprofile.lines(model)[0].value == profile_value


def test_no_line_where_the_tool_itself_fails():
    """fvcore raises an IndexError for a matrix times a vector; its parameters are counted all the same."""
    model = before(walk_of_net(Products(), torch.empty(3, 4), torch.empty(4)))
    assert [line.quantity for line in fvcore.lines(model)] == ["params"]
    assert torchprofile.lines(model)[0].value == 12
    assert torch_counter.lines(model)[0].value == 0


def test_padding_by_a_word_goes_unseen():
    """torch's tracer calls it `aten::_convolution_mode`, which neither fvcore nor torchprofile knows: measured 0."""
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding="same"), nn.ReLU())
    model = before(walk_of_net(net, torch.empty(1, 3, 10, 10)))
    for module in (fvcore, torchprofile):
        line = module.lines(model)[0]
        assert (line.value, line.standing) == (0, "wrong")
        assert [term.value for term in line.terms] == [21_600, -21_600]
    assert ptflops_aten.lines(model)[0].value == 21_600 + 800
    assert torch_counter.lines(model)[0].value == 43_200


class Einsum(nn.Module):
    def __init__(self, equation):
        super().__init__()
        self.equation = equation

    def forward(self, *tensors):
        return torch.einsum(self.equation, *tensors)


@pytest.mark.parametrize(
    ("equation", "shapes", "value"),
    [
        ("ij,jk->ik", ((3, 4), (4, 5)), 60),
        ("ij,ij->ij", ((3, 3), (3, 3)), 5),
        ("ij->i", ((2, 9),), 18),
        ("bhid,bhjd->bhij", ((1, 6, 49, 32), (1, 6, 49, 32)), 460_992 + 8),
    ],
)
def test_fvcore_reads_numpys_estimate(equation, shapes, value):
    """Measured with fvcore 0.1.5 on numpy 2.4: half of numpy's count, which is printed in four digits and one too many."""
    model = before(walk_of_net(Einsum(equation), *tuple(map(torch.empty, shapes))))
    assert fvcore.lines(model)[0].value == value


def test_a_model_that_never_ran_has_no_costs():
    """Weights alone: no forward pass, no operations, no figure; the parameters stay."""
    bare = nn.ParameterDict({"a": nn.Parameter(torch.empty(3))})
    model = before(walk_model(bare, (), {}, name="bare", source="", tolerant=True))
    assert torch_counter.lines(model) == [] and torchprofile.lines(model) == []
    assert [line.value for line in fvcore.lines(model)] == [3]


class Mixed(nn.Module):
    """LSTM and GRU one after the other, attention with averaged weights, a function for each."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.lstm = nn.LSTM(16, 20, 2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(40, 12, batch_first=True)
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
        self.norm, self.out = nn.LayerNorm(12), nn.Linear(12, 50)

    def forward(self, x):
        h, _ = self.lstm(self.embedding(x))
        h, _ = self.gru(h)
        a, _ = self.attention(h, h, h)
        return self.out(self.norm(h + a))


def test_recurrent_and_attention():
    """Measured with fvcore, torchprofile, ptflops and torch on the CPU without gradients (batch 3, 7 steps)."""
    model = before(walk_of_net(Mixed(), torch.zeros(3, 7, dtype=torch.long)))
    assert fvcore.lines(model)[0].value == 29_484
    assert torchprofile.lines(model)[0].value == 351_292
    assert ptflops_aten.lines(model)[0].value == 71_106
    meta, cpu = torch_counter.lines(model)
    assert cpu.value == 135_072
    assert meta.value == sum(call.flops or 0 for call in model.trace.calls)


class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 5), nn.Linear(5, 6)
        self.a.requires_grad_(False)

    def forward(self, x):
        return F.relu(self.b(self.a(x)))


def test_ptflops_leaves_frozen_parameters_out():
    model = before(walk_of_net(Frozen(), torch.empty(2, 4)))
    line = next(line for line in ptflops_aten.lines(model) if line.quantity == "params")
    assert (line.value, [term.value for term in line.terms]) == (36, [61, -25])
    assert next(line for line in fvcore.lines(model) if line.quantity == "params").value == 61
