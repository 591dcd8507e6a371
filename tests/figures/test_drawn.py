"""Every figure: what it is shown for, that its layout is sound in both languages, and that its numbers are the walkthrough's."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch
from torch import nn

from examples.unet import UNet
from explainer.derive.pipeline import walk_model
from explainer.errors import UserError
from explainer.figures.blocks import graph
from explainer.figures.blocks.graph import Node
from explainer.figures.kinds import attention, bars, gates, kernel, matrices, receptive_field, scaling, stages, volumes
from explainer.figures.kinds import unet as unet_module
from explainer.figures.reading import macs
from explainer.figures.svg.faults import faults
from explainer.figures.table import figure, figures, makers
from explainer.i18n.bilingual import LANGS, grouped
from explainer.targets import walk_target
from explainer.vocabulary import small_example
from explainer.walkthrough.call import Stopped
from tests.nets import MnistCnn, Net003, Tiny, measured, walked, zoo_walk


@pytest.fixture(scope="module")
def vgg16():
    return zoo_walk("vgg16")


@pytest.fixture(scope="module")
def resnet18():
    return zoo_walk("resnet18")


@pytest.fixture(scope="module")
def mnist():
    return walked(MnistCnn(), (1, 1, 28, 28))


def texts(one, lang="en"):
    return [label.text for label in one.canvas(lang).labels]


def numbers(one):
    """The grouped or plain integers that stand alone in a figure."""
    return [int(text.replace(",", "")) for text in texts(one) if re.fullmatch(r"[\d,]+", text)]


def sound(walk):
    made = {name: maker.make(walk) for name, maker in makers().items()}
    for one in made.values():
        for lang in LANGS if one else ():
            assert faults(one.canvas(lang)) == [], (one.name, lang)
            assert not re.search(r"[\u4e00-\u9fff]", "".join(texts(one, "en"))), one.name
    return {name for name, one in made.items() if one}


def test_vgg16_gets_the_figures_that_teach_most(vgg16):
    assert {"volumes", "bars", "kernel", "receptive-field"} <= sound(vgg16)


def test_a_residual_network_and_small_ones(resnet18, mnist):
    assert {"volumes", "bars", "kernel", "receptive-field"} <= sound(resnet18)
    assert {"volumes", "bars", "kernel"} <= sound(mnist)
    sound(walked(Net003(), (1, 3, 32, 32)))
    sound(walked(Tiny(), (2, 3, 8, 8)))


def test_the_stages_of_vgg16_sum_to_the_whole(vgg16):
    columns = volumes.columns_of(vgg16)
    layers = [layer for column in columns for layer in column.layers]
    assert layers == list(vgg16.layers)
    shapes = [column.shape for column in columns]
    assert shapes[:3] == [(3, 224, 224), (64, 224, 224), (128, 112, 112)] and shapes[-1] == (1000,)
    assert sum(layer.counted for layer in layers) == 138357544
    drawn = texts(volumes.make(vgg16), "zh")
    assert "64×224×224" in drawn and "全连接层 89.4%" in drawn and "卷积层 99.2%" in drawn
    assert "3.87万" in drawn  # (3·3·3+1)·64 + (3·3·64+1)·64 = 38,720


@pytest.mark.parametrize("name", ["vgg16", "resnet18", "mnist"])
def test_the_bars_are_the_layers_own_numbers(name, request):
    walk = request.getfixturevalue(name)
    rows = bars.rows_of(walk)
    assert sum(row.params for row in rows) == walk.totals.params
    assert sum(row.macs for row in rows) == macs(walk.layers)
    assert len(rows) <= bars.MOST_ROWS
    drawn = numbers(bars.make(walk))
    for row in rows:
        assert row.params in drawn and row.macs in drawn


def test_many_layers_become_the_largest_and_a_rest():
    walk = walked(nn.Sequential(*(nn.Linear(8, 8) for _ in range(40))), (1, 8))
    rows = bars.rows_of(walk)
    assert len(rows) == bars.MOST_ROWS and rows[-1].count == 17 and sum(row.params for row in rows) == 40 * 72
    sound(walk)


def test_the_kernel_of_vgg16(vgg16):
    drawn = texts(kernel.make(vgg16))
    assert "27 weights and 1 bias" in drawn and "= 1792" in drawn and "= 86,704,128" in drawn
    assert "input 3×224×224, padded by 1 on each side" in drawn and "= 224" in drawn
    assert {"1", "2", "224"} <= set(drawn)  # the first places and the last


CONVOLUTIONS = [
    (nn.Conv1d(6, 16, 3, stride=2, padding=1), (1, 6, 100)),
    (nn.Conv1d(32, 16, 2, dilation=8), (1, 32, 64)),
    (nn.Conv1d(1, 1, 80, stride=16), (1, 1, 800)),
    (nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), (2, 3, 224, 224)),
    (nn.Conv2d(3, 768, 16, stride=16), (1, 3, 224, 224)),
    (nn.Conv2d(3, 64, 11, stride=4, padding=2), (1, 3, 224, 224)),
    (nn.Conv2d(32, 32, 3, padding=1, groups=32), (1, 32, 56, 56)),
    (nn.Conv2d(8, 16, 3, padding=2, dilation=2, groups=4), (1, 8, 20, 20)),
    (nn.Conv2d(1, 1, 2), (1, 1, 3, 3)),
    (nn.Conv2d(512, 2048, 1), (1, 512, 7, 7)),
    (nn.Conv2d(4, 6, (1, 5), stride=(2, 1), padding=(0, 2)), (1, 4, 9, 30)),
    (nn.Conv2d(16, 33, 3, padding="same"), (1, 16, 10, 10)),
    (nn.Conv3d(3, 64, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3)), (1, 3, 16, 112, 112)),
    (nn.Conv3d(1, 2, 2), (1, 1, 4, 12, 5)),
    (nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), (1, 64, 14, 14)),
    (nn.ConvTranspose2d(64, 32, 2, stride=2), (1, 64, 14, 14)),
    (nn.ConvTranspose1d(6, 4, 4, stride=2, padding=1), (2, 6, 6)),
    (nn.ConvTranspose3d(6, 4, 2, stride=2), (1, 6, 4, 4, 4)),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "shape"), CONVOLUTIONS, ids=lambda value: str(value)[:60])
def test_a_convolution_of_any_form_is_drawn(layer, shape):
    walk = walked(nn.Sequential(layer), shape)
    one = kernel.make(walk)
    assert one is not None
    for lang in LANGS:
        assert faults(one.canvas(lang)) == []
    found = walk.layers[0]
    drawn = "".join(texts(one))
    assert f"= {found.params.value:,}".replace(",", "") in drawn.replace(",", "")
    assert f"= {found.macs.value:,}".replace(",", "") in drawn.replace(",", "")
    window = found.call.output_shapes[0]
    assert "×".join(map(str, window[1:])) in drawn
    assert str(found.params.value) in one.alt.en.replace(",", "")


def test_the_stairs_of_the_receptive_field(vgg16, resnet18):
    stairs = receptive_field.stairs_of(vgg16)
    assert [stair.size for stair in stairs] == [
        3,
        5,
        6,
        10,
        14,
        16,
        24,
        32,
        40,
        44,
        60,
        76,
        92,
        100,
        132,
        164,
        196,
        212,
    ]
    assert all(stair.size == stair.before + (stair.window - 1) * stair.jump for stair in stairs)
    assert receptive_field.stairs_of(resnet18)[-1].size == 435  # as published for ResNet-18


def test_a_pass_that_stopped_has_no_full_picture(mnist):
    stopped = replace(mnist, run=replace(mnist.run, stopped=Stopped("out", "its values decide")))
    assert {"volumes", "bars", "kernel"} <= set(figures(mnist))
    assert set(figures(stopped)) == {
        "kernel",
        "matrices",
        "miniature",
    }  # one layer's figure needs no more than the layer


def test_what_no_rule_explains_leaves_the_whole_unknown():
    class Strange(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.third = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            x = self.second(torch.linalg.matrix_exp(self.first(x)))
            return self.third(x)

    walk = walked(Strange(), (1, 4, 4))
    assert not walk.completeness.complete and "bars" not in figures(walk)


def test_an_unknown_figure_is_one_sentence(mnist):
    with pytest.raises(UserError) as caught:
        figure(mnist, "pie")
    assert "pie" in caught.value.message.en and "volumes" in caught.value.message.zh
    recurrent = walked(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(2, 2)), (1, 3))
    with pytest.raises(UserError) as caught:
        figure(recurrent, "volumes")
    assert "bars" in caught.value.message.en


def test_every_maker_says_what_it_shows():
    for name, maker in makers().items():
        assert maker.name == name and maker.about.zh and maker.about.en


@pytest.fixture(scope="module")
def unet():
    return walked(UNet(), (1, 1, 64, 64))


@pytest.fixture(scope="module")
def mobilenet():
    return zoo_walk("mobilenet_v2")


def test_the_u_has_a_row_a_resolution_and_its_rows_sum_to_the_whole(unet):
    assert {"unet", "bars", "kernel"} <= sound(unet)
    layout = unet_module.unet_of(unet)
    assert layout.levels == [(64, 64), (32, 32), (16, 16), (8, 8), (4, 4)] and layout.skips == [0, 1, 2, 3]
    drawn = numbers(unet_module.make(unet))
    *rows, total_params, total_macs = drawn[-12:]
    assert total_params == unet.totals.params == sum(rows[0::2]) and total_macs == macs(unet.layers) == sum(rows[1::2])
    assert "32+32" in texts(unet_module.make(unet))  # what the skip brings, and what comes from below


def test_a_u_of_another_form_is_left_out():
    class Down(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1)

        def forward(self, x):
            return self.b(self.a(x))

    assert "unet" not in figures(walked(Down(), (1, 1, 32, 32)))


def test_the_stages_of_a_residual_network(resnet18):
    found = stages.stages_of(resnet18)
    assert [len(stage.blocks) for stage in found] == [0, 2, 2, 2, 2, 0]
    assert [layer for stage in found for layer in stage.layers] == list(resnet18.layers)
    kinds = stages.opened(found, resnet18)
    assert [kind.count for kind in kinds] == [5, 3]  # the identity's blocks, and those whose shortcut has a convolution
    drawn = texts(stages.make(resnet18))
    assert "identity: no parameters" in drawn and "1×1, 128, stride 2" in drawn


def test_the_kinds_of_block_of_an_inverted_residual_network(mobilenet):
    assert {"stages", "volumes", "bars", "kernel"} <= sound(mobilenet)
    found = stages.stages_of(mobilenet)
    assert sum(len(stage.blocks) for stage in found if len(stage.blocks) > 1) == 19
    assert sum(layer.counted for stage in found for layer in stage.layers) == mobilenet.totals.params
    assert [kind.count for kind in stages.opened(found, mobilenet)] == [
        1,
        6,
        10,
    ]  # without expansion; without, and with the shortcut
    assert "3×3 DW, 144" in texts(stages.make(mobilenet))


class Transformer(nn.Module):
    def __init__(self, depth=3):
        super().__init__()
        self.embedding = nn.Embedding(50, 32)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True) for _ in range(depth))
        self.head = nn.Linear(32, 50)

    def forward(self, x):
        x = self.embedding(x)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


def test_a_transformer_gets_its_blocks_and_its_attention():
    walk = walk_model(
        Transformer(), (torch.zeros(1, 20, dtype=torch.long, device="meta"),), {}, name="T", source="test"
    )
    assert {"stages", "bars", "attention", "matrices"} <= sound(walk)
    one = attention.make(walk)
    layer = walk.layers[one.place - 1]
    projections, scores, back = 3 * 20 * 32 * 32, 2 * 4 * 20 * 20 * 8, 20 * 32 * 32
    assert projections + scores + back == layer.macs.value
    drawn = " ".join(texts(one))
    for part in (projections, scores, back, layer.macs.value, layer.params.value):
        assert grouped(part) in drawn


def wired(*edges: tuple[int, ...]):
    """Steps with these inputs, as a block would have them."""
    layer = walked(nn.Sequential(nn.Linear(2, 2)), (1, 2)).layers[0]
    return [
        Node((replace(layer, call=replace(layer.call, index=i + 1)),), "", inputs) for i, inputs in enumerate(edges)
    ]


def test_wiring_of_other_forms_is_not_drawn():
    assert graph.chain_of(wired((-1,), (1,), (2,))) is not None
    assert graph.chain_of(wired((-1,), (1,), (1, 2))) is not None  # a shortcut
    assert graph.chain_of(wired((-1,), (1,), (1, 2), (1, 3))) is not None  # two that begin alike
    assert graph.chain_of(wired((-1,), (1,), (1,))) is None  # a step that nobody uses


RECURRENT = [
    (nn.LSTM(100, 128, 2, bidirectional=True, batch_first=True), 4),
    (nn.LSTM(8, 16, bias=False), 4),
    (nn.GRU(32, 4), 3),
    (nn.RNN(3, 5, nonlinearity="relu"), 1),
]


@pytest.mark.parametrize(("layer", "count"), RECURRENT, ids=lambda value: str(value)[:40])
def test_the_gates_of_a_recurrent_layer(layer, count):
    walk = walked(layer, (7, 2, layer.input_size) if not layer.batch_first else (2, 7, layer.input_size))
    one = gates.make(walk)
    drawn = texts(one)
    for lang in LANGS:
        assert faults(one.canvas(lang)) == []
    names = ("input gate", "forget gate", "output gate", "candidate", "reset gate", "update gate", "state")
    assert sum(text in names for text in drawn) == count
    assert f"= {grouped(walk.layers[0].params.value)}" in drawn and f"= {grouped(walk.layers[0].macs.value)}" in drawn


def test_the_miniature_is_worked_out():
    assert small_example.convolved(0, 0) == 1 * 1 + 2 * 0 + 4 * -1 + 5 * 2 == 7
    assert "7" in texts(figure(walked(nn.Sequential(nn.Conv2d(3, 8, 3)), (1, 3, 9, 9)), "miniature"))
    linear = walked(nn.Sequential(nn.Linear(4, 3)), (1, 4))
    drawn = texts(matrices.make(linear)) + texts(figure(linear, "miniature"))
    assert drawn.count("= 15") >= 2  # 4·3+3, of this layer and of the miniature


def convolutions():
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3, padding=1))


def test_the_growth_with_the_input_is_the_proved_formula():
    walk = measured(walked(convolutions(), (1, 1, 28, 28)), "in_symbols")
    curve = scaling.curve_of(walk)
    assert curve.own == 28 and curve.at(28) == macs(walk.layers)
    for size in (16, 56):  # runs at other sizes, not the formula
        assert curve.at(size) == macs(walked(convolutions(), (1, 1, size, size)).layers)
    one = scaling.make(walk)
    assert any(grouped(curve.at(28)) in text for text in texts(one))
    for lang in LANGS:
        assert faults(one.canvas(lang)) == []
    assert scaling.make(walked(convolutions(), (1, 1, 28, 28))) is None  # not measured


def test_blocks_of_one_form_are_stages_whatever_they_are_called():
    boxes = {stage.name: len(stage.blocks) for stage in stages.stages_of(zoo_walk("googlenet"))}
    assert [boxes[name] for name in ("inception3a–3b", "inception4a–4e")] == [2, 5]
    fires = stages.stages_of(zoo_walk("squeezenet1_1"))
    assert [len(stage.blocks) for stage in fires if len(stage.blocks) > 1] == [2, 2, 4]
    dense = stages.make(zoo_walk("densenet121"))
    assert {"6 ×", "1+12 ×", "1+24 ×", "1+16 ×"} <= set(texts(dense)) and "one of 58 of this form" in " ".join(
        texts(dense)
    )
    assert len(stages.stages_of(zoo_walk("resnet50"))[1].blocks) == 3  # its first and last stage have the same steps


def test_a_long_hatched_bar_has_its_number_within():
    net = nn.Sequential(nn.Embedding(9000, 64), nn.Linear(64, 8), nn.Linear(8, 8), nn.Linear(8, 8))
    walk = walk_model(net, (torch.empty(1, 6, dtype=torch.int64, device="meta"),), {}, name="net", source="test")
    one = bars.make(walk)
    assert faults(one.canvas("en")) == [] and "576,000" in texts(one)


def test_a_skip_from_elsewhere_enters_a_block_as_one(unet):
    kind = stages.opened(stages.stages_of(unet), unet)[0]
    block, count = kind.block, kind.count
    joins = [node for node in kind.chain if getattr(node, "foreign", ())]
    assert (block.path, count) == ("up.0", 4) and [node.foreign[0][1:] for node in joins] == [
        block.layers[1].call.input_shapes[0][1:]
    ]
    assert "skip connection 256×8×8" in texts(stages.make(unet))
    assert [stage.name for stage in stages.stages_of(unet)][:2] == ["down.0", "down.1"]


def test_a_block_is_opened_as_fine_as_fits():
    drawn = texts(stages.make(zoo_walk("mobilenet_v3_small")))
    assert {"5×5 DW, 240", "channel gate", "h-swish"} <= set(drawn) and "block" not in drawn
    assert not any(text.isdigit() and text in ("0", "1", "2") for text in drawn)
    assert "concatenation" in texts(stages.make(zoo_walk("swin_t")))  # four pieces of one image side by side


def test_raw_tensors_count_where_they_are():
    walk = zoo_walk("swin_t")
    rows = bars.rows_of(walk)
    assert sum(row.params for row in rows) == walk.totals.params and not any(row.name == bars.RAW for row in rows)
    drawn = texts(stages.make(walk))
    assert any(text.startswith("this one: 112,347 parameters") for text in drawn)
    assert any("features.5.0–5" in row.name.en and row.macs == 6 * 354_192_384 for row in rows)


def test_a_block_whose_norms_are_proven_is_opened_though_their_names_are_long():
    """`post_attention_layernorm` is too wide for a box; what it was proven to be is a narrow tag."""
    sizes = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2}
    arguments = [f"{name}={value}" for name, value in {**sizes, "intermediate_size": 128, "vocab_size": 100}.items()]
    figure = stages.make(walk_target("hf:llama", ["1,8:int64"], arguments, ideas=True))
    said = texts(figure)
    assert faults(figure.canvas("en")) == [] and faults(figure.canvas("zh")) == []
    assert said.count("RMS") == 2 and {"attention", "gated feed-forward network"} <= set(said)
