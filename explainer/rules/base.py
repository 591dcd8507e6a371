"""What a rule is: all that is known of one kind of call, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.formula import Env, Expr, Number, Symbol, evaluate, specialise, substitute
from explainer.notation import Plain, plain
from explainer.text.bi import Bi, grouped, same
from explainer.trace import Call, Shape


class Kind(Enum):
    """What a teacher sorts layers into; the subtotals by kind follow this order."""

    CONVOLUTION = Bi("卷积层", "convolutional layers")
    TRANSPOSED = Bi("转置卷积层", "transposed convolutional layers")
    LINEAR = Bi("全连接层", "fully connected layers")
    EMBEDDING = Bi("嵌入层", "embedding layers")
    RECURRENT = Bi("循环层", "recurrent layers")
    ATTENTION = Bi("注意力层", "attention layers")
    NORMALIZATION = Bi("归一化层", "normalization layers")
    ACTIVATION = Bi("激活层", "activation layers")
    POOLING = Bi("池化层", "pooling layers")
    DROPOUT = Bi("丢弃层", "dropout layers")
    RESHAPE = Bi("形状变换", "reshaping steps")
    ELEMENTWISE = Bi("逐元素运算", "element-wise operations")
    JOIN = Bi("拼接与切分", "joining and splitting steps")
    REDUCTION = Bi("求和与求平均", "sums and means")
    RESIZE = Bi("填充与缩放", "padding and resizing steps")
    MATRIX = Bi("矩阵运算", "matrix operations")
    LOSS = Bi("损失函数", "loss functions")
    OTHER = Bi("其他", "others")


@dataclass(frozen=True)
class Parameters:
    """How many parameters a layer owns, and why.

    formula: in teaching order; values: the numbers of its symbols; claims: the tensors that it accounts for;
    positions: where those stand among a function's arguments.
    why: said of every such layer; remark: said once in a document.
    """

    formula: Expr
    values: Env = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    positions: tuple[int, ...] = (1, 2)
    why: tuple[Bi, ...] = ()
    remark: tuple[Bi, ...] = ()


@dataclass(frozen=True)
class Axis:
    """One dimension of the output: its name (`H_out`) and the formula for its size."""

    name: str
    size: Expr


@dataclass(frozen=True)
class Output:
    """The output's shape, why, and the multiply-accumulates that it takes.

    axes: the dimensions in order, batch included; None where only the values would tell.
    macs: the multiply-accumulates, a bias's additions left out; None where the layer makes none. macs_why: the reason.
    """

    axes: tuple[Axis, ...] | None
    values: Env = field(default_factory=dict)
    why: tuple[Bi, ...] = ()
    remark: tuple[Bi, ...] = ()
    macs: Expr | None = None
    macs_why: tuple[Bi, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A random example of a layer: how to build it (or which function to call), and its input shapes.

    input_dtypes: of the inputs in order, where they are not floats.
    """

    build: Callable[[], Callable[..., Any]]
    input_shapes: tuple[Shape, ...]
    input_dtypes: tuple[torch.dtype, ...] = ()

    def inputs(self) -> tuple[torch.Tensor, ...]:
        """Meta tensors of these shapes."""
        dtypes = [*self.input_dtypes, *[torch.float32] * len(self.input_shapes)]
        return tuple(
            torch.empty(shape, dtype=dtype, device="meta")
            for shape, dtype in zip(self.input_shapes, dtypes, strict=False)
        )


@dataclass(frozen=True)
class Rule:
    """All that is known of one kind of call.

    modules: classes, or "package.module.Class" for a library that need not be installed; subclasses are covered.
    functions: names of torch functions and tensor methods.
    parameters(call): for the layer by itself, called or not. output(call): for a call with its inputs.
    sample(random): a random example, for the agreement test and for homework.
    """

    name: str
    title: Bi
    kind: Kind
    parameters: Callable[[Call], Parameters]
    output: Callable[[Call], Output]
    sample: Callable[[Random], Sample]
    modules: tuple[type[nn.Module] | str, ...] = ()
    functions: tuple[str, ...] = ()


def no_parameters(reason: Bi) -> Callable[[Call], Parameters]:
    """Zero, and the reason."""
    parameters = Parameters(Number(0), why=(reason,))
    return lambda call: parameters


def argument(call: Call, name: str, position: int) -> Any:
    """What the call itself was given, a module's as well as a function's: not the module's attribute."""
    if name in call.kwargs:
        return call.kwargs[name]
    return call.args[position] if position < len(call.args) else None


def has(present: object) -> int:
    """A flag as the number in a formula: 1 or 0."""
    return int(present is not None and present is not False)


def worked(formula: Expr, values: Mapping[Symbol, int]) -> Bi:
    """A product worked out in running text: `3·3·64=576`, in English `3·3·64 = 576`; a single number as it is."""
    bound = substitute(specialise(formula, values), values)
    text = plain(bound, Plain())
    value = grouped(evaluate(bound))
    return same(text) if text == value else Bi(f"{text}={value}", f"{text} = {value}")
