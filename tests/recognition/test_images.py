"""Squeeze and excitation, patches, and what must not pass for them."""

import pytest
import torch
from recognition.nets import ideas_of
from torch import nn

X = torch.zeros(1, 12, 6, 6)


class Gate(nn.Module):
    """A gate for each channel: by two layers, or by one convolution along the channels (ECA)."""

    def __init__(self, efficient=False, function=None):
        super().__init__()
        self.efficient = efficient
        self.down, self.up = nn.Conv2d(12, 4, 1), nn.Conv2d(4, 12, 1)
        self.along = nn.Conv1d(1, 1, 3, padding=1)
        self.function = function or nn.SiLU(inplace=True)

    def forward(self, x):
        mean = x.mean((2, 3), keepdim=True)
        if self.efficient:
            gate = self.along(mean.squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
        else:
            gate = self.up(self.function(self.down(mean)))
        return x * gate.sigmoid()


@pytest.mark.parametrize(("function", "name"), [(None, "SiLU"), (nn.ReLU(), "ReLU")])
def test_squeeze_and_excitation(function, name):
    (idea,) = [idea for idea in ideas_of(Gate(function=function), X).ideas if idea.kind == "squeeze_excitation"]
    assert idea.settings == {"function": name, "gate": "sigmoid", "channels": 12, "squeezed": 4}
    assert not idea.stretch


def test_one_convolution_along_the_channels_is_another_gate():
    assert not [idea for idea in ideas_of(Gate(efficient=True), X).ideas if idea.kind == "squeeze_excitation"]


class Patches(nn.Module):
    def __init__(self, stride=4):
        super().__init__()
        self.cut = nn.Conv2d(3, 16, 4, stride)

    def forward(self, x):
        return self.cut(x).flatten(2).transpose(1, 2)


def test_patches():
    image = torch.zeros(1, 3, 16, 16)
    (idea,) = [idea for idea in ideas_of(Patches(), image).ideas if idea.kind == "patch_embedding"]
    assert idea.settings == {"patch": 4, "channels": 3, "width": 16}
    assert not [idea for idea in ideas_of(Patches(stride=2), image).ideas if idea.kind == "patch_embedding"]


class Cut(nn.Module):
    """Attention inside groups of places of a map: windows, grids, stripes."""

    def __init__(self, way, side=3):
        super().__init__()
        self.way, self.side, self.qkv, self.out = way, side, nn.Linear(12, 36), nn.Linear(12, 12)

    def forward(self, x):
        n, c, h, w = x.shape
        s = self.side
        if self.way == "block":
            parts = x.reshape(n, c, h // s, s, w // s, s).permute(0, 2, 4, 3, 5, 1)
        elif self.way == "grid":
            parts = x.reshape(n, c, s, h // s, s, w // s).permute(0, 3, 5, 2, 4, 1)
        else:  # every second place of a row of windows, and all in the other direction
            parts = x.reshape(n, c, s, h // s, w // s, s).permute(0, 3, 4, 2, 5, 1)
        rows = parts.reshape(-1, s * s, c)
        q, k, v = self.qkv(rows).view(-1, s * s, 3, 2, 6).permute(2, 0, 3, 1, 4)
        made = ((q @ k.transpose(-1, -2)) / 6**0.5).softmax(-1) @ v
        return self.out(made.transpose(1, 2).reshape(-1, s * s, c))


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("block", {"partition": "block", "window_height": 3, "window_width": 3}),
        ("grid", {"partition": "grid", "window_height": 3, "window_width": 3, "apart": 2}),
        ("mixed", {}),
    ],
)
def test_which_places_are_one_window(way, said):
    (idea,) = [idea for idea in ideas_of(Cut(way), X).ideas if idea.kind == "attention"]
    cut = ("partition", "window_height", "window_width", "apart")
    assert {name: value for name, value in idea.settings.items() if name in cut} == said
    assert (idea.settings["windows"], idea.settings["positions"]) == (4, 9)
