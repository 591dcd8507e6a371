"""fvcore 0.1.5, FlopCountAnalysis: counts a multiply-accumulate as one "flop" on the JIT's trace.

From `fvcore/nn/flop_count.py` and `jit_handles.py`. Convolutions and products without their biases; norms, adaptive
average pooling, upsampling of images and grid_sample by the element; what it does not know counts 0: fused attention,
recurrent layers, baddbmm.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, prod

from explainer.counters.base import CounterModel
from explainer.counters.engine.operation import Operation, Rest
from explainer.counters.engine.table import PRODUCTS, parameter_rows, table
from explainer.counters.engine.terms import (
    CannotCount,
    Cause,
    Excess,
    Words,
    booked_by,
    left_out,
    line,
    parameters_line,
    rest,
)
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.counted import Line, Unpredicted

_BATCH_NORM = Cause(Bi("批归一化层，每个元素计{n}次", "batch normalization, {n} for each element"))
_NORMS = {
    "layer_norm": Bi("层归一化，每个元素计{n}次", "layer normalization, {n} for each element"),
    "group_norm": Bi("组归一化，每个元素计{n}次", "group normalization, {n} for each element"),
    "instance_norm": Bi("实例归一化，每个元素计{n}次", "instance normalization, {n} for each element"),
}
_ADAPTIVE = Cause(Bi("自适应平均池化层，每个输入元素计1次", "adaptive average pooling, 1 for each input element"))
_OUTPUTS = {
    "upsample_nearest2d": (
        1,
        Cause(Bi("最近邻上采样，每个输出元素计1次", "nearest upsampling, 1 for each output element")),
    ),
    "upsample_bilinear2d": (
        4,
        Cause(Bi("双线性上采样，每个输出元素计4次", "bilinear upsampling, 4 for each output element")),
    ),
    "grid_sampler": (4, Cause(Bi("网格采样，每个输出元素计4次", "grid sampling, 4 for each output element"))),
}
_BROADCAST = Cause(
    Bi(
        "矩阵乘法只看左边张量的批量维，漏计广播",
        "matrix products by the left tensor's batch alone, without broadcasting",
    ),
    wrong=True,
)
_ROUNDED = Cause(
    Bi("爱因斯坦求和取numpy的估计值，只有4位有效数字", "Einstein sums as estimated by numpy, to four digits"),
    wrong=True,
)
_VECTOR = Cause(Bi("矩阵与向量相乘", "products of a matrix and a vector"))
_SPELT = Cause(
    Bi("padding写成“same”或“valid”的卷积层未计", 'convolutions whose padding is the word "same" or "valid" left out'),
    wrong=True,
)
_EXACT = {"conv", "conv_transpose", "linear", "addmm", "bmm", "mm"}

_WORDS = Words(
    meaning=Bi(
        "乘加次数，另计归一化、自适应池化和上采样", "multiply-accumulates, with norms, adaptive pooling and upsampling"
    ),
    right=Bi(
        zh="它所说的flop就是一次乘加，偏置不计，所以与乘加次数相同。",
        en="Its flop is one multiply-accumulate and biases are not counted, so the figure is the multiply-accumulates.",
    ),
    convention=Bi(
        zh="它所说的flop就是一次乘加，偏置和激活不计，归一化、自适应平均池化和上采样却按元素另计。",
        en="Its flop is one multiply-accumulate; biases and activations are not counted, norms, adaptive average pooling "
        "and upsampling are, by the element.",
    ),
    wrong=Bi(
        zh="它所说的flop就是一次乘加；不认识的运算按0计，只发一条警告，所以漏掉了一部分。",
        en="Its flop is one multiply-accumulate; what it does not know counts 0, with no more than a warning, so part of the "
        "cost is missing.",
    ),
)


def _excess(operation: Operation) -> Iterable[Excess]:
    if isinstance(operation, Rest):
        return rest(operation, traced=True)
    name, given = operation.name, prod(operation.shapes[0]) if operation.shapes else 0
    if name in _EXACT:
        return ()
    if name == "max_unpool":
        raise CannotCount  # torch's tracer itself gives up there
    if name == "conv_mode":
        return ((_SPELT, -operation.macs),)
    if (name in _NORMS or (name == "batch_norm" and operation.training)) and not 2 <= len(operation.shapes[0]) <= 5:
        raise CannotCount  # it asserts so
    if name == "batch_norm":
        each = (5 if operation.affine else 4) if operation.training else (2 if operation.affine else 1)
        return ((Cause(_BATCH_NORM.label.format(n=each)), each * given),)
    if name in _NORMS:
        each = 5 if operation.affine else 4
        return ((Cause(_NORMS[name].format(n=each)), each * given),)
    if name == "adaptive_avg_pool2d":
        return ((_ADAPTIVE, given),)
    if name in _OUTPUTS:
        each, cause = _OUTPUTS[name]
        return ((cause, each * prod(operation.output)),)
    if name == "matmul":
        return _matmul(operation)
    if name == "einsum":
        return ((_ROUNDED, _estimated(operation) - operation.macs),)
    return (left_out(operation),) if operation.macs else ()


def _matmul(operation: Operation) -> Iterable[Excess]:
    """The elements of the left tensor times the columns of the right; an index error for a vector on the right."""
    left, right = operation.shapes
    if len(right) < 2:
        raise CannotCount
    difference = prod(left) * right[-1] - operation.macs
    return ((_VECTOR if not operation.macs else _BROADCAST, difference),)


def _estimated(operation: Operation) -> int:
    """Half of what numpy's einsum_path prints as "Optimized FLOP count", in the format `2.400e+02`."""
    equation = str(operation.equation).replace(" ", "")
    if len(operation.shapes) > 2 or "." in equation:
        return operation.macs
    terms, _, result = equation.partition("->")
    sizes = {
        letter: size
        for term, shape in zip(terms.split(","), operation.shapes, strict=True)
        for letter, size in zip(term, shape, strict=True)
    }
    renamed = dict(
        zip(dict.fromkeys(letter for letter in equation if letter.isalpha()), "abcdefghijklmnop", strict=False)
    )
    shape = "".join(renamed.get(letter, letter) for letter in equation)
    if shape in ("abc,abd->acd", "abc,adc->adb"):
        return prod(sizes.values())
    summed = any(letter not in result for letter in sizes)
    return floor(float(f"{prod(sizes.values()) * (2 if summed else 1) + 1:.3e}") / 2)


def lines(subject: Subject) -> list[Line | Unpredicted]:
    """`FlopCountAnalysis(model, inputs).total()`, nothing for a model on which it fails; `parameter_count(model)[""]`."""
    flops = line(subject, _excess, _WORDS, tool="fvcore", version="0.1.5", quantity="flops")
    return [*flops, parameters_line(subject.walk, "fvcore", "0.1.5", None, trainable=False)]


def rows(subject: Subject) -> list[Line]:
    """`FlopCountAnalysis(…).by_module()`, and the table of parameters beside it."""
    counts = table(booked_by(subject, _excess, PRODUCTS), "tree", _WORDS, "fvcore", "0.1.5", "flops")
    total = parameters_line(subject.walk, "fvcore", "0.1.5", None, trainable=False)
    return [*counts, *(parameter_rows(subject.trace.model, total) if subject.trace.model is not None else [])]


CONVENTION = CounterModel("fvcore", "0.1.5", lines, order=50, rows=rows)
