"""Networks written in unusual ways are told by what they compute, under any names; what is nearly the same is refused."""

import math
from functools import partial

import pytest
import torch
from torch.nn import functional as F

from tests.recognition import unusual as own
from tests.recognition.nets import ideas_of
from tests.recognition.test_random_names import found, renamed

TOKENS, MAPS, IMAGE = own.TOKENS, own.MAPS, torch.zeros(1, 3, 16, 16)
FULL = {"mask": "full", "heads": 4, "kv_heads": 4, "head_width": 8, "value_width": 8, "scale": 8**-0.5}
CAUSAL = {**FULL, "mask": "causal"}
GROUPED = {"mask": "causal", "heads": 8, "kv_heads": 2, "head_width": 4, "value_width": 4, "scale": 0.5}
CONV = {"d_in": 16, "d_hidden": 64, "d_out": 16, "fused": False}
MIXTURE = {"experts": 4, "shared": False, "expert": "mlp", "d_in": 32, "d_hidden": 48, "d_out": 32}
LINEAR = {"normalised": True, "heads": 4, "head_width": 8, "value_width": 8}

NETS = {
    "einsum": (lambda: own.Wrapped(own.Einsum), TOKENS, "attention", FULL),
    "torch's layer, time first": (lambda: own.Wrapped(own.TimeFirst), TOKENS, "attention", CAUSAL),
    "keys repeated": (lambda: own.Wrapped(own.Grouped), TOKENS, "attention", GROUPED),
    "keys expanded, queries normalised": (
        lambda: own.Wrapped(partial(own.Grouped, "expand", True)),
        TOKENS,
        "attention",
        GROUPED,
    ),
    "queries in groups": (lambda: own.Wrapped(partial(own.Grouped, "grouped queries")), TOKENS, "attention", GROUPED),
    "ALiBi": (lambda: own.Wrapped(own.Alibi), TOKENS, "attention", {**CAUSAL, "bias": "alibi"}),
    "a table of distances": (lambda: own.Wrapped(own.RelativeTable), TOKENS, "attention", {**FULL, "bias": "position"}),
    "parallel": (lambda: own.Wrapped(own.Parallel), TOKENS, "mlp", {"function": "GELU (tanh)", "d_hidden": 128}),
    "SwiGLU out of one matrix": (
        lambda: own.Wrapped(own.Fused),
        TOKENS,
        "gated_mlp",
        {"function": "SiLU", "fused": True, "d_hidden": 48},
    ),
    "GeGLU, the gate second": (
        lambda: own.Wrapped(partial(own.Fused, F.gelu, False)),
        TOKENS,
        "gated_mlp",
        {"function": "GELU", "fused": True},
    ),
    "1×1 convolutions": (own.ConvMlp, MAPS, "mlp", {**CONV, "function": "GELU"}),
    "1×1 convolutions, batch norm": (
        lambda: own.ConvMlp(True),
        MAPS,
        "mlp",
        {**CONV, "function": "GELU", "batch_norm": True},
    ),
    "StarReLU": (lambda: own.ConvMlp(function=own.StarReLU()), MAPS, "mlp", {**CONV, "function": "StarReLU"}),
    "weight norm": (own.WeightNormed, TOKENS, "mlp", {"function": "ReLU", "d_hidden": 128}),
    "attention on a map": (own.MapAttention, MAPS, "attention", {**FULL, "heads": 2, "kv_heads": 2}),
    "channels attend": (
        lambda: own.MapAttention("channels"),
        MAPS,
        "channel_attention",
        {"heads": 2, "channels": 16, "head_channels": 8},
    ),
    "linear attention on a map": (
        lambda: own.MapAttention("linear"),
        MAPS,
        "linear_attention",
        {**LINEAR, "heads": 2, "function": "ReLU"},
    ),
    "linear attention": (own.Linear, TOKENS, "linear_attention", {**LINEAR, "function": "ELU+1"}),
    "efficient attention": (
        lambda: own.Linear("softmaxes"),
        TOKENS,
        "linear_attention",
        {**LINEAR, "function": "softmax", "normalised": False},
    ),
    "SE by hardsigmoid": (
        own.Excited,
        MAPS,
        "squeeze_excitation",
        {"function": "ReLU", "gate": "Hardsigmoid", "channels": 16, "squeezed": 4},
    ),
    "patches by unfold": (own.Unfolded, IMAGE, "patch_embedding", {"patch": 4, "channels": 3, "width": 32}),
    "patches by views": (
        lambda: own.Unfolded("view"),
        IMAGE,
        "patch_embedding",
        {"patch": 4, "channels": 3, "width": 32},
    ),
    "RMS by a length": (own.Rooted, TOKENS, "rms_norm", {"eps": 1e-8, "eps_at": "root"}),
    "RMS by normalize": (
        lambda: own.Rooted("normalize"),
        TOKENS,
        "rms_norm",
        {"eps": pytest.approx(1e-12 / 32**0.5), "eps_at": "floor"},
    ),
    "RMS with a floor": (lambda: own.Rooted("clamp"), TOKENS, "rms_norm", {"eps": 1e-8, "eps_at": "floor"}),
    "group norm by hand": (own.Grouping, MAPS, "group_norm", {"groups": 4, "eps": 1e-5, "weight": True, "bias": True}),
    "top 1": (lambda: own.Experts(1, True), TOKENS, "mixture_of_experts", {**MIXTURE, "used": 1}),
    "softmax before the choice": (lambda: own.Experts(2, True), TOKENS, "mixture_of_experts", {**MIXTURE, "used": 2}),
    "an expert for all": (lambda: own.Experts(2, shared=True), TOKENS, "mixture_of_experts", {**MIXTURE, "used": 2}),
}


@pytest.mark.parametrize("name", list(NETS))
def test_what_it_computes_is_told(name):
    make, given, kind, settings = NETS[name]
    torch.manual_seed(0)
    walk = ideas_of(make().eval(), given)
    ideas = [idea for idea in walk.ideas if idea.kind == kind]
    assert ideas
    for idea in ideas:
        for key, value in settings.items():
            if isinstance(value, float):
                assert math.isclose(idea.settings[key], value, rel_tol=1e-9), key
            else:
                assert idea.settings.get(key) == value, key
    torch.manual_seed(0)
    assert found(ideas_of(renamed(make().eval()), given)) == found(walk)


REFUSED = {
    "sums_over_queries": (TOKENS, {"attention"}),
    "table_first": (TOKENS, {"attention", "linear_attention"}),
    "divided_by_values": (TOKENS, {"attention"}),
    "channels_over_positions": (TOKENS, {"attention", "channel_attention"}),
    "conv_between": (MAPS, {"mlp", "gated_mlp"}),
    "group_norm_between": (MAPS, {"mlp", "gated_mlp"}),
    "star_by_channel": (MAPS, {"mlp", "gated_mlp"}),
    "star_not_squared": (MAPS, {"mlp", "gated_mlp", "activation"}),
    "two_functions": (MAPS, {"mlp", "gated_mlp"}),
    "shuffled": (MAPS, {"mlp", "gated_mlp"}),
    "gate_of_another": (MAPS, {"squeeze_excitation"}),
    "gate_by_softmax": (MAPS, {"squeeze_excitation"}),
    "gate_from_a_row": (MAPS, {"squeeze_excitation"}),
    "added_gate": (MAPS, {"squeeze_excitation"}),
    "rms_over_positions": (TOKENS, {"rms_norm", "l2_norm", "layer_norm"}),
    "rms_cubed": (TOKENS, {"rms_norm", "l2_norm", "layer_norm"}),
    "norm_with_a_wrong_width": (TOKENS, {"rms_norm"}),
    "groups_across": (MAPS, {"group_norm", "layer_norm"}),
}


@pytest.mark.parametrize("way", list(REFUSED))
def test_what_is_nearly_the_same_is_refused(way):
    given, kinds = REFUSED[way]
    torch.manual_seed(0)
    walk = ideas_of(own.Bent(way).eval(), given)
    assert not kinds & {idea.kind for idea in walk.ideas}


@pytest.mark.parametrize(
    ("make", "given", "kind"),
    [
        (lambda: own.Excited("max"), MAPS, "squeeze_excitation"),
        (lambda: own.Excited("sum"), MAPS, "squeeze_excitation"),
        (lambda: own.Unfolded("overlapping"), IMAGE, "patch_embedding"),
        (lambda: own.ConvMlp(groups=4), MAPS, "mlp"),
    ],
)
def test_other_sizes_of_the_same_are_refused(make, given, kind):
    assert kind not in {idea.kind for idea in ideas_of(make().eval(), given).ideas}


@pytest.mark.parametrize("way", ["only_queries_bent", "divided_by_values"])
def test_of_linear_attention_no_more_is_said_than_was_shown(way):
    """Queries and keys that go through different functions have no φ; what is divided by anything else is not normalised."""
    (idea,) = [idea for idea in ideas_of(own.Bent(way).eval(), TOKENS).ideas if idea.kind == "linear_attention"]
    assert idea.settings.get("function") == (None if way == "only_queries_bent" else "ReLU")
    assert idea.settings["normalised"] is False
