"""What a forward pass that broke on guessed inputs was asking for: other guesses, read off where and how it broke.

An input that is missing is named in what the program says, or is the None in the line that failed; a layer says how wide its input
should be; what has a dimension too few gets one, a spectrogram may lie on its side, and two sizes that a function compares may be
meant to be the same. Each is only a guess again: the pass that goes through decides.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

import torch

from explainer.errors import text_of
from explainer.source.asked_shapes import Shaped, agreeing, shapes_asked_for
from explainer.source.failing_code import Failure, lines_running, statements_at
from explainer.source.inputs import Input, InputSpec

Named = dict[str, Any]  # the forward's arguments by name
Maker = Callable[[str, Mapping[str, Any]], Iterable[Input]]
_WORD = re.compile(r"[^\W\d]\w*")
_WHOLE = re.compile(r"scalar types: Long, Int|tensors used as indices must be long|to be of type.*Long", re.IGNORECASE)
_LOGICAL = re.compile(
    r"only implemented on integer and Boolean|must be a bool|dtype bool|Boolean tensor", re.IGNORECASE
)
_OBJECTS = {"past_key_values", "encoder_outputs", "labels", "padding_cache", "inference_session"}  # nothing of a shape
_MOST = 2**32  # elements of an input that is tried


def asked_for(failure: Failure, given: Mapping[str, Any], make: Maker) -> list[Named]:
    """Other inputs to try after a failure, the likeliest first; make: the inputs of a name that nobody gave, as we would guess them."""
    found: list[Named] = []
    for name in missing_names(failure, given):
        found += [{**given, name: one.given(_valued(given))} for one in make(name, given)]
    found += _each(given, agreeing(failure))
    if failure.needs_values:
        return found
    if _WHOLE.search(text_of(failure.cause)):
        found += _each(given, lambda value: [tuple(value.shape)], torch.int64)
    if _LOGICAL.search(text_of(failure.cause)):  # what hides places is true or false
        masks = {name: value for name, value in given.items() if name.endswith("mask")}
        found += [{**given, **one} for one in _each(masks, lambda value: [tuple(value.shape)], torch.bool)]
    for shapes in shapes_asked_for(failure):
        found += _each(given, shapes)
    return found


def _each(given: Mapping[str, Any], shapes: Shaped, dtype: torch.dtype | None = None) -> list[Named]:
    """The same inputs with one of them in another shape."""
    return [
        {**given, name: _empty(value, shape, dtype)}
        for name, value in given.items()
        if isinstance(value, torch.Tensor)
        for shape in shapes(value)
        if (shape != tuple(value.shape) or dtype) and prod(shape) <= _MOST
    ]


def missing_names(failure: Failure, given: Mapping[str, Any]) -> list[str]:
    """Arguments of the forward that were not given, and that the failure speaks of."""
    parameters = inspect.signature(failure.root.forward).parameters
    takes = {
        name
        for name, one in parameters.items()
        if given.get(name) is None and one.default in (None, one.empty) and name not in _OBJECTS
    }
    found = [word for word in _WORD.findall(text_of(failure.cause)) if word in takes]
    return list(dict.fromkeys(found or (name for name in _absent(failure, takes) if name in takes)))


def _absent(failure: Failure, takes: set[str]) -> list[str]:
    """What is None in the line that failed; if that is no argument of the model, what it was called where it was handed on."""
    found: list[str] = []
    wanted: set[str] = set()
    for frame, line in lines_running(failure):
        names = [node for step in statements_at(frame.f_code.co_filename, line) for node in ast.walk(step)]
        if wanted:
            names = [
                inner
                for node in names
                if isinstance(node, ast.Call)
                for given in _handed_on(node, wanted)
                for inner in ast.walk(given)
            ]
        known = frame.f_locals
        found = [
            node.id for node in names if isinstance(node, ast.Name) and node.id in known and known[node.id] is None
        ]
        if takes & set(found):
            break
        wanted |= set(found)
    return found


def _handed_on(call: ast.Call, wanted: set[str]) -> list[ast.expr]:
    """What a call hands on under one of these names, and by place."""
    return [*call.args, *(one.value for one in call.keywords if one.arg in wanted)]


def _empty(value: torch.Tensor, shape: tuple[int, ...], dtype: torch.dtype | None = None) -> torch.Tensor:
    """A tensor of this shape; what has values keeps them, if it has as many places."""
    if not value.is_meta and value.numel() == prod(shape):
        return value.reshape(shape).to(dtype or value.dtype)
    spec = InputSpec(shape, str(dtype or value.dtype).removeprefix("torch."))
    return spec.tensor(not value.is_meta)


def _valued(given: Mapping[str, Any]) -> bool:
    return any(
        isinstance(value, torch.Tensor) and not value.is_meta and value.is_floating_point() for value in given.values()
    )
