"""Operators whose result on meta is plain to see, answered at once.

torch finds the shape of some operators by a dozen Python functions: 3.5 ms for a ReLU6 whose output is as large as its
input. What is answered here is what torch would have given: shape, dtype and strides (tests/tracing/test_flops.py). Where
a case is not that plain (another memory format, integers, wrong arguments), the answer is None and torch is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

_aten = torch.ops.aten
_ORDERS = {4: torch.channels_last, 5: torch.channels_last_3d}

Answer = Callable[[Any, Any], Any]


def _plain(given: Any) -> bool:
    """A floating-point tensor on meta in the usual order of memory, and in no other at the same time."""
    if type(given) is not torch.Tensor or not given.is_meta or not given.is_floating_point():
        return False
    order = _ORDERS.get(given.dim())
    return given.is_contiguous() and not (order and given.is_contiguous(memory_format=order))


def _in_usual_order(given: Any) -> bool:
    """The same, with strides that say nothing else where a dimension is 1."""
    if type(given) is not torch.Tensor or not given.is_meta or not given.is_floating_point():
        return False
    stride = 1
    for size, step in zip(reversed(given.shape), reversed(given.stride()), strict=True):
        if step != stride:
            return False
        stride *= max(size, 1)
    return True


def _batch_norm(args: Any, kwargs: Any) -> Any:
    """With its stored statistics: in training it learns some."""
    if len(args) < 6 or args[5] or args[3] is None or args[4] is None:
        return None
    given = args[0]
    if not given.is_meta or not given.is_contiguous():
        return None
    return given.new_empty(given.shape), given.new_empty(0), given.new_empty(0)


def _layer_norm(args: Any, kwargs: Any) -> Any:
    """The output is as the input; a mean and a deviation for each position."""
    if len(args) < 5 or kwargs or not _plain(args[0]) or args[0].dtype != torch.float32:
        return None
    given, shape = args[0], tuple(args[1])
    leading = given.dim() - len(shape)
    if leading < 0 or tuple(given.shape[leading:]) != shape or 0 in given.shape:
        return None
    for tensor in args[2:4]:
        if tensor is not None and (tuple(tensor.shape) != shape or tensor.dtype != given.dtype):
            return None
    each = (*given.shape[:leading], *[1] * len(shape))
    return given.new_empty(given.shape), given.new_empty(each), given.new_empty(each)


def _alike(args: Any, kwargs: Any) -> Any:
    return args[0].new_empty(args[0].shape) if _in_usual_order(args[0]) else None


def _in_place(args: Any, kwargs: Any) -> Any:
    return args[0] if _in_usual_order(args[0]) else None


def _both_alike(args: Any, kwargs: Any) -> Any:
    """Two tensors of one shape and type."""
    one, other = args[0], args[1]
    if kwargs or not _in_usual_order(one) or not _in_usual_order(other):
        return None
    return one.new_empty(one.shape) if one.shape == other.shape and one.dtype == other.dtype else None


def _addmm(args: Any, kwargs: Any) -> Any:
    """A linear layer with its bias."""
    bias, left, right = args[:3]
    if kwargs or not _plain(left) or left.dim() != 2 or type(right) is not torch.Tensor or right.dim() != 2:
        return None
    if not right.is_meta or left.shape[1] != right.shape[0] or tuple(bias.shape) != (right.shape[1],):
        return None
    return left.new_empty(left.shape[0], right.shape[1]) if left.dtype == right.dtype == bias.dtype else None


def _cat(args: Any, kwargs: Any) -> Any:
    """Tensors that differ in one dimension only, which adds up."""
    if kwargs or not args[0] or not all(map(_plain, args[0])):
        return None
    first, *others = args[0]
    dim = args[1] if len(args) > 1 else 0
    if not first.dim() or not -first.dim() <= dim < first.dim():
        return None
    dim %= first.dim()
    shape = list(first.shape)
    for other in others:
        if other.dtype != first.dtype or other.dim() != first.dim():
            return None
        if any(here != there for at, (here, there) in enumerate(zip(shape, other.shape, strict=True)) if at != dim):
            return None
        shape[dim] += other.shape[dim]
    return first.new_empty(shape)


KNOWN: dict[Any, Answer] = {
    _aten.native_batch_norm.default: _batch_norm,
    _aten.native_layer_norm.default: _layer_norm,
    _aten.cat.default: _cat,
    _aten.addmm.default: _addmm,
    _aten.add.Tensor: _both_alike,
    _aten.mul.Tensor: _both_alike,
    **dict.fromkeys(
        (
            _aten.relu.default,
            _aten.hardtanh.default,
            _aten.hardswish.default,
            _aten.hardsigmoid.default,
            _aten.gelu.default,
        ),
        _alike,
    ),
    **dict.fromkeys((_aten.hardtanh_.default, _aten.hardswish_.default, _aten.hardsigmoid_.default), _in_place),
}
