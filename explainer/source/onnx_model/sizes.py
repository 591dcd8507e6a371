"""Arithmetic with known numbers, the sizes that a graph reckons with beside its tensors: done by numpy, and explained to nobody."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor

from explainer.source.onnx_model.operators import MOST_NUMBERS, Given


def of_tensor(operator: str, value: Any) -> Any:
    """`Shape` and `Size` of a tensor as known numbers; None for another operator."""
    if not isinstance(value, Tensor) or operator not in ("Shape", "Size"):
        return None
    return _numpy().array(tuple(value.shape) if operator == "Shape" else value.numel(), dtype="int64")


def folded(operator: str, given: Given) -> Any:
    """The result where all that goes in is known: an array, or a tensor without values where it is long; None where it is not so."""
    known = [value for value in given.values if value is not None]
    if operator not in _KNOWN or any(isinstance(value, Tensor) for value in known):
        return None
    if operator in ("ConstantOfShape", "Expand"):
        shape = [int(one) for one in known[-1].reshape(-1)]
        if prod(shape) > MOST_NUMBERS:
            return torch.empty(shape, device="meta")
    if operator == "Range" and abs((known[1] - known[0]) / known[2]) > MOST_NUMBERS:
        return torch.empty(int((known[1] - known[0]) / known[2]), dtype=torch.int64, device="meta")
    result = _numpy().asarray(_KNOWN[operator](given, known))
    return result if result.size <= MOST_NUMBERS else torch.empty(result.shape, device="meta")


def _numpy() -> Any:
    return importlib.import_module("numpy")


def _axes(given: Given) -> tuple[int, ...] | None:
    axes = given.numbers(1, "axes")
    return None if axes is None else tuple(axes)


def _slice(given: Given, known: list[Any]) -> Any:
    starts, ends = given.numbers(1, "starts") or [], given.numbers(2, "ends") or []
    axes, steps = given.numbers(3, "axes") or range(len(starts)), given.numbers(4) or [1] * len(starts)
    index = [slice(None)] * known[0].ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        index[axis] = slice(start, end, step)
    return known[0][tuple(index)]


def _constant(given: Given, known: list[Any]) -> Any:
    value = given.option("value")
    return _numpy().full([int(one) for one in known[0].reshape(-1)], 0 if value is None else value.reshape(-1)[0])


def _divided(given: Given, known: list[Any]) -> Any:
    whole = known[0].dtype.kind in "iu" and known[1].dtype.kind in "iu"
    return known[0] // known[1] if whole else known[0] / known[1]


_KNOWN: Mapping[str, Callable[[Given, list[Any]], Any]] = {
    "Gather": lambda given, known: known[0].take(known[1].astype("int64"), axis=given.option("axis", 0)),
    "Unsqueeze": lambda given, known: _numpy().expand_dims(known[0], _axes(given) or 0),
    "Squeeze": lambda given, known: known[0].squeeze(_axes(given)),
    "Concat": lambda given, known: _numpy().concatenate(known, axis=given.option("axis", 0)),
    "Add": lambda given, known: known[0] + known[1],
    "Sub": lambda given, known: known[0] - known[1],
    "Mul": lambda given, known: known[0] * known[1],
    "Div": _divided,
    "Mod": lambda given, known: known[0] % known[1],
    "Neg": lambda given, known: -known[0],
    "Floor": lambda given, known: _numpy().floor(known[0]),
    "Ceil": lambda given, known: _numpy().ceil(known[0]),
    "Sqrt": lambda given, known: _numpy().sqrt(known[0]),
    "Equal": lambda given, known: known[0] == known[1],
    "Where": lambda given, known: _numpy().where(*known),
    "Cast": lambda given, known: known[0].astype("int64") if given.option("to", 1) in (6, 7) else known[0],
    "Identity": lambda given, known: known[0],
    "Reshape": lambda given, known: known[0].reshape([int(one) for one in known[1].reshape(-1)]),
    "Slice": _slice,
    "ReduceProd": lambda given, known: known[0].prod(),
    "ConstantOfShape": _constant,
    "Expand": lambda given, known: known[0] * _numpy().ones([int(one) for one in known[1].reshape(-1)], known[0].dtype),
    "Range": lambda given, known: _numpy().arange(*(one.item() for one in known)),
}
