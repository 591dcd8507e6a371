"""Layers with weights of whole numbers (torch.ao.nn.quantized): each multiplies what the layer that it was made from does.

Their weights are packed, in the order that one kernel wants, and are no parameters to torch; its counter knows none of their
operators, so that no figure here is compared with one of torch's.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi
from explainer.rules.base import DoesNotApply, Rule, Sample
from explainer.rules.layers import convolution, linear
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.case import Output, Parameters

PACKED = Bi(
    zh="量化层的{weights}个权重{and_biases}打包存放，不再是参数：PyTorch的 parameters() 里没有它们，所以这里的参数量为0。",
    en="The {weights:weight|weights}{and_biases} of a quantized layer are stored packed and are no parameters any more: torch's "
    "parameters() has none of them, so the count here is 0.",
)
BIASES = Bi(zh="和{n}个偏置", en=" and {n:bias|biases}")
NONE = Bi("", "")
AS_BEFORE = Bi(
    zh="乘加的次数与量化前的层相同，只是所乘的是整数。",
    en="As many multiply-accumulates as the layer had before it was quantized; what is multiplied are whole numbers.",
)
_CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


def _linear(module: Any) -> nn.Module:
    return nn.Linear(module.in_features, module.out_features, module.bias() is not None, device="meta")


def _convolution(module: Any) -> nn.Module:
    dims = len(module.kernel_size)
    options: dict[str, Any] = {
        "stride": module.stride,
        "padding": module.padding,
        "dilation": module.dilation,
        "groups": module.groups,
        "bias": module.bias() is not None,
        "device": "meta",
    }
    kinds: dict[int, Any] = _TRANSPOSED if module.transposed else _CONVOLUTIONS
    if module.transposed:
        options["output_padding"] = module.output_padding
    made: nn.Module = kinds[dims](module.in_channels, module.out_channels, module.kernel_size, **options)
    return made


def _twin(call: Call) -> nn.Module:
    """The layer before it was quantized, without values."""
    module: Any = call.module
    if module is None:
        raise DoesNotApply("a function on packed weights, whose sizes it does not show")
    return _convolution(module) if hasattr(module, "kernel_size") else _linear(module)


def _parameters(call: Call) -> Parameters:
    twin: Any = _twin(call)
    biases = NONE if twin.bias is None else BIASES.format(n=twin.bias.numel())
    return Parameters(Number(0), why=(PACKED.format(weights=prod(twin.weight.shape), and_biases=biases),))


def _output(call: Call) -> Output:
    twin = _twin(call)
    rules = (*linear.RULES, *convolution.RULES)
    rule = next(rule for rule in rules if type(twin) in rule.modules)
    found = rule.output(replace(call, module=twin))
    return replace(found, macs_why=(*found.macs_why, AS_BEFORE))


def _sample_linear(random: Random) -> Sample:
    inputs, outputs, rows = random.randint(1, 64), random.randint(1, 64), random.randint(1, 5)
    with_bias = random.random() < 0.7

    def build() -> nn.Module:
        kinds: Any = torch.ao.nn.quantized.dynamic
        made: nn.Module = kinds.Linear(inputs, outputs, bias_=with_bias)
        return made

    return Sample(build, ((rows, inputs),), real=True)


def _sample_convolution(random: Random) -> Sample:
    groups = random.choice([1, 1, 2])
    inputs, outputs, size = groups * random.randint(1, 4), groups * random.randint(1, 4), random.randint(5, 12)
    options: dict[str, Any] = {"stride": random.choice([1, 2]), "padding": random.choice([0, 1]), "groups": groups}

    def build() -> nn.Module:
        kinds: Any = torch.ao.nn.quantized
        return nn.Sequential(kinds.Quantize(0.1, 0, torch.quint8), kinds.Conv2d(inputs, outputs, 3, **options))

    return Sample(build, ((1, inputs, size, size),), real=True)


_QUANTIZED, _WITH_RELU = "torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized"
_OF_LINEAR = (
    f"{_QUANTIZED}.modules.linear.Linear",
    f"{_QUANTIZED}.dynamic.modules.linear.Linear",
    f"{_WITH_RELU}.modules.linear_relu.LinearReLU",
    f"{_WITH_RELU}.dynamic.modules.linear_relu.LinearReLU",
)
_OF_CONVOLUTION = (
    *(f"{_QUANTIZED}.modules.conv.Conv{kind}{dims}d" for kind in ("", "Transpose") for dims in (1, 2, 3)),
    *(f"{_QUANTIZED}.dynamic.modules.conv.Conv{kind}{dims}d" for kind in ("", "Transpose") for dims in (1, 2, 3)),
    *(f"{_WITH_RELU}.modules.conv_relu.ConvReLU{dims}d" for dims in (1, 2, 3)),
)
RULES = (
    Rule(
        name="quantized_linear",
        title=Bi(zh="量化全连接层", en="quantized fully connected layer"),
        kind=Kind.LINEAR,
        modules=_OF_LINEAR,
        parameters=_parameters,
        output=_output,
        sample=_sample_linear,
    ),
    Rule(
        name="quantized_convolution",
        title=Bi(zh="量化卷积层", en="quantized convolutional layer"),
        kind=Kind.CONVOLUTION,
        modules=_OF_CONVOLUTION,
        parameters=_parameters,
        output=_output,
        sample=_sample_convolution,
    ),
)
