"""Recurrent layers: RNN, LSTM (Hochreiter and Schmidhuber 1997), GRU (Cho et al. 2014), and their cells.

A gate is one W_ih on the input, one W_hh on the state before, and a bias; torch has two biases, b_ih and b_hh, as cuDNN
does. An LSTM has four gates, a GRU three, a plain RNN one. With proj_size (Sak et al. 2014) W_hr shortens the state.
MACs: torch on the meta device counts every matrix product of every step, layer and direction, and nothing else; our
formula agrees with it for all options, batched and not. (On the CPU it counts 0 for nn.LSTM: a fused kernel.)
"""

from __future__ import annotations

from random import Random
from typing import Any

from torch import nn

from explainer.formula.tree import evaluate
from explainer.i18n.bilingual import Bi, same
from explainer.rules.base import Rule, Sample, worked
from explainer.rules.recurrent_net import RecurrentNet, directions, read_recurrent
from explainer.rules.recurrent_words import (
    ALL_STEPS,
    BIDIRECTIONAL,
    BOTH,
    CELL_COST,
    CONNECTED,
    EVERY_STEP,
    EVERY_STEP_BOTH,
    GATE,
    GATE_OF_FIRST,
    GRU,
    LAST_STATES,
    LSTM,
    ONE_STEP,
    PACKED,
    PROJECTED,
    RNN,
    SET_OF_FIRST,
    SHARED,
    STACKED,
    STEP_COST,
    STEPS_OF_ALL,
    TWO_BIASES,
    TWO_BIASES_GRU,
    WITH_BIASES,
    WITHOUT_BIASES,
)
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import F_in, N, T, hidden
from explainer.walkthrough.case import Axis, Output, Parameters

_SAID = {1: RNN, 4: LSTM, 3: GRU}


def _parameters(call: Call) -> Parameters:
    net = read_recurrent(call.module)
    return Parameters(
        formula=net.formula(biased=True),
        values=net.values,
        claims=_names(call.module),
        why=tuple(_reasons(net)),
        remark=_remarks(net),
    )


def _names(module: Any) -> tuple[str, ...]:
    """The names of all its tensors."""
    if isinstance(module, nn.RNNBase):
        return tuple(module._flat_weights_names)
    return ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _reasons(net: RecurrentNet) -> list[Bi]:
    values, state = net.values, net.state_symbol()
    where = same("")
    if net.gates > 1:
        where = GATE if net.layers == 1 else GATE_OF_FIRST
    elif net.layers > 1:
        where = SET_OF_FIRST
    reasons = [
        _SAID[net.gates],
        CONNECTED.format(
            where=where,
            F_in=net.inputs,
            h=net.hidden,
            state=net.state,
            ih=worked(F_in * hidden, values),
            hh=worked(state * hidden, values),
            biases=WITH_BIASES if net.biased else WITHOUT_BIASES,
        ),
    ]
    if net.projection:
        reasons.append(PROJECTED.format(r=net.projection, h=net.hidden))
    if net.layers > 1:
        above = net.directions * net.state
        reasons.append(STACKED.format(n=net.layers, next=above, both=BOTH if net.directions > 1 else same("")))
    if net.directions > 1:
        reasons.append(BIDIRECTIONAL)
    return reasons


def _remarks(net: RecurrentNet) -> tuple[Bi, ...]:
    if not net.biased:
        return (SHARED,)
    extra = net.gates * net.hidden * net.layers * net.directions
    return ((TWO_BIASES_GRU if net.gates == 3 else TWO_BIASES).format(extra=extra), SHARED)


def _output(call: Call) -> Output:
    """The last layer's states at all steps: T, N (or N, T) and the state, of both directions."""
    net, shape = read_recurrent(call.module), call.shapes[0]
    around = (T,) if len(shape) == 2 else (N, T) if net.batch_first else (T, N)
    size = directions * net.state_symbol()
    values = net.values | dict(zip(around, shape, strict=False))
    why = EVERY_STEP if net.directions == 1 else EVERY_STEP_BOTH
    packed = (PACKED.format(T=shape[0]),) if _is_packed(call) else ()
    positions = N * T if len(shape) == 3 else T
    steps = (STEPS_OF_ALL if values.get(N, 1) > 1 else ALL_STEPS).format(positions=evaluate(positions, values))
    return Output(
        axes=(*(Axis(symbol.name, symbol) for symbol in around), Axis("F_out", size)),
        values=values,
        why=(why.format(state=net.state, both=worked(size, values)), *packed),
        remark=(LAST_STATES,),
        macs=positions * net.formula(biased=False),
        macs_why=(STEP_COST.format(weights=evaluate(net.formula(biased=False), net.values), steps=steps),),
    )


def _is_packed(call: Call) -> bool:
    """Given a PackedSequence: the numbers of all sequences one after another, then how many there are at each step."""
    given = call.args[0] if call.args else None
    return isinstance(given, tuple | list) and len(given) == 4 and isinstance(given[1], TensorRef)


def _cell_output(call: Call) -> Output:
    net, shape = read_recurrent(call.module), call.shapes[0]
    batched = len(shape) == 2
    step = net.formula(biased=False)
    return Output(
        axes=(Axis("N", N), Axis("h", hidden)) if batched else (Axis("h", hidden),),
        values=net.values | ({N: shape[0]} if batched else {}),
        why=(ONE_STEP,),
        macs=N * step if batched else step,
        macs_why=(CELL_COST.format(weights=evaluate(step, net.values)),),
    )


def _sample(random: Random, kind: type[nn.Module]) -> Sample:
    inputs, units = random.randint(1, 64), random.randint(2, 64)
    options: dict[str, Any] = {
        "num_layers": random.choice([1, 1, 2, 3]),
        "bias": random.random() < 0.7,
        "bidirectional": random.random() < 0.3,
        "batch_first": random.random() < 0.5,
    }
    if kind is nn.LSTM and random.random() < 0.3:
        options["proj_size"] = random.randint(1, units - 1)
    around: Shape = tuple(random.randint(1, 9) for _ in range(random.choice([1, 2, 2])))
    return Sample(lambda: kind(inputs, units, **options), ((*around, inputs),))


def _sample_cell(random: Random, kind: type[nn.Module]) -> Sample:
    inputs, units, biased = random.randint(1, 64), random.randint(1, 64), random.random() < 0.7
    around: Shape = (random.randint(1, 9),) if random.random() < 0.7 else ()
    return Sample(lambda: kind(inputs, units, bias=biased), ((*around, inputs),))


def _rule(kind: type[nn.Module], title: Bi) -> Rule:
    cell = issubclass(kind, nn.RNNCellBase)
    return Rule(
        name=kind.__name__,
        title=title,
        kind=Kind.RECURRENT,
        modules=(kind,),
        parameters=_parameters,
        output=_cell_output if cell else _output,
        sample=lambda random: _sample_cell(random, kind) if cell else _sample(random, kind),
    )


RULES = (
    _rule(nn.RNN, Bi("简单循环层（RNN）", "recurrent layer (RNN)")),
    _rule(nn.LSTM, Bi("长短期记忆层（LSTM）", "long short-term memory layer (LSTM)")),
    _rule(nn.GRU, Bi("门控循环层（GRU）", "gated recurrent layer (GRU)")),
    _rule(nn.RNNCell, Bi("简单循环单元（RNNCell）", "recurrent cell (RNNCell)")),
    _rule(nn.LSTMCell, Bi("长短期记忆单元（LSTMCell）", "long short-term memory cell (LSTMCell)")),
    _rule(nn.GRUCell, Bi("门控循环单元（GRUCell）", "gated recurrent cell (GRUCell)")),
)
