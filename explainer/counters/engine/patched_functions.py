"""What calflops and DeepSpeed share: both replace torch's functions and add up, module by module, what was called.

From `calflops/pytorch_ops.py` and `deepspeed/profiling/flops_profiler/profiler.py`; calflops is a copy of an older
DeepSpeed. Each function counts floating-point operations and multiply-accumulates; a recurrent layer has a hook instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor, nn

from explainer.counters.engine import causes
from explainer.counters.engine.account import REPEATED, Account, visits
from explainer.counters.engine.hooks import POOLS, FunctionCall, HookTrace, ModuleCall
from explainer.counters.engine.terms import CannotCount, Cause, Count, Excess
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Walkthrough

_RECURRENT = (nn.RNN, nn.GRU, nn.LSTM, nn.RNNCell, nn.GRUCell, nn.LSTMCell)
_SUM_BIAS = Cause(Bi("addmm、baddbmm的加法", "additions of addmm and baddbmm"))


@dataclass(frozen=True)
class PatchedToolProfile:
    """Where the two differ.

    products: the functions that are matrix products. transposed(call): products and bias of a transposed convolution.
    upsampled(call): what up-sampling counts. elementwise(a, b): the size of the result.
    shared_once: a module that hangs in several places is added up once.
    """

    products: frozenset[str]
    transposed: Callable[[FunctionCall], tuple[int, Excess]]
    upsampled: Callable[[FunctionCall], int]
    elementwise: Callable[[object, object], int]
    miscounted: dict[Kind, Cause]
    shared_once: bool = False


Counter = Callable[[FunctionCall, PatchedToolProfile], Count]


def first(call: FunctionCall) -> Tensor:
    """The tensor that a function works on."""
    given = call.argument("input", 0)
    if not isinstance(given, Tensor):
        raise CannotCount
    return given


def sides(value: Any, length: int) -> tuple[int, ...]:
    """An option of a convolution for every dimension."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * length


def convolved(call: FunctionCall, dilation: int, paddings: Any) -> list[int]:
    """Output sizes by the formula of a plain convolution. dilation: the position of that argument."""
    x, weight = first(call), call.argument("weight", 1)
    length = x.dim() - 2
    steps, spread = sides(call.argument("stride", 3, 1), length), sides(call.argument("dilation", dilation, 1), length)
    pads = sides(paddings, length)
    return [
        (x.shape[2 + i] + 2 * pads[i] - (spread[i] * (weight.shape[2 + i] - 1) + 1)) // steps[i] + 1
        for i in range(length)
    ]


def _convolution(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    x, weight = first(call), call.argument("weight", 1)
    padding = call.argument("padding", 4, 0)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        spread = sides(call.argument("dilation", 5, 1), x.dim() - 2)
        padding = tuple(d * (k - 1) // 2 for d, k in zip(spread, weight.shape[2:], strict=True))
    places = x.shape[0] * prod(convolved(call, 5, padding))
    groups, out_channels = call.argument("groups", 6, 1), weight.shape[0]
    products = prod(weight.shape[2:]) * x.shape[1] * (out_channels // groups) * places
    bias = out_channels * places if call.argument("bias", 2) is not None else 0
    return products, [(causes.CONV_BIAS, bias)]


def _einsum(call: FunctionCall) -> int:
    """What numpy's path finder prints as the optimized count (two operations a product, a rounded decimal)."""
    try:
        import numpy as np
    except ImportError as error:
        raise CannotCount from error
    equation, *operands = call.args
    if not isinstance(equation, str) or not all(isinstance(each, Tensor) for each in operands):
        raise CannotCount
    shapes = [np.broadcast_to(np.float64(0), tuple(each.shape)) for each in operands]
    report = np.einsum_path(equation.replace(" ", ""), *shapes, optimize="optimal")[1]
    lines = [line for line in str(report).split("\n") if "optimized flop" in line.lower()]
    if not lines:
        raise CannotCount
    return int(float(lines[0].split(":")[-1]))


def _scaled_dot_product(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    q, k, v = (call.argument(role, i) for i, role in enumerate(("query", "key", "value")))
    return prod(q.shape) * k.shape[-2] + prod(q.shape[:-1]) * k.shape[-2] * v.shape[-1], []


def _product(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    return prod(first(call).shape) * call.argument("other", 1).shape[-1], []


def _linear(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    return first(call).numel() * call.argument("weight", 1).shape[0], []


def _transposed(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    products, bias = profile.transposed(call)
    return products, [bias]


def _sum(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    products = prod(call.argument("mat1", 1).shape) * call.argument("mat2", 2).shape[-1]
    return products, [(_SUM_BIAS, prod(first(call).shape))]


def _each_element(cause: Cause) -> Counter:
    """One operation for each element of the input."""
    return lambda call, profile: (0, [(cause, first(call).numel())])


def _batch_norm(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    affine = call.argument("weight", 3) is not None
    times = (5 if affine else 4) if call.argument("training", 5, False) else (2 if affine else 1)
    return 0, [(causes.BATCH_NORM, times * first(call).numel())]


def _norm(weight: int) -> Counter:
    """weight: where it stands among the function's arguments."""

    def counted(call: FunctionCall, profile: PatchedToolProfile) -> Count:
        affine = call.argument("weight", weight) is not None
        return 0, [(causes.OTHER_NORMS, (5 if affine else 4) * first(call).numel())]

    return counted


def _upsampled(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    return 0, [(causes.UPSAMPLING, profile.upsampled(call))]


def _elementwise(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    return 0, [(causes.ELEMENTWISE, profile.elementwise(call.argument("input", 0), call.argument("other", 1)))]


_ACTIVATIONS = ("relu", "prelu", "elu", "leaky_relu", "relu6", "silu", "gelu")
_COUNTERS: Mapping[str, Counter] = {
    "F.linear": _linear,
    **dict.fromkeys(("F.conv1d", "F.conv2d", "F.conv3d"), _convolution),
    **dict.fromkeys(("F.conv_transpose1d", "F.conv_transpose2d", "F.conv_transpose3d"), _transposed),
    **dict.fromkeys(("torch.addmm", "Tensor.addmm", "torch.baddbmm"), _sum),
    **dict.fromkeys((f"F.{name}" for name in _ACTIVATIONS), _each_element(causes.ACTIVATION)),
    **dict.fromkeys((f"F.{name}" for name in POOLS), _each_element(causes.POOLING)),
    "F.softmax": _each_element(causes.SOFTMAX),
    "F.batch_norm": _batch_norm,
    "F.layer_norm": _norm(2),
    "F.group_norm": _norm(2),
    "F.instance_norm": _norm(3),
    **dict.fromkeys(("F.upsample", "F.interpolate"), _upsampled),
    **dict.fromkeys(("torch.mul", "Tensor.mul", "torch.add", "Tensor.add"), _elementwise),
}
_PRODUCTS: Mapping[str, Counter] = {"F.scaled_dot_product_attention": _scaled_dot_product}


def _counted(call: FunctionCall, profile: PatchedToolProfile) -> Count:
    """Multiply-accumulates, and the operations beside them; nothing of a function that the tool does not replace."""
    if call.name in profile.products:
        return _PRODUCTS.get(call.name, _product)(call, profile)
    counter = _COUNTERS.get(call.name)
    return counter(call, profile) if counter else (0, [])


def _recurrent(call: ModuleCall) -> tuple[int, int]:
    """A recurrent layer's products, and its operations beyond two for each: a matrix row has one addition less."""
    module: Any = call.module
    cell = isinstance(module, nn.RNNCellBase)
    x = call.args[0]
    times = x.shape[0] * (1 if cell else x.shape[1] * (2 if module.bidirectional else 1))
    steps = {"RNN": 1, "GRU": 7, "LSTM": 10}[type(module).__name__.removesuffix("Cell")] * module.hidden_size
    products = beside = 0
    for suffix in [""] if cell else [f"_l{i}" for i in range(module.num_layers)]:
        ih, hh = getattr(module, f"weight_ih{suffix}"), getattr(module, f"weight_hh{suffix}")
        products += ih.numel() + hh.numel()
        beside += steps - 2 * ih.shape[0]
        if module.bias:
            beside += getattr(module, f"bias_ih{suffix}").numel() + getattr(module, f"bias_hh{suffix}").numel()
    return times * products, times * beside


def accounts(walk: Walkthrough, run: HookTrace, profile: PatchedToolProfile) -> tuple[Account, Account]:
    """The bookings of the floating-point operations, and those of the multiply-accumulates."""
    flops = Account(walk, scale=2, miscounted={**profile.miscounted, **causes.RECURRENT})
    macs = Account(walk, miscounted=profile.miscounted)
    reached = {} if profile.shared_once else visits(run.model)
    for call in run.modules:
        if type(call.module) in _RECURRENT:
            products, gates = _recurrent(call)
            flops.product(call, 2 * products)
            flops.add(causes.GATES, gates, call)
            flops.add(REPEATED, (reached.get(id(call.module), 1) - 1) * (2 * products + gates))
    for function in run.functions:
        times = reached.get(id(function.module), 1)
        if function.name == "torch.einsum":
            operations = _einsum(function)
            flops.product(function, operations)
            flops.add(REPEATED, (times - 1) * operations)
            continue
        product, beside = _counted(function, profile)
        if product:
            flops.product(function, 2 * product)
            macs.product(function, product)
            macs.add(REPEATED, (times - 1) * product)
        for cause, value in beside:
            flops.add(cause, value, function)
        flops.add(REPEATED, (times - 1) * (2 * product + sum(value for _, value in beside)))
    return flops, macs
