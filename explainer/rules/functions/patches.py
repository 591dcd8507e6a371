"""Patches: unfold lays every patch that a kernel would see in a column; fold adds the columns back into an image.

Both have ⌊(H+2p−d(k−1)−1)/s⌋+1 windows a side, as a convolution has. The tensor method `unfold(dim, size, step)` is
another thing of the same name: windows along one dimension, their values in a new one.
"""

from __future__ import annotations

from random import Random
from typing import Any

from torch import nn
from torch.nn import functional as F

from explainer.formula.tree import Expr, Number, Rounded, Symbol, product
from explainer.i18n.bilingual import Bi, shape_text
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import ONLY_MOVES, axes_of, named, step, tensor
from explainer.rules.windows import as_tuple, window_size
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import C, N, dilation, kernel, padding, sized, sizes, stride
from explainer.walkthrough.case import Axis, Output

COLUMNS = Bi(
    zh="每个{k}的窗口连同全部通道排成一列；共有{high}×{wide}={count}个窗口。",
    en="Each window of {k}, with all its channels, is laid out as a column; there are {high}×{wide} = {count} windows.",
)
BACK = Bi(
    zh="把每一列放回它的窗口，重叠处相加；通道数除以窗口内的格数。",
    en="Each column goes back into its window, and overlaps are added; the channels are divided by the cells of a window.",
)
WINDOWS = Bi(
    zh="沿一维每隔{step}格取一个长为{size}的窗口，窗口内的值放在新的最后一维。",
    en="Along one dimension a window of {size} is taken every {step:position|positions}; its values form a new last "
    "dimension.",
)


def _unfold(call: Call) -> Output:
    if call.module is None and len(call.output_shapes[0]) > len(call.shapes[0]):
        return _windows(call)
    shape = call.shapes[0]
    k_, d_, p_, s_ = (
        as_tuple(call.option(name, position, default), 2)
        for name, position, default in (("kernel_size", 1, 1), ("dilation", 2, 1), ("padding", 3, 0), ("stride", 4, 1))
    )
    image, k, s, p, d = sizes(2), kernel(2), stride(s_), padding(p_), dilation(d_)
    values: dict[Symbol, int] = sized(image, shape[-2:]) | sized(k, k_) | sized(s, s_) | sized(p, p_) | sized(d, d_)
    high, wide = (window_size(image[i], k[i], s[i], 2 * p[i], d[i], set(d_) != {1}) for i in range(2))
    lead: tuple[Symbol, ...] = (N,) if len(shape) == 4 else ()
    values |= sized((*lead, C), shape[:-2])
    sides = [(shape[i - 2] + 2 * p_[i] - d_[i] * (k_[i] - 1) - 1) // s_[i] + 1 for i in range(2)]
    why = COLUMNS.format(k=shape_text(k_), high=sides[0], wide=sides[1], count=sides[0] * sides[1])
    axes = (*axes_of(lead), Axis("F", C * k[0] * k[1]), Axis("L_out", high * wide))
    return Output(axes, values, why=(why,))


def _fold(call: Call) -> Output:
    shape, image = call.shapes[0], as_tuple(call.option("output_size", 1), 2)
    k_ = as_tuple(call.option("kernel_size", 2), 2)
    k = kernel(2)
    lead: tuple[Symbol, ...] = (N,) if len(shape) == 3 else ()
    values: dict[Symbol, int] = sized((*lead, C), shape[:-1]) | sized(k, k_)
    axes = (
        *axes_of(lead),
        Axis("C_out", C / product([*k])),
        Axis("H_out", Number(image[0])),
        Axis("W_out", Number(image[1])),
    )
    return Output(axes, values, why=(BACK,))


def _windows(call: Call) -> Output:
    first = call.operands[0]
    dim, size, step_ = call.option("dimension", 1), call.option("size", 2), call.option("step", 3)
    symbols = named(first)
    axes = axes_of(symbols)
    symbol = symbols[dim]
    count: Expr = symbol - size + 1 if step_ == 1 else Rounded(symbol - size, Number(step_)) + 1
    axes[dim] = Axis(f"{symbol.name}_out", count)
    axes.append(Axis("K", Number(size)))
    return Output(tuple(axes), sized(symbols, first.shape), why=(WINDOWS.format(size=size, step=step_),))


def _sample_unfold(random: Random) -> Sample:
    image = (random.randint(6, 12), random.randint(6, 12))
    options: dict[str, Any] = {
        "kernel_size": random.choice([2, 3, (3, 2)]),
        "dilation": random.randint(1, 2),
        "padding": random.randint(0, 1),
        "stride": random.randint(1, 3),
    }
    size, stride_ = random.randint(1, 4), random.randint(1, 3)
    build: Any = random.choice(
        [
            lambda: nn.Unfold(**options),
            lambda: lambda x: F.unfold(x, **options),
            lambda: lambda x: x.unfold(2, size, stride_),
        ]
    )
    return Sample(build, ((random.randint(1, 3), random.randint(1, 5), *image),))


def _sample_fold(random: Random) -> Sample:
    n, c, high, wide = tensor(random)
    build: Any = random.choice(
        [
            lambda: nn.Fold((2 * high, 3 * wide), (2, 3), stride=(2, 3)),
            lambda: lambda x: F.fold(x, (2 * high, 3 * wide), (2, 3), stride=(2, 3)),
        ]
    )
    return Sample(build, ((n, c * 6, high * wide),))


RULES: tuple[Rule, ...] = (
    step(
        "unfold",
        Bi("取窗口", "unfold"),
        Kind.RESHAPE,
        _unfold,
        _sample_unfold,
        "unfold",
        modules=(nn.Unfold,),
        reason=ONLY_MOVES,
    ),
    step(
        "fold", Bi("拼回窗口", "fold"), Kind.RESHAPE, _fold, _sample_fold, "fold", modules=(nn.Fold,), reason=ONLY_MOVES
    ),
)
