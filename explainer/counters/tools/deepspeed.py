"""DeepSpeed 0.19.8's flops profiler: patched functions; two operations for each multiply-accumulate, and a MAC count."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from explainer.counters.base import CounterModel
from explainer.counters.engine import causes
from explainer.counters.engine.hooks import FunctionCall
from explainer.counters.engine.patched_functions import PatchedToolProfile, first, sides
from explainer.counters.engine.patched_tool import PatchedTool
from explainer.counters.engine.terms import Excess, Words
from explainer.i18n.bilingual import Bi

VERSION = "0.19.8"


def _transposed(call: FunctionCall) -> tuple[int, Excess]:
    x, weight = first(call), call.argument("weight", 1)
    length = x.dim() - 2
    steps, pads = sides(call.argument("stride", 3, 1), length), sides(call.argument("padding", 4, 0), length)
    extra, spread = sides(call.argument("output_padding", 5, 0), length), sides(call.argument("dilation", 7, 1), length)
    sizes = [
        (x.shape[2 + i] - 1) * steps[i] - 2 * pads[i] + spread[i] * (weight.shape[2 + i] - 1) + extra[i] + 1
        for i in range(length)
    ]
    products = prod(weight.shape[2:]) * x.shape[1] * weight.shape[1] * x.shape[0] * prod(x.shape[2:])
    bias = 0
    if call.argument("bias", 2) is not None:
        bias = weight.shape[1] * call.argument("groups", 6, 1) * x.shape[0] * prod(sizes)
    return products, (causes.TRANSPOSED_BIAS, bias)


def _upsampled(call: FunctionCall) -> int:
    """A size counts without batch and channels; a factor with them."""
    x, size, factor = first(call), call.argument("size", 1), call.argument("scale_factor", 2)
    if size is not None:
        return prod(size) if isinstance(size, tuple | list) else int(size)
    return int(x.numel() * (prod(factor) if isinstance(factor, tuple | list) else factor ** (x.dim() - 2)))


def _elementwise(one: object, other: object) -> int:
    tensors = [each for each in (one, other) if isinstance(each, Tensor)]
    shapes = [each.shape for each in tensors]
    return prod(torch.broadcast_shapes(*shapes)) if tensors else 1  # type: ignore[no-untyped-call]


PROFILE = PatchedToolProfile(
    products=frozenset(
        {
            *("torch.matmul", "Tensor.matmul", "Tensor.__matmul__", "torch.mm", "Tensor.mm", "torch.bmm", "Tensor.bmm"),
            "F.scaled_dot_product_attention",
        }
    ),
    transposed=_transposed,
    upsampled=_upsampled,
    elementwise=_elementwise,
    miscounted={},
    shared_once=True,
)
_FLOPS = Words(
    meaning=Bi(
        zh="浮点运算次数，另计卷积的偏置、归一化、激活和池化",
        en="floating-point operations, with convolutions' biases, norms, activations and pooling",
    ),
    right=Bi(zh="一次乘加计为2次运算。", en="A multiply-accumulate is two operations."),
    convention=Bi(
        zh="一次乘加计为2次运算；全连接层的偏置不计。",
        en="A multiply-accumulate is two operations; biases of fully connected layers are not counted.",
    ),
    wrong=Bi(
        zh="一次乘加计为2次运算；有些矩阵乘法它看不到，或只取近似值，所以总数不对。",
        en="A multiply-accumulate is two operations; some products go unseen or are rounded, so the total is wrong.",
    ),
)
_MACS = Words(
    meaning=Bi("乘加次数", "multiply-accumulates"),
    right=Bi(zh="只计乘加，偏置、激活、池化都不计。", en="Multiply-accumulates alone; no bias, activation or pooling."),
    convention=Bi(zh="只计乘加。", en="Multiply-accumulates alone."),
    wrong=Bi(
        zh="循环层和einsum按0计，所以总数偏小。",
        en="Recurrent layers and einsum count 0, so the total is too small.",
    ),
)


_TOOL = PatchedTool("deepspeed", VERSION, PROFILE, _FLOPS, _MACS, trainable=False)
CONVENTION = CounterModel("deepspeed", VERSION, _TOOL.lines, order=100, rows=_TOOL.rows)
