"""Layers of the transformers library that torch has not: its Conv1D, which is a fully connected layer (GPT-2)."""

from __future__ import annotations

import importlib
from random import Random

from torch import nn

from explainer.formula.tree import product
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.layers.linear import CONNECTED, EACH_POSITION, each_weight
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import F_in, F_out, bias, leading_axes, sized
from explainer.walkthrough.case import Axis, Output, Parameters

STORED = Bi(
    zh="这一层的权重按输入×输出存放，即{F_in}×{F_out}，与nn.Linear相反，参数量相同。",
    en="It stores its weight as input × output, {F_in}×{F_out}, the reverse of nn.Linear; the count is the same.",
)


def _stored_by_input(call: Call) -> Parameters:
    """transformers' Conv1D (GPT-2): a fully connected layer that keeps its weight the other way round."""
    weight = call.tensor_shape("weight")
    assert weight is not None
    words = {"F_in": weight[0], "F_out": weight[1], "each": weight[0] + 1}
    return Parameters(
        formula=(F_in + bias) * F_out,
        values={F_in: weight[0], F_out: weight[1], bias: 1},
        claims=("weight", "bias"),
        why=(CONNECTED.format(**words),),
        remark=(STORED.format(**words),),
    )


def _stored_by_input_output(call: Call) -> Output:
    weight = call.tensor_shape("weight")
    assert weight is not None
    leading = leading_axes(len(call.shapes[0]) - 1)
    return Output(
        axes=tuple(Axis(symbol.name, symbol) for symbol in (*leading, F_out)),
        values=sized(leading, call.shapes[0][:-1]) | {F_in: weight[0], F_out: weight[1]},
        remark=(EACH_POSITION,),
        macs=product([*leading, F_in, F_out]),
        macs_why=(each_weight(call.shapes[0][:-1]),),
    )


def _sample_stored_by_input(random: Random) -> Sample:
    inputs, outputs, leading = (
        random.randint(1, 99),
        random.randint(1, 99),
        (random.randint(1, 4), random.randint(1, 9)),
    )

    def build() -> nn.Module:
        kind: type[nn.Module] = importlib.import_module("transformers.pytorch_utils").Conv1D
        return kind(outputs, inputs)

    return Sample(build, ((*leading, inputs),))


RULES = (
    Rule(
        name="linear_stored_by_input",
        title=Bi("全连接层", "fully connected layer"),
        kind=Kind.LINEAR,
        modules=("transformers.pytorch_utils.Conv1D",),
        parameters=_stored_by_input,
        output=_stored_by_input_output,
        sample=_sample_stored_by_input,
    ),
)
