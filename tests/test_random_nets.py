"""Random nets (branches, shared modules, tied tensors, raw parameters, idle modules): totals and shapes are torch's."""

from __future__ import annotations

import random

import pytest
import torch
from torch import nn

import explainer


class RandomNet(nn.Module):
    """A random program over feature maps N×C×H×W, drawn once from the seed and then fixed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        draw = random.Random(seed)
        self.channels = draw.randint(2, 6)
        self.layers = nn.ModuleList()
        self.program: list[tuple[str, int]] = []
        channels = self.channels
        for _ in range(draw.randint(4, 9)):
            kind = draw.choice(
                ["conv", "norm", "act", "pool", "residual", "cat", "scale", "again", "tied", "depthwise"]
            )
            channels = self._add(draw, kind, channels)
        self.head = nn.Linear(channels, draw.randint(1, 9))
        self.idle = nn.Linear(3, 5) if draw.random() < 0.3 else None
        if draw.random() < 0.3:
            for parameter in self.layers.parameters():
                parameter.requires_grad = False

    def _add(self, draw: random.Random, kind: str, channels: int) -> int:
        position = len(self.layers)
        out = channels
        if kind == "conv":
            out = draw.randint(1, 8)
            layer: nn.Module = nn.Conv2d(channels, out, draw.choice([1, 3]), padding="same", bias=draw.random() < 0.5)
        elif kind == "depthwise":
            layer = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        elif kind == "norm":
            layer = draw.choice([nn.BatchNorm2d(channels), nn.GroupNorm(1, channels), nn.InstanceNorm2d(channels)])
        elif kind == "act":
            layer = draw.choice([nn.ReLU(inplace=True), nn.GELU(), nn.PReLU(channels), nn.Hardswish()])
        elif kind == "pool":
            layer = nn.MaxPool2d(3, stride=1, padding=1)
        elif kind == "residual":
            layer = nn.Conv2d(channels, channels, 3, padding=1)
        elif kind == "cat":
            layer = nn.Conv2d(channels, draw.randint(1, 5), 1)
            out = channels + layer.out_channels
        elif kind == "scale":
            layer = nn.ParameterList([nn.Parameter(torch.ones(1, channels, 1, 1))])
        elif kind == "tied" and any(isinstance(x, nn.Conv2d) for x in self.layers):
            twin = draw.choice([x for x in self.layers if isinstance(x, nn.Conv2d)])
            layer = nn.Conv2d(1, 1, 1)
            layer.__dict__.update(nn.Conv2d(twin.in_channels, twin.out_channels, twin.kernel_size).__dict__)
            layer.padding, layer.groups = twin.padding, twin.groups
            layer._reversed_padding_repeated_twice = twin._reversed_padding_repeated_twice
            layer.weight = twin.weight  # one tensor, two layers
            if twin.in_channels != channels:
                layer = nn.Identity()
            else:
                out = twin.out_channels
        elif kind == "again" and position:
            self.program.append(("again", draw.randrange(position)))
            return channels if self._fits(self.program[-1][1], channels) else self._drop(channels)
        else:
            layer = nn.Identity()
        self.layers.append(layer)
        self.program.append((kind, position))
        return out

    def _fits(self, position: int, channels: int) -> bool:
        layer = self.layers[position]
        return isinstance(layer, nn.Conv2d) and layer.in_channels == layer.out_channels == channels

    def _drop(self, channels: int) -> int:
        self.program.pop()
        return channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for kind, position in self.program:
            layer = self.layers[position]
            if kind == "residual":
                x = x + layer(x)
            elif kind == "cat":
                x = torch.cat([x, layer(x)], dim=1)
            elif kind == "scale":
                x = x * layer[0]
            else:
                x = layer(x)
        return self.head(x.mean([2, 3]))


@pytest.mark.parametrize("seed", range(60))
def test_every_total_and_shape_is_torchs(seed):
    torch.manual_seed(seed)
    model = RandomNet(seed)
    lesson = explainer.explain(model, input_size=(2, model.channels, 9, 9), lang="en")
    assert lesson.checks["disagrees"] == 0
    assert lesson.checks["unchecked"] == 0
    assert lesson.totals.params == sum(parameter.numel() for parameter in model.parameters())
    assert lesson.totals.frozen == sum(p.numel() for p in model.parameters() if not p.requires_grad)
    walk = lesson.walkthrough
    parts = sum(x.counted for x in walk.layers) + sum(x.counted for x in walk.uncalled)
    assert parts + sum(raw.params for raw in walk.raw_parameters) == lesson.totals.params
    real = model.eval()(torch.zeros(2, model.channels, 9, 9))
    assert walk.trace.output_shapes == (tuple(real.shape),)


def test_the_nets_are_what_they_claim():
    """Shared modules, tied tensors, raw parameters and idle modules do occur among the sixty."""
    kinds = {kind for seed in range(60) for kind, _ in RandomNet(seed).program}
    assert {"again", "cat", "residual", "scale"} <= kinds
    models = [RandomNet(seed) for seed in range(60)]
    assert any(model.idle is not None for model in models)
    assert any(
        len(list(model.parameters()))
        < len([p for m in model.modules() for p in m._parameters.values() if p is not None])
        for model in models
    )
