"""What torch's functions are called in a lesson, and which of them are no steps of a network."""

from __future__ import annotations

from typing import Any

import torch

from explainer.tracing.dimension_order import VIEWS

# Seen by the function mode, but no step of the network: they read a property or change nothing that we teach.
SILENT = {"__get__", "__set__", "contiguous", "detach", "detach_", "requires_grad_", "size", "dim", "__len__"}
SILENT |= {"to", "float", "half", "double", "bfloat16", "type", "type_as", "cpu", "cuda"}  # of a number's kind only
SILENT |= {"make_dual", "unpack_dual", "_make_dual", "_unpack_dual"}  # a value and its derivative, put together
SILENT |= {"long", "int", "short", "byte", "char", "bool"}
MOVES = {"to", "cpu", "cuda"}
_TORCH_S = ("torch", "builtins", "_operator", "explainer")
_DUNDER = {"__rsub__": "rsub", "__rtruediv__": "rdiv", "__radd__": "add", "__rmul__": "mul", "__rpow__": "rpow"}


def name_of(function: Any) -> str:
    """`x.T` is reached through a property's `__get__`: its name is the property's."""
    if isinstance(function, torch._ops.OpOverload | torch._ops.OpOverloadPacket):
        return _operator_name(function)
    name: str = getattr(function, "__name__", str(function))
    home = getattr(function, "__module__", None)
    if isinstance(home, str) and home.partition(".")[0] not in _TORCH_S:
        return f"{home.partition('.')[0]}::{name}"  # somebody's own function that takes part in torch's protocol
    if name == "__get__":
        name = getattr(getattr(function, "__self__", None), "__name__", name)
        return name if name in VIEWS else "__get__"
    return name


def function_name(name: str) -> str:
    """`relu_` → `relu`, `__getitem__` → `getitem`, `__radd__` → `add`."""
    if name in _DUNDER:
        return _DUNDER[name]
    if "::" in name:
        return name
    return name.removeprefix("_").strip("_") if not name.startswith("__") else name.strip("_")


def _operator_name(operator: Any) -> str:
    """`torch.ops.aten.relu.default` → `relu`; of somebody else's operator the namespace stays: `mine::relu`."""
    qualified: str = operator._qualified_op_name if hasattr(operator, "_qualified_op_name") else operator.name()
    namespace, _, name = qualified.partition(".")[0].rpartition("::")
    return name if namespace in ("aten", "prims") else f"{namespace}::{name}"
