"""What opens a handout: a reason for the network's main idea, and the smallest example of its layers, worked out."""

import re

import pytest
import torch
from nets import walked, zoo_walk
from torch import nn

from examples.unet import UNet
from explainer.api import Explanation
from explainer.figures.table import figure, of_lesson
from explainer.i18n.bilingual import LANGS
from explainer.lesson.why import ACTIVATION, ATTENTION, CAUSAL, CONVOLUTION, EXPERTS, RECURRENT, SKIPS, WINDOW, why
from explainer.targets import walk_target
from explainer.vocabulary.small_example import image, kernel, outputs, small, spread


class Lstm(nn.Module):
    """A recurrent layer, whose last output goes into a fully connected one."""

    def __init__(self, kind=nn.LSTM):
        super().__init__()
        self.inner, self.last = kind(8, 16, batch_first=True), nn.Linear(16, 3)

    def forward(self, x):
        return self.last(self.inner(x)[0][:, -1])


def opening(text):
    """The words before the first number: enough to tell one reason from another."""
    return re.split(r"[{]", text.en)[0][:60]


def said(walk, u_shaped=False):
    return [one.en for one in why(walk, u_shaped)]


ONE_BLOCK = {"hf:gpt2": ["n_layer=2"], "hf:bert": ["num_hidden_layers=2"], "hf:mixtral": ["num_hidden_layers=1"]}


@pytest.mark.parametrize(
    ("model", "texts"),
    [
        ("hf:gpt2", [CAUSAL]),
        ("hf:bert", [ATTENTION]),
        ("hf:mixtral", [EXPERTS]),
        ("swin_t", [WINDOW]),
    ],
)
def test_the_reason_is_that_of_what_was_proven(model, texts):
    found = said(walk_target(model, arguments=ONE_BLOCK.get(model, []), ideas=True))
    assert [one.startswith(opening(text)) for one, text in zip(found, texts, strict=True)] == [True] * len(texts)


def test_a_convolution_is_weighed_against_a_layer_that_connects_everything():
    walk = walked(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2)), (1, 3, 8, 8))
    (one,) = said(walk)
    assert one.startswith(opening(CONVOLUTION)) and "192·144 = 27,648 weights" in one and "112 parameters" in one


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, True), (nn.GRU, True), (nn.RNN, False)])
def test_gates_are_spoken_of_where_there_are_some(kind, gates):
    (one,) = said(walked(Lstm(kind), (1, 5, 8)))
    assert one.startswith(RECURRENT.en[:40]) and ("Gates" in one) is gates


def test_fully_connected_layers_alone_say_why_there_are_activations():
    assert said(walked(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), (1, 4))) == [ACTIVATION.en]
    assert said(walked(nn.Sequential(nn.Linear(4, 3)), (1, 4))) == []


def test_a_u_has_a_reason_for_its_skips():
    assert SKIPS.en in Explanation(walked(UNet(), (1, 1, 64, 64)), ("en",), "handout").to_markdown()


@pytest.mark.parametrize("dims", [1, 2])
def test_the_small_convolution_is_torchs(dims):
    given, weights = (torch.tensor(rows, dtype=torch.double) for rows in (image(dims), kernel(dims)))
    convolve = nn.functional.conv2d
    theirs = convolve(given[None, None], weights[None, None])[0, 0].tolist()
    assert theirs == [list(row) for row in outputs(dims)]


@pytest.mark.parametrize("dims", [1, 2])
def test_the_small_transposed_convolution_is_torchs(dims):
    given, weights = (torch.tensor(rows, dtype=torch.double) for rows in (small(dims), kernel(dims)))
    theirs = nn.functional.conv_transpose2d(given[None, None], weights[None, None])[0, 0].tolist()
    assert theirs == [list(row) for row in spread(dims)]


def test_the_small_example_says_its_numbers_and_this_networks():
    text = Explanation(zoo_walk("vgg11"), ("en",), "handout").to_markdown()
    for words in (
        "1·1 + 2·0 + 4·(−1) + 5·2 = 7",
        "= 15 parameters",
        "sum of 3·3·3 = 27 products",
        "25,088 inputs and 4096 outputs",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("net", "shape", "words", "not_there"),
    [
        (nn.Sequential(nn.Conv1d(2, 4, 3)), (1, 2, 9), "kernel −1, 2", "A fully connected layer: 4"),
        (nn.Sequential(nn.Linear(4, 2)), (1, 7, 4), "at each of 7 positions", "A convolution: the"),
        (
            nn.Sequential(nn.ConvTranspose2d(3, 2, 4)),
            (1, 3, 5, 5),
            "each of the 75 numbers of its input is multiplied by 32",
            "A convolution:",
        ),
        (
            nn.Sequential(nn.ConvTranspose1d(3, 2, 4)),
            (1, 3, 5),
            "each of the 15 numbers of its input is multiplied by 8",
            "A convolution:",
        ),
        (nn.Sequential(nn.ReLU()), (1, 4), "The idea", "First with small numbers"),
    ],
)
def test_it_has_what_the_network_has(net, shape, words, not_there):
    text = Explanation(walked(net, shape), ("en",), "handout").to_markdown()
    assert words in text and not_there not in text


def test_its_figure_is_sound_and_stands_in_a_handout_beside_the_one_of_the_whole():
    for net, shape in (
        (nn.Conv1d(2, 4, 3), (1, 2, 9)),
        (nn.ConvTranspose2d(2, 4, 3), (1, 2, 9, 9)),
        (nn.Conv2d(1, 2, 3), (1, 1, 9, 9)),
        (nn.Linear(4, 2), (1, 4)),
    ):
        walk = walked(nn.Sequential(net), shape)
        assert all(figure(walk, "miniature", lang).sound(lang) for lang in LANGS)
    placed = of_lesson(zoo_walk("vgg11"), ("zh",), "handout", ("params", "shape", "macs"))
    assert {place: [one.name for one in found] for place, found in placed.items()} == {
        "overview": ["volumes"],
        "miniature": ["miniature"],
    }
