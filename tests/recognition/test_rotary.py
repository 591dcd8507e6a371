"""Rotary embeddings of either pairing, in part of a head, and look-alikes."""

import pytest
import torch
from recognition.nets import ideas_of
from torch import nn
from torch.nn import functional as F

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
