"""ptflops 0.7.5 with the backend `aten`: multiply-accumulates of what torch's dispatcher runs on the CPU, and biases.

From `ptflops/aten_ops.py`: mm, bmm, addmm and convolution. The bias of a linear layer counts where torch adds it within
the product (addmm), which it does if the input lies in memory in one piece. baddbmm, attention and LSTM count 0.
"""

from __future__ import annotations

from collections.abc import Iterable

from explainer.counters.base import CounterModel
from explainer.counters.engine.dispatched import seen
from explainer.counters.engine.operation import Operation, Rest
from explainer.counters.engine.terms import Cause, Excess, Words, left_out, line, parameters_line, rest
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.counted import Line, Unpredicted

_BIASES = {
    "conv": Cause(Bi("卷积层的偏置", "biases of convolutions")),
    "conv_mode": Cause(Bi("卷积层的偏置", "biases of convolutions")),
    "conv_transpose": Cause(Bi("转置卷积层的偏置", "biases of transposed convolutions")),
    "linear": Cause(Bi("全连接层的偏置", "biases of fully connected layers")),
    "addmm": Cause(Bi("全连接层的偏置", "biases of fully connected layers")),
    "recurrent": Cause(Bi("循环层的偏置", "biases of recurrent layers")),
}

_WORDS = Words(
    meaning=Bi("乘加次数，另计偏置", "multiply-accumulates, with the biases"),
    right=Bi(
        zh="只计卷积和矩阵乘法中的乘加，与乘加次数相同。",
        en="Only the multiply-accumulates of convolutions and matrix products are counted.",
    ),
    convention=Bi(
        zh="每加一个偏置也计1次；激活、池化、归一化不计。",
        en="Each addition of a bias counts 1 too; activations, pooling and norms do not count.",
    ),
    wrong=Bi(
        zh="它只认识卷积和几种矩阵乘法，融合的注意力、LSTM等按0计，所以漏掉了一部分。",
        en="It knows convolutions and some matrix products only; fused attention, LSTM and the like count 0, so part of the "
        "cost is missing.",
    ),
)


def _excess(operation: Operation) -> Iterable[Excess]:
    if isinstance(operation, Rest):
        return rest(operation, traced=False)
    if not (operation.macs or operation.bias):
        return ()
    if not seen(operation, cpu=True) or operation.name == "baddbmm":
        return (left_out(operation),)
    bias = operation.bias
    if operation.name in ("lstm", "gru", "rnn"):
        return ((_BIASES["recurrent"], bias if operation.contiguous else bias - operation.apart),)
    if operation.name == "linear" and not operation.contiguous:
        return ()
    return ((_BIASES[operation.name], bias),) if bias else ()


def lines(subject: Subject) -> list[Line | Unpredicted]:
    """`get_model_complexity_info(…, backend="aten", as_strings=False)`: multiply-accumulates and parameters."""
    macs = line(subject, _excess, _WORDS, tool="ptflops", version="0.7.5", backend="aten", quantity="macs")
    return [*macs, parameters_line(subject.walk, "ptflops", "0.7.5", "aten", trainable=True)]


CONVENTION = CounterModel("ptflops", "0.7.5", lines, "aten", order=70)
