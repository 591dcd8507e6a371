"""Where each number comes from: sizes and options handed to a rule remember it.

Not by value: half of all sizes equal several dimensions of an input. So a rule is given integers that carry their
origin; what it only passes on keeps it, and what it computes from several has none and is `computed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from explainer.formula.tree import Env, Symbol
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.case import Origin


class SourcedInt(int):
    """An integer that knows where it comes from; arithmetic gives plain integers again."""

    origin: Origin

    def __new__(cls, value: int, origin: Origin) -> SourcedInt:
        made = super().__new__(cls, value)
        made.origin = origin
        return made


class SourcedCall(Call):
    """A call whose shapes and options remember where they come from; for a rule it is the same call."""

    def option(self, name: str, position: int | None = None, default: Any = None) -> Any:
        """As `Call.option`, each integer with its origin."""
        return _sourced_option(name, super().option(name, position, default))

    def tensor_shape(self, name: str, position: int | None = None) -> Shape | None:
        """As `Call.tensor_shape`, each size with its origin."""
        shape = super().tensor_shape(name, position)
        return None if shape is None else _sourced(shape, "weight", name)


def sourced(call: Call) -> SourcedCall:
    """The call to hand to a rule."""
    if isinstance(call, SourcedCall):
        return call
    operands = tuple(_sourced_ref(at, operand) for at, operand in enumerate(call.operands))
    return SourcedCall(**vars(call) | {"operands": operands})


def origins_of(values: Env) -> Mapping[Symbol, Origin]:
    """The origins of the values that have one."""
    return {symbol: value.origin for symbol, value in values.items() if isinstance(value, SourcedInt)}


def plain_values(values: Env) -> Env:
    """The values as ordinary integers."""
    return {symbol: int(value) for symbol, value in values.items()}


def _sourced_ref(at: int, operand: TensorRef) -> TensorRef:
    return replace(operand, shape=_sourced(operand.shape, "input" if operand.parameter is None else "weight", at))


def _sourced(shape: Shape, kind: Any, at: int | str) -> Shape:
    return tuple([SourcedInt(size, _origin(kind, at, dim)) for dim, size in enumerate(shape)])


@lru_cache(maxsize=4096)  # few different ones, for the numbers of all layers
def _origin(kind: Any, at: int | str, dim: int | None = None) -> Origin:
    return Origin(kind, at, dim)


def _sourced_option(name: str, value: Any) -> Any:
    if type(value) is int:
        return SourcedInt(value, _origin("option", name))
    if type(value) in (tuple, list) and value and all(type(part) is int for part in value):
        return type(value)(SourcedInt(part, _origin("option", name, at)) for at, part in enumerate(value))
    return value
