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
