"""An ONNX model as read by its library → a module to be run by shapes, and the inputs that the file asks for."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import torch
from torch import nn

from explainer.source.inputs import InputSpec
from explainer.source.onnx_model.graph import OnnxGraph, Shape, Step
from explainer.source.onnx_model.layers import Unlike, Weights, layer_of
from explainer.source.onnx_model.operators import MOST_NUMBERS
from explainer.source.weight_files.stored import Stored

MOST_STEPS = 20_000
_OPEN = {2: 128, 4: 224, 5: 16}  # a side that the file leaves open, by the input's rank
_INTEGERS = {
    "INT64": "int64",
    "INT32": "int32",
    "BOOL": "bool",
    "FLOAT16": "float16",
    "DOUBLE": "float64",
    "BFLOAT16": "bfloat16",
}


def built(model: Any, stored: Mapping[str, Stored]) -> tuple[OnnxGraph, tuple[InputSpec, ...]] | None:
    """The module and its inputs; None where it has no layer of torch's, or its parameters are not those of the file.

    stored: the file's tensors by the names of its initializers.
    """
    graph = model.graph
    if len(graph.node) > MOST_STEPS:
        return None
    making = _Making(model, stored, _recorded(model))
    steps = list(making.steps())
    if not making.layers:
        return None
    given = [(value.name, spec) for value in graph.input if value.name not in stored and (spec := _input(value))]
    inputs = [(name, spec.shape) for name, spec in given]
    root = OnnxGraph(steps, inputs, [value.name for value in graph.output], making.numbers(), making.left_over())
    for path, layer in making.layers.items():
        _put(root, path, layer)
    for name, own in root.tensors.items():
        _put_tensor(root, own, stored[name])
    wanted = sum(prod(one.shape) for one in stored.values() if one.parameter)
    if sum(parameter.numel() for parameter in root.parameters()) != wanted:
        return None
    return root, tuple(spec for _, spec in given)


@dataclass
class _Making:
    """What is being made. layers: by path; used: the initializers that are in layers; of: the layer of some initializers."""

    model: Any
    stored: Mapping[str, Stored]
    recorded: Mapping[str, Shape]
    layers: dict[str, nn.Module] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    of: dict[tuple[str, ...], str] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
        counts = Counter[str]()
        nodes = self.model.graph.node
        readers = Counter(name for node in nodes for name in node.input)
        following = {name: node for node in nodes for name in node.input if readers[name] == 1}
        swallowed = set[str]()  # additions of a bias that are in their layer
        for node in nodes:
            name = f"{node.op_type}_{counts[node.op_type]}"
            counts[node.op_type] += 1
            if node.op_type == "Constant" or (node.output and node.output[0] in swallowed):
                continue
            known = node.domain in ("", "ai.onnx")
            operator = node.op_type if known else f"{node.domain}.{node.op_type}"
            step = Step(name, operator, tuple(node.input), tuple(node.output), self._attributes(node))
            if node.op_type == "MatMul" and (added := self._bias(following.get(node.output[0]))):
                bias, result = added
                merged = self._with_layer(replace(step, inputs=(*step.inputs, bias), outputs=(result,)))
                if merged.layer:
                    swallowed.add(result)
                    yield self._with_record(merged)
                    continue
            yield self._with_record(self._with_layer(step) if known else step)

    def _with_record(self, step: Step) -> Step:
        return replace(step, recorded=tuple(self.recorded.get(name) for name in step.outputs))

    def _with_layer(self, step: Step) -> Step:
        """The step with the layer that it runs, if it is one."""
        shapes = tuple(self.stored[name].shape if name in self.stored else None for name in step.inputs)
        rank = len(self.recorded.get(step.outputs[0], ())) if step.outputs else 0
        own = tuple(name for name in step.inputs if name in self.stored)
        if own in self.of:  # a layer used again
            return replace(step, layer=self.of[own])
        if self.used & set(own):
            return step
        try:
            with torch.device("meta"):
                layer = layer_of(step.operator, Weights(shapes, step.attributes, rank))
        except (Unlike, ValueError, TypeError, RuntimeError, IndexError, ZeroDivisionError):
            return step
        dtypes = [self.stored[name].dtype for name in own if self.stored[name].dtype.is_floating_point]
        if layer is None or not dtypes:
            return step
        path = self._path(step, own)
        self.layers[path] = layer.to(dtypes[0])
        self.used |= set(own)
        self.of[own] = path
        return replace(step, layer=path)

    def _path(self, step: Step, own: tuple[str, ...]) -> str:
        """What the model called the layer, as the names of its weights have it; else the operator's."""
        named = [self.stored[name].name for name in own if "." in name and not name.startswith("onnx::")]
        path = next((name.rpartition(".")[0] for name in named if "." in name), step.name)
        taken = any(one == path or one.startswith(f"{path}.") or path.startswith(f"{one}.") for one in self.layers)
        return f"{path}_{step.name}".replace(".", "_") if taken else path

    def _bias(self, node: Any) -> tuple[str, str] | None:
        """Of an addition that alone reads a product: the vector that it adds, and its result."""
        if node is None or node.op_type != "Add":
            return None
        vectors = [name for name in node.input if name in self.stored and len(self.stored[name].shape) == 1]
        return (vectors[0], node.output[0]) if len(vectors) == 1 and self.stored[vectors[0]].parameter else None

    def _attributes(self, node: Any) -> dict[str, Any]:
        onnx = importlib.import_module("onnx")
        found: dict[str, Any] = {}
        for attribute in node.attribute:
            with suppress(Exception):  # a graph within, a type of somebody's own
                value = onnx.helper.get_attribute_value(attribute)
                if isinstance(value, onnx.TensorProto):
                    value = onnx.numpy_helper.to_array(value)
                found[attribute.name] = list(value) if isinstance(value, list | tuple) else value
        return found

    def numbers(self) -> dict[str, Any]:
        """Short tensors of known numbers by name: sizes, axes, bounds. No weights."""
        onnx = importlib.import_module("onnx")
        graph = self.model.graph
        constants = [(node.output[0], a) for node in graph.node if node.op_type == "Constant" for a in node.attribute]
        found: dict[str, Any] = {}
        tensors = [(one.name, one) for one in graph.initializer]
        tensors += [(name, a.t) for name, a in constants if a.name == "value"]
        for name, tensor in tensors:
            known = self.stored.get(name)
            if prod(tensor.dims) <= MOST_NUMBERS and name not in self.used and not (known and known.parameter):
                with suppress(Exception):  # its numbers stand in another file
                    found[name] = onnx.numpy_helper.to_array(tensor)
        for name, attribute in constants:
            if attribute.name in ("value_int", "value_float", "value_ints", "value_floats"):
                value = onnx.helper.get_attribute_value(attribute)
                found[name] = importlib.import_module("numpy").array(value)
        return found

    def left_over(self) -> dict[str, str]:
        """Tensors that functions use directly, by initializer: under their own names."""
        known = self.numbers()
        return {name: one.name for name, one in self.stored.items() if name not in self.used and name not in known}


def _recorded(model: Any) -> dict[str, Shape]:
    """The shapes that the file has, or that its library infers, as far as they are numbers."""
    inferred = model
    with suppress(Exception):  # a graph that does not add up, or is too large for it
        inferred = importlib.import_module("onnx.shape_inference").infer_shapes(model)
    found: dict[str, Shape] = {}
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        dims = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(dim.HasField("dim_value") for dim in dims):
            found[value.name] = tuple(int(dim.dim_value) for dim in dims)
    return found


def _input(value: Any) -> InputSpec | None:
    """An input as the file describes it; what it leaves open is a batch of 1, a usual side, a usual length."""
    if not value.type.HasField("tensor_type"):
        return None
    onnx = importlib.import_module("onnx")
    kind = value.type.tensor_type
    dims = list(kind.shape.dim)
    side = _OPEN.get(len(dims), 100)
    sizes = [
        int(dim.dim_value) if dim.HasField("dim_value") and dim.dim_value > 0 else (side if at else 1)
        for at, dim in enumerate(dims)
    ]
    return InputSpec(tuple(sizes), _INTEGERS.get(str(onnx.TensorProto.DataType.Name(kind.elem_type)), "float32"))


def _put(root: nn.Module, path: str, layer: nn.Module) -> None:
    *above, last = path.split(".")
    for name in above:
        root = root._modules.setdefault(name, nn.Module()) or root
    root._modules[last] = layer


def _put_tensor(root: nn.Module, path: str, one: Stored) -> None:
    *above, last = path.split(".")
    for name in above:
        root = root._modules.setdefault(name, nn.Module()) or root
    tensor = torch.empty(one.shape, dtype=one.dtype, device="meta")
    if one.parameter:
        root._parameters[last] = nn.Parameter(tensor, requires_grad=tensor.is_floating_point() or tensor.is_complex())
    else:
        root._buffers[last] = tensor
