"""Layer normalization (Ba et al. 2016) and RMSNorm (Zhang and Sennrich 2019): the features of each position are normalized together."""

from __future__ import annotations

import math
from random import Random

from torch import nn

from explainer.formula.role import Role
from explainer.formula.tree import Number, Symbol, product
from explainer.i18n.bilingual import Bi
from explainer.rules.affine import ANY_BATCH, KEEPS_SHAPE, NOT_GIVEN, learned, scale_and_shift, with_or_without_bias
from explainer.rules.base import Rule, Sample, worked
from explainer.rules.draw import side
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import D, leading_axes, sized
from explainer.walkthrough.case import Axis, Output, Parameters

TOGETHER = Bi(
    zh="每个位置的{D}个特征一起归一化，再逐个缩放和平移：",
    en="The {D} features of each position are normalized together, then scaled and shifted one by one: ",
)
SEVERAL_TOGETHER = Bi(
    zh="后{dims}维的{D}个值一起归一化，再逐个缩放和平移：",
    en="The {D} values of the last {dims} dimensions are normalized together, then scaled and shifted one by one: ",
)
EACH = Bi(
    zh="每个值有1个缩放因子γ和1个平移因子β，各{total}个。", en="each has a scale γ and a shift β, {total} of each."
)
EACH_NO_SHIFT = Bi(
    zh="每个值有1个缩放因子γ，共{total}个；bias=False，没有平移因子β。",
    en="each has a scale γ, {total} in all; with bias=False there is no shift β.",
)
FEATURES_FIXED = Bi(
    zh="设置了elementwise_affine=False，只做归一化，不再缩放和平移，没有可学习参数。",
    en="With elementwise_affine=False it only normalizes; there is no scale and no shift to learn.",
)
RMS = Bi(
    zh="RMS归一化只除以均方根，不减均值，也没有平移因子β：{D}个特征各有1个缩放因子γ，参数量是层归一化的一半。",
    en="RMSNorm divides by the root mean square, subtracts no mean and has no shift β: each of the {D} features has a scale "
    "γ, half of what layer normalization has.",
)
PER_POSITION = Bi(
    zh="逐位置归一化，输出形状不变。", en="Each position is normalized by itself; the shape stays the same."
)


def _normalized(call: Call) -> tuple[int, ...]:
    """The sizes that are normalized together, the last ones of the input."""
    shape = call.option("normalized_shape", 1)
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _features(sizes: tuple[int, ...]) -> tuple[Symbol, ...]:
    """D, or D_1, D_2, … where several dimensions are normalized together."""
    if len(sizes) == 1:
        return (D,)
    together = Bi("归一化的各维大小", "sizes of the normalized dimensions")
    return tuple(Symbol(f"D_{i + 1}", together, D.label, together, role=Role.FEATURES) for i in range(len(sizes)))


def _layer_parameters(call: Call) -> Parameters:
    sizes = _normalized(call)
    symbols = _features(sizes)
    values = sized(symbols, sizes)
    scaled, shifted = scale_and_shift(call, 2)
    together = TOGETHER if len(sizes) == 1 else SEVERAL_TOGETHER
    words = {"D": worked(product(list(symbols)), values), "dims": len(sizes), "total": math.prod(sizes)}
    why = (together + (EACH if shifted else EACH_NO_SHIFT)).format(**words)
    return Parameters(
        formula=learned(call, 2, *symbols),
        values=values,
        claims=("weight", "bias"),
        positions=(2, 3),
        why=(why if scaled else _fixed(call),),
        remark=(ANY_BATCH,),
    )


def _rms_parameters(call: Call) -> Parameters:
    sizes = _normalized(call)
    symbols = _features(sizes)
    values = sized(symbols, sizes)
    scaled = call.option("weight", 2) is not None
    return Parameters(
        formula=product(list(symbols)) if scaled else Number(0),
        values=values,
        claims=("weight",),
        positions=(2,),
        why=(RMS.format(D=worked(product(list(symbols)), values)) if scaled else _fixed(call),),
    )


def _fixed(call: Call) -> Bi:
    return NOT_GIVEN if call.module is None else FEATURES_FIXED


def _layer_output(call: Call) -> Output:
    shape, sizes = call.shapes[0], _normalized(call)
    before = len(shape) - len(sizes)
    symbols = (*leading_axes(before), *_features(sizes))
    why = PER_POSITION if len(sizes) == 1 else KEEPS_SHAPE
    return Output(tuple(Axis(symbol.name, symbol) for symbol in symbols), sized(symbols, shape), why=(why,))


def _sample_layer(random: Random, kind: type[nn.Module]) -> Sample:
    sizes = tuple(random.randint(1, 300) for _ in range(random.choice([1, 1, 2, 3])))
    options = with_or_without_bias(random, kind, elementwise_affine=random.random() < 0.8)
    before = tuple(side(random, 1, 5) for _ in range(random.randint(0, 3)))
    return Sample(lambda: kind(sizes, **options), ((*before, *sizes),))


RULES = (
    Rule(
        name="layer_norm",
        title=Bi("层归一化", "layer normalization"),
        kind=Kind.NORMALIZATION,
        modules=(nn.LayerNorm,),
        functions=("layer_norm",),
        parameters=_layer_parameters,
        output=_layer_output,
        sample=lambda random: _sample_layer(random, nn.LayerNorm),
    ),
    Rule(
        name="rms_norm",
        title=Bi("RMS归一化", "RMS normalization"),
        kind=Kind.NORMALIZATION,
        modules=(nn.RMSNorm,),
        functions=("rms_norm",),
        parameters=_rms_parameters,
        output=_layer_output,
        sample=lambda random: _sample_layer(random, nn.RMSNorm),
    ),
)
