"""Blocks opened: a WaveNet's two outputs in any spelling, dilations that grow, what a box is called, a dense block's stages."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from examples.unet import UNet
from explainer.figures.blocks import flow as flow_module
from explainer.figures.blocks.dilations import row_of
from explainer.figures.blocks.flow import flow_of
from explainer.figures.blocks.graph import end_of, nodes_of
from explainer.figures.kinds import stages, unet
from explainer.figures.reading import macs, owned, params
from explainer.figures.svg.canvas import Canvas
from explainer.figures.svg.colours import INPUT
from explainer.figures.svg.faults import faults
from explainer.i18n.bilingual import LANGS
from explainer.targets import walk_target
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
    assert drawn.count("dilation 1, 2, 4, …, 128") == 1 and any(
        text.startswith("k.0") and "dilation 1, 2, 4" in text for text in drawn
    )
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
    drawn = texts(stages.make(walk_target("swin_t", ideas=True)))
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


class Branches(nn.Module):
    """Three ways from one stem, one of them of two equal blocks, that meet before the head."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU())
        self.a = nn.Sequential(*(nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU()) for _ in range(2)))
        self.b = nn.Sequential(nn.Conv2d(16, 16, 5, padding=2), nn.ReLU())
        self.c = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(16, 16, 1), nn.ReLU())
        self.head = nn.Linear(48, 10)

    def forward(self, x):
        x = self.stem(x)
        return self.head(torch.cat([self.a(x), self.b(x), self.c(x)], 1).mean((2, 3)))


def test_the_row_of_stages_is_wired_as_the_network_is():
    walk = walked(Branches(), (1, 3, 16, 16))
    found = stages.stages_of(walk)
    assert [stage.name for stage in found] == ["stem", "a", "b", "c", "head"]
    flow = flow_of(found, walk.layers)
    assert flow.next_ == (True, False, False, True)
    assert {(a, b) for a, b, _ in flow.arcs} == {(0, 2), (0, 3), (1, 4), (2, 4)}
    for lang in LANGS:
        assert faults(stages.make(walk).canvas(lang)) == []


def test_a_row_with_too_many_ways_past_is_not_drawn_or_says_so(monkeypatch):
    branches, skips = walked(Branches(), (1, 3, 16, 16)), walked(UNet(), (1, 1, 64, 64))
    assert "past a stage" not in stages.make(skips).caption.en
    monkeypatch.setattr(flow_module, "MOST_LANES", 1)
    assert stages.make(branches) is None  # arrows from box to box would be wrong
    assert "Connections past a stage are not drawn." in stages.make(skips).caption.en


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = nn.Linear(8, 8)
        self.e = nn.ModuleList(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8)) for _ in range(4))
        self.end = nn.Linear(8, 2)

    def forward(self, x):
        x = self.start(x)
        return self.end(sum(e(x) for e in self.e))


def test_blocks_that_all_read_one_tensor_stand_side_by_side():
    walk = walked(Experts(), (1, 8))
    assert "side by side" in texts(stages.make(walk)) and "并列" in texts(stages.make(walk), "zh")
    assert "side by side" not in texts(stages.make(zoo_walk("resnet18")))


def test_a_bert_s_blocks_are_opened_though_modules_in_them_take_two_tensors():
    class Output(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense, self.norm = nn.Linear(32, 32), nn.LayerNorm(32)

        def forward(self, x, given):
            return self.norm(self.dense(x) + given)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.output = nn.Linear(32, 32), Output()

        def forward(self, x):
            return self.output(torch.relu(self.first(x)), x)

    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.ModuleList(Block() for _ in range(4))

        def forward(self, x):
            for one in self.layer:
                x = one(x)
            return x

    walk = walked(nn.Sequential(nn.Linear(8, 32), Wrapped(), nn.Linear(32, 4)), (1, 8))
    (kind,) = stages.opened(stages.stages_of(walk), walk)
    assert kind.count == 4 and "identity: no parameters" in texts(stages.make(walk))


@pytest.mark.parametrize("name", ["swin_t", "densenet121", "vit_b_16", "googlenet", "mobilenet_v3_small"])
def test_the_stages_sum_to_the_whole(name):
    walk = zoo_walk(name)
    found = stages.stages_of(walk)
    weights = owned(walk)
    shown = [layer for stage in found for layer in stage.layers]
    assert params(shown) == params(walk.layers) and sum(weights.get(layer.index, 0) for layer in shown) == sum(
        weights.values()
    )
    assert macs(layer for stage in found for layer in stage.layers) == macs(walk.layers)


def test_a_u_of_three_dimensions_and_of_one():
    class U(nn.Module):
        def __init__(self, conv, up, pool):
            super().__init__()
            self.a, self.b, self.c = conv(1, 4, 3, padding=1), conv(4, 8, 3, padding=1), conv(8, 16, 3, padding=1)
            self.pool, self.up1, self.up2 = pool(2), up(16, 8, 2, 2), up(8, 4, 2, 2)
            self.d, self.e = conv(16, 8, 3, padding=1), conv(8, 4, 3, padding=1)

        def forward(self, x):
            a = self.a(x)
            b = self.b(self.pool(a))
            d = self.d(torch.cat([b, self.up1(self.c(self.pool(b)))], 1))
            return self.e(torch.cat([a, self.up2(d)], 1))

    for dims, size in ((1, (64,)), (3, (16, 16, 16))):
        parts = (getattr(nn, f"{name}{dims}d") for name in ("Conv", "ConvTranspose", "MaxPool"))
        walk = walked(U(*parts), (1, 1, *size))
        figure = unet.make(walk)
        assert unet.unet_of(walk).levels[0] == size and unet.unet_of(walk).skips == [0, 1]
        for lang in LANGS:
            assert faults(figure.canvas(lang)) == []
