"""Attention by hand and through torch's function, MLPs, and what must not pass for them."""

import pytest
import torch
from nets import meta
from recognition.nets import Attention, ideas_of, kinds, renamed
from torch import nn
from torch.nn import functional as F

from explainer.source.load import load
from explainer.targets import walk_target

X = torch.zeros(2, 6, 32)


def attention(walk):
    return [idea for idea in walk.ideas if idea.kind == "attention"]


@pytest.mark.parametrize(("way", "mask"), [("causal", "causal"), ("full", "full"), ("window", "window")])
def test_the_mask_is_read_off(way, mask):
    (idea,) = attention(ideas_of(Attention(way), X))
    assert (idea.settings["mask"], idea.settings.get("window")) == (mask, 3 if mask == "window" else None)
    assert (idea.settings["heads"], idea.settings["head_width"]) == (4, 8)
    assert idea.settings["scale"] == pytest.approx(8**-0.5)
    assert (idea.path, idea.stretch) == ("", False)


def test_a_cap_of_the_scores_is_read_off():
    (idea,) = attention(ideas_of(Attention("cap"), X))
    assert idea.settings["cap"] == pytest.approx(30, rel=1e-4)


def test_scores_that_are_bent_otherwise_are_refused():
    assert not attention(ideas_of(Attention("squared"), X))


def test_attention_over_channels_is_refused():
    assert not attention(ideas_of(Attention("full", channels=True), X))


class Grouped(nn.Module):
    """Fewer heads for keys and values; torch's function."""

    def __init__(self):
        super().__init__()
        self.q, self.kv, self.o = nn.Linear(32, 32), nn.Linear(32, 32), nn.Linear(32, 32)

    def forward(self, x):
        q = self.q(x).view(*x.shape[:2], 4, 8).transpose(1, 2)
        k, v = self.kv(x).view(*x.shape[:2], 2, 2, 8).permute(2, 0, 3, 1, 4)
        k, v = k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)
        made = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o(made.transpose(1, 2).flatten(2))


def test_heads_that_share_keys_are_counted():
    (idea,) = attention(ideas_of(Grouped(), X))
    assert (idea.settings["heads"], idea.settings["kv_heads"], idea.settings["mask"]) == (4, 2, "causal")


class Gated(nn.Module):
    def __init__(self, fused=False, function=F.silu):
        super().__init__()
        self.fused, self.function = fused, function
        self.a, self.b = nn.Linear(32, 96 if fused else 48), nn.Linear(32, 48)
        self.c = nn.Linear(48, 32)

    def forward(self, x):
        gate, value = self.a(x).chunk(2, -1) if self.fused else (self.a(x), self.b(x))
        return self.c(value * self.function(gate))


@pytest.mark.parametrize("fused", [False, True])
def test_a_gated_mlp(fused):
    (idea,) = [idea for idea in ideas_of(Gated(fused), X).ideas if idea.kind == "gated_mlp"]
    assert idea.settings == {"function": "SiLU", "fused": fused, "d_in": 32, "d_hidden": 48, "d_out": 32}


def test_a_gate_that_is_bent_otherwise_is_refused():
    walk = ideas_of(Gated(function=lambda x: x * torch.sigmoid(1.5 * x)), X)
    assert not [idea for idea in walk.ideas if idea.kind == "gated_mlp"]


class Limited(nn.Module):
    """(up within ±l, plus c) · g·σ(αg) with g = min(gate, l)."""

    def __init__(self, halves=True, limit=7.0, alpha=1.702, shift=1.0):
        super().__init__()
        self.halves, self.limit, self.alpha, self.shift = halves, limit, alpha, shift
        self.a, self.c = nn.Linear(32, 96), nn.Linear(48, 32)

    def forward(self, x):
        made = self.a(x)
        gate, up = made.chunk(2, -1) if self.halves else (made[..., 1::2], made[..., ::2])
        if self.limit:
            gate, up = gate.clamp(max=self.limit), up.clamp(-self.limit, self.limit)
        return self.c((up + self.shift) * (gate * torch.sigmoid(self.alpha * gate)))


@pytest.mark.parametrize(
    ("built", "said"),
    [
        ({}, {"function": "QuickGELU", "gate_limit": 7.0, "value_limit": 7.0, "value_shift": 1.0}),
        ({"halves": False, "alpha": 1.3}, {"function": "x·σ(1.3x)", "gate_limit": 7.0, "value_limit": 7.0}),
        ({"limit": 3.5, "shift": 0.0}, {"function": "QuickGELU", "gate_limit": 3.5, "value_limit": 3.5}),
        ({"limit": None, "alpha": 1.0, "shift": -0.25}, {"function": "SiLU", "value_shift": -0.25}),
    ],
)
def test_the_limits_of_a_gate_are_read_off(built, said):
    (idea,) = [idea for idea in ideas_of(Limited(**built), X).ideas if idea.kind == "gated_mlp"]
    assert idea.settings["d_hidden"] == 48
    assert idea.settings["fused"]
    assert said.items() <= idea.settings.items()
    assert ("value_shift" in idea.settings) == bool(built.get("shift", 1.0))
    assert ("gate_limit" in idea.settings) == bool(built.get("limit", 7.0))


class Odd(Limited):
    """A value that is bent and not cut off; a gate that is cut off below."""

    def __init__(self, way):
        super().__init__()
        self.way = way

    def forward(self, x):
        gate, up = self.a(x).chunk(2, -1)
        if self.way == "bent":
            return self.c(7 * torch.tanh(up / 7) * F.silu(gate))
        return self.c(up.clamp(-7, 7) * F.gelu(gate.clamp(min=-0.5)))


@pytest.mark.parametrize("way", ["bent", "below"])
def test_a_gate_limited_otherwise_is_refused(way):
    assert not [idea for idea in ideas_of(Odd(way), X).ideas if idea.kind == "gated_mlp"]


def test_an_mlp_and_a_longer_row_of_layers():
    two = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Dropout(), nn.Linear(64, 32), nn.Dropout())
    (idea,) = [idea for idea in ideas_of(two, X).ideas if idea.kind == "mlp"]
    assert (idea.settings["function"], idea.calls) == ("GELU", (1, 2, 3, 4, 5))
    row = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 8))
    assert ("mlp", "ReLU") not in kinds(ideas_of(row, X))


def test_names_decide_nothing():
    block = nn.Sequential(Attention("causal"), Gated())
    before = [(idea.kind, idea.calls, idea.settings) for idea in ideas_of(block, X).ideas]
    after = [(idea.kind, idea.calls, idea.settings) for idea in ideas_of(renamed(block), X).ideas]
    assert before == after
    assert {kind for kind, _, _ in before} >= {"attention", "gated_mlp", "plumbing"}


class Layer(nn.Module):
    """torch's own layer, with a causal mask or without."""

    def __init__(self, causal):
        super().__init__()
        self.causal, self.layer = causal, nn.MultiheadAttention(32, 4, batch_first=True)

    def forward(self, x):
        size = x.shape[1]
        mask = torch.ones(size, size, device=x.device).triu(1).bool() if self.causal else None
        return self.layer(x, x, x, attn_mask=mask, need_weights=False)[0]


@pytest.mark.parametrize(("causal", "mask"), [(True, "causal"), (False, "full")])
def test_the_layer_of_torch(causal, mask):
    (idea,) = attention(ideas_of(Layer(causal), X))
    assert (idea.settings["mask"], idea.settings["heads"], idea.path) == (mask, 4, "layer")


def attentions(walk):
    return [idea.settings for idea in walk.ideas if idea.kind == "attention"]


def test_windows_and_shifted_windows():
    """Swin: a window moved over the edge holds regions that were no neighbours, and these do not see one another."""
    load("alexnet")  # torchvision beside a torch without its operators
    from torchvision.models import SwinTransformer

    net = SwinTransformer([4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=10)
    found = attentions(ideas_of(net, meta(1, 3, 32, 32)))
    assert [(one["mask"], one.get("windows"), one.get("positions")) for one in found] == [
        ("full", 4, 16),
        ("regions", 4, 16),
        ("full", None, None),
        ("full", None, None),
    ]
    assert not any("kv_latent" in one for one in found)


SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 90,
    "intermediate_size": 64,
    "num_experts_per_tok": 2,
}


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        (
            "gpt_oss",
            {"num_key_value_heads": 2, "head_dim": 8, "num_local_experts": 4, "sliding_window": 5},
            {"sinks": True, "window": 5, "kv_heads": 2},
        ),
        (
            "deepseek_v3",
            {
                "num_key_value_heads": 4,
                "n_routed_experts": 4,
                "n_group": 1,
                "topk_group": 1,
                "q_lora_rank": 24,
                "kv_lora_rank": 16,
                "qk_rope_head_dim": 4,
                "qk_nope_head_dim": 8,
                "v_head_dim": 8,
                "moe_intermediate_size": 16,
            },
            {"kv_latent": 16, "heads": 4, "head_width": 12, "value_width": 8, "cross": False, "mask": "causal"},
        ),
        ("llama", {"num_key_value_heads": 2}, {"sinks": None, "kv_latent": None, "cross": False}),
    ],
)
def test_sinks_and_latent_keys_and_values(name, settings, said):
    pytest.importorskip("transformers")
    load("alexnet")
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.for_model(name, **SMALL, **settings)
    config._experts_implementation = "batched_mm"
    found = attentions(ideas_of(AutoModel.from_config(config).eval(), meta(1, 12, dtype=torch.int64)))
    assert len(found) == 2
    assert {key: found[0].get(key) for key in said} == said


def test_a_share_that_is_no_sink_is_refused():
    """Weights that are made smaller behind the softmax are no attention with one more score."""

    class Less(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v, self.o = (nn.Linear(16, 16) for _ in range(4))

        def forward(self, x):
            weights = (self.q(x) @ self.k(x).transpose(-1, -2) / 4).softmax(-1)
            return self.o((weights * weights.sigmoid()) @ self.v(x))

    assert not attentions(ideas_of(Less(), torch.zeros(1, 6, 16)))


def test_sizes_are_the_model_s_own_where_a_small_one_ran():
    """Whisper: its spectrogram is twice as long as an argument; queries are scaled, and made contiguous by a step that is no call."""
    found = attentions(walk_target("hf:whisper", ideas=True))
    assert {(one["head_width"], one["value_width"], one["heads"], one["scale"]) for one in found} == {
        (64, 64, 6, 0.125)
    }
    assert [one["cross"] for one in found].count(True) == 4
