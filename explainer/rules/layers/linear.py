"""Fully connected layers: one weight for each pair of input and neuron, one bias a neuron. Bilinear: one for each triple."""

from __future__ import annotations

from math import prod
from random import Random

import torch
from torch import nn

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol, product
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample, has, worked
from explainer.rules.draw import channels, side
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import F_in, F_out, bias, leading_axes, sized
from explainer.walkthrough.case import Axis, Output, Parameters

CONNECTED = Bi(
    zh="每个神经元与全部{F_in}个输入相连，有{F_in}个权重和1个偏置，共{each}个参数；共有{F_out}个神经元。",
    en="Each of the {F_out:neuron|neurons} is connected to all {F_in:input|inputs}, with one weight each, "
    "and has one bias of its own: {each} parameters.",
)
CONNECTED_NO_BIAS = Bi(
    zh="每个神经元与全部{F_in}个输入相连，有{F_in}个权重，没有偏置；共有{F_out}个神经元。",
    en="Each of the {F_out:neuron|neurons} is connected to all {F_in:input|inputs}, with one weight each and no bias.",
)
FIXED_LENGTH = Bi(
    zh="每个神经元的权重数等于输入特征数，所以全连接层的输入长度是固定的。",
    en="Each neuron has one weight for each input, so a fully connected layer takes inputs of one fixed length only.",
)
EACH_POSITION = Bi(
    zh="输入有多个位置时，同一个全连接层分别作用于每个位置，各位置共用参数，所以参数量与位置的个数无关。",
    en="Where the input has many positions, the same layer works on each of them with the same parameters, so the number of "
    "positions does not affect the count.",
)
EACH_WEIGHT = Bi(
    zh="每个权重参与1次乘加。",
    en="Each weight is used in one multiply-accumulate.",
)
EACH_WEIGHT_MANY = Bi(
    zh="输入有{positions}个位置，每个权重在每个位置上参与1次乘加。",
    en="The input has {positions:position|positions}, and each weight is used in one multiply-accumulate at each of them.",
)
MADE_BIAS = Bi(
    zh="每个神经元与全部{F_in}个输入相连，有{F_in}个权重；偏置由前面的步骤算出，不在这里计数。共有{F_out}个神经元。",
    en="Each of the {F_out:neuron|neurons} is connected to all {F_in:input|inputs}, with one weight each; the bias is "
    "computed by earlier steps and not counted here.",
)


EACH_ROW = Bi(
    zh="输入有{rows}行，每个权重对每一行参与1次乘加。",
    en="The input has {rows:row|rows}, and each weight is used in one multiply-accumulate for each of them.",
)


def _parameters(call: Call) -> Parameters:
    weight, given = call.tensor_shape("weight", 1), call.option("bias", 2)
    assert weight is not None
    made = isinstance(given, TensorRef) and given.parameter is None
    has_bias = has(given) and not made
    words = {"F_in": weight[1], "F_out": weight[0], "each": weight[1] + 1}
    why = MADE_BIAS if made else CONNECTED if has_bias else CONNECTED_NO_BIAS
    many = bool(call.shapes) and len(call.shapes[0]) > 2
    return Parameters(
        formula=(F_in + bias) * F_out,
        values={F_in: weight[1], F_out: weight[0], bias: int(has_bias)},
        claims=("weight",) if made else ("weight", "bias"),
        why=(why.format(**words),),
        remark=() if many else (FIXED_LENGTH,),
    )


def _output(call: Call) -> Output:
    """The last dimension goes from F_in to F_out; the leading ones stay."""
    weight = call.tensor_shape("weight", 1)
    assert weight is not None
    shape = call.shapes[0]
    leading = leading_axes(len(shape) - 1)
    values: dict[Symbol, int] = sized(leading, shape[:-1]) | {F_in: weight[1], F_out: weight[0]}
    factors: list[Expr] = [*leading, F_in, F_out]
    return Output(
        axes=tuple(Axis(symbol.name, symbol) for symbol in (*leading, F_out)),
        values=values,
        remark=(EACH_POSITION,) if len(shape) > 2 else (),
        macs=product(factors),
        macs_why=(each_weight(shape[:-1]),),
    )


def each_weight(positions: Shape) -> Bi:
    """Why the multiply-accumulates are as many as weights, times positions."""
    count = prod(positions)
    if count == 1:
        return EACH_WEIGHT
    if len(positions) == 1:  # samples of a batch, or tokens that a view put in one row each
        return EACH_ROW.format(rows=count)
    return EACH_WEIGHT_MANY.format(positions=count)


def _sample(random: Random) -> Sample:
    inputs, outputs, with_bias = channels(random, 4096), channels(random, 1000), random.random() < 0.7
    leading = tuple(side(random, 1, 5) for _ in range(random.choice([1, 1, 2])))
    return Sample(lambda: nn.Linear(inputs, outputs, bias=with_bias), ((*leading, inputs),))


F_1 = Symbol(
    "F_1",
    Bi("第一个输入的特征数", "number of features of the first input"),
    Bi("输入1", "input 1"),
    role=Role.FEATURES_IN,
)
F_2 = Symbol(
    "F_2",
    Bi("第二个输入的特征数", "number of features of the second input"),
    Bi("输入2", "input 2"),
    role=Role.FEATURES_IN,
)
PAIRS = Bi(
    zh="每个输出特征是x₁ᵀAx₂：两个输入的特征两两相乘，每一对有1个权重，所以矩阵A有{pairs}个权重{bias}；"
    "共有{F_out}个输出特征，各有一个矩阵。",
    en="Each output feature is x₁ᵀAx₂: every feature of one input meets every feature of the other, with one weight a pair, "
    "so the matrix A holds {pairs} weights{bias}; each of the {F_out:output feature|output features} has a matrix of its own.",
)
PLUS_BIAS = Bi(zh="，再加1个偏置", en=", and there is one bias")
NO_BIAS = Bi(zh="，没有偏置", en=", and there is no bias")
BOTH_INPUTS = Bi(
    zh="除最后一维外，两个输入的形状须相同；输出的最后一维是输出特征数。",
    en="The two inputs have the same shape but for their last dimension; the output's last dimension is the number of "
    "output features.",
)


BILINEAR_COST = Bi(
    zh="求每个输出特征时，先算Ax₂，用{pairs}次乘加，再与x₁做内积，用{F_1}次。",
    en="For each output feature Ax₂ takes {pairs} multiply-accumulates, and its inner product with x₁ takes {F_1}.",
)


def _bilinear(call: Call) -> Parameters:
    weight = call.tensor_shape("weight", 2)
    assert weight is not None
    values = {F_1: weight[1], F_2: weight[2], F_out: weight[0], bias: has(call.option("bias", 3))}
    words = {"pairs": worked(F_1 * F_2, values), "bias": PLUS_BIAS if values[bias] else NO_BIAS, "F_out": weight[0]}
    return Parameters(
        formula=(F_1 * F_2 + bias) * F_out,
        values=values,
        claims=("weight", "bias"),
        positions=(2, 3),
        why=(PAIRS.format(**words),),
    )


def _bilinear_output(call: Call) -> Output:
    """torch counts nothing for a bilinear layer."""
    weight = call.tensor_shape("weight", 2)
    assert weight is not None
    shape = call.shapes[0]
    leading = leading_axes(len(shape) - 1)
    return Output(
        axes=tuple(Axis(symbol.name, symbol) for symbol in (*leading, F_out)),
        values=sized(leading, shape[:-1]) | {F_out: weight[0], F_1: weight[1], F_2: weight[2]},
        why=(BOTH_INPUTS,),
        macs=product([*leading, F_out, F_1 * F_2 + F_1]),
        macs_why=(BILINEAR_COST.format(F_1=weight[1], pairs=weight[1] * weight[2]),),
    )


def _sample_bilinear(random: Random) -> Sample:
    first, second, outputs = (channels(random, 64) for _ in range(3))
    with_bias = random.random() < 0.7
    leading = tuple(side(random, 1, 5) for _ in range(random.choice([1, 1, 2])))
    return Sample(lambda: nn.Bilinear(first, second, outputs, bias=with_bias), ((*leading, first), (*leading, second)))


WITH_LOSS = Bi(
    zh="这一层把全连接层与交叉熵损失合在一起：交叉熵没有参数，参数都在其中的全连接层linear里，每类一个神经元。",
    en="This is a fully connected layer and cross entropy in one: cross entropy has no parameters, all belong to the fully "
    "connected layer inside, linear, with one neuron a class.",
)
OTHER_SIZES = Bi("各维大小", "sizes of the dimensions")
ONE_LOSS = Bi(zh="各样本的损失合并成1个数。", en="The losses of the samples become one number.")
EACH_LOSS = Bi(zh='每个样本得一项损失（reduction="none"）。', en='Each sample has one loss (reduction="none").')


def _inner(call: Call) -> nn.Linear:
    linear: nn.Linear = call.option("linear")
    return linear


def _with_loss(call: Call) -> Parameters:
    linear = _inner(call)
    values = {F_in: linear.in_features, F_out: linear.out_features, bias: has(linear.bias)}
    why = CONNECTED if values[bias] else CONNECTED_NO_BIAS
    return Parameters(
        formula=(F_in + bias) * F_out,
        values=values,
        claims=("linear.weight", "linear.bias"),
        why=(WITH_LOSS, why.format(F_in=linear.in_features, F_out=linear.out_features, each=linear.in_features + 1)),
    )


def _loss_output(call: Call) -> Output:
    linear, leading = _inner(call), leading_axes(len(call.shapes[0]) - 1)
    values = sized(leading, call.shapes[0][:-1]) | {F_in: linear.in_features, F_out: linear.out_features}
    macs, said = product([*leading, F_in, F_out]), (each_weight(call.shapes[0][:-1]),)
    if call.option("reduction") != "none":
        return Output((), values, why=(ONE_LOSS,), macs=macs, macs_why=said)
    targets = call.shapes[1]
    symbols = (
        *leading,
        *(Symbol(f"d_{i + 1}", OTHER_SIZES, role=Role.DIMENSION) for i in range(len(leading), len(targets))),
    )
    axes = tuple(Axis(symbol.name, symbol) for symbol in symbols)
    return Output(axes, values | sized(symbols, targets), why=(EACH_LOSS,), macs=macs, macs_why=said)


def _sample_with_loss(random: Random) -> Sample:
    features, classes, n = random.randint(1, 64), random.randint(2, 20), random.randint(1, 9)
    out = random.choice([(), (), (3,), (2, 4)])
    reduction, with_bias = random.choice(["mean", "sum", "none"]), random.random() < 0.5
    return Sample(
        lambda: nn.LinearCrossEntropyLoss(features, classes, out_features=out, bias=with_bias, reduction=reduction),
        ((n, features), (n, *out)),
        (torch.float32, torch.int64),
    )


RULES: tuple[Rule, ...] = (
    Rule(
        name="linear",
        title=Bi("全连接层", "fully connected layer"),
        kind=Kind.LINEAR,
        modules=(nn.Linear,),
        functions=("linear",),
        parameters=_parameters,
        output=_output,
        sample=_sample,
    ),
    Rule(
        name="bilinear",
        title=Bi("双线性层", "bilinear layer"),
        kind=Kind.LINEAR,
        modules=(nn.Bilinear,),
        functions=("bilinear",),
        parameters=_bilinear,
        output=_bilinear_output,
        sample=_sample_bilinear,
    ),
)

if hasattr(nn, "LinearCrossEntropyLoss"):  # torch 2.13
    RULES += (
        Rule(
            name="LinearCrossEntropyLoss",
            title=Bi("全连接层与交叉熵损失", "fully connected layer with cross entropy"),
            kind=Kind.LINEAR,
            modules=(nn.LinearCrossEntropyLoss,),
            parameters=_with_loss,
            output=_loss_output,
            sample=_sample_with_loss,
        ),
    )
