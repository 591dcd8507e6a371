"""Which of two halves is the gate, what it is activated by, and what is limited or shifted on the way: read off by running it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import torch

from explainer.recognition.definitions import ACTIVATIONS, CLOSE, CLOSE_ACTIVATION
from explainer.recognition.replay import difference, normal
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.idea import Plain

FAR = 1e6  # a number that any limit cuts off
REACH = 128.0  # limits are looked for up to here
ROUNDS, POINTS = 9, 33
TRIALS = 2
Function = Callable[[torch.Tensor], torch.Tensor]
Halves = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Gate:
    """function: the activation's name. of: what is made of the outputs of the linear layers. settings: limits and shift, where there are any.

    spread: of random numbers that reach the limits.
    """

    function: str
    of: Callable[[list[torch.Tensor]], torch.Tensor]
    settings: dict[str, Plain] = field(default_factory=dict)
    spread: float = 0.0


@dataclass(frozen=True)
class _Way:
    """How gate and value lie in the outputs: each by itself, as halves, or by turns; the gate first or second."""

    apart: Literal["layers", "halves", "turns"]
    first: bool
    axis: int

    def split(self, outputs: list[torch.Tensor]) -> Halves:
        if self.apart == "layers":
            one, other = outputs
        elif self.apart == "halves":
            one, other = outputs[0].chunk(2, self.axis)
        else:
            moved = outputs[0].movedim(self.axis, -1)
            one, other = (moved[..., at::2].movedim(-1, self.axis) for at in (0, 1))
        return (one, other) if self.first else (other, one)

    def join(self, gate: torch.Tensor, value: torch.Tensor) -> list[torch.Tensor]:
        """The outputs in which these are gate and value."""
        halves = [gate, value] if self.first else [value, gate]
        if self.apart == "layers":
            return halves
        if self.apart == "halves":
            return [torch.cat(halves, self.axis)]
        moved = [half.movedim(self.axis, -1) for half in halves]
        return [torch.stack(moved, -1).flatten(-2).movedim(-1, self.axis)]


def gate_of(run: Callable[[list[torch.Tensor]], torch.Tensor], hidden: list[torch.Tensor], axis: int) -> Gate | None:
    """The gate that `run` is, of the outputs of one linear layer or of two; None where it is none.

    hidden: random outputs to begin with; axis: their features. Raises NoValue.
    """
    made = run(hidden)
    ways = list(_ways(len(hidden), hidden[0].shape[axis], axis))
    for way in ways:
        gate, value = way.split(hidden)
        for name, function in ACTIVATIONS.items():
            if difference(made, function(gate) * value) <= CLOSE:
                return Gate(name, partial(_product, function, way))
    for way in ways:
        gate, _ = way.split(hidden)
        if made.shape == gate.shape and (found := _limited(run, way, gate.shape)) is not None:
            return found
    return None


def _product(function: Function, way: _Way, outputs: list[torch.Tensor]) -> torch.Tensor:
    gate, value = way.split(outputs)
    return function(gate) * value


def _ways(outputs: int, features: int, axis: int) -> Iterator[_Way]:
    if outputs == 2:
        yield from (_Way("layers", first, axis) for first in (True, False))
    elif features % 2 == 0:
        yield from (_Way(apart, first, axis) for first in (True, False) for apart in _FUSED)


_FUSED: tuple[Literal["halves", "turns"], ...] = ("halves", "turns")


def _limited(run: Callable[[list[torch.Tensor]], torch.Tensor], way: _Way, shape: Shape) -> Gate | None:
    """act(min(gate, l)) · (value within ±m, plus c): l, m and c are read off, then all of it is run beside the definition."""
    size = math.prod(shape)

    def at(gates: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """What is made of pairs of numbers, however many a pass takes."""
        made = []
        for g, v in zip(torch.split(gates, size), torch.split(values, size), strict=True):
            rest = size - len(g)
            full = [torch.cat((half, half.new_zeros(rest))).reshape(shape) for half in (g, v)]
            made.append(run(way.join(*full)).reshape(-1)[: len(g)])
        return torch.cat(made)

    low, zero, half, high, low_half = at(_row(1, 1, 1, 1, 1), _row(-FAR, 0, 0.5, FAR, -0.5)).tolist()
    slope = half - low_half
    if not math.isfinite(slope) or abs(slope) < 1e-6:
        return None
    shift = _round(zero / slope)
    below, most = _round(low / slope - shift), _round(high / slope - shift)
    if abs(below + most) > CLOSE * abs(most) or most < 0.5 or abs(shift) > REACH:
        return None
    value_limit = most if most < FAR / 2 else None
    v = 0.5 if abs(0.5 + shift) > 0.1 else 0.25

    def activated(gates: torch.Tensor) -> torch.Tensor:
        return at(gates, torch.full_like(gates, v)) / (v + shift)

    found = _activation(activated)
    if found is None or not (found.limit or value_limit or shift):
        return None
    spread = 1.5 * max(2.0, found.limit or 0.0, value_limit or 0.0)

    def of(hidden: list[torch.Tensor]) -> torch.Tensor:
        gate, value = way.split(hidden)
        return found.function(gate) * ((value.clamp(-most, most) if value_limit else value) + shift)

    for seed in range(TRIALS):
        outs = way.join(normal(shape, 2 * seed + 1, spread), normal(shape, 2 * seed + 2, spread))
        if difference(run(outs), of(outs)) > CLOSE:
            return None
    settings: dict[str, Plain] = {"gate_limit": found.limit, "value_limit": value_limit, "value_shift": shift or None}
    return Gate(found.name, of, {name: n for name, n in settings.items() if n is not None}, spread)


@dataclass(frozen=True)
class _Activation:
    name: str
    function: Function
    limit: float | None


def _activation(made: Function) -> _Activation | None:
    """The activation, and from where on it stays the same because what goes in is limited."""
    points = torch.linspace(-6, 6, 2001, dtype=torch.float64)
    values = made(points)
    limit = _limit(made)
    inside = points <= (limit if limit is not None else FAR) - 1e-3
    if int(inside.sum()) < 1000:
        return None
    for name, function in _named(made).items():
        if float((values - function(points)).abs()[inside].max()) > CLOSE_ACTIVATION:
            continue
        if _agrees(made, function, limit):
            return _Activation(name, function, None)
        if limit is not None and _agrees(made, _cut(function, limit), limit):
            return _Activation(name, _cut(function, limit), limit)
    return None


def _cut(function: Function, limit: float) -> Function:
    return lambda x: function(x.clamp(max=limit))


def _agrees(made: Function, right: Function, limit: float | None) -> bool:
    wide = torch.linspace(-3, 3, 257, dtype=torch.float64) * max(6.0, limit or 0.0)
    return float((made(wide) - right(wide)).abs().max()) <= CLOSE_ACTIVATION


def _limit(made: Function) -> float | None:
    """The least number from which on nothing changes any more; None where it goes on."""
    top = float(made(_row(FAR))[0])
    low, high = 0.0, REACH
    if abs(float(made(_row(high))[0]) - top) > 1e-9:
        return None
    for _ in range(ROUNDS):
        points = torch.linspace(low, high, POINTS, dtype=torch.float64)
        still = (made(points) - top).abs() <= 1e-10
        at = int(still.double().argmax())
        if at == 0:
            return None
        low, high = float(points[at - 1]), float(points[at])
    return _round(high)


def _named(made: Function) -> dict[str, Function]:
    """The known activations, and x·σ(βx) with the β that one point shows."""
    share = float(made(_row(1.0))[0])
    named = dict(ACTIVATIONS)
    if 0 < share < 1:
        beta = _round(math.log(share / (1 - share)))
        named[f"x·σ({beta:g}x)"] = lambda x: x * torch.sigmoid(beta * x)
    return named


def _row(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _round(value: float) -> float:
    """As it was written down: the last digits are the run's."""
    return float(f"{value:.7g}") if abs(value) > 1e-9 else 0.0
