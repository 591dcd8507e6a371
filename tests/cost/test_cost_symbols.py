"""Totals in symbols: known polynomials, attention quadratic in length, what does not vary, and another batch."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from nets import Function, costs, measured, meta, walked
from torch import nn

from explainer.cost.in_symbols import dependence
from explainer.derive.pipeline import walk_model
from explainer.errors import UserError
from explainer.lesson.compose import compose
from explainer.measure.scaling.interpolation import fitted, powers_up_to
from explainer.measure.scaling.sizes import H, T, W
from explainer.render.markdown import to_markdown
from explainer.source import load
from explainer.vocabulary.symbols import N
from explainer.walkthrough.polynomial import Polynomial


def total_macs(walk):
    return sum(layer.macs.value for layer in walk.layers if layer.macs)


def test_vgg16(vgg16):
    symbols = costs(vgg16, "in_symbols").in_symbols
    assert symbols.macs.ascii() == "N*(305856*H*W+123633664)"
    assert symbols.macs.at({"N": 1, "H": 224, "W": 224}) == 15_470_264_320
    assert symbols.activations.at({"N": 1, "H": 224, "W": 224}) * 4 == costs(vgg16, "memory").activations.value
    assert symbols.params == 138_357_544
    assert symbols.valid_for.en == "Valid for any N, multiples of 32 for H and W."
    assert symbols.valid_for.zh == "适用范围：N任意，H、W为32的倍数。"
    assert len(symbols.proof) >= 2
    assert not [sizes for sizes in symbols.proof if sizes in symbols.bases]


@pytest.mark.parametrize("name", ["examples/unet.py:UNet", "squeezenet1_1"])
def test_the_formula_holds_at_sizes_never_run(name):
    model = load(name).model
    shape = (1, 1, 64, 64) if "unet" in name else (1, 3, 227, 227)
    symbols = costs(walked(model, shape), "in_symbols").in_symbols
    step = 32
    n, h, w = 7, shape[2] + 9 * step, shape[3] + 4 * step
    other = walked(model, (n, shape[1], h, w))
    assert symbols.macs.at({"N": n, "H": h, "W": w}) == total_macs(other)
    outputs = sum(m.new_bytes for m in costs(other, "memory").memory.values())
    assert symbols.activations.at({"N": n, "H": h, "W": w}) * 4 == outputs


@pytest.mark.parametrize("batch_first", [True, False])
def test_attention_is_quadratic_in_length(batch_first):
    model = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(32, 4, 64, batch_first=batch_first), 2, enable_nested_tensor=False
    )
    walk = walked(model, (2, 20, 32) if batch_first else (20, 2, 32))
    symbols = costs(walk, "in_symbols").in_symbols
    assert symbols.macs.degree("N") == 1
    assert symbols.macs.degree("T") == 2
    # Two layers: projections 4·32² and the feed-forward 2·32·64 a token; QKᵀ and AV 2·32 a pair of tokens.
    assert symbols.macs.text() == "N·T·(128·T+16,384)"
    assert dependence(symbols, "T").en == "is quadratic in T"
    assert dependence(symbols, "N").zh == "是N的一次函数"


def test_gpt2_is_quadratic_in_length():
    transformers = pytest.importorskip("transformers")
    model = transformers.GPT2Model(transformers.GPT2Config(n_layer=2, n_embd=48, n_head=4, vocab_size=100))
    walk = walk_model(model, (meta(2, 24, dtype=torch.int64),), {}, name="gpt2", source="test")
    symbols = costs(walk, "in_symbols").in_symbols
    assert symbols.macs.at({"N": 2, "T": 24}) == total_macs(walk)
    assert symbols.macs.coefficient(1, 2) == 2 * 2 * 48
    assert symbols.macs.coefficient(1, 1) == 2 * 12 * 48**2


def test_recurrent_layers_are_linear_in_length():
    walk = walked(nn.LSTM(8, 16, batch_first=True), (2, 30, 8))
    symbols = costs(walk, "in_symbols").in_symbols
    assert symbols.macs.degree("T") == 1
    assert symbols.macs.at({"N": 5, "T": 7}) == total_macs(walked(nn.LSTM(8, 16, batch_first=True), (5, 7, 8)))


def test_a_signal_has_a_length():
    model = nn.Sequential(nn.Conv1d(2, 4, 4, 2, 1), nn.ReLU(), nn.Conv1d(4, 8, 4, 2, 1))
    symbols = costs(walked(model, (1, 2, 64)), "in_symbols").in_symbols
    assert symbols.macs.text() == "48·N·L"


def test_a_fixed_size_is_said_with_its_reason():
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Flatten(), nn.Linear(128, 4))
    symbols = costs(walked(model, (1, 1, 8, 8)), "in_symbols").in_symbols
    assert symbols.fixed == ("H", "W")
    assert symbols.macs.text() == "1664·N"
    reason = next(note for note in symbols.notes if "H, W" in note.en)
    assert "2" in reason.en
    assert reason.zh.startswith("模型不接受其他的H、W")
    assert reason.zh.endswith("。")
    assert reason.en.endswith(".")


def test_a_batch_that_cannot_vary_gives_no_formula():
    symbols = costs(walked(Function(lambda x: x.view(1, 12) + 1), (1, 3, 4)), "in_symbols").in_symbols
    assert symbols.macs is None
    assert symbols.notes


def test_polynomials_are_written_for_people_machines_and_the_page():
    polynomial = Polynomial((N, T), (((1, 2), Fraction(3)), ((1, 1), Fraction(10_000)), ((1, 0), Fraction(-1, 3))))
    assert polynomial.text() == "N·(3·T²+10,000·T−1/3)"
    assert polynomial.ascii() == "N*(3*T^2+10000*T-1/3)"
    assert r"T^{2}" in polynomial.latex()
    assert polynomial.degree("T") == 2
    assert polynomial.at({"N": 2, "T": 3}) == 2 * (27 + 30_000) - Fraction(2, 3)
    assert polynomial.coefficient(2, 0) == 0
    assert Polynomial((N,), ()).text() == "0"
    assert Polynomial((N,), (((1,), Fraction(1)),)).ascii() == "N"


def test_too_few_points_determine_nothing():
    assert fitted((H, W), powers_up_to((1, 1)), [(1, 1), (2, 2), (3, 3), (4, 4)], [1, 2, 3, 4]) is None
    found = fitted((H, W), powers_up_to((1, 1)), [(1, 1), (1, 2), (2, 1), (2, 2), (5, 7)], [3, 5, 5, 9, 72])
    assert found is None  # the fifth point is not on it
    exact = fitted((H, W), powers_up_to((1, 1)), [(1, 1), (1, 2), (2, 1), (2, 2), (5, 7)], [3, 5, 5, 9, 71])
    assert exact.ascii() == "2*H*W+1"


def test_what_a_batch_of_12_changes():
    model = load("examples/vgg11_gray.py").model
    walk = walked(model, (1, 1, 224, 224))
    batch = costs(walk, "batch", batch=12).at_batch(12)
    by_key = {change.key: change for change in batch.changes}
    assert by_key["params"].before == by_key["params"].after == 132_862_184
    assert not by_key["params"].changes
    assert not by_key["weights_bytes"].changes
    for key in ("macs", "activations", "inputs_bytes", "peak_bytes", "kept_bytes"):
        assert batch.proportional(by_key[key]), key
    # Seed 000's torchinfo table says 90,704,670,432 mult-adds, with the biases; and the same input size.
    assert by_key["macs"].after == 12 * total_macs(walk)
    assert by_key["inputs_bytes"].after == 12 * 224 * 224 * 4


def test_a_batch_that_the_model_refuses_is_one_sentence():
    walk = walked(Function(lambda x: x.view(1, 12) + 1), (1, 3, 4))
    with pytest.raises(UserError, match="batch 2"):
        costs(walk, "batch", batch=2).at_batch(2)


def test_an_odd_size_is_kept_in_steps_of_the_stride():
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.Conv2d(4, 8, 3, 2))
    symbols = costs(walked(model, (1, 3, 51, 51)), "in_symbols").in_symbols
    assert symbols.valid_for.en == "Valid for any N, 51+4·i (i = 0, 1, 2, …) for H and W."
    assert symbols.macs.at({"N": 2, "H": 55, "W": 99}) == total_macs(walked(model, (2, 3, 55, 99)))


class Mixed(nn.Module):
    """The first recurrent layer takes the batch first, the last one the sequence."""

    def __init__(self):
        super().__init__()
        self.first = nn.LSTM(8, 16, batch_first=True)
        self.last = nn.RNN(16, 4)

    def forward(self, x):
        return self.last(self.first(x)[0].transpose(0, 1))[0]


class Turned(nn.Module):
    """N×T×F given, turned round for a layer that takes the sequence first."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 16)

    def forward(self, x):
        return self.lstm(x.transpose(0, 1))[0][-1]


@pytest.mark.parametrize("model", [Mixed(), Turned()])
def test_the_first_recurrent_layer_called_says_which_dimension_is_the_batch(model):
    walk = walked(model, (3, 10, 8))
    symbols = costs(walk, "in_symbols").in_symbols
    assert symbols.macs.at({"N": 3, "T": 10}) == total_macs(walk)
    assert symbols.macs.at({"N": 2, "T": 5}) == total_macs(walked(model, (2, 5, 8)))


def test_a_size_outside_the_formulas_range_shows_its_own_totals():
    def parted(x):
        return (x + 1) if x.shape[0] == 1 else (x + 1) * 2

    walk = walked(Function(parted), (1, 6))
    assert costs(walk, "in_symbols").in_symbols.activations.text() == "12·N"
    page = to_markdown(compose(measured(walk), ("en",), show=("shape", "memory")))
    assert "| elements of the layers' outputs | **12·N** | 6 |" in page
    assert "lies outside that range" in page
