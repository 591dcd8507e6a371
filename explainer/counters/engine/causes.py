"""Causes that several tools share: what they count beside the products."""

from __future__ import annotations

from itertools import zip_longest
from math import prod

from torch import Tensor

from explainer.counters.engine.terms import Cause
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

CONV_BIAS = Cause(Bi("卷积层的偏置", "biases of convolutions"))
TRANSPOSED_BIAS = Cause(Bi("转置卷积层的偏置", "biases of transposed convolutions"))
LINEAR_BIAS = Cause(Bi("全连接层的偏置", "biases of fully connected layers"))
STRIDES = Cause(
    Bi(
        "转置卷积层按输出位置计，约为实际的步幅²倍",
        "transposed convolutions at output positions, about stride² times the right count",
    ),
    wrong=True,
)
BATCH_NORM = Cause(Bi("批归一化", "batch normalization"))
OTHER_NORMS = Cause(Bi("层归一化、组归一化、实例归一化", "layer, group and instance normalization"))
ACTIVATION = Cause(Bi("激活层", "activations"))
ACTIVATION_TWICE = Cause(
    Bi("激活层又作为函数计了一次", "activations once more, as the functions that the layers call"), wrong=True
)
POOLING = Cause(Bi("池化层", "pooling"))
POOLING_TWICE = Cause(
    Bi("池化层又作为函数计了一次", "pooling once more, as the functions that the layers call"), wrong=True
)
SOFTMAX = Cause(Bi("softmax", "softmax"))
UPSAMPLING = Cause(Bi("上采样", "upsampling"))
UPSAMPLING_TWICE = Cause(
    Bi("上采样又作为函数计了一次", "upsampling once more, as the functions that the layers call"), wrong=True
)
ELEMENTWISE = Cause(
    Bi("写成torch.add、torch.mul的逐元素运算", "element-wise operations written as torch.add or torch.mul")
)
GATES = Cause(Bi("循环层的偏置、激活与门的运算", "biases, activations and gates of recurrent layers"))
RECURRENT_WRONG = Cause(
    Bi(
        "循环层的矩阵乘法：双向或多层时尺寸算错",
        "products of recurrent layers, wrong where they are bidirectional or stacked",
    ),
    wrong=True,
)
RECURRENT = {Kind.RECURRENT: RECURRENT_WRONG}


def left_aligned(one: object, other: object) -> int:
    """The size of an element-wise result as ptflops and calflops reckon it: shapes aligned at the left, not the right."""
    if not isinstance(one, Tensor) or not isinstance(other, Tensor):
        return next((each.numel() for each in (one, other) if isinstance(each, Tensor)), 1)
    return prod(max(sizes) for sizes in zip_longest(one.shape, other.shape, fillvalue=1))
