"""Fourier transforms, and complex numbers as pairs: a real signal of n values has n/2+1 frequencies."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import torch

from explainer.formula.tree import Expr, Number, Rounded
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import axes_of, changed, named, step, tensor
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import sized
from explainer.walkthrough.case import Axis, Output

TRANSFORMED = Bi(
    zh="傅里叶变换把各位置的值换成各频率的系数，个数不变。",
    en="A Fourier transform turns values at positions into coefficients of frequencies, as many as before.",
)
HALF = Bi(
    zh="实数的傅里叶变换前后对称，只存一半：最后一维由n个值变为⌊n/2⌋+1个系数。",
    en="The Fourier transform of real values is symmetric, so half of it is kept: n values along the last dimension become "
    "⌊n/2⌋+1 coefficients.",
)
WHOLE = Bi(
    zh="由一半系数还原实数：n个系数变为2(n−1)个值，或指定的个数。",
    en="From half of the coefficients the real values come back: n become 2(n−1), or as many as asked for.",
)
PAIRS = Bi(
    zh="每个复数拆成实部、虚部两个数，多出大小为2的一维。",
    en="Each complex number becomes its two parts: one more dimension, of size 2.",
)
UNPAIRED = Bi(
    zh="最后一维的两个数合成一个复数，该维消失。",
    en="The two numbers of the last dimension become one complex number; the dimension disappears.",
)


def _transform(call: Call) -> Output:
    """fft(n, dim), fft2(s, dim), fftn(s, dim), and the same with r (real) and ir (back to real)."""
    first = call.operands[0]
    name = call.type.removeprefix("fft_")
    rank = len(first.shape)
    one = name.endswith("fft")
    asked: Any = call.option("n" if one else "s", 1)
    dims: Any = call.option("dim", 2, -1 if one else (-2, -1) if name.endswith("2") else None)
    along = [dim % rank for dim in ((dims,) if isinstance(dims, int) else dims if dims is not None else range(rank))]
    if asked is not None and not one and dims is None:
        along = list(range(rank - len(asked), rank))
    lengths = (asked,) if isinstance(asked, int) else tuple(asked or ())
    symbols = named(first)
    made: dict[int, Expr] = {dim: Number(length) for dim, length in zip(along, lengths, strict=False) if length != -1}
    last = along[-1]
    if name.startswith("rfft"):
        made[last] = Number(lengths[-1] // 2 + 1) if lengths else Rounded(symbols[last], Number(2)) + 1
    elif name.startswith("irfft") and not lengths:
        made[last] = 2 * (symbols[last] - 1)
    form = "half" if name.startswith("rfft") else "whole" if name.startswith("irfft") else "all"
    return replace(changed(first, made, {"half": HALF, "whole": WHOLE, "all": TRANSFORMED}[form]), form=form)


def _pairs(call: Call) -> Output:
    symbols = named(call.operands[0])
    if call.type == "view_as_real":
        axes, why = (*axes_of(symbols), Axis("2", Number(2))), PAIRS
    else:
        axes, why = tuple(axes_of(symbols[:-1])), UNPAIRED
    return Output(axes, sized(symbols, call.shapes[0]), why=(why,), form=call.type)


def _sample_transform(random: Random) -> Sample:
    names = ["fft", "ifft", "fft2", "ifft2", "fftn", "rfft", "rfft2", "irfft", "irfft2", "rfftn"]
    name, asked = random.choice(names), random.choice([None, None, 6])
    length = asked if name.endswith("fft") or asked is None else (asked, asked)
    dtype = torch.complex64 if name.startswith("i") else torch.float32
    transform = getattr(torch.fft, name)
    return Sample(lambda: lambda x: transform(x, length), (tensor(random, 3, least=2),), (dtype,))


def _sample_pairs(random: Random) -> Sample:
    if random.random() < 0.5:
        return Sample(lambda: torch.view_as_real, (tensor(random, 3),), (torch.complex64,))
    return Sample(lambda: torch.view_as_complex, ((*tensor(random, 2), 2),))


RULES: tuple[Rule, ...] = (
    step(
        "fft",
        Bi("傅里叶变换", "Fourier transform"),
        Kind.MATRIX,
        _transform,
        _sample_transform,
        "fft_fft fft_ifft fft_fft2 fft_ifft2 fft_fftn fft_ifftn fft_rfft fft_rfft2 fft_rfftn fft_irfft fft_irfft2 fft_irfftn",
    ),
    step(
        "complex",
        Bi("复数与实数对", "complex numbers as pairs"),
        Kind.RESHAPE,
        _pairs,
        _sample_pairs,
        "view_as_real view_as_complex",
    ),
)
