"""Receptive fields against the extent of a real gradient: every weight one, one output's gradient set."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
import torch
from nets import Function, walked
from torch import nn
from torch.nn import functional as F

from explainer.cost.cost import cost_of
from explainer.source import load
from explainer.walkthrough.receptive_field.fields import receptive_fields


def extent(model: nn.Module, side: int, shift: int = 0) -> list[tuple[int, int]]:
    """First and last input position, by axis, on which an output near the middle depends."""
    model.eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(0.0 if name.endswith("bias") else 1.0)
    x = torch.ones(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    y = model.double()(x)
    middle = [size // 2 + shift for size in y.shape[2:]]
    y[0, 0, middle[0], middle[1]].backward()
    seen = x.grad[0, 0] != 0
    return [(int(line.nonzero().min()), int(line.nonzero().max())) for line in (seen.any(1), seen.any(0))]


def stack(random: Random) -> nn.Sequential:
    """Three to six convolutions and poolings as they occur, height and width apart."""
    layers: list[nn.Module] = []
    for _ in range(random.randint(3, 6)):
        k = (random.randint(1, 4), random.randint(1, 4))
        s = (random.randint(1, 2), random.randint(1, 2))
        p = tuple(random.randint(0, side // 2) for side in k)
        match random.choice(["conv", "conv", "dilated", "pool", "pad", "relu"]):
            case "conv":
                layers.append(nn.Conv2d(1, 1, k, s, p))
            case "dilated":
                layers.append(nn.Conv2d(1, 1, k, 1, p, dilation=(random.randint(1, 3), 2)))
            case "pool":
                layers.append(nn.AvgPool2d(k, s, p))
            case "pad":
                layers.append(nn.ZeroPad2d((1, 2, 3, 0)))
            case "relu":
                layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.Conv2d(1, 1, 3, padding=1))


def last_field(model: nn.Module, side: int):
    walk = walked(model, (1, 1, side, side))
    return cost_of(walk).receptive[walk.layers[-1].index], walk.trace.output_shapes[0]


@pytest.mark.parametrize("seed", range(40))
def test_random_stacks_see_what_the_gradient_reaches(seed):
    model, side = stack(Random(seed)), 260
    field, shape = last_field(model, side)
    for axis, (first, last) in enumerate(extent(model, side)):
        reach = field.steps[axis].reach
        assert last - first + 1 == reach.size
        assert first == shape[2 + axis] // 2 * reach.whole_stride - reach.padding
    for axis, (first, _) in enumerate(extent(model, side, shift=1)):
        reach = field.steps[axis].reach
        assert first == (shape[2 + axis] // 2 + 1) * reach.whole_stride - reach.padding


class Branches(nn.Module):
    """Two paths of one stride that meet by addition or concatenation; they start at different places."""

    def __init__(self, cat: bool) -> None:
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(1, 1, 3, 2, 0), nn.Conv2d(1, 1, 5, padding=2))
        self.b = nn.AvgPool2d(6, 2, 2)
        self.cat, self.out = cat, nn.Conv2d(2 if cat else 1, 1, 3, padding=1)

    def forward(self, x):
        a, b = self.a(x), self.b(x)
        return self.out(torch.cat([a, b], 1) if self.cat else a + b)


@pytest.mark.parametrize("cat", [False, True])
def test_branches_that_meet_see_the_union(cat):
    model, side = Branches(cat), 101
    field, shape = last_field(model, side)
    (first, last), _ = extent(model, side)
    reach = field.steps[0].reach
    assert (reach.size, reach.whole_stride) == (last - first + 1, 2)
    assert first == shape[2] // 2 * 2 - reach.padding


@pytest.mark.parametrize(
    "up",
    [
        nn.ConvTranspose2d(1, 1, 2, 2),
        nn.ConvTranspose2d(1, 1, 4, 2, 1),
        nn.ConvTranspose2d(1, 1, 3, 2, 1),
        nn.Upsample(scale_factor=2),
        nn.UpsamplingBilinear2d(scale_factor=2),
    ],
)
def test_enlarged_maps_come_back_to_stride_one(up):
    model, side = nn.Sequential(nn.Conv2d(1, 1, 3, 2, 1), up), 64
    field, _ = last_field(model, side)
    widest = max(last - first + 1 for shift in range(4) for first, last in extent(model, side, shift))
    assert field.sizes == (widest, widest)
    assert field.strides == (1, 1)


@pytest.mark.parametrize(("name", "size", "stride"), [("vgg16", 212, 32), ("resnet18", 435, 32), ("resnet50", 427, 32)])
def test_known_networks(name, size, stride):
    walk = walked(load(name).model, (1, 3, 224, 224))
    field = [field for field in cost_of(walk).receptive.values() if not field.whole][-1]
    # ResNet-50 of torchvision has its strides in the 3×3 convolutions, hence 427 instead of 483.
    assert field.sizes == (size, size)
    assert field.strides == (stride, stride)


def test_the_recurrence_is_shown_step_by_step(vgg16):
    pool = cost_of(vgg16).receptive[vgg16.layers[4].index]
    conv = cost_of(vgg16).receptive[vgg16.layers[5].index]
    assert pool.sizes == (6, 6)
    step = conv.steps[0]
    assert (step.size.value, step.stride.value, step.padding.value) == (10, 2, 4)
    assert {
        symbol.name: value for symbol, value in step.size.values.items() if symbol.name in ("r_in", "j_in", "k")
    } == {
        "r_in": 6,
        "j_in": 2,
        "k": 3,
    }


def test_where_the_notion_ends(vgg16, resnet18):
    fields = cost_of(vgg16).receptive
    assert vgg16.layers[-1].index not in fields
    assert next(layer.path for layer in resnet18.layers if cost_of(resnet18).receptive[layer.index].whole) == "avgpool"
    assert cost_of(walked(nn.Linear(4, 4), (2, 4))).receptive == {}


def test_squeeze_and_excitation_sees_the_whole_image():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 1)

        def forward(self, x):
            x = self.conv(x)
            return x * torch.sigmoid(self.fc(x.mean((2, 3), keepdim=True)))

    walk = walked(Gate(), (1, 1, 16, 16))
    assert cost_of(walk).receptive[walk.layers[-1].index].whole


def test_positions_closer_than_pixels_have_a_fraction_and_then_end():
    walk = walked(nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 3)), (1, 1, 8, 8))
    fields = cost_of(walk).receptive
    assert fields[1].strides == (Fraction(1, 2), Fraction(1, 2))
    assert 2 not in fields


def test_a_permuted_map_keeps_its_axes():
    def turned(x):
        y = F.avg_pool2d(x, 3, 2, 1).permute(0, 2, 3, 1)
        return F.avg_pool2d(F.layer_norm(y, (4,)).permute(0, 3, 1, 2), 2)

    walk = walked(Function(turned), (1, 4, 32, 32))
    assert cost_of(walk).receptive[walk.layers[-1].index].sizes == (5, 5)


class Odd(nn.Module):
    """Calls whose options are read: padding, an order of axes, an exchange, a mean, factors of shuffles, a mode."""

    def forward(self, x):
        x = F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 2)
        x = F.pixel_shuffle(F.pixel_unshuffle(x, 2), 2)
        x = F.interpolate(x, scale_factor=2).permute(0, 2, 3, 1).transpose(2, 3)
        return x.mean((1, 3))


@pytest.mark.parametrize("value", [None, "2", 1.5, True, (), [1], [0, 0, 0, 0], -99, 10**30, {"a": 1}])
def test_an_option_in_no_known_form_ends_the_path_and_nothing_else(value, monkeypatch):
    """Of a file from a stranger, of a rule of somebody else's."""
    walk = walked(Odd(), (1, 4, 6, 6))
    assert len(receptive_fields(walk)) == len(walk.layers)
    monkeypatch.setattr("explainer.walkthrough.call.Call.option", lambda *_: value)
    assert 1 not in receptive_fields(walk) or value == [0, 0, 0, 0] or value == () or value == [1]
