"""Operators whose result on meta is plain to see, answered at once.

torch finds the shape of some operators by a dozen Python functions: 3.5 ms for a ReLU6 whose output is as large as its
input. What is answered here is what torch would have given: shape, dtype and strides (tests/tracing/test_flops.py). Where
a case is not that plain (another memory format, integers, wrong arguments), the answer is None and torch is asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

_aten = torch.ops.aten
_META = torch.device("meta")
_KINDS = frozenset({torch.Tensor, nn.Parameter})
_ORDERS = {4: torch.channels_last, 5: torch.channels_last_3d}

Answer = Callable[[Any, Any], Any]


def _new(given: torch.Tensor, shape: Any, dtype: torch.dtype | None = None) -> torch.Tensor:
    """On meta and of the same type; torch's `new_empty` gives the same by way of Python and, some time, of sympy."""
    return torch.empty(shape, dtype=dtype or given.dtype, device=_META)


def _plain(given: Any) -> bool:
    """A floating-point tensor on meta in the usual order of memory, and in no other at the same time."""
    if type(given) not in _KINDS or not given.is_meta or not given.is_floating_point():
        return False
    order = _ORDERS.get(given.dim())
    return given.is_contiguous() and not (order and given.is_contiguous(memory_format=order))


def _in_usual_order(given: Any) -> bool:
    """The same, with strides that say nothing else where a dimension is 1."""
    if type(given) not in _KINDS or not given.is_meta or not given.is_floating_point():
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
    return _new(given, given.shape), _new(given, 0), _new(given, 0)


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
    return _new(given, given.shape), _new(given, each), _new(given, each)


def _in_its_order(given: Any) -> Any:
    """A tensor as large and in the same order of memory; None where that leaves gaps or says a number twice."""
    if type(given) not in _KINDS or not given.is_meta or not given.is_floating_point():
        return None
    shape, strides = given.shape, given.stride()
    if not _in_usual_order(given):
        stride = 1
        for step, size in sorted(zip(strides, shape, strict=True)):
            if size < 2 or step != stride:
                return None
            stride *= size
    return torch.empty_strided(shape, strides, dtype=given.dtype, device=_META)


def _alike(args: Any, kwargs: Any) -> Any:
    """Number by number: whatever order the memory has, the output has it too."""
    return _in_its_order(args[0])


def _in_rows(given: Any) -> bool:
    """A vector or matrices row behind row, gaps between them allowed: what `chunk` cuts from a matrix, as an LSTM's gates."""
    if type(given) not in _KINDS or not given.is_meta or not given.is_floating_point() or given.dim() > 3:
        return False
    if given.is_contiguous():
        return True
    steps = given.stride()
    return 1 not in given.shape and steps[-1] == 1 and all(a > b for a, b in itertools.pairwise(steps))


def _in_place(args: Any, kwargs: Any) -> Any:
    return args[0] if _in_usual_order(args[0]) or _in_rows(args[0]) else None


def _in_place_of_two(args: Any, kwargs: Any) -> Any:
    """One tensor added to another of its shape and type."""
    one, other = args[:2]
    if kwargs or len(args) != 2 or not _in_rows(one) or not _in_rows(other):
        return None
    return one if one.shape == other.shape and one.dtype == other.dtype else None


def _with_number(args: Any, kwargs: Any) -> Any:
    """A tensor and a number of Python's, which never changes a floating-point type."""
    number = len(args) > 1 and type(args[1]) in (int, float)
    return _in_its_order(args[0]) if number and not kwargs else None


def _of_two(args: Any, kwargs: Any) -> Any:
    """Two tensors of one type: of one shape, or one stretched over the other (a scale for each channel)."""
    one, other = args[0], args[1]
    if type(other) in (int, float):
        return _with_number(args, kwargs)
    if kwargs:
        return None
    if _in_rows(one) and _in_rows(other) and one.shape == other.shape and one.dtype == other.dtype:
        return _new(one, one.shape)
    if not _in_usual_order(one) or not _in_usual_order(other) or one.dtype != other.dtype:
        return None
    if one.shape == other.shape:
        return _new(one, one.shape)
    large, small = (one, other) if one.numel() > other.numel() else (other, one)
    if large.dim() != small.dim() or not _plain(large) or 0 in small.shape:
        return None
    fits = all(there in (1, here) for here, there in zip(large.shape, small.shape, strict=True))
    return _new(large, large.shape) if fits else None


def _roll(args: Any, kwargs: Any) -> Any:
    """The same places in another order."""
    if kwargs or len(args) != 3:
        return None
    given, shifts, dims = args
    if not dims or len(shifts) != len(dims) or not _plain(given) or 0 in given.shape:
        return None
    return _new(given, given.shape) if all(-given.dim() <= dim < given.dim() for dim in dims) else None


def _masked_fill(args: Any, kwargs: Any) -> Any:
    """A number where a mask of the same shape says so."""
    given, mask, number = args
    if kwargs or type(number) not in (int, float) or not _plain(given) or type(mask) is not torch.Tensor:
        return None
    fits = mask.is_meta and mask.dtype is torch.bool and mask.shape == given.shape and mask.is_contiguous()
    return _new(given, given.shape) if fits else None


def _softmax(args: Any, kwargs: Any) -> Any:
    """Along one dimension, in the type that it is given."""
    given = args[0]
    if kwargs or len(args) < 2 or (len(args) > 2 and args[2]) or not _plain(given) or type(args[1]) is not int:
        return None
    return _new(given, given.shape) if -given.dim() <= args[1] < given.dim() else None


def _convolution(args: Any, kwargs: Any) -> Any:
    """A layer's: as many images as given, a channel for each filter, and as many places as the window has."""
    given, weight, bias, stride, padding, dilation, transposed, _, groups = args
    if kwargs or transposed or not _in_usual_order(given) or not _in_usual_order(weight) or given.dtype != weight.dtype:
        return None
    places = given.dim() - 2
    if places < 1 or weight.dim() != given.dim() or 0 in given.shape or 0 in weight.shape or groups < 1:
        return None
    if given.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        return None
    if bias is not None and (tuple(bias.shape) != (weight.shape[0],) or bias.dtype != given.dtype or not bias.is_meta):
        return None
    if not all(len(option) == places for option in (stride, padding, dilation)):
        return None
    shape = [given.shape[0], weight.shape[0]]
    for at in range(places):
        reach = given.shape[2 + at] + 2 * padding[at] - dilation[at] * (weight.shape[2 + at] - 1) - 1
        if stride[at] < 1 or dilation[at] < 1 or padding[at] < 0 or reach < 0:
            return None
        shape.append(reach // stride[at] + 1)
    return _new(given, shape)


def _max_pool(args: Any, kwargs: Any) -> Any:
    """In two dimensions, rounded down; the places of the largest are whole numbers."""
    usual: tuple[Any, ...] = ((), (0, 0), (1, 1), False)
    options: tuple[Any, ...] = (*args[1:], *usual[len(args) - 2 :])
    given = args[0]
    kernel, stride, padding, dilation, up = options
    if kwargs or up or not _plain(given) or given.dim() != 4 or 0 in given.shape:
        return None
    if not all(len(option) == 2 for option in (kernel, stride, padding, dilation)):
        return None
    shape = list(given.shape[:2])
    for at in range(2):
        reach = given.shape[2 + at] + 2 * padding[at] - dilation[at] * (kernel[at] - 1) - 1
        if stride[at] < 1 or kernel[at] < 1 or dilation[at] < 1 or not 0 <= padding[at] <= kernel[at] // 2 or reach < 0:
            return None
        shape.append(reach // stride[at] + 1)
    return _new(given, shape), _new(given, shape, torch.int64)


def _mean(args: Any, kwargs: Any) -> Any:
    """Over some dimensions, which disappear or stay as 1."""
    given, dims = args[0], args[1]
    keep = len(args) > 2 and args[2]
    if kwargs or len(args) > 3 or not dims or not _plain(given) or 0 in given.shape:
        return None
    if any(not -given.dim() <= dim < given.dim() for dim in dims):
        return None
    gone = {dim % given.dim() for dim in dims}
    if len(gone) != len(dims):
        return None
    shape = [1 if at in gone else size for at, size in enumerate(given.shape) if keep or at not in gone]
    return _new(given, shape)


def _bmm(args: Any, kwargs: Any) -> Any:
    """Matrices in pairs."""
    left, right = args
    if kwargs or type(left) not in _KINDS or type(right) not in _KINDS or left.dim() != 3 or right.dim() != 3:
        return None
    if not left.is_meta or not right.is_meta or left.dtype != right.dtype or not left.is_floating_point():
        return None
    if left.shape[0] != right.shape[0] or left.shape[2] != right.shape[1]:
        return None
    return _new(left, (left.shape[0], left.shape[1], right.shape[2]))


def _addmm(args: Any, kwargs: Any) -> Any:
    """A linear layer with its bias."""
    bias, left, right = args[:3]
    if kwargs or not _plain(left) or left.dim() != 2 or type(right) not in _KINDS or right.dim() != 2:
        return None
    if not right.is_meta or left.shape[1] != right.shape[0] or tuple(bias.shape) != (right.shape[1],):
        return None
    return _new(left, (left.shape[0], right.shape[1])) if left.dtype == right.dtype == bias.dtype else None


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
    return _new(first, shape)


KNOWN: dict[Any, Answer] = {
    _aten.native_batch_norm.default: _batch_norm,
    _aten.native_layer_norm.default: _layer_norm,
    _aten.cat.default: _cat,
    _aten.addmm.default: _addmm,
    _aten.add.Tensor: _of_two,
    _aten.mul.Tensor: _of_two,
    _aten.mul.Scalar: _with_number,
    _aten.roll.default: _roll,
    _aten.masked_fill.Scalar: _masked_fill,
    _aten.convolution.default: _convolution,
    _aten.max_pool2d_with_indices.default: _max_pool,
    _aten.mean.dim: _mean,
    _aten.bmm.default: _bmm,
    _aten._softmax.default: _softmax,
    _aten._safe_softmax.default: _softmax,
    **dict.fromkeys(
        (
            _aten.relu.default,
            _aten.hardtanh.default,
            _aten.hardswish.default,
            _aten.hardsigmoid.default,
            _aten.gelu.default,
            _aten.sigmoid.default,
            _aten.silu.default,
            _aten.tanh.default,
        ),
        _alike,
    ),
    **dict.fromkeys(
        (
            _aten.relu_.default,
            _aten.hardtanh_.default,
            _aten.hardswish_.default,
            _aten.hardsigmoid_.default,
            _aten.sigmoid_.default,
            _aten.silu_.default,
            _aten.tanh_.default,
        ),
        _in_place,
    ),
    _aten.add_.Tensor: _in_place_of_two,
    _aten.mul_.Tensor: _in_place_of_two,
}
