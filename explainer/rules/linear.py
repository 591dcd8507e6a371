"""Fully connected layers: one weight for each pair of input and neuron, one bias a neuron."""

from __future__ import annotations

from random import Random

from torch import nn

from explainer.formula import Expr, Symbol, product
from explainer.rules.base import Axis, Kind, Output, Parameters, Rule, Sample, has
from explainer.rules.symbols import F_in, F_out, N, axis_symbols, bias, sized
from explainer.text.bi import Bi
from explainer.trace import Call

CONNECTED = Bi(
    zh="每个神经元与{F_in}个输入逐一相连，有{F_in}个权重，再加1个偏置；共有{F_out}个神经元。",
    en="Each of the {F_out:neuron|neurons} is connected to all {F_in:input|inputs}, with one weight each, "
    "and has one bias of its own.",
)
CONNECTED_NO_BIAS = Bi(
    zh="每个神经元与{F_in}个输入逐一相连，有{F_in}个权重，没有偏置；共有{F_out}个神经元。",
    en="Each of the {F_out:neuron|neurons} is connected to all {F_in:input|inputs}, with one weight each and no bias.",
)
FIXED_LENGTH = Bi(
    zh="输入特征数一变，权重的个数也要跟着变，所以全连接层只能接收固定长度的输入。",
    en="The number of weights follows the number of inputs, so a fully connected layer takes inputs of one fixed length "
    "only.",
)


def _parameters(call: Call) -> Parameters:
    weight = call.tensor_shape("weight", 1)
    assert weight is not None
    has_bias = has(call.option("bias", 2))
    words = {"F_in": weight[1], "F_out": weight[0]}
    return Parameters(
        formula=(F_in + bias) * F_out,
        values={F_in: weight[1], F_out: weight[0], bias: has_bias},
        claims=("weight", "bias"),
        why=((CONNECTED if has_bias else CONNECTED_NO_BIAS).format(**words),),
        remark=(FIXED_LENGTH,),
    )


def _output(call: Call) -> Output:
    """The last dimension goes from F_in to F_out; the leading ones stay."""
    weight = call.tensor_shape("weight", 1)
    assert weight is not None
    shape = call.shapes[0]
    leading: tuple[Symbol, ...] = (N,) if len(shape) == 2 else axis_symbols(shape)[:-1]
    values: dict[Symbol, int] = sized(leading, shape[:-1]) | {F_in: weight[1], F_out: weight[0]}
    factors: list[Expr] = [*leading, F_in, F_out]
    return Output(
        axes=tuple(Axis(symbol.name, symbol) for symbol in (*leading, F_out)),
        values=values,
        macs=product(factors),
    )


def _sample(random: Random) -> Sample:
    inputs, outputs, with_bias = random.randint(1, 4096), random.randint(1, 1000), random.random() < 0.7
    leading = tuple(random.randint(1, 5) for _ in range(random.choice([1, 1, 2])))
    return Sample(lambda: nn.Linear(inputs, outputs, bias=with_bias), ((*leading, inputs),))


RULES = (
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
)
