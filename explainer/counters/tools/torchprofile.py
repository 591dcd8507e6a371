"""torchprofile 0.1.0, profile_macs: multiply-accumulates on the JIT's trace, from its `handlers.py`.

Products without biases; norms with weights, average pooling, means, LeakyReLU and products element by element by the
output; a transposed convolution from the shape of its output and its weight, which is not what it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from explainer.counters.base import CounterModel
from explainer.counters.engine.operation import Operation, Rest
from explainer.counters.engine.table import PRODUCTS, table
from explainer.counters.engine.terms import CannotCount, Cause, Excess, Words, booked_by, left_out, line, rest
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.counted import Line, Unpredicted

_BY_OUTPUT = {
    "batch_norm": Bi("批归一化层，每个元素计1次", "batch normalization, 1 for each element"),
    "layer_norm": Bi("层归一化，每个元素计1次", "layer normalization, 1 for each element"),
    "group_norm": Bi("组归一化，每个元素计1次", "group normalization, 1 for each element"),
    "instance_norm": Bi("实例归一化，每个元素计1次", "instance normalization, 1 for each element"),
    "adaptive_avg_pool": Bi(
        "自适应平均池化层，每个输出元素计1次", "adaptive average pooling, 1 for each output element"
    ),
    "avg_pool": Bi("平均池化层，每个输出元素计1次", "average pooling, 1 for each output element"),
    "mean": Bi("求平均，每个输出元素计1次", "means, 1 for each output element"),
    "leaky_relu": Bi("LeakyReLU，每个元素计1次", "LeakyReLU, 1 for each element"),
    "mul": Bi("逐元素乘法，每个元素计1次", "products element by element, 1 for each element"),
}
_NORMS = {"batch_norm", "layer_norm", "group_norm", "instance_norm"}
_SIZES = Cause(Bi("跟踪时把尺寸相乘也当作运算", "products of sizes, which the tracer takes for operations"), wrong=True)
_BILINEAR = Cause(Bi("双线性上采样，每个输出元素计4次", "bilinear upsampling, 4 for each output element"))
_GRID = Cause(Bi("网格采样", "grid sampling"))
_TRANSPOSED = Cause(
    Bi(
        "转置卷积层按输出位置计，而不是按输入位置",
        "transposed convolutions at output positions instead of input positions",
    ),
    wrong=True,
)
_GROUPS = Cause(Bi("转置卷积层的分组算错", "transposed convolutions with their groups miscounted"), wrong=True)
_VECTOR = Cause(Bi("矩阵与向量相乘", "products of a matrix and a vector"))
_PROJECTED = Cause(
    Bi("LSTM的投影层未计，门的大小算错", "an LSTM's projection left out and the size of its gates wrong"), wrong=True
)
_EINSUM = Cause(Bi("爱因斯坦求和按各下标大小之积计", "Einstein sums as the product of all sizes"))
_SPELT = Cause(
    Bi("padding写成“same”或“valid”的卷积层未计", 'convolutions whose padding is the word "same" or "valid" left out'),
    wrong=True,
)
_EXACT = {"conv", "linear", "addmm", "bmm", "sdpa"}
_ADAPTIVE = ("adaptive_avg_pool", "avg_pool")

_WORDS = Words(
    meaning=Bi(
        "乘加次数，另计归一化、平均池化和逐元素乘法",
        "multiply-accumulates, with norms, average pooling and products element by element",
    ),
    right=Bi(
        zh="只计乘加，偏置不计，与乘加次数相同。",
        en="Only multiply-accumulates are counted, no biases: the same figure.",
    ),
    convention=Bi(
        zh="偏置和多数激活不计，带权重的归一化、平均池化和逐元素乘法却每个元素另计1次。",
        en="Biases and most activations are not counted; norms with weights, average pooling and products element by "
        "element are, 1 for each element.",
    ),
    wrong=Bi(
        zh="它按跟踪所得计算图中的运算计数，有的数错，有的漏掉，各项见下。",
        en="It counts the operations of a traced graph, some of them wrongly or not at all, as the terms below say.",
    ),
)


def _excess(operation: Operation) -> Iterable[Excess]:
    if isinstance(operation, Rest):
        return rest(operation, traced=True)
    name, output = operation.name, prod(operation.output)
    if name in _EXACT:
        if name == "sdpa" and operation.shapes[0][:-2] != operation.shapes[1][:-2]:
            raise CannotCount  # it insists on as many heads for the keys as for the queries
        return ()
    if name == "max_unpool":
        raise CannotCount  # torch's tracer itself gives up there
    if name == "conv_mode":
        return ((_SPELT, -operation.macs),)
    if operation.scalar:
        return ((_SIZES, 1),)
    if name in _NORMS:
        return ((Cause(_BY_OUTPUT[name]), output),) if operation.affine else ()
    for start in _ADAPTIVE:
        if name.startswith(start):
            return ((Cause(_BY_OUTPUT[start]), output),)
    if name in _BY_OUTPUT:
        return ((Cause(_BY_OUTPUT[name]), output),)
    if name == "upsample_bilinear2d":
        return ((_BILINEAR, 4 * output),)
    if name == "grid_sampler":
        return ((_GRID, {"nearest": 0, "bicubic": 16}.get(operation.mode, 4) * output),)
    if name == "conv_transpose":
        return _transposed(operation)
    if name == "matmul":
        return ((_VECTOR, _product(operation) - operation.macs),)
    if name == "baddbmm":
        if len(operation.shapes[0]) != 3:
            raise CannotCount  # it unpacks three sizes of the tensor added
        return ()
    if name == "lstm":
        return ((_PROJECTED, _lstm(operation) - operation.macs),)
    if name == "einsum":
        return ((_EINSUM, _einsum(operation) - operation.macs),)
    return (left_out(operation),) if operation.macs else ()


def _transposed(operation: Operation) -> Iterable[Excess]:
    """Output elements × the weight's second size (its first, where it is not the output's) × the kernel.

    A weight is C_in × C_out/g × kernel: the first size fits by accident where C_in equals C_out.
    """
    first, second, *kernel = operation.weight
    per_output = second if operation.channels == first else first
    counted = prod(operation.output) * per_output * prod(kernel)
    by_position = prod(operation.output) * first // operation.groups * prod(kernel)
    return (_TRANSPOSED, by_position - operation.macs), (_GROUPS, counted - by_position)


def _product(operation: Operation) -> int:
    """torch.matmul of two matrices, batches of them, or with a vector."""
    left, right = operation.shapes
    return prod(operation.output) * left[-1] if len(right) > 1 or len(left) > 1 else left[0]


def _lstm(operation: Operation) -> int:
    """Four gates of as many units as the state has, which with proj_size is the projected one."""
    size, features = operation.hidden, operation.shapes[0][-1]
    layers, directions = operation.layers
    inputs = [features, *[size * directions] * (layers - 1)]
    return prod(operation.shapes[0][:2]) * directions * sum(4 * size * (width + size) for width in inputs)


def _einsum(operation: Operation) -> int:
    equation = operation.equation
    if not isinstance(equation, str) or "..." in equation:
        return 0
    sizes: dict[str, int] = {}
    for term, shape in zip(equation.replace(" ", "").split("->")[0].split(","), operation.shapes, strict=True):
        sizes |= dict(zip(term, shape, strict=True))
    return prod(sizes.values())


def lines(subject: Subject) -> list[Line | Unpredicted]:
    """`profile_macs(model, inputs)`; nothing for a model on which it fails."""
    return line(subject, _excess, _WORDS, tool="torchprofile", version="0.1.0", quantity="macs")


def rows(subject: Subject) -> list[Line]:
    """`profile_macs(…, reduction=None)`, its operators gathered by layer."""
    return table(booked_by(subject, _excess, PRODUCTS), "calls", _WORDS, "torchprofile", "0.1.0", "macs")


CONVENTION = CounterModel("torchprofile", "0.1.0", lines, order=80, rows=rows)
