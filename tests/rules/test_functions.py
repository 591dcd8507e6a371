"""Functions and methods as authors write them: recognised by a rule whose shape is the real one."""

from __future__ import annotations

import pytest
import torch
from nets import Function, traced
from torch import nn
from torch.nn import functional as F

from explainer.formula.tree import evaluate, specialise, substitute
from explainer.rules import default_registry

REGISTRY = default_registry()
SHAPE = (2, 8, 6, 6)

# name of the rule: the ways to write it, on an input of 2×8×6×6
WRITTEN = {
    "ReLU": [F.relu, lambda x: F.relu(x, inplace=True), F.relu_, torch.relu, lambda x: x.relu(), lambda x: x.relu_()],
    "ReLU6": [F.relu6],
    "LeakyReLU": [lambda x: F.leaky_relu(x, 0.1)],
    "RReLU": [F.rrelu],
    "ELU": [F.elu],
    "CELU": [F.celu],
    "SELU": [F.selu, torch.selu],
    "GELU": [F.gelu],
    "SiLU": [F.silu],
    "Mish": [F.mish],
    "Sigmoid": [torch.sigmoid, F.sigmoid, lambda x: x.sigmoid()],
    "LogSigmoid": [F.logsigmoid],
    "Tanh": [torch.tanh, F.tanh, lambda x: x.tanh()],
    "Tanhshrink": [F.tanhshrink],
    "Hardtanh": [F.hardtanh],
    "Hardsigmoid": [F.hardsigmoid],
    "Hardswish": [F.hardswish],
    "Hardshrink": [F.hardshrink],
    "Softshrink": [F.softshrink],
    "Softplus": [F.softplus],
    "Softsign": [F.softsign],
    "Threshold": [lambda x: F.threshold(x, 0.1, 0.0)],
    "Softmax": [lambda x: F.softmax(x, dim=1), lambda x: torch.softmax(x, 1), lambda x: x.softmax(-1)],
    "Softmin": [lambda x: F.softmin(x, 1)],
    "LogSoftmax": [lambda x: F.log_softmax(x, 1), lambda x: x.log_softmax(1)],
    "GLU": [F.glu, lambda x: F.glu(x, 1), lambda x: F.glu(x, dim=-1)],
    "max_pool2d": [
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.max_pool2d(x, kernel_size=3, stride=2, padding=1, ceil_mode=True),
        lambda x: F.max_pool2d(x, (3, 2), 1, 1, 2),
        lambda x: F.max_pool2d(x, 2, return_indices=True),
    ],
    "avg_pool2d": [lambda x: F.avg_pool2d(x, 3, 2, 1, True), lambda x: F.avg_pool2d(x, (2, 3))],
    "lp_pool2d": [lambda x: F.lp_pool2d(x, 2, 3, stride=2), lambda x: F.lp_pool2d(x, 2.0, 3)],
    "adaptive_avg_pool2d": [lambda x: F.adaptive_avg_pool2d(x, (3, None)), lambda x: F.adaptive_avg_pool2d(x, 1)],
    "adaptive_max_pool2d": [lambda x: F.adaptive_max_pool2d(x, 1)],
    "Dropout": [F.dropout, lambda x: F.dropout(x, 0.3, False)],
    "Dropout2d": [F.dropout2d],
    "AlphaDropout": [F.alpha_dropout],
    "FeatureAlphaDropout": [F.feature_alpha_dropout],
    "flatten": [lambda x: x.flatten(1), lambda x: torch.flatten(x, start_dim=1), lambda x: torch.flatten(x, 1, 2)],
    "view": [
        lambda x: x.view(2, -1),
        lambda x: x.view(x.size(0), -1),
        lambda x: x.view((2, 4, -1)),
        lambda x: x.view(-1),
        lambda x: x.view(-1, 8 * 6 * 6),
        lambda x: x.view(2, 2, 4, 6, 6),
        lambda x: x.reshape(2, 4, -1),
        lambda x: torch.reshape(x, (2, -1)),
        lambda x: torch.reshape(x, shape=(-1, 6)),
    ],
    "unflatten": [lambda x: x.unflatten(1, (2, 4)), lambda x: x.unflatten(dim=1, sizes=(2, -1))],
    "permute": [
        lambda x: x.permute(0, 2, 3, 1),
        lambda x: torch.permute(x, (0, -1, 1, 2)),
        lambda x: x.permute([1, 0, 2, 3]),
    ],
    "transpose": [lambda x: x.transpose(1, 2), lambda x: torch.transpose(x, -1, 0), lambda x: x.swapaxes(1, 2)],
    "unsqueeze": [lambda x: x.unsqueeze(1), lambda x: torch.unsqueeze(x, -1)],
    "mean": [
        lambda x: x.mean((2, 3)),
        lambda x: torch.mean(x, dim=[2, 3], keepdim=True),
        lambda x: x.mean(-1, True),
        lambda x: x.mean(),
    ],
    "reduction": [
        lambda x: x.sum(1),
        lambda x: x.sum(),
        lambda x: x.amax((2, 3)),
        lambda x: x.var(dim=1, keepdim=True),
    ],
    "chunk": [lambda x: x.chunk(3, 1), lambda x: torch.chunk(x, 2, dim=-1)],
    "split": [lambda x: x.split(3, 1), lambda x: torch.split(x, [2, 6], dim=1), lambda x: x.split(split_size=3, dim=1)],
    "cat": [
        lambda x: torch.cat([x, x], 1),
        lambda x: torch.cat((x, x, x), dim=-1),
        lambda x: torch.cat((x, x), axis=1),
        lambda x: torch.cat([x, x]),
        lambda x: torch.concat([x, x], 1),
    ],
    "stack": [lambda x: torch.stack([x, x]), lambda x: torch.stack((x, x), dim=-1)],
    "pad": [
        lambda x: F.pad(x, (1, 2, 0, 1)),
        lambda x: F.pad(x, (-1, 0)),
        lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
    ],
    "interpolate": [
        lambda x: F.interpolate(x, scale_factor=2),
        lambda x: F.interpolate(x, scale_factor=0.7),
        lambda x: F.interpolate(x, scale_factor=(2.0, 1.5)),
        lambda x: F.interpolate(x, size=(9, 11), mode="bilinear", align_corners=False),
        lambda x: F.interpolate(x, 9),
    ],
    "add": [
        lambda x: x + x,
        lambda x: x + 1,
        lambda x: 1 + x,
        lambda x: torch.add(x, x),
        lambda x: x.add_(x),
        lambda x: x.__iadd__(x),
    ],
    "arithmetic": [
        lambda x: x * x,
        lambda x: 2 * x,
        lambda x: x - 1,
        lambda x: 1 - x,
        lambda x: x / 2,
        lambda x: 2 / x,
        lambda x: x**2,
        lambda x: 2**x,
        lambda x: -x,
        lambda x: x.mul_(2),
        lambda x: x.__imul__(x),
        lambda x: torch.maximum(x, x),
        lambda x: x.clamp(0, 1),
        lambda x: x * torch.ones(8, 1, 1),
    ],
}
CASES = [pytest.param(name, way, id=f"{name}-{i}") for name, ways in WRITTEN.items() for i, way in enumerate(ways)]


@pytest.mark.parametrize(("name", "way"), CASES)
def test_a_function_is_explained_with_its_real_shape(name, way):
    call = traced(Function(way), SHAPE).calls[-1]
    rule = REGISTRY.for_call(call)
    assert rule is not None, call.type
    assert rule.name == name
    output = rule.output(call)
    derived = tuple(evaluate(substitute(specialise(axis.size, output.values), output.values)) for axis in output.axes)
    real = way(torch.empty(SHAPE))
    assert derived == tuple((real if isinstance(real, torch.Tensor) else real[0]).shape)


def parameters(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape, device="meta"))


# A layer called as a function costs what the module costs.
AS_FUNCTIONS = {
    "linear": (lambda m, x: F.linear(x, m.w, m.b), nn.Linear(6, 5), SHAPE),
    "linear without bias": (lambda m, x: F.linear(x, weight=m.w), nn.Linear(6, 5, bias=False), SHAPE),
    "conv2d": (lambda m, x: F.conv2d(x, m.w, m.b, 2, 1, 1, 2), nn.Conv2d(8, 4, 3, 2, 1, 1, 2), SHAPE),
    "conv2d by name": (
        lambda m, x: F.conv2d(x, m.w, bias=m.b, padding="same", dilation=2),
        nn.Conv2d(8, 4, 3, padding="same", dilation=2),
        SHAPE,
    ),
    "conv_transpose2d": (
        lambda m, x: F.conv_transpose2d(x, m.w, m.b, 2, 1, 1, 2),
        nn.ConvTranspose2d(8, 4, 3, 2, 1, 1, 2),
        SHAPE,
    ),
    "conv1d": (lambda m, x: F.conv1d(x, m.w), nn.Conv1d(8, 3, 5, bias=False), (1, 8, 20)),
    "prelu": (lambda m, x: F.prelu(x, m.w), nn.PReLU(8), SHAPE),
}


@pytest.mark.parametrize(("call_it", "layer", "shape"), AS_FUNCTIONS.values(), ids=AS_FUNCTIONS)
def test_a_layer_as_a_function_is_explained_like_the_module(call_it, layer, shape):
    own = {"w": parameters(*layer.weight.shape)}
    if getattr(layer, "bias", None) is not None:
        own["b"] = parameters(*layer.bias.shape)
    call = traced(Function(call_it, **own), shape).calls[-1]
    twin = traced(layer, shape).calls[-1]
    rule = REGISTRY.for_call(call)
    assert rule is REGISTRY.for_call(twin)
    for of in (lambda c: rule.parameters(c).formula, lambda c: rule.output(c).macs):
        assert of(call) == of(twin)
    assert rule.parameters(call).values == rule.parameters(twin).values
    assert rule.output(call).values == rule.output(twin).values
    assert call.output_shapes == twin.output_shapes
    assert call.flops == twin.flops


@pytest.mark.parametrize("way", [lambda x: F.dropout(x), lambda x: F.dropout(x, 0.5, True)])
def test_dropout_that_is_always_on_is_told_as_training(way):
    call = traced(Function(way), SHAPE).calls[-1]
    off = traced(Function(lambda x: F.dropout(x, 0.5, False)), SHAPE).calls[-1]
    rule = REGISTRY.for_call(call)
    assert rule.output(call).why != rule.output(off).why
