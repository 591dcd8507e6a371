"""calflops 0.3.2: patched functions; two operations for each multiply-accumulate, and a MAC count beside it."""

from __future__ import annotations

from math import prod

from explainer.counters.base import CounterModel
from explainer.counters.engine import causes
from explainer.counters.engine.hooks import FunctionCall
from explainer.counters.engine.patched_functions import PatchedToolProfile, convolved, first
from explainer.counters.engine.patched_tool import PatchedTool
from explainer.counters.engine.terms import Cause, Excess, Words
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

VERSION = "0.3.2"

_BIAS = Cause(
    Bi(
        "转置卷积层的偏置（位置数和通道数都算错）",
        "biases of transposed convolutions, with the wrong numbers of positions and channels",
    ),
    wrong=True,
)
_GROUPS = Cause(
    Bi("分组的转置卷积多除了一次组数", "grouped transposed convolutions, divided by the groups twice"), wrong=True
)


def _transposed(call: FunctionCall) -> tuple[int, Excess]:
    """Its weight holds C_out/g channels already, which calflops divides by g once more; sizes as of a plain convolution."""
    x, weight = first(call), call.argument("weight", 1)
    channels = weight.shape[1]
    products = prod(weight.shape[2:]) * x.shape[1] * (channels // call.argument("groups", 6, 1))
    bias = 0
    if call.argument("bias", 2) is not None:
        bias = channels * x.shape[0] * prod(convolved(call, 7, call.argument("padding", 4, 0)))
    return products * x.shape[0] * prod(x.shape[2:]), (_BIAS, bias)


def _upsampled(call: FunctionCall) -> int:
    """A size counts without batch and channels; a factor not at all (its product is thrown away)."""
    size = call.argument("size", 1)
    if size is None:
        return first(call).numel()
    return prod(size) if isinstance(size, tuple | list) else int(size)


PROFILE = PatchedToolProfile(
    products=frozenset({"torch.matmul", "Tensor.matmul"}),
    transposed=_transposed,
    upsampled=_upsampled,
    elementwise=causes.left_aligned,
    miscounted={Kind.TRANSPOSED: _GROUPS},
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
        zh="它看不到bmm、运算符@和融合的注意力，又算错分组的转置卷积，所以总数不对。",
        en="bmm, the operator @ and fused attention go unseen and grouped transposed convolutions are miscounted, so the "
        "total is wrong.",
    ),
)
_MACS = Words(
    meaning=Bi("乘加次数", "multiply-accumulates"),
    right=Bi(zh="只计乘加，偏置、激活、池化都不计。", en="Multiply-accumulates alone; no bias, activation or pooling."),
    convention=Bi(zh="只计乘加。", en="Multiply-accumulates alone."),
    wrong=Bi(
        zh="bmm、einsum、运算符@、循环层和融合的注意力按0计，所以总数偏小。",
        en="bmm, einsum, the operator @, recurrent layers and fused attention count 0, so the total is too small.",
    ),
)


_TOOL = PatchedTool("calflops", VERSION, PROFILE, _FLOPS, _MACS, trainable=True, needs_parameters=True)
CONVENTION = CounterModel("calflops", VERSION, _TOOL.lines, order=90, rows=_TOOL.rows)
