"""LSTM, GRU and RNN are one operation to the tracer; their cells are two linear layers each."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from torch import nn

from explainer.counters.engine.operation import Operation
from explainer.counters.engine.products import linear_operation
from explainer.counters.engine.step import Expansion, Expansions, Step


def _layer(name: str, gates: int) -> Expansion:
    def expanded(step: Step) -> Iterator[Operation]:
        call, module = step.call, _module(step)
        batched = len(call.shapes[0]) == 3
        given = call.shapes[0] if batched else (call.shapes[0][0], 1, call.shapes[0][1])
        turned = module.batch_first and batched
        steps, batch = (given[1], given[0]) if turned else given[:2]
        directions = 1 + module.bidirectional
        sides = directions * steps * batch * gates * module.hidden_size * bool(module.bias)
        yield Operation(
            name,
            step.title,
            (given,),
            step.output,
            step.macs,
            bias=2 * sides * module.num_layers,
            contiguous=step.layout.contiguous(call, 0, turned),
            apart=sides,
            fused=name == "lstm" and not module.proj_size,
            hidden=(module.proj_size if name == "lstm" else 0) or module.hidden_size,
            layers=(module.num_layers, directions),
        )

    return expanded


def _cell(gates: int, multiplications: int) -> Expansion:
    def expanded(step: Step) -> Iterator[Operation]:
        call, output = step.call, step.output
        rows, size = prod(output[:-1]), output[-1]
        for width in (call.shapes[0][-1], size):
            wide = (rows, gates * size)
            biased = bool(_module(step).bias)
            yield linear_operation((rows, width), wide, rows * width * gates * size, biased, True, step.title)
        for _ in range(multiplications):
            yield Operation("mul", step.title, (output,), output)

    return expanded


def _module(step: Step) -> Any:
    return step.call.module


RECURRENT: Expansions = {
    nn.LSTM: _layer("lstm", 4),
    nn.GRU: _layer("gru", 3),
    nn.RNN: _layer("rnn", 1),
    nn.LSTMCell: _cell(4, 3),
    nn.GRUCell: _cell(3, 2),
    nn.RNNCell: _cell(1, 0),
}
