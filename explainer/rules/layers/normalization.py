"""Normalization: statistics that are measured, then a learned scale and shift.

Batch (Ioffe and Szegedy 2015), group (Wu and He 2018) and instance normalization (Ulyanov et al. 2016) scale each
channel, those of `layer_norm.py` each feature; local response normalization (Krizhevsky et al. 2012) learns nothing.
torch counts no MACs for any of them.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from torch import nn

from explainer.i18n.bilingual import Bi
from explainer.rules.affine import ANY_BATCH, KEEPS_SHAPE, NOT_GIVEN, learned, scale_and_shift, with_or_without_bias
from explainer.rules.base import Rule, Sample, no_parameters
from explainer.rules.draw import side
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import C, axis_symbols, sized
from explainer.walkthrough.case import Axis, Output, Parameters

AFFINE = Bi(
    zh="每个通道有两个可学习参数：缩放因子γ和平移因子β。",
    en="Each channel has two learnable parameters: a scale γ and a shift β.",
)
NOT_AFFINE = Bi(
    zh="设置了affine=False，只做归一化，不再缩放和平移，没有可学习参数。",
    en="With affine=False it only normalizes; there is no scale and no shift to learn.",
)
SCALE_ONLY = Bi(
    zh="bias=False：每个通道只有1个可学习参数，即缩放因子γ，没有平移因子β。",
    en="With bias=False each channel has a single learnable parameter, a scale γ; there is no shift β.",
)
RUNNING = Bi(
    zh="滑动均值和滑动方差各{C}个，由训练数据统计得到，不通过梯度学习；它们属于缓冲区，不计入参数量。",
    en="The running mean and the running variance, {C} of each, are statistics of the training data, not "
    "learned by gradient descent; they are buffers and do not count as parameters.",
)
PER_CHANNEL = Bi(
    zh="逐通道归一化，输出形状不变。", en="Each channel is normalized by itself; the shape stays the same."
)
SYNCHRONIZED = Bi(
    zh="在多张显卡上训练时，各卡共同统计均值和方差；参数量与普通的批归一化相同。",
    en="When several GPUs train together, the mean and variance are taken over all of them; the count is that of ordinary "
    "batch normalization.",
)
GROUPED = Bi(
    zh="{C}个通道分成{g}组，每组{each}个通道一起归一化。分组只影响均值和方差，不影响参数量。",
    en="The {C} channels form {g:group|groups} of {each} that are normalized together. The groups matter for mean and "
    "variance only, not for the count.",
)
INSTANCE_FIXED = Bi(
    zh="affine=False（实例归一化的默认设置），只做归一化，不再缩放和平移，没有可学习参数。",
    en="With affine=False, the default of instance normalization, it only normalizes; there is no scale and no shift to "
    "learn.",
)
PER_GROUP = Bi(
    zh="每个样本逐组归一化，输出形状不变。",
    en="Each group of each sample is normalized by itself; the shape stays the same.",
)
PER_INSTANCE = Bi(
    zh="每个样本的每个通道单独归一化，输出形状不变。",
    en="Each channel of each sample is normalized by itself; the shape stays the same.",
)
RESPONSES = Bi(
    zh="局部响应归一化用同一位置上相邻几个通道的平方和来缩小数值，没有可学习的参数。",
    en="Local response normalization scales values down by the squares of neighbouring channels at the same position; "
    "there is nothing to learn.",
)


def _parameters(call: Call) -> Parameters:
    weight = call.tensor_shape("weight", 3)
    channels = weight[0] if weight else call.option("num_features") or call.shapes[0][1]
    running = call.option("running_mean", 1) is not None
    return Parameters(
        formula=learned(call, 3, C),
        values={C: channels},
        claims=("weight", "bias"),
        positions=(3, 4),
        why=(_per_channel(call, 3, NOT_AFFINE),),
        remark=(RUNNING.format(C=channels),) if running else (),
    )


def _per_channel(call: Call, position: int, fixed: Bi) -> Bi:
    scaled, shifted = scale_and_shift(call, position)
    if scaled:
        return AFFINE if shifted else SCALE_ONLY
    return fixed if call.module is not None else NOT_GIVEN


def _output(call: Call) -> Output:
    shape = call.shapes[0]
    symbols = axis_symbols(shape)
    axes = tuple(Axis(symbol.name, symbol) for symbol in symbols)
    return Output(axes, sized(symbols, shape), why=(PER_CHANNEL,))


def _synchronized(call: Call) -> Parameters:
    found = _parameters(call)
    return replace(found, remark=(*found.remark, SYNCHRONIZED))


def _group_parameters(call: Call) -> Parameters:
    weight = call.tensor_shape("weight", 2)
    channels = weight[0] if weight else call.option("num_channels") or call.shapes[0][1]
    g = call.option("num_groups", 1)
    return Parameters(
        formula=learned(call, 2, C),
        values={C: channels},
        claims=("weight", "bias"),
        positions=(2, 3),
        why=(GROUPED.format(C=channels, g=g, each=channels // g), _per_channel(call, 2, NOT_AFFINE)),
        remark=(ANY_BATCH,),
    )


def _instance_parameters(call: Call) -> Parameters:
    """As batch normalization; by default nothing is learned."""
    return replace(_parameters(call), why=(_per_channel(call, 3, INSTANCE_FIXED),))


def _shaped(call: Call, why: Bi) -> Output:
    return replace(_output(call), why=(why,))


def _sample(random: Random, dims: int) -> Sample:
    kind: type[nn.Module] = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[dims - 1]
    channels = random.randint(1, 512)
    options = with_or_without_bias(
        random, kind, affine=random.random() < 0.8, track_running_stats=random.random() < 0.8
    )
    image = tuple(random.randint(1, 12) for _ in range(dims))
    return Sample(lambda: kind(channels, **options), ((random.randint(2, 4), channels, *image),))


def _sample_group(random: Random) -> Sample:
    g, each = random.randint(1, 16), random.randint(1, 16)
    options = with_or_without_bias(random, nn.GroupNorm, affine=random.random() < 0.8)
    image = tuple(side(random, 2, 9) for _ in range(random.randint(1, 3)))
    return Sample(lambda: nn.GroupNorm(g, g * each, **options), ((2, g * each, *image),))


def _sample_instance(random: Random) -> Sample:
    dims = random.randint(1, 3)
    kind: type[nn.Module] = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)[dims - 1]
    channels = random.randint(1, 512)
    options = with_or_without_bias(
        random, kind, affine=random.random() < 0.5, track_running_stats=random.random() < 0.3
    )
    batch = (random.randint(1, 4),) if random.random() < 0.8 else ()
    image = tuple(side(random, 2, 12) for _ in range(dims))
    return Sample(lambda: kind(channels, **options), ((*batch, channels, *image),))


def _sample_sync(random: Random) -> Sample:
    channels, options = (
        random.randint(1, 512),
        with_or_without_bias(random, nn.SyncBatchNorm, affine=random.random() < 0.8),
    )
    return Sample(lambda: nn.SyncBatchNorm(channels, **options), ((random.randint(2, 4), channels, 5, 5),))


def _sample_response(random: Random) -> Sample:
    kind: type[nn.Module] = random.choice([nn.LocalResponseNorm, nn.CrossMapLRN2d])
    size = random.choice([1, 3, 5])
    shape = (random.randint(1, 4), random.randint(5, 32), side(random, 2, 9), side(random, 2, 9))
    return Sample(lambda: kind(size), (shape,))


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


RULES = (
    _rule(1, nn.BatchNorm1d),
    _rule(2, nn.BatchNorm2d),
    _rule(3, nn.BatchNorm3d),
    Rule(
        name="sync_batch_norm",
        title=Bi("同步批归一化层", "synchronized batch normalization layer"),
        kind=Kind.NORMALIZATION,
        modules=(nn.SyncBatchNorm,),
        parameters=_synchronized,
        output=_output,
        sample=_sample_sync,
    ),
    Rule(
        name="group_norm",
        title=Bi("组归一化", "group normalization"),
        kind=Kind.NORMALIZATION,
        modules=(nn.GroupNorm,),
        functions=("group_norm",),
        parameters=_group_parameters,
        output=lambda call: _shaped(call, PER_GROUP),
        sample=_sample_group,
    ),
    Rule(
        name="instance_norm",
        title=Bi("实例归一化", "instance normalization"),
        kind=Kind.NORMALIZATION,
        modules=(nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
        functions=("instance_norm",),
        parameters=_instance_parameters,
        output=lambda call: _shaped(call, PER_INSTANCE),
        sample=_sample_instance,
    ),
    Rule(
        name="local_response_norm",
        title=Bi("局部响应归一化", "local response normalization"),
        kind=Kind.NORMALIZATION,
        modules=(nn.LocalResponseNorm, nn.CrossMapLRN2d),
        functions=("local_response_norm",),
        parameters=no_parameters(RESPONSES),
        output=lambda call: _shaped(call, KEEPS_SHAPE),
        sample=_sample_response,
    ),
)
