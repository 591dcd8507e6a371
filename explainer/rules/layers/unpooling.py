"""Pooling's relatives: max unpooling puts values back where they were largest; fractional pooling draws its windows."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from explainer.formula.tree import Expr, Number, Rounded, Symbol
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample, argument, no_parameters
from explainer.rules.functional import axes_of, fixed, named
from explainer.rules.windows import as_tuple
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import AXES, padding, sized, sizes, stride, window
from explainer.walkthrough.case import Axis, Output

PUT_BACK = Bi(
    zh="最大反池化把每个值放回池化时取最大值的位置，其余位置填0，没有可学习的参数。",
    en="Max unpooling puts each value back where the maximum was and fills the rest with 0; there is nothing to learn.",
)
REVERSED = Bi(
    zh="尺寸公式是池化的逆：每移动一步对应{s}格。", en="The size runs pooling's formula backwards: each step spans {s}."
)
GIVEN = Bi(zh="输出尺寸由output_size指定。", en="The output size is given as output_size.")
DRAWN = Bi(
    zh="分数步幅的最大池化：窗口的位置随机选取，只取窗口内的最大值，没有可学习的参数。",
    en="Fractional max pooling: the windows are placed at random and only the largest value in each is taken; there is "
    "nothing to learn.",
)
RATIO = Bi(
    zh="输出尺寸是输入的{ratio}倍，向下取整；池化在各通道内分别进行。",
    en="The output is {ratio} times the input, rounded down; each channel is pooled by itself.",
)
ASKED = Bi(
    zh="输出尺寸是指定的；池化在各通道内分别进行。",
    en="The output size is as asked for; each channel is pooled by itself.",
)


def _unpooled(call: Call, dims: int) -> Output:
    """(H−1)s−2p+k, or the size asked for in the call."""
    first = call.operands[0]
    asked = argument(call, "output_size", 2 if call.module is not None else 5)
    if asked is not None:
        lead = first.shape[: len(first.shape) - dims]
        return fixed((*lead, *tuple(asked)[-dims:]), GIVEN)
    sides = as_tuple(call.option("kernel_size", 2), dims)
    s_, p_ = as_tuple(call.option("stride", 3) or sides, dims), as_tuple(call.option("padding", 4, 0), dims)
    image, k, s, p = sizes(dims), window(dims), stride(s_), padding(p_)
    values: dict[Symbol, int] = sized(image, first.shape[-dims:]) | sized(k, sides) | sized(s, s_) | sized(p, p_)
    return _placed(
        call,
        [(image[i] - 1) * s[i] - 2 * p[i] + k[i] for i in range(dims)],
        values,
        REVERSED.format(s="×".join(map(str, s_))),
    )


def _fractional(call: Call, dims: int) -> Output:
    """The size asked for, or ⌊H·ratio⌋."""
    first = call.operands[0]
    size, ratio = call.option("output_size", 2), call.option("output_ratio", 3)
    image = sizes(dims)
    values = sized(image, first.shape[-dims:])
    if size is not None:
        return _placed(call, [Number(side) for side in as_tuple(size, dims)], values, ASKED)
    ratios = [float(part) for part in (ratio if isinstance(ratio, list | tuple) else (ratio,) * dims)]
    made: list[Expr] = []
    for symbol, before, part in zip(image, first.shape[-dims:], ratios, strict=True):
        above, below = round(part * 1000), 1000
        if before * above // below != math.floor(before * part):
            return Output(None)
        divisor = math.gcd(above, below)
        made.append(Rounded(symbol * (above // divisor), Number(below // divisor)))
    return _placed(call, made, values, RATIO.format(ratio="×".join(f"{part:g}" for part in dict.fromkeys(ratios))))


def _placed(call: Call, made: list[Expr], values: dict[Symbol, int], why: Bi) -> Output:
    first, dims = call.operands[0], len(made)
    kept = named(first)[:-dims]
    axes = axes_of(kept) + [Axis(f"{name}_out", size) for (name, _, _), size in zip(AXES[dims], made, strict=True)]
    return Output(tuple(axes), values | sized(kept, first.shape[:-dims]), why=(why,))


def _sample_unpooled(random: Random, module: type[nn.Module], dims: int) -> Sample:
    side, pad = random.randint(2, 4), random.randint(0, 1)
    shape: Shape = (2, 3, *(random.randint(3, 9) for _ in range(dims)))
    return Sample(
        lambda: module(side, random.choice([None, 2, side]), pad), (shape, shape), (torch.float32, torch.long)
    )


def _sample_fractional(random: Random, module: type[nn.Module], dims: int) -> Sample:
    options: dict[str, Any] = random.choice([{"output_size": (4,) * dims}, {"output_ratio": (0.5,) * dims}])
    shape = (2, 3, *(random.randint(8, 16) for _ in range(dims)))
    function = getattr(F, f"fractional_max_pool{dims}d")
    build: Any = random.choice([lambda: module(2, **options), lambda: lambda x: function(x, 2, **options)])
    return Sample(build, (shape,))


def _unpooling(module: type[nn.Module], dims: int) -> Rule:
    return Rule(
        name=f"max_unpool{dims}d",
        title=Bi("最大反池化层", "max unpooling layer"),
        kind=Kind.POOLING,
        parameters=no_parameters(PUT_BACK),
        output=lambda call: _unpooled(call, dims),
        sample=lambda random: _sample_unpooled(random, module, dims),
        modules=(module,),
        functions=(f"max_unpool{dims}d",),
    )


def _fractional_pooling(module: type[nn.Module], dims: int) -> Rule:
    name = f"fractional_max_pool{dims}d"
    return Rule(
        name=name,
        title=Bi("分数步幅最大池化层", "fractional max pooling layer"),
        kind=Kind.POOLING,
        parameters=no_parameters(DRAWN),
        output=lambda call: _fractional(call, dims),
        sample=lambda random: _sample_fractional(random, module, dims),
        modules=(module,),
        functions=(name, f"{name}_with_indices"),
    )


RULES: tuple[Rule, ...] = (
    *(_unpooling(module, i + 1) for i, module in enumerate((nn.MaxUnpool1d, nn.MaxUnpool2d, nn.MaxUnpool3d))),
    *(_fractional_pooling(module, i + 2) for i, module in enumerate((nn.FractionalMaxPool2d, nn.FractionalMaxPool3d))),
)
