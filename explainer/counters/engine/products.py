"""Convolutions, linear layers, matrix products, attention's product: what every tool counts, each in its way."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from torch import nn

from explainer.counters.engine.attention import HEADS, attention_operations
from explainer.counters.engine.operation import Operation
from explainer.counters.engine.step import Expansions, Step
from explainer.i18n.bilingual import Bi
from explainer.tracing.call import TensorRef
from explainer.vocabulary.shape import Shape


def linear_operation(given: Shape, output: Shape, macs: int, biased: bool, contiguous: bool, title: Bi) -> Operation:
    """torch adds the bias within the product (addmm) of a matrix, or of more dimensions in one piece; else afterwards."""
    contiguous = contiguous or len(given) < 3
    return Operation("linear", title, (given,), output, macs, bias=prod(output) * biased, contiguous=contiguous)


def _convolution(step: Step) -> Iterator[Operation]:
    call = step.call
    spelt = isinstance(call.option("padding", 4), str) and call.option("padding_mode", None, "zeros") == "zeros"
    yield _convolved(step, "conv_mode" if spelt else "conv")


def _transposed(step: Step) -> Iterator[Operation]:
    yield _convolved(step, "conv_transpose")


def _convolved(step: Step, kind: str) -> Operation:
    call, output = step.call, step.output
    weight = call.tensor_shape("weight", 1) or ()
    return Operation(
        kind,
        step.title,
        call.shapes[:1],
        output,
        step.macs,
        bias=prod(output) if call.option("bias", 2) is not None else 0,
        weight=weight,
        groups=call.option("groups", 6, 1),
        channels=output[-len(weight) + 1] if len(weight) > 1 else 0,
    )


def _linear(step: Step) -> Iterator[Operation]:
    call = step.call
    biased = call.option("bias", 2) is not None
    contiguous = step.layout.contiguous(call, 0)
    yield linear_operation(call.shapes[0], step.output, step.macs, biased, contiguous, step.title)


def _stored_by_input(step: Step) -> Iterator[Operation]:
    yield Operation("addmm", step.title, step.call.shapes[:1], step.output, step.macs, bias=prod(step.output))


def _matmul(step: Step) -> Iterator[Operation]:
    call = step.call
    kind = {"rmatmul": "matmul"}.get(call.type, call.type)
    added = prod(step.output) if kind == "addmm" else 0
    shapes = call.shapes[::-1] if call.type == "rmatmul" else call.shapes
    yield Operation(kind, step.title, shapes, step.output, step.macs, bias=added)


def _einsum(step: Step) -> Iterator[Operation]:
    call = step.call
    yield Operation("einsum", step.title, call.shapes, step.output, step.macs, equation=call.option("equation", 0))


def _scaled_dot_product(step: Step) -> Iterator[Operation]:
    call = step.call
    dropped = float(call.option("dropout_p", 4, 0.0) or 0)
    fused = _fused(call.shapes[:3], call.option("attn_mask", 3), dropped)
    yield Operation("sdpa", HEADS, call.shapes[:3], step.output, step.macs, fused=fused)


def _fused(shapes: tuple[Shape, ...], mask: Any, dropped: float) -> bool:
    """Whether the CPU takes its fused kernel: four dimensions, heads of one size, no dropout, a mask that fits."""
    q, k, v = shapes
    fits = not isinstance(mask, TensorRef) or (len(mask.shape) in (2, 4) and mask.parameter is None)
    return len(q) == len(k) == len(v) == 4 and q[-1] == k[-1] == v[-1] and not dropped and fits


def _attention(step: Step) -> Iterator[Operation]:
    return attention_operations(step.call, step.layout)


PRODUCTS: Expansions = {
    **dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d, "conv1d", "conv2d", "conv3d"), _convolution),
    **dict.fromkeys((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), _transposed),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed),
    **dict.fromkeys((nn.Linear, "linear"), _linear),
    "transformers.pytorch_utils.Conv1D": _stored_by_input,
    **dict.fromkeys(("matmul", "rmatmul", "mm", "bmm", "mv", "dot", "vdot", "addmm", "baddbmm"), _matmul),
    "einsum": _einsum,
    "scaled_dot_product_attention": _scaled_dot_product,
    **dict.fromkeys((nn.MultiheadAttention, "multi_head_attention_forward"), _attention),
}
