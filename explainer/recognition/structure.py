"""All that the ideas of a pass follow from, as a key: the tape with its constants and buffers, the layers, where they stand.

Of parameters the shapes count, for their values are drawn. Equal keys have equal ideas, whichever model it is; what is not plain to see
(a layer or function of somebody's own) has no key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from types import BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

import torch

from explainer.derive.alike import Likeness, with_parts
from explainer.recognition.graph import Graph
from explainer.recognition.stand_in import Buffers
from explainer.recognition.tape import Given, Made, Step

MOST_NUMBERS = 4_000_000  # in the constants and buffers together
_PLAIN = frozenset({int, float, bool, str, type(None), type(Ellipsis), torch.dtype, torch.device, complex})
_COMPILED = (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType)


class _NotPlain(Exception):
    """Something whose working is not seen at a glance."""


def structure_of(graph: Graph, likeness: Likeness) -> Hashable:
    """The key, None where there is none: of a small model in place of the caller's, too, which is made anew each time."""
    buffers = graph.replay.values
    if graph.model or not isinstance(buffers, Buffers) or not buffers.settled:
        return None
    walk = graph.walk
    try:
        steps = tuple([_step(step, likeness) for step in graph.tape.steps])
        values = _values({**graph.tape.constants, **buffers.at_hand()})
    except _NotPlain:
        return None
    layers = tuple(
        [
            (
                layer.type,
                layer.path,
                layer.rule and layer.rule.name,
                layer.value,
                layer.call.bypass,
                layer.call.output_shapes,
            )
            for layer in walk.layers
        ]
    )
    given = tuple([(ref.what, ref.name, shape) for ref, shape in graph.tape.given.items()])
    raw = tuple([(tensor.name, tensor.shape) for tensor in walk.raw_parameters])
    whole = (walk.run.input_shapes, walk.run.mode, tuple([module.path for module in walk.uncalled]))
    return steps, given, values, layers, raw, whole, tuple(walk.containers.items())


def _step(step: Step, likeness: Likeness) -> Hashable:
    layer = None
    if step.module is not None:
        layer = likeness.of_module(step.module) or with_parts(step.module)
        if layer is None:
            raise _NotPlain
    function = None if step.function is None else _known(step.function)
    args, kwargs = _described(step.args), _described(step.kwargs)
    return step.name, function, layer, args, kwargs, step.shapes, step.dtypes, step.call, step.owner, step.changes


def _known(function: Any) -> Hashable:
    """A function of torch's."""
    home = getattr(function, "__module__", None) or ""
    if not isinstance(function, _COMPILED) and not home.startswith("torch"):
        raise _NotPlain
    return home, getattr(function, "__qualname__", ""), getattr(function, "__objclass__", None)


def _described(value: Any) -> Hashable:
    kind = type(value)
    if kind is Made:
        return value.step, value.output
    if kind is Given:
        return value.what, value.name
    if kind in _PLAIN:
        return kind, value
    if kind is tuple or kind is list or kind is torch.Size:
        return kind, *map(_described, value)
    if kind is dict:
        return tuple((name, _described(part)) for name, part in value.items())
    if kind is slice:
        return kind, _described((value.start, value.stop, value.step))
    raise _NotPlain


def _values(tensors: dict[str, torch.Tensor]) -> Hashable:
    if sum(tensor.numel() for tensor in tensors.values()) > MOST_NUMBERS:
        raise _NotPlain
    found = []
    for name, tensor in tensors.items():
        if tensor.is_meta:
            found.append((name, tensor.shape, tensor.dtype, b""))
        elif tensor.layout is torch.strided and not tensor.is_quantized and tensor.device.type == "cpu":
            bits = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
            found.append((name, tensor.shape, tensor.dtype, hashlib.sha256(bits).digest()))
        else:
            raise _NotPlain
    return tuple(found)
