"""torch 2.13's FlopCounterMode: twice the multiply-accumulates of convolutions, matrix products and fused attention.

From `torch/utils/flop_counter.py`. It knows no bias, no norm, no activation, no pooling. It sees what the dispatcher
runs, and on the CPU (without gradients) attention and LSTM are kernels that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable

from explainer.counters.base import CounterModel
from explainer.counters.engine.dispatched import seen
from explainer.counters.engine.operation import Operation, Rest
from explainer.counters.engine.table import PRODUCTS, table
from explainer.counters.engine.terms import Excess, Words, booked_by, counted_by_torch, left_out, line, rest
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.counted import Line, Unpredicted

VERSION = "2.13.0"

_WORDS = Words(
    meaning=Bi("浮点运算次数（乘加次数的2倍）", "floating-point operations, two for each multiply-accumulate"),
    right=Bi(
        zh="一次乘加计为2次运算，只计卷积、矩阵乘法和注意力，偏置、激活、池化、归一化都不计。",
        en="Only convolutions, matrix products and attention are counted, no bias, activation, pooling or norm.",
    ),
    convention=Bi(zh="一次乘加计为2次运算。", en="A multiply-accumulate is two operations."),
    wrong=Bi(
        zh="一次乘加计为2次运算；它没有计算公式的运算按0计，所以漏掉了一部分。",
        en="A multiply-accumulate is two operations; an operation it has no formula for counts 0, so part of the cost is "
        "missing.",
    ),
)
_ON_CPU = Words(
    meaning=_WORDS.meaning,
    right=_WORDS.right,
    convention=_WORDS.convention,
    wrong=Bi(
        zh="在CPU上（no_grad）运行时，融合的注意力和LSTM由它不认识的内核完成，按0计；在meta设备上运行则全部计入。",
        en="Run on the CPU (with no_grad), fused attention and LSTM are kernels that it does not know and counts as 0; run on "
        "the meta device it counts them.",
    ),
)


def _meta(operation: Operation) -> Iterable[Excess]:
    if isinstance(operation, Rest):
        return counted_by_torch(operation)
    return () if not operation.macs or seen(operation, cpu=False) else (left_out(operation),)


def _cpu(operation: Operation) -> Iterable[Excess]:
    if isinstance(operation, Rest):
        return rest(operation, traced=False)
    counted = seen(operation, cpu=True) and not operation.fast
    return () if not operation.macs or counted else (left_out(operation),)


def lines(subject: Subject) -> list[Line | Unpredicted]:
    """`get_total_flops()` on the meta device, and on the CPU (backend `cpu`) where that is another figure."""
    found = line(subject, _meta, _WORDS, tool="torch", version=VERSION, quantity="flops", flops=True)
    on_cpu = line(subject, _cpu, _ON_CPU, tool="torch", version=VERSION, quantity="flops", backend="cpu", flops=True)
    values = {each.value for each in found if isinstance(each, Line)}
    return found + [each for each in on_cpu if not (isinstance(each, Line) and each.value in values)]


def rows(subject: Subject) -> list[Line]:
    """`FlopCounterMode(depth=…)`: its table by modules."""
    return table(booked_by(subject, _meta, PRODUCTS, flops=True), "tree", _WORDS, "torch", VERSION, "flops", scale=2)


CONVENTION = CounterModel("torch", VERSION, lines, order=0, rows=rows)
