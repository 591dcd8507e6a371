"""Blocks opened: a WaveNet's two outputs in any spelling, dilations that grow, what a box is called, a dense block's stages."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from explainer import explain_source
from explainer.figures.blocks.dilations import row_of
from explainer.figures.blocks.graph import end_of, nodes_of
from explainer.figures.kinds import stages
from explainer.figures.svg.canvas import Canvas
from explainer.figures.svg.colours import INPUT
from explainer.figures.svg.faults import faults
from explainer.i18n.bilingual import LANGS
from tests.nets import walked, zoo_walk


class Chunked(nn.Module):
    """One convolution whose result is cut in two."""

    def __init__(self, c, d):
        super().__init__()
        self.conv, self.d = nn.Conv1d(c, 2 * c, 2, dilation=d), d
        self.res, self.skip = nn.Conv1d(c, c, 1), nn.Conv1d(c, c, 1)

    def forward(self, x):
        a, b = self.conv(F.pad(x, (self.d, 0))).chunk(2, 1)
        z = torch.tanh(a) * torch.sigmoid(b)
        return x + self.res(z), self.skip(z)


class Twofold(nn.Module):
    """Two convolutions, methods instead of functions, the skip computed before the residual sum."""

    def __init__(self, c, d):
        super().__init__()
        self.filter = nn.Conv1d(c, c, 3, dilation=d, padding=d)
        self.gate = nn.Conv1d(c, c, 3, dilation=d, padding=d)
        self.res, self.skip = nn.Conv1d(c, c, 1), nn.Conv1d(c, 2 * c, 1)

    def forward(self, x):
        z = self.filter(x).tanh() * self.gate(x).sigmoid()
        s = self.skip(z)
        return self.res(z) + x, s


class Q(nn.Module):
    """Names that say nothing, activations as modules, and one convolution whose result goes both ways."""

    def __init__(self, c, d):
        super().__init__()
        self.a = nn.Sequential(nn.Conv1d(c, c, 2, dilation=d, padding=d), nn.Tanh())
        self.b = nn.Sequential(nn.Conv1d(c, c, 2, dilation=d, padding=d), nn.Sigmoid())
        self.e = nn.Conv1d(c, c, 1)

    def forward(self, x):
        n = x.shape[-1]
        w = self.e(self.a(x)[..., :n] * self.b(x)[..., :n])
        return w + x, w


class Wave(nn.Module):
    def __init__(self, block, n=8, skips=16):
        super().__init__()
        self.front = nn.Conv1d(1, 16, 1)
        self.k = nn.ModuleList(block(16, 2**i) for i in range(n))
        self.e1, self.e2 = nn.Conv1d(skips, 32, 1), nn.Conv1d(32, 64, 1)

    def forward(self, x):
        x, total = self.front(x), 0
        for one in self.k:
            x, skip = one(x)
            total = total + skip
        return self.e2(F.relu(self.e1(F.relu(total))))


def texts(figure, lang="en"):
    return [label.text for label in figure.canvas(lang).labels]


@pytest.mark.parametrize(("block", "skips", "way"), [(Chunked, 16, ["Conv1d"]), (Twofold, 32, ["Conv1d"]), (Q, 16, [])])
def test_a_wavenet_s_block_has_two_outputs_and_its_dilations_are_told(block, skips, way):
    walk = walked(Wave(block, skips=skips), (1, 1, 256))
    (kind,) = stages.opened(stages.stages_of(walk), walk)
    nodes = nodes_of(kind.chain)
    (leaving,) = (exit_ for node in nodes for exit_ in node.exits)
    assert kind.count == 8 and [node.layer.type for node in leaving] == way
    gate = next(node for node in nodes if node.layer.type == "mul")
    assert {layer.kind.name for layer in kind.block.layers} >= {"ACTIVATION", "CONVOLUTION"} and len(gate.inputs) == 2
    assert end_of(kind.chain[-1]).layer.type == "add"  # what goes on is the residual sum
    figure = stages.make(walk)
    for lang in LANGS:
        assert faults(figure.canvas(lang)) == []
    drawn = texts(figure)
    assert drawn.count("dilation 1, 2, 4, …, 128") == 1 and any("8 ×　dilation 1, 2" in text for text in drawn)
    assert f"another output {skips}×256" in drawn
    assert ("16×256" in drawn) and ("Tanh" in drawn) and ("σ" in drawn)
    assert "e1–2" in drawn  # two layers are in that box


def test_a_step_whose_result_nobody_reads_is_no_output():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x):
            x = self.a(x)
            self.c(x)
            return self.b(x)

    walk = walked(nn.Sequential(Idle(), Idle(), Idle()), (1, 8))
    assert stages.opened(stages.stages_of(walk), walk) == []


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([1, 2, 4, 8], "1, 2, 4, 8"),
        ([1, 2, 4, 8, 16, 32], "1, 2, 4, …, 32"),
        ([1, 2, 4, 1, 2, 4], "1, 2, 4 (×2)"),
        ([1, 1, 1, 2, 4, 4, 2], "1–4"),
    ],
)
def test_a_row_of_dilations(numbers, text):
    assert row_of(numbers) == text


def test_a_box_is_called_what_it_was_proven_to_be_or_stands_in_the_face_of_code():
    drawn = texts(explain_source("swin_t", detail="handout").figures["stages"])
    assert "windowed attention" in drawn and "attn" not in drawn
    unproven = stages.make(zoo_walk("swin_t")).canvas("en").labels
    assert {label.face for label in unproven if label.text == "attn"} == {"code"}


def test_a_dense_block_is_one_stage_with_all_that_it_hands_on():
    walk = zoo_walk("densenet121")
    found = {stage.name.rpartition(".")[2].rpartition("–")[2]: stages.out_of(stage) for stage in stages.stages_of(walk)}
    assert found["denseblock1"] == (256, 56, 56) and found["denseblock4"] == (1024, 7, 7)
    drawn = texts(stages.make(walk))
    assert {"denseblock1", "denseblock2", "denseblock3", "denseblock4"} <= set(drawn)


def test_a_number_that_scales_a_sum_is_told():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Conv2d(8, 8, 3, padding=1)

        def forward(self, x):
            return (x + self.a(x)) * 0.5

    walk = walked(nn.Sequential(*(Scaled() for _ in range(4)), nn.Flatten(), nn.Linear(8 * 36, 2)), (1, 8, 6, 6))
    assert "×0.5" in texts(stages.make(walk))


def test_a_wire_through_a_box_is_a_fault():
    canvas = Canvas("en", 100)
    canvas.box(20, 20, 40, 20, INPUT)
    canvas.arrow([(0, 30), (19, 30)])
    assert faults(canvas) == []
    canvas.arrow([(0, 30), (80, 30)])
    assert len(faults(canvas)) == 1
