"""Operators without weights of their own → torch's functions; numbers that are only sizes → numpy, which nobody explains."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

MOST_NUMBERS = 4096  # of a tensor of sizes


class Unknown(Exception):
    """No function of torch's is known for the operator."""


@dataclass(frozen=True)
class Given:
    """What an operator works on: tensors, arrays of known numbers (`numpy`) or None; its attributes; how many results it has."""

    values: Sequence[Any]
    attributes: Mapping[str, Any]
    results: int = 1

    def at(self, position: int) -> Any:
        """The value there, or None."""
        return self.values[position] if position < len(self.values) else None

    def tensor(self, position: int) -> Any:
        """A tensor; of one known number the number."""
        value = self.at(position)
        if value is None or isinstance(value, Tensor):
            return value
        return value.item() if value.size == 1 else torch.empty(value.shape, dtype=_dtype(value), device="meta")

    def numbers(self, position: int, attribute: str = "") -> list[int] | None:
        """Known whole numbers: an input, or in older versions of ONNX an attribute. Raises Unknown if they are not known."""
        value = self.at(position)
        if value is None:
            found = self.attributes.get(attribute)
            return None if found is None else [int(one) for one in (found if isinstance(found, list) else [found])]
        if isinstance(value, Tensor):
            raise Unknown
        return [int(one) for one in value.reshape(-1).tolist()]

    def option(self, name: str, default: Any = None) -> Any:
        """An attribute, or what the operator takes without it."""
        return self.attributes.get(name, default)


def run(operator: str, given: Given) -> Any:
    """The result, or a list of them. Raises Unknown."""
    function = _FUNCTIONS.get(operator)
    if function is None:
        raise Unknown
    return function(given)


def _dtype(value: Any) -> torch.dtype:
    found = getattr(torch, str(value.dtype), torch.float32)
    return found if isinstance(found, torch.dtype) else torch.float32


def _one(function: Callable[..., Any], *options: tuple[str, str, Any]) -> Callable[[Given], Any]:
    """A function of one tensor. options: torch's name, ONNX's, and the default."""
    return lambda given: function(given.tensor(0), **{own: given.option(name, value) for own, name, value in options})


def _two(function: Callable[..., Any]) -> Callable[[Given], Any]:
    return lambda given: function(given.tensor(0), given.tensor(1))


def _many(function: Callable[..., Any]) -> Callable[[Given], Any]:
    def made(given: Given) -> Any:
        first, *rest = (given.tensor(i) for i in range(len(given.values)))
        for other in rest:
            first = function(first, other)
        return first

    return made


def padded(x: Tensor, given: Given, kernel: Sequence[int], value: float = 0.0) -> tuple[Tensor, tuple[int, ...]]:
    """The input, with what torch's layers cannot pad by themselves, and the padding that they can."""
    sides = len(kernel)
    pads = list(given.option("pads") or (0,) * 2 * sides)
    how = given.option("auto_pad", b"NOTSET")
    if how in (b"SAME_UPPER", b"SAME_LOWER"):
        steps, spread = given.option("strides") or [1] * sides, given.option("dilations") or [1] * sides
        pads = [0] * 2 * sides
        for i, size in enumerate(x.shape[2:]):
            reach = spread[i] * (kernel[i] - 1) + 1
            whole = max((math.ceil(size / steps[i]) - 1) * steps[i] + reach - size, 0)
            small, large = whole // 2, whole - whole // 2
            pads[i], pads[sides + i] = (small, large) if how == b"SAME_UPPER" else (large, small)
    if pads[:sides] == pads[sides:]:
        return x, tuple(pads[:sides])
    around = [amount for i in reversed(range(sides)) for amount in (pads[i], pads[sides + i])]
    return functional.pad(x, around, value=value), (0,) * sides


def _max_pool(given: Given) -> Any:
    x, kernel = given.tensor(0), given.option("kernel_shape")
    x, padding = padded(x, given, kernel, -math.inf)
    function = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[len(kernel) - 1]
    ones = [1] * len(kernel)
    return function(
        x,
        kernel,
        given.option("strides") or ones,
        padding,
        given.option("dilations") or ones,
        ceil_mode=bool(given.option("ceil_mode", 0)),
    )


def _average_pool(given: Given) -> Any:
    x, kernel = given.tensor(0), given.option("kernel_shape")
    x, padding = padded(x, given, kernel)
    function = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[len(kernel) - 1]
    inside = bool(given.option("count_include_pad", 0))
    return function(
        x, kernel, given.option("strides") or [1] * len(kernel), padding, bool(given.option("ceil_mode", 0)), inside
    )


def _global(names: tuple[str, str, str]) -> Callable[[Given], Any]:
    return lambda given: getattr(functional, names[given.tensor(0).dim() - 3])(given.tensor(0), 1)


def _reshape(given: Given) -> Any:
    x, shape = given.tensor(0), given.numbers(1, "shape")
    if shape is None:
        raise Unknown
    kept = given.option("allowzero", 0)
    return x.reshape([x.shape[i] if size == 0 and not kept else size for i, size in enumerate(shape)])


def _flatten(given: Given) -> Any:
    x, axis = given.tensor(0), given.option("axis", 1) % (given.tensor(0).dim() + 1)
    return torch.flatten(x, 1) if axis == 1 else x.reshape(math.prod(x.shape[:axis]), -1)


def _transpose(given: Given) -> Any:
    x = given.tensor(0)
    return x.permute(given.option("perm") or list(reversed(range(x.dim()))))


def _split(given: Given) -> Any:
    x, axis, sizes = given.tensor(0), given.option("axis", 0), given.numbers(1, "split")
    return list(torch.split(x, sizes or math.ceil(x.shape[axis] / given.results), axis))


def _squeeze(given: Given) -> Any:
    x, axes = given.tensor(0), given.numbers(1, "axes")
    return x.squeeze() if axes is None else x.squeeze(tuple(axes))


def _unsqueeze(given: Given) -> Any:
    x, axes = given.tensor(0), given.numbers(1, "axes") or []
    for axis in sorted(one % (x.dim() + len(axes)) for one in axes):
        x = x.unsqueeze(axis)
    return x


def _slice(given: Given) -> Any:
    x = given.tensor(0)
    starts, ends, axes = given.numbers(1, "starts"), given.numbers(2, "ends"), given.numbers(3, "axes")
    if starts is None or ends is None:
        raise Unknown
    steps = given.numbers(4) or [1] * len(starts)
    index = [slice(None)] * x.dim()
    for axis, start, end, step in zip(axes or range(len(starts)), starts, ends, steps, strict=True):
        if step < 1:
            raise Unknown
        index[axis] = slice(start, end, step)
    return x[tuple(index)]


def _gather(given: Given) -> Any:
    x, axis, index = given.tensor(0), given.option("axis", 0), given.at(1)
    if isinstance(index, Tensor):
        return x[(slice(None),) * (axis % x.dim()) + (index,)]
    if index.ndim:
        return torch.index_select(x, axis, torch.empty(index.size, dtype=torch.int64, device=x.device))
    return x.select(axis, int(index))


def _reduced(function: Callable[..., Any]) -> Callable[[Given], Any]:
    def made(given: Given) -> Any:
        x, axes = given.tensor(0), given.numbers(1, "axes")
        return function(x, dim=tuple(axes or range(x.dim())), keepdim=bool(given.option("keepdims", 1)))

    return made


def _pad(given: Given) -> Any:
    x, pads = given.tensor(0), given.numbers(1, "pads") or []
    around = [amount for i in reversed(range(x.dim())) for amount in (pads[i], pads[x.dim() + i])]
    while len(around) > 2 and around[-2:] == [0, 0]:
        around = around[:-2]
    mode = {b"reflect": "reflect", b"edge": "replicate"}.get(given.option("mode", b"constant"), "constant")
    return functional.pad(x, around, mode=mode)


def _resize(given: Given) -> Any:
    x = given.tensor(0)
    scales, sizes = given.at(2 if len(given.values) > 2 else 1), given.at(3)
    mode = {b"linear": ("linear", "bilinear", "trilinear")[x.dim() - 3], b"cubic": "bicubic"}.get(
        given.option("mode"), "nearest"
    )
    if sizes is not None and not isinstance(sizes, Tensor):
        return functional.interpolate(x, size=[int(one) for one in sizes[2:]], mode=mode)
    if scales is None or isinstance(scales, Tensor) or not scales.size:
        raise Unknown
    return functional.interpolate(x, scale_factor=[float(one) for one in scales[2:]], mode=mode)


def _clip(given: Given) -> Any:
    low = given.tensor(1) if given.at(1) is not None else given.option("min")
    high = given.tensor(2) if given.at(2) is not None else given.option("max")
    return functional.relu6(given.tensor(0)) if (low, high) == (0, 6) else torch.clamp(given.tensor(0), low, high)


def _cast(given: Given) -> Any:
    return given.tensor(0)


def _expand(given: Given) -> Any:
    x, shape = given.tensor(0), given.numbers(1)
    if shape is None:
        raise Unknown
    return x.expand(torch.broadcast_shapes(tuple(x.shape), tuple(shape)))  # type: ignore[no-untyped-call]


def _einsum(given: Given) -> Any:
    return torch.einsum(given.option("equation", b"").decode(), *(given.tensor(i) for i in range(len(given.values))))


_FUNCTIONS: Mapping[str, Callable[[Given], Any]] = {
    **{name: _one(function) for name, function in (
        ("Relu", functional.relu), ("Sigmoid", torch.sigmoid), ("Tanh", torch.tanh), ("Erf", torch.erf), ("Sqrt", torch.sqrt),
        ("Exp", torch.exp), ("Log", torch.log), ("Neg", torch.neg), ("Abs", torch.abs), ("Reciprocal", torch.reciprocal),
        ("Softplus", functional.softplus), ("HardSwish", functional.hardswish), ("HardSigmoid", functional.hardsigmoid),
        ("Mish", functional.mish), ("Selu", functional.selu), ("Sin", torch.sin), ("Cos", torch.cos), ("Floor", torch.floor),
        ("Softsign", functional.softsign), ("Gelu", functional.gelu), ("Not", torch.logical_not),
    )},
    "LeakyRelu": _one(functional.leaky_relu, ("negative_slope", "alpha", 0.01)),
    "Elu": _one(functional.elu, ("alpha", "alpha", 1.0)),
    "Softmax": _one(torch.softmax, ("dim", "axis", -1)),
    "LogSoftmax": _one(torch.log_softmax, ("dim", "axis", -1)),
    **{name: _two(function) for name, function in (
        ("Sub", torch.sub), ("Div", torch.div), ("Pow", torch.pow), ("MatMul", torch.matmul), ("Equal", torch.eq),
        ("Greater", torch.gt), ("Less", torch.lt), ("And", torch.logical_and), ("Or", torch.logical_or),
    )},
    "Add": lambda given: given.tensor(0) + given.tensor(1),
    "Mul": lambda given: given.tensor(0) * given.tensor(1),
    "Sum": _many(lambda one, other: one + other),
    "Max": _many(torch.maximum),
    "Min": _many(torch.minimum),
    "Where": lambda given: torch.where(given.tensor(0), given.tensor(1), given.tensor(2)),
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global(("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")),
    "GlobalMaxPool": _global(("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")),
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Concat": lambda given: torch.cat([given.tensor(i) for i in range(len(given.values))], given.option("axis", 0)),
    "Split": _split,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Slice": _slice,
    "Gather": _gather,
    "ReduceMean": _reduced(torch.mean),
    "ReduceSum": _reduced(torch.sum),
    "ReduceMax": _reduced(torch.amax),
    "ReduceMin": _reduced(torch.amin),
    "Pad": _pad,
    "Resize": _resize,
    "Upsample": _resize,
    "Clip": _clip,
    "Cast": _cast,
    "Identity": _cast,
    "Dropout": _cast,
    "Expand": _expand,
    "Einsum": _einsum,
    "DepthToSpace": lambda given: functional.pixel_shuffle(given.tensor(0), given.option("blocksize")),
    "SpaceToDepth": lambda given: functional.pixel_unshuffle(given.tensor(0), given.option("blocksize")),
}  # fmt: skip
