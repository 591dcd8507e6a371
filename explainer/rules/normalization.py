"""Batch normalization: a scale and a shift for each channel (Ioffe and Szegedy 2015)."""

from __future__ import annotations

from random import Random

from torch import nn

from explainer.formula import Number
from explainer.rules.base import Axis, Kind, Output, Parameters, Rule, Sample
from explainer.rules.symbols import C, axis_symbols, sized
from explainer.text.bi import Bi
from explainer.trace import Call

AFFINE = Bi(
    zh="每个通道有两个可学习参数：缩放因子γ和平移因子β。",
    en="Each channel has two learnable parameters: a scale γ and a shift β.",
)
NOT_AFFINE = Bi(
    zh="设置了affine=False，只做归一化，不再缩放和平移，没有可学习参数。",
    en="With affine=False it only normalizes; there is no scale and no shift to learn.",
)
RUNNING = Bi(
    zh="滑动均值、滑动方差各{C}个，由数据统计得到，不通过梯度学习，属于缓冲区，不计入参数量。",
    en="The running mean and the running variance, {C} of each, are measured from the data, not learned by gradient: "
    "they are buffers and do not count as parameters.",
)
PER_CHANNEL = Bi(
    zh="逐通道归一化，输出形状不变。", en="Each channel is normalized by itself; the shape stays the same."
)


def _parameters(call: Call) -> Parameters:
    weight = call.tensor_shape("weight", 3)
    channels = weight[0] if weight else call.option("num_features") or call.shapes[0][1]
    affine, running = weight is not None, call.option("running_mean", 1) is not None
    return Parameters(
        formula=2 * C if affine else Number(0),
        values={C: channels},
        claims=("weight", "bias"),
        positions=(3, 4),
        why=(AFFINE if affine else NOT_AFFINE,),
        remark=(RUNNING.format(C=channels),) if running else (),
    )


def _output(call: Call) -> Output:
    shape = call.shapes[0]
    symbols = axis_symbols(shape)
    axes = tuple(Axis(symbol.name, symbol) for symbol in symbols)
    return Output(axes, sized(symbols, shape), why=(PER_CHANNEL,))


def _sample(random: Random, dims: int) -> Sample:
    kind: type[nn.Module] = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[dims - 1]
    channels, affine, running = random.randint(1, 512), random.random() < 0.8, random.random() < 0.8
    image = tuple(random.randint(1, 12) for _ in range(dims))
    return Sample(
        lambda: kind(channels, affine=affine, track_running_stats=running), ((random.randint(2, 4), channels, *image),)
    )


def _rule(dims: int, module: type[nn.Module]) -> Rule:
    return Rule(
        name=f"batch_norm{dims}d",
        title=Bi("批归一化层", "batch normalization layer"),
        kind=Kind.NORMALIZATION,
        modules=(module,),
        functions=("batch_norm",) if dims == 2 else (),
        parameters=_parameters,
        output=_output,
        sample=lambda random: _sample(random, dims),
    )


RULES = (_rule(1, nn.BatchNorm1d), _rule(2, nn.BatchNorm2d), _rule(3, nn.BatchNorm3d))
