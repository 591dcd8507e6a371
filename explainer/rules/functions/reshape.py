"""The same values under other dimensions: flatten, view, unflatten; not one of them moves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.formula.tree import Expr, Number, Product, Symbol, product
from explainer.i18n.bilingual import Bi, joined
from explainer.rules.base import Rule, Sample, no_parameters
from explainer.rules.functional import sizes_given
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import axis_symbols, sized
from explainer.walkthrough.case import Axis, Output

ONLY_SHAPE = Bi(zh="只改变形状，不改变数值。", en="It changes only the shape, not the values.")
FLATTENED = Bi(zh="展平不涉及批量维。", en="The batch dimension is not flattened.")
FLATTENED_BATCH = Bi(zh="批量维也参与了展平。", en="The batch dimension is flattened too.")
BATCH = Bi(
    zh="写作−1的批量维由元素总数推出：{whole}/{per}={after}。",
    en="The batch size at −1 follows from the number of elements: {whole}/{per} = {after}.",
)
CUT_ANEW = Bi(
    zh="注意：批量由{before}变成了{after}。每个样本有{each}={total}个值，这里却按{per}个一份来分；"
    "输入的尺寸多半与模型设计的不同。",
    en="Note: the batch has gone from {before} to {after}. Each sample has {each} = {total} values, but they are cut here "
    "into lots of {per}: the input is probably not of the size that the model was made for.",
)
INFERRED = Bi(
    zh="写作−1的那一维由元素总数除以其余各维之积得到。",
    en="The size written as −1 is the number of elements divided by the product of the other sizes.",
)

REGROUPED = Bi(zh="元素的次序和总数不变：{parts}。", en="The elements keep their order and their number: {parts}.")


def merged(shape: Shape, start: int, end: int, reordered: bool = False) -> Output:
    """Dimensions start…end become one, of their product."""
    symbols = axis_symbols(shape, reordered)
    size = product(list(symbols[start : end + 1]))
    axes = [Axis(symbol.name, symbol) for symbol in symbols]
    axes[start : end + 1] = [Axis("F", size)]
    why = () if end <= start else (FLATTENED_BATCH if start == 0 and len(shape) > 1 else FLATTENED,)
    return Output(tuple(axes), sized(symbols, shape), why=why)


def _flatten(call: Call) -> Output:
    shape = call.shapes[0]
    start = call.option("start_dim", 1, 0)
    end = call.option("end_dim", 2, -1)
    return merged(shape, start % len(shape), end % len(shape), call.operands[0].reordered)


def _view(call: Call) -> Output:
    """Sizes as given; the one at −1 inferred. `view(x.size(0), -1)` is a flattening."""
    shape, out = call.shapes[0], call.output_shapes[0]
    asked = _sizes(call)
    reordered = call.operands[0].reordered
    each = math.prod(shape[1:])
    if len(shape) > 2 and len(out) == 2 and (out == (shape[0], each) or (asked[:1] == (-1,) and out[1] != shape[-1])):
        return _per_sample(shape, out, asked, reordered)
    if not all(isinstance(size, int | torch.dtype) for size in _given(call)):
        return Output(None)  # a size that only a tensor's value tells
    symbols = axis_symbols(shape, reordered)
    values: dict[Symbol, int] = sized(symbols, shape)
    axes = []
    for i, size in enumerate(asked or out):
        formula: Expr = Number(size)
        if size == -1:
            others = [Number(other) for other in asked if other != -1]
            whole = product(list(symbols))
            formula = whole if math.prod(asked) == -1 else Product(((True, whole), (False, product(list(others)))))
        axes.append(Axis(f"d_{i + 1}_out", formula))
    why = (INFERRED,) if -1 in asked else ()
    form = "inferred" if why else "given"
    return Output(tuple(axes), values, why=(*why, *_regrouped(shape, out)), form=form)


def _regrouped(before: Shape, after: Shape) -> tuple[Bi, ...]:
    """116=2·58, 12·64=768: which sizes are taken apart and which put together."""
    if 0 in before or math.prod(before) != math.prod(after):
        return ()
    parts: list[Bi] = []
    left, right = list(before), list(after)
    while left and right:
        taken, made = [left.pop(0)], [right.pop(0)]
        while math.prod(taken) != math.prod(made):
            smaller, rest = (taken, left) if math.prod(taken) < math.prod(made) else (made, right)
            smaller.append(rest.pop(0))
        old, new = ([str(size) for size in sizes if size != 1] for sizes in (taken, made))
        if old and new and old != new:
            parts.append(Bi(f"{'·'.join(old)}={'·'.join(new)}", f"{'·'.join(old)} = {'·'.join(new)}"))
    return (REGROUPED.format(parts=joined(parts, "，")),) if parts else ()


def _per_sample(shape: Shape, out: Shape, asked: tuple[int, ...], reordered: bool) -> Output:
    """view(N, -1) and view(-1, 512): each sample laid out as one vector; or, if the sizes do not fit, cut up anew."""
    each = math.prod(shape[1:])
    flat = merged(shape, 1, len(shape) - 1, reordered)
    if asked[:1] != (-1,):
        return flat
    symbols = axis_symbols(shape, reordered)
    whole = product(list(symbols))
    words = {"each": "·".join(map(str, shape[1:])), "total": each, "per": out[1], "before": shape[0], "after": out[0]}
    if out == (shape[0], each):
        batch = BATCH.format(whole="·".join(map(str, shape)), **words)
        return replace(flat, why=(batch,))
    axes = (Axis("N_out", Product(((True, whole), (False, Number(out[1]))))), Axis("F", Number(out[1])))
    return Output(axes, sized(symbols, shape), why=(CUT_ANEW.format(**words),))


def _unflatten(call: Call) -> Output:
    """One dimension becomes several."""
    shape = call.shapes[0]
    dim = call.option("dim", 1) % len(shape)
    asked = tuple(call.option("unflattened_size", 2) if call.module is not None else call.option("sizes", 2))
    symbols = axis_symbols(shape)
    others = [Number(size) for size in asked if size != -1]
    parts = [
        Axis(f"u_{i + 1}", Number(size) if size != -1 else symbols[dim] / product(list(others)))
        for i, size in enumerate(asked)
    ]
    axes = [Axis(symbol.name, symbol) for symbol in symbols]
    axes[dim : dim + 1] = parts
    return Output(
        tuple(axes),
        sized(symbols, shape),
        why=(INFERRED,) if -1 in asked else (),
        form="inferred" if -1 in asked else "",
    )


def _given(call: Call) -> tuple[Any, ...]:
    """view(2, -1), view((2, -1)), reshape(x, (2, -1)): the sizes, however they are written."""
    return sizes_given(call, "shape", "size", "dtype")


def _sizes(call: Call) -> tuple[int, ...]:
    """Those that are numbers; none for view(dtype)."""
    return tuple(size for size in _given(call) if isinstance(size, int))


def _shape(random: Random, rank: int = 4) -> Shape:
    return tuple(random.randint(1, 9) for _ in range(rank))


def _sample_flatten(random: Random) -> Sample:
    rank = random.randint(2, 5)
    start = random.randint(0, rank - 1)
    end = random.choice([-1, random.randint(start, rank - 1)])
    return Sample(lambda: nn.Flatten(start, end), (_shape(random, rank),))


def _sample_view(random: Random) -> Sample:
    n, a, b, c = _shape(random)
    asked = random.choice([(n, -1), (-1, a * b * c), (n, a, b * c), (n * a, -1, c), (-1,)])
    return Sample(lambda: lambda x: x.view(*asked), ((n, a, b, c),))


def _sample_unflatten(random: Random) -> Sample:
    a, b, n = random.randint(1, 9), random.randint(1, 9), random.randint(1, 4)
    asked = random.choice([(a, b), (-1, b), (a, -1)])
    return Sample(lambda: nn.Unflatten(1, asked), ((n, a * b),))


def _rule(
    name: str,
    title: Bi,
    output: Callable[[Call], Output],
    sample: Callable[[Random], Sample],
    *functions: str,
    modules: tuple[type[nn.Module], ...] = (),
    reason: Bi = ONLY_SHAPE,
) -> Rule:
    return Rule(name, title, Kind.RESHAPE, no_parameters(reason), output, sample, modules, (name, *functions))


RULES = (
    _rule("flatten", Bi("展平", "flatten"), _flatten, _sample_flatten, "ravel", modules=(nn.Flatten,)),
    _rule("view", Bi("改变形状", "reshape"), _view, _sample_view, "reshape"),
    _rule("unflatten", Bi("反展平", "unflatten"), _unflatten, _sample_unflatten, modules=(nn.Unflatten,)),
)
