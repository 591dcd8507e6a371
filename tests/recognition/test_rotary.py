"""Rotary embeddings of either pairing, in part of a head, and look-alikes."""

import pytest
import torch
from recognition.nets import ideas_of
from torch import nn
from torch.nn import functional as F

from explainer.targets import walk_target

X = torch.zeros(1, 6, 32)


class Rotary(nn.Module):
    """Attention with rotated queries and keys; `way` says how."""

    def __init__(self, way, width=8, base=5000.0):
        super().__init__()
        self.way, self.width = way, width
        self.q, self.k, self.v, self.o = (nn.Linear(32, 32) for _ in range(4))
        self.register_buffer("speeds", base ** (-torch.arange(0, width, 2) / width))

    def turned(self, x):
        positions = torch.arange(x.shape[-2], device=x.device)
        if self.way == "squared":
            positions = positions * positions
        angles = positions[:, None] * self.speeds
        cos, sin = angles.cos(), angles.sin()
        part, rest = x[..., : self.width], x[..., self.width :]
        if self.way == "interleaved":
            a, b = part[..., ::2], part[..., 1::2]
            part = torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)
        else:
            a, b = part.chunk(2, -1)
            part = torch.cat((a * cos - b * sin, b * cos + a * sin), -1)
        return torch.cat((part, rest), -1)

    def forward(self, x):
        q, k, v = (layer(x).view(1, -1, 4, 8).transpose(1, 2) for layer in (self.q, self.k, self.v))
        made = F.scaled_dot_product_attention(self.turned(q), self.turned(k), v, is_causal=True)
        return self.o(made.transpose(1, 2).flatten(2))


def rotary(walk):
    return [idea for idea in walk.ideas if idea.kind == "rotary"]


@pytest.mark.parametrize(("way", "width"), [("half", 8), ("interleaved", 8), ("half", 4)])
def test_it_is_read_off(way, width):
    walk = ideas_of(Rotary(way, width), X)
    (idea,) = rotary(walk)
    assert idea.settings == {"pairing": way, "head_width": 8, "width": width, "base": pytest.approx(5000, rel=1e-3)}
    (attention,) = [idea for idea in walk.ideas if idea.kind == "attention"]
    assert set(idea.calls) < set(attention.calls)


def test_angles_that_do_not_grow_with_the_position_are_refused():
    assert not rotary(ideas_of(Rotary("squared"), X))


class Latent(nn.Module):
    """A part of each key is one vector for all heads, turned; the rest comes from elsewhere, as in latent attention."""

    def __init__(self, same=True, d=32, heads=4, plain=8, turned=4):
        super().__init__()
        self.same, self.heads, self.plain, self.part = same, heads, plain, turned
        self.q, self.k, self.v = (nn.Linear(d, heads * width) for width in (plain + turned, plain, plain))
        self.shared, self.o = nn.Linear(d, turned), nn.Linear(heads * plain, d)
        angles = torch.arange(40)[:, None] * 100.0 ** -(torch.arange(0, turned, 2) / turned)
        self.register_buffer("table", torch.stack((angles.cos(), angles.sin())))  # in single precision

    def turned(self, x, sign=1):
        cos, sin = self.table[:, : x.shape[-2]]
        a, b = x[..., ::2], x[..., 1::2]
        return torch.cat((a * cos - sign * b * sin, b * cos + sign * a * sin), -1)

    def forward(self, x):
        n, t, _ = x.shape
        q, k, v = (layer(x).view(n, t, self.heads, -1).transpose(1, 2) for layer in (self.q, self.k, self.v))
        kept, part = q.split([self.plain, self.part], -1)
        shared = self.turned(self.shared(x)[:, None], 1 if self.same else -1).expand(-1, self.heads, -1, -1)
        q, k = torch.cat((kept, self.turned(part)), -1), torch.cat((k, shared), -1)
        return self.o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))


def test_keys_may_get_the_turned_part_from_elsewhere():
    (idea,) = rotary(ideas_of(Latent(), torch.zeros(1, 30, 32)))
    base = pytest.approx(100, rel=1e-3)
    assert idea.settings == {"pairing": "interleaved", "head_width": 12, "width": 4, "base": base}


def test_a_part_of_the_keys_that_is_turned_the_other_way_is_none():
    assert not rotary(ideas_of(Latent(same=False), torch.zeros(1, 30, 32)))


@pytest.mark.parametrize(
    ("name", "width", "pairing"),
    [
        ("falcon", 64, "half"),
        ("persimmon", 32, None),
        ("deepseek_v3", 64, "interleaved"),
    ],
)
def test_models_too_large_to_run_are_stood_in_for(name, width, pairing):
    """71 heads stay 71 and of more than one number each, keys have as many as queries."""
    pytest.importorskip("transformers")
    walk = walk_target(f"hf:{name}", (), ("num_hidden_layers=6",), ideas=True)
    found = rotary(walk)
    blocks = sum(part.times for part in walk.story.blocks)
    assert len(found) == blocks == sum(idea.kind == "attention" for idea in walk.ideas)
    assert (found[0].settings["width"], found[0].settings.get("pairing")) == (width, pairing)
