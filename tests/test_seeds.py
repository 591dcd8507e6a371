"""The figures that lecture notes on the net give rightly: each derived in the walkthrough and printed in the document.

The nets are those of the seeds 000 (VGG11 for one channel), 001 (two convolutions on MNIST), 002 (VGG16), 003 (tanh).
The expected figures are the notes' own, verified by hand (the sums are in the comments).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import torch
from nets import MnistCnn, Net003, Vgg11Gray, torch_count, walked, zoo_walk

from explainer.api import Explanation
from explainer.walkthrough.verdict import Verdict


@dataclass(frozen=True)
class Seed:
    """A net, its layers with parameters (type, count, output without batch), its subtotals, total, MACs and texts."""

    walk: object
    layers: tuple[tuple[str, int, tuple[int, ...]], ...]
    total: int
    macs: int
    subtotals: dict[str, int]
    texts: tuple[str, ...]


SEEDS = {
    "000": lambda: Seed(
        walk=walked(_meta(Vgg11Gray), (1, 1, 224, 224)),
        layers=(
            ("Conv2d", 640, (64, 224, 224)),  # (3·3·1+1)·64
            ("MaxPool2d", 0, (64, 112, 112)),
            ("Conv2d", 73856, (128, 112, 112)),
            ("MaxPool2d", 0, (128, 56, 56)),
            ("Conv2d", 295168, (256, 56, 56)),
            ("Conv2d", 590080, (256, 56, 56)),
            ("MaxPool2d", 0, (256, 28, 28)),
            ("Conv2d", 1180160, (512, 28, 28)),
            ("Conv2d", 2359808, (512, 28, 28)),
            ("MaxPool2d", 0, (512, 14, 14)),
            ("Conv2d", 2359808, (512, 14, 14)),
            ("Conv2d", 2359808, (512, 14, 14)),
            ("MaxPool2d", 0, (512, 7, 7)),
            ("flatten", 0, (25088,)),  # 512·7·7
            ("Linear", 102764544, (4096,)),
            ("Linear", 16781312, (4096,)),
            ("Linear", 4097000, (1000,)),
        ),
        total=132862184,
        macs=7551287296,
        subtotals={"CONVOLUTION": 9219328, "LINEAR": 123642856},
        texts=("(3·3·512+1)·512", "(4096+1)·1000"),
    ),
    "001": lambda: Seed(
        walk=walked(_meta(MnistCnn), (1, 1, 28, 28)),
        layers=(
            ("Conv2d", 416, (16, 28, 28)),  # (5·5·1+1)·16
            ("ReLU", 0, (16, 28, 28)),
            ("MaxPool2d", 0, (16, 14, 14)),
            ("Conv2d", 12832, (32, 14, 14)),  # (5·5·16+1)·32
            ("ReLU", 0, (32, 14, 14)),
            ("MaxPool2d", 0, (32, 7, 7)),
            ("view", 0, (1568,)),  # 32·7·7
            ("Linear", 15690, (10,)),  # (1568+1)·10
        ),
        total=28938,
        macs=2838080,
        subtotals={"CONVOLUTION": 13248, "LINEAR": 15690},
        texts=("(5·5·1+1)·16", "(5·5·16+1)·32", "(1568+1)·10"),
    ),
    "002": lambda: Seed(
        walk=zoo_walk("vgg16"),
        layers=(
            ("Conv2d", 1792, (64, 224, 224)),
            ("ReLU", 0, (64, 224, 224)),
            ("Conv2d", 36928, (64, 224, 224)),
            ("ReLU", 0, (64, 224, 224)),
            ("MaxPool2d", 0, (64, 112, 112)),
            ("Conv2d", 73856, (128, 112, 112)),
            ("ReLU", 0, (128, 112, 112)),
            ("Conv2d", 147584, (128, 112, 112)),
            ("ReLU", 0, (128, 112, 112)),
            ("MaxPool2d", 0, (128, 56, 56)),
            ("Conv2d", 295168, (256, 56, 56)),
            ("ReLU", 0, (256, 56, 56)),
            ("Conv2d", 590080, (256, 56, 56)),
            ("ReLU", 0, (256, 56, 56)),
            ("Conv2d", 590080, (256, 56, 56)),
            ("ReLU", 0, (256, 56, 56)),
            ("MaxPool2d", 0, (256, 28, 28)),
            ("Conv2d", 1180160, (512, 28, 28)),
            ("ReLU", 0, (512, 28, 28)),
            ("Conv2d", 2359808, (512, 28, 28)),
            ("ReLU", 0, (512, 28, 28)),
            ("Conv2d", 2359808, (512, 28, 28)),
            ("ReLU", 0, (512, 28, 28)),
            ("MaxPool2d", 0, (512, 14, 14)),
            ("Conv2d", 2359808, (512, 14, 14)),
            ("ReLU", 0, (512, 14, 14)),
            ("Conv2d", 2359808, (512, 14, 14)),
            ("ReLU", 0, (512, 14, 14)),
            ("Conv2d", 2359808, (512, 14, 14)),
            ("ReLU", 0, (512, 14, 14)),
            ("MaxPool2d", 0, (512, 7, 7)),
            ("AdaptiveAvgPool2d", 0, (512, 7, 7)),
            ("flatten", 0, (25088,)),
            ("Linear", 102764544, (4096,)),
            ("ReLU", 0, (4096,)),
            ("Dropout", 0, (4096,)),
            ("Linear", 16781312, (4096,)),
            ("ReLU", 0, (4096,)),
            ("Dropout", 0, (4096,)),
            ("Linear", 4097000, (1000,)),
        ),
        total=138357544,  # 14,714,688 + 123,642,856
        macs=15470264320,
        subtotals={"CONVOLUTION": 14714688, "LINEAR": 123642856},
        texts=("(3·3·3+1)·64", "(3·3·512+1)·512", "(25,088+1)·4096", "14,714,688+123,642,856=138,357,544"),
    ),
    "003": lambda: Seed(
        walk=walked(_meta(Net003), (1, 3, 32, 32)),
        layers=(
            ("Conv2d", 448, (16, 32, 32)),  # (3·3·3+1)·16
            ("Tanh", 0, (16, 32, 32)),
            ("MaxPool2d", 0, (16, 16, 16)),
            ("Conv2d", 1160, (8, 16, 16)),  # (3·3·16+1)·8
            ("Tanh", 0, (8, 16, 16)),
            ("MaxPool2d", 0, (8, 8, 8)),
            ("view", 0, (512,)),  # 8·8·8
            ("Linear", 16416, (32,)),  # (512+1)·32
            ("Tanh", 0, (32,)),
            ("Linear", 66, (2,)),  # (32+1)·2
        ),
        total=18090,
        macs=753728,
        subtotals={"CONVOLUTION": 1608, "LINEAR": 16482},
        texts=("(3·3·3+1)·16", "(3·3·16+1)·8", "(512+1)·32", "(32+1)·2"),
    ),
}
LANGUAGES = {"zh": ("zh",), "en": ("en",), "zh,en": ("zh", "en")}


def _meta(cls):
    with torch.device("meta"):
        return cls()


@pytest.fixture(scope="module", params=SEEDS, ids=[f"seed{name}" for name in SEEDS])
def seed(request) -> Seed:
    return SEEDS[request.param]()


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request, seed) -> str:
    return Explanation(seed.walk, LANGUAGES[request.param]).to_markdown()


def printed(page: str, value: int) -> bool:
    """Whether a page shows a number: as 1792, 36,928, or 36{,}928; not as a piece of a longer one."""
    forms = {str(value), f"{value:,}", f"{value:,}".replace(",", "{,}")}
    return any(re.search(rf"(?<![\d.,}}]){re.escape(form)}(?![\d]|[.,]\d|\{{,)", page) for form in forms)


def test_printed_finds_whole_numbers_only():
    assert printed("得 36{,}928 个", 36928)
    assert printed("(36,928)", 36928)
    assert not printed("136,928", 36928)
    assert not printed("36,928,000", 36928)


def test_every_layer_has_its_parameters_and_its_shape(seed):
    found = [(layer.type, layer.value, layer.call.output_shapes[0][1:]) for layer in seed.walk.layers]
    assert found == list(seed.layers)


def test_every_figure_is_derived_and_agrees_with_torch(seed):
    for layer in seed.walk.layers:
        assert layer.params is not None
        assert layer.params.value == layer.torch_params
        assert tuple(size.value for _, size in layer.shape) == layer.call.output_shapes[0]
    assert seed.walk.checks == {
        Verdict.AGREES: 2 * len(seed.layers) + 1,
        Verdict.DISAGREES: 0,
        Verdict.UNCHECKED: 0,
        Verdict.NOT_REACHED: 0,
    }


def test_the_sums(seed):
    assert seed.walk.totals.params == seed.walk.totals.torch_params == seed.total
    assert {group.key: group.params for group in seed.walk.groups("kind") if group.params} == seed.subtotals
    assert sum(group.params for group in seed.walk.groups("block")) == seed.total
    assert sum(layer.macs.value for layer in seed.walk.layers if layer.macs) == seed.macs


def test_every_figure_is_printed(seed, page):
    figures = {count for _, count, _ in seed.layers} | {seed.total, *seed.subtotals.values()}
    assert [figure for figure in figures if not printed(page, figure)] == []


def test_every_shape_is_printed(seed, page):
    shapes = {"×".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]}" for _, _, shape in seed.layers}
    assert [shape for shape in shapes if shape not in page.replace(",", "")] == []


def test_the_formulas_are_printed_with_their_numbers(seed, page):
    closed_up = page.replace(" + ", "+").replace(" = ", "=")
    assert [text for text in seed.texts if text not in page and text not in closed_up] == []


def test_equal_layers_refer_to_the_first(seed):
    first: dict[tuple, int] = {}
    for layer in seed.walk.layers:
        key = (layer.type, layer.value, layer.call.input_shapes, layer.call.output_shapes)
        expected = first.setdefault(key, layer.index)
        assert layer.same_as == (expected if expected != layer.index else None)


def test_vgg16s_commonest_layer_is_worked_out_step_by_step(vgg16_pages):
    # conv4-2, conv4-3 and the whole last stage: (3·3·512+1)·512, every factor named, reduced step by step
    for lang, said in (
        ("zh", "有5层（第一层是`features.19`）的参数量都是"),
        ("en", "5 (the first is `features.19`) have this number of parameters each"),
    ):
        after = vgg16_pages[lang].split(said)[1].split("$$")[1]
        assert "\\underbrace{1}_" in after
        assert all(step in after for step in (r"(4608+1)\cdot 512", r"4609\cdot 512", "2{,}359{,}808"))
    rows = [line for line in vgg16_pages["en"].splitlines() if "`features.28`" in line and line.startswith("|")]
    assert any("(3·3·512+1)·512" in row and "2,359,808" in row for row in rows)


def test_stages_are_numbered_as_in_the_vgg_paper(vgg16):
    places = [layer.place for layer in vgg16.layers if layer.place]
    counts = (2, 2, 3, 3, 3)
    assert places == [f"conv{stage}-{n}" for stage, count in enumerate(counts, 1) for n in range(1, count + 1)]


def test_vgg16_is_called_16_for_13_and_3(vgg16_pages):
    assert re.search(r"16.*13.*3", vgg16_pages["zh"].split("##")[1])
    assert re.search(r"16.*13.*3", vgg16_pages["en"].split("##")[1])


def test_vgg16_in_memory(vgg16_pages):
    # 138,357,544·4 = 553,430,176 bytes = 553.43 MB = 527.79 MiB
    for page in vgg16_pages.values():
        row = next(line for line in page.splitlines() if "553,430,176" in line and "553.43" in line)
        assert "553,430,176" in row
        assert "553.43" in row
        assert "527.79" in row


def test_the_bias_of_seed_001_hardly_matters():
    walk = walked(_meta(MnistCnn), (1, 1, 28, 28))
    full = Explanation(walk, ("zh",), detail="full").to_markdown()
    assert "5·5·16·32=12,800" in full  # the abridged formula, 32 short of 12,832
    assert "0.25%" in full  # 32/12,832
    assert torch_count(MnistCnn()) == 28938
