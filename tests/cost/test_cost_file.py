"""The size of a saved file to the byte, against torch.save; units; number formats; the KV cache."""

from __future__ import annotations

import io
from fractions import Fraction

import pytest
import torch
from nets import costs, measured, meta, walked, zoo_walk
from torch import nn

from explainer.cost.cost import cost_of
from explainer.cost.kv_cache import cache_reasons, cache_size, cache_size_at, cache_verdict
from explainer.cost.saved_file import file_parts, why_kib
from explainer.cost.units import Size, bits
from explainer.derive.pipeline import walk_model
from explainer.export.cost_json import call_dict, total_dict
from explainer.lesson.compose import compose
from explainer.measure.memory.saved_file import measure, predict
from explainer.render.markdown import to_markdown
from explainer.walkthrough.verdict import Verdict


class Tied(nn.Module):
    """A shared weight, a buffer of integers, a half-precision layer, a channel-last weight, a Chinese name."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)
        self.b.weight = self.a.weight
        self.norm, self.half = nn.BatchNorm1d(8), nn.Linear(3, 5).half()
        self.conv = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        self.register_buffer("steps", torch.arange(17))
        self.头部 = nn.Linear(2, 2, bias=False)


@pytest.mark.parametrize(
    "build",
    [
        Tied,
        nn.Identity,
        lambda: nn.Linear(3, 5),
        lambda: nn.LSTM(4, 6, num_layers=2, bidirectional=True),
        lambda: nn.TransformerEncoderLayer(16, 2, 32),
        lambda: nn.Sequential(*[nn.Conv2d(3, 3, 3) for _ in range(130)]),
        lambda: nn.ParameterList([nn.Parameter(torch.zeros(())), nn.Parameter(torch.zeros(0, 3))]),
    ],
)
@pytest.mark.parametrize("name", ["model.pt", "a-much-longer-name-than-usual.pth", ""])
def test_the_prediction_is_exact(build, name, tmp_path):
    model = build()
    if name:
        torch.save(model.state_dict(), tmp_path / name)
        real = (tmp_path / name).stat().st_size
    else:
        buffer = io.BytesIO()
        torch.save(model.state_dict(), buffer)
        real = len(buffer.getvalue())
    file = predict(model, name)
    assert file.bytes == real
    assert file_parts(file).value == real


def test_vgg16_without_memory(vgg16):
    file = costs(vgg16, "saved_file").saved_file
    assert file.bytes == 553_439_607
    assert (file.weights, file.buffers, file.records) == (553_430_176, 0, 32)


def test_resnet18_on_meta_is_measured_too(resnet18):
    cost = costs(resnet18, "saved_file", "file_on_disk")
    assert cost.file_on_disk == cost.saved_file.bytes == measure(resnet18.trace.model)
    assert cost.saved_file.buffers == 4 * 2 * 4800 + 8 * 20


def test_540459_kib_is_553_mb():
    sentence = why_kib(553_430_176)
    for number in ("540,459.2 KiB", "553.43 MB", "527.79 MiB"):
        assert number in sentence.en
        assert number in sentence.zh
    assert "540 M" in sentence.en


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (553_430_176, "553,430,176 B ≈ 553.43 MB ≈ 527.79 MiB"),
        (1024, "1024 B ≈ 1.02 KB = 1.00 KiB"),
        (25_690_112, "25,690,112 B ≈ 25.69 MB = 24.50 MiB"),
        (999, "999 B"),
        (0, "0 B"),
    ],
)
def test_exact_first_then_about(size, text):
    assert Size(size).text == text


def test_units():
    assert Size(553_430_176).in_unit("KiB", 1) == "540,459.2 KiB"
    assert Size(125_000).exactly("Mb") == 1
    assert Size(4_000_000).in_unit("Mb") == "32.00 Mb"  # seed 001: a million 32-bit parameters
    assert Size(2_005_000).in_unit("MB") == "2.01 MB"  # half up, not to even
    assert bits(3, 4).bytes == 2


def test_number_formats(vgg16):
    weights = cost_of(vgg16).weights
    assert weights.bytes == 553_430_176
    assert weights.stored_as("bfloat16").value == 276_715_088
    assert weights.stored_as("int8").value == 138_357_544
    assert weights.stored_as("int4").value == 69_178_772
    odd = cost_of(walked(nn.Linear(2, 1), (1, 2))).weights
    assert odd.stored_as("int4").value == 2
    assert odd.stored_as("float64").value == 24


def test_several_number_formats_are_summed():
    model = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4).half()])
    model.forward = lambda x: model[0](x)
    assert cost_of(walked(model, (1, 4))).weights.bytes == 20 * 4 + 20 * 2


@pytest.mark.parametrize(
    ("name", "options", "heads"),
    [
        ("GPT2", {"n_layer": 3, "n_embd": 48, "n_head": 4}, 4),
        ("Llama", {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 8, "num_key_value_heads": 2}, 2),
    ],
)
def test_the_kv_cache_is_the_models_own(name, options, heads):
    transformers = pytest.importorskip("transformers")
    config = getattr(transformers, f"{name}Config")(vocab_size=90, **options)
    with torch.device("meta"):
        model = getattr(transformers, f"{name}Model")(config)
    walk = walk_model(model, (meta(3, 20, dtype=torch.int64),), {}, name=name, source="test")
    cache = costs(walk, "kv_cache").kv_cache
    layers, width = config.num_hidden_layers, config.hidden_size // config.num_attention_heads
    assert cache_verdict(cache) is Verdict.AGREES
    assert cache_size(cache).value == cache.bytes == cache.measured_bytes == 2 * layers * heads * width * 20 * 3 * 4
    assert cache_size_at(cache, 2048, 1, 2).value == 2 * layers * heads * width * 2048 * 2
    assert len(cache_reasons(cache)) == (2 if heads < config.num_attention_heads else 1)


def test_causal_attention_of_ones_own_has_a_cache_and_other_models_have_none(vgg16):
    class Causal(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(32, 96)

        def forward(self, x):
            q, k, v = (part.view(2, 10, 4, 8).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
            return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)

    cache = costs(walked(Causal(), (2, 10, 32)), "kv_cache").kv_cache
    assert cache.bytes == 2 * 1 * 4 * 8 * 10 * 2 * 4
    assert cache_verdict(cache) is Verdict.UNCHECKED
    assert costs(vgg16, "kv_cache").kv_cache is None
    assert costs(walked(nn.TransformerEncoderLayer(16, 2, 32), (5, 2, 16)), "kv_cache").kv_cache is None


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "shufflenet_v2_x0_5"])
def test_the_json_of_a_model_is_plain(name):
    import json

    walk = zoo_walk(name)
    cost = costs(walk)
    text = json.dumps([total_dict(cost), [call_dict(cost, layer) for layer in walk.layers]])
    assert '"peak_bytes": null' not in text
    assert '"saved_for_backward_bytes": null' not in text or name == "googlenet"
    assert call_dict(cost, walk.layers[0])["receptive_field"]["size"] > 1
    assert Fraction(cost.peak.bytes) > 0


def test_a_small_file_is_not_said_to_look_like_so_many_m():
    page = to_markdown(compose(measured(walked(nn.Linear(3, 2), (1, 3))), ("en",), show=("memory",)))
    assert "### The saved file" in page
    assert "looks like" not in page
