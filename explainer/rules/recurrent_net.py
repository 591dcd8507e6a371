"""What a recurrent layer is built with, its symbols, and its weights as a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.symbols import F_in, bias, hidden

gates = Symbol("gates", Bi("门数", "number of gates"), Bi("门数", "gates"), neutral=1, literal=True, role=Role.GATES)
directions = Symbol(
    "dirs",
    Bi("方向数", "number of directions"),
    Bi("方向数", "directions"),
    neutral=1,
    literal=True,
    role=Role.DIRECTIONS,
)
layers = Symbol("n", Bi("循环层的层数", "number of stacked layers"), Bi("层数", "layers"), role=Role.LAYERS)
projected = Symbol(
    "r", Bi("投影后的维数", "size of the projected state"), Bi("投影维数", "projection"), role=Role.PROJECTED
)


@dataclass(frozen=True)
class RecurrentNet:
    """A recurrent layer's hyperparameters. projection: 0 where there is none."""

    gates: int
    inputs: int
    hidden: int
    biased: bool
    layers: int = 1
    directions: int = 1
    projection: int = 0
    batch_first: bool = False

    @property
    def state(self) -> int:
        return self.projection or self.hidden

    @property
    def values(self) -> dict[Symbol, int]:
        return {
            gates: self.gates,
            F_in: self.inputs,
            hidden: self.hidden,
            bias: 2 * self.biased,
            layers: self.layers,
            directions: self.directions,
            projected: self.projection,
        }

    def state_symbol(self) -> Symbol:
        return projected if self.projection else hidden

    def formula(self, biased: bool) -> Expr:
        """All weights, with the biases or without: 4·(F_in·h+h·h+2·h), and for the layers above n−1 times theirs."""
        state = self.state_symbol()
        whole = self._one(F_in * hidden, biased)
        if self.layers > 1:
            whole = whole + (layers - 1) * self._one(directions * state * hidden, biased)
        return directions * whole

    def _one(self, from_input: Expr, biased: bool) -> Expr:
        state = self.state_symbol()
        gate = from_input + state * hidden
        one = gates * (gate + bias * hidden if biased else gate)
        return one + hidden * projected if self.projection else one


_GATES: dict[type[nn.Module], int] = {nn.RNN: 1, nn.LSTM: 4, nn.GRU: 3, nn.RNNCell: 1, nn.LSTMCell: 4, nn.GRUCell: 3}


def read_recurrent(module: Any) -> RecurrentNet:
    """A layer's or a cell's hyperparameters."""
    count = next(count for base, count in _GATES.items() if isinstance(module, base))
    if isinstance(module, nn.RNNCellBase):
        return RecurrentNet(count, module.input_size, module.hidden_size, module.bias)
    return RecurrentNet(
        gates=count,
        inputs=module.input_size,
        hidden=module.hidden_size,
        biased=module.bias,
        layers=module.num_layers,
        directions=1 + module.bidirectional,
        projection=module.proj_size,
        batch_first=module.batch_first,
    )
