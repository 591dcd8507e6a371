"""An ONNX model, read by the library `onnx`: its tensors, each with the operator that uses it, and its graph in a note."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.source.weight_files.graphs import graph_note
from explainer.source.weight_files.stored import Contents, Refused, Stored

NO_LIBRARY = Bi(
    zh="读ONNX文件要用到onnx这个库：请运行 pip install 'explainer[onnx]'（或 pip install onnx）。",
    en="Reading an ONNX file needs the library onnx: run pip install 'explainer[onnx]' (or pip install onnx).",
)
NOT_ONNX = Bi(
    zh="{path} 不是能读的ONNX文件：{reason}。请重新导出，例如用 torch.onnx.export。",
    en="{path} is no readable ONNX file: {reason}. Export it again, for example with torch.onnx.export.",
)
NO_GRAPH = Bi("里面没有计算图", "it has no graph")
BROKEN = Bi("内容不是ONNX的格式", "its contents are not of ONNX's form")
_NOT_LEARNED = {
    *(("BatchNormalization", 3), ("BatchNormalization", 4)),  # running mean and variance
    *(("Resize", 1), ("Resize", 2), ("Upsample", 1)),  # what the sides are multiplied by
}
_TAKEN = nn.Module()


def read(path: Path) -> Contents:
    """Its initializers by name, or by the operator that uses them. Raises Refused."""
    model = opened(path)
    return Contents(list(tensors_of(model.graph).values()), (note_of(path, model.graph),))


def opened(path: Path) -> Any:
    """The model as its library reads it. Raises Refused."""
    try:
        onnx = importlib.import_module("onnx")
    except ImportError as error:
        raise Refused(NO_LIBRARY, whole=True) from error
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:
        raise _refused(path, BROKEN) from error
    if not model.graph.node and not model.graph.initializer:
        raise _refused(path, NO_GRAPH)
    return model


def note_of(path: Path, graph: Any, *, run: bool = False) -> Bi:
    """Its operators and the shapes that go in and come out. run: the graph is run by shapes."""
    operators = Counter(str(node.op_type) for node in graph.node if node.op_type != "Constant")
    weights = {tensor.name for tensor in graph.initializer}
    given = [_shape(value) for value in graph.input if value.name not in weights]
    return graph_note(path, operators, given, [_shape(value) for value in graph.output], run=run)


def _refused(path: Path, reason: Bi) -> Refused:
    return Refused(NOT_ONNX.format(path=visible(str(path)), reason=reason), whole=True)


def tensors_of(graph: Any) -> dict[str, Stored]:
    """What is stored, by the graph's own names. A number by itself, a whole number, a running mean, a scale of sides is no parameter."""
    onnx = importlib.import_module("onnx")
    found: dict[str, Stored] = {}
    users: dict[str, tuple[str, str, int]] = {}
    for node, label in zip(graph.node, _labels(graph), strict=True):
        for position, name in enumerate(node.input):
            users.setdefault(name, (label, node.op_type, position))
    taken = set[str]()
    for tensor in _stored(graph):
        dtype, shape = _dtype(onnx, tensor.data_type), tuple(int(size) for size in tensor.dims)
        label, operator, position = users.get(tensor.name, ("", "", 0))
        name = _free(_clean(tensor.name, label, _role(onnx, operator, position)), taken)
        packed = dtype.itemsize == 1 and len(shape) > 1  # quantised weights
        learned = bool(shape) and (dtype.is_floating_point or dtype.is_complex or packed)
        found[tensor.name] = Stored(name, shape, dtype, learned and (operator, position) not in _NOT_LEARNED)
    return found


def _stored(graph: Any) -> Iterator[Any]:
    """The initializers, and what some exporters write as operators that give a constant."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.name == "value" and attribute.t.dims:
                attribute.t.name = node.output[0]
                yield attribute.t


def _labels(graph: Any) -> list[str]:
    """A name for each operator: `Conv_0`, `Conv_1`, `Gemm_0`."""
    counts, labels = Counter[str](), []
    for node in graph.node:
        labels.append(f"{node.op_type}_{counts[node.op_type]}")
        counts[node.op_type] += 1
    return labels


def _role(onnx: Any, operator: str, position: int) -> str:
    """What the operator calls the input: `W`, `B`, `scale`."""
    try:
        inputs = onnx.defs.get_schema(operator).inputs
    except Exception:  # an operator of somebody's own
        return f"input{position}"
    return str(inputs[min(position, len(inputs) - 1)].name) if inputs else f"input{position}"


def _clean(name: str, label: str, role: str) -> str:
    """The name that the model had (`layer1.0.conv.weight`); where the exporter made one up, the operator's."""
    if "." not in name or "::" in name or "/" in name:
        name = f"{label}.{role}" if label else name.replace(".", "_")
    parts = [part for part in name.split(".") if part] or ["tensor"]
    return ".".join(f"{part}_" if hasattr(_TAKEN, part) else part for part in parts)


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number, found = number + 1, f"{name}_{number}"
    taken.add(found)
    return found


def _dtype(onnx: Any, number: int) -> torch.dtype:
    """torch's name for ONNX's; what torch has not takes its width in bytes."""
    name = str(onnx.TensorProto.DataType.Name(number)).lower()
    names = {"float": "float32", "double": "float64", "float8e4m3fn": "float8_e4m3fn", "float8e5m2": "float8_e5m2"}
    found = getattr(torch, names.get(name, name), None)
    return found if isinstance(found, torch.dtype) else torch.uint8


def _shape(value: Any) -> str:
    dims = value.type.tensor_type.shape.dim
    sizes = [str(dim.dim_value) if dim.HasField("dim_value") else visible(dim.dim_param) or "?" for dim in dims]
    return f"{visible(value.name)[:60]} {'×'.join(sizes)}".strip()
