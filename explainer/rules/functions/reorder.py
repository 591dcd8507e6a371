"""Dimensions in another order, or one of size 1 more or less: permute, transpose, squeeze …; no value changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample, no_parameters
from explainer.rules.functional import sizes_given
from explainer.rules.functional import tensor as _shape
from explainer.rules.functions.reshape import ONLY_SHAPE
from explainer.rules.layers.activation import same_shape
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import axis_symbols, sized
from explainer.walkthrough.case import Axis, Output

REORDERED = Bi(zh="只调换维度的次序。", en="It only reorders the dimensions.")
IDENTITY = Bi(
    zh="恒等映射，输入原样输出，没有参数。", en="The identity: what goes in comes out; there are no parameters."
)
PASSED_ON = Bi(zh="输出形状不变。", en="The shape stays the same.")


def _reordered(call: Call, order: Callable[[int], Sequence[int]]) -> Output:
    shape = call.shapes[0]
    symbols = axis_symbols(shape)
    axes = tuple(Axis(symbols[i].name, symbols[i]) for i in order(len(shape)))
    return Output(axes, sized(symbols, shape))


def _permute(call: Call) -> Output:
    dims = sizes_given(call, "dims")
    return _reordered(call, lambda rank: [dim % rank for dim in dims])


def _transpose(call: Call) -> Output:
    first, second = call.option("dim0", 1, 0), call.option("dim1", 2, 1)

    def order(rank: int) -> list[int]:
        dims = list(range(rank))
        dims[first % rank], dims[second % rank] = dims[second % rank], dims[first % rank]
        return dims

    return _reordered(call, order)


def _moved(call: Call) -> Output:
    """movedim(1, -1): the others close up."""
    source, target = call.option("source", 1), call.option("destination", 2)
    sources, targets = ((given,) if isinstance(given, int) else tuple(given) for given in (source, target))

    def order(rank: int) -> list[int]:
        moved = {to % rank: origin % rank for origin, to in zip(sources, targets, strict=True)}
        others = iter(i for i in range(rank) if i not in moved.values())
        return [moved[i] if i in moved else next(others) for i in range(rank)]

    return _reordered(call, order)


def _matrix_transpose(call: Call) -> Output:
    """x.mT: the last two dimensions change places."""
    return _reordered(call, lambda rank: [*range(rank - 2), rank - 1, rank - 2])


def _squeeze(call: Call) -> Output:
    shape = call.shapes[0]
    given = call.option("dim", 1)
    dims = range(len(shape)) if given is None else [given] if isinstance(given, int) else given
    gone = {dim % len(shape) for dim in dims if shape[dim] == 1}
    symbols = axis_symbols(shape)
    axes = tuple(Axis(symbol.name, symbol) for i, symbol in enumerate(symbols) if i not in gone)
    return Output(axes, sized(symbols, shape))


def _unsqueeze(call: Call) -> Output:
    shape = call.shapes[0]
    symbols = axis_symbols(shape)
    axes = [Axis(symbol.name, symbol) for symbol in symbols]
    axes.insert(call.option("dim", 1) % (len(shape) + 1), Axis("1", Number(1)))
    return Output(tuple(axes), sized(symbols, shape))


def _identity(call: Call) -> Output:
    axes, values = same_shape(call)
    return Output(axes, values, why=(PASSED_ON,))


def _sample_permute(random: Random) -> Sample:
    dims = random.sample(range(4), 4)
    return Sample(lambda: lambda x: x.permute(*dims), (_shape(random),))


def _sample_transpose(random: Random) -> Sample:
    first, second = random.sample(range(-4, 4), 2)
    return Sample(lambda: lambda x: torch.transpose(x, first, second), (_shape(random),))


def _sample_moved(random: Random) -> Sample:
    drawn: list[tuple[Any, Any]] = [(1, -1), (0, 2), ((0, 1), (-1, 0))]
    source, target = random.choice(drawn)
    return Sample(lambda: lambda x: torch.movedim(x, source, target), (_shape(random),))


def _sample_t(random: Random) -> Sample:
    return Sample(lambda: lambda x: x.T, (_shape(random, 2),))


def _sample_mt(random: Random) -> Sample:
    return Sample(lambda: lambda x: x.mT, (_shape(random, 3),))


def _sample_squeeze(random: Random) -> Sample:
    dim, shape = random.choice([None, 0, 1, -1]), tuple(random.choice([1, 1, 4]) for _ in range(3))
    return Sample(lambda: lambda x: x.squeeze() if dim is None else x.squeeze(dim), (shape,))


def _sample_unsqueeze(random: Random) -> Sample:
    dim = random.randint(-3, 2)
    return Sample(lambda: lambda x: x.unsqueeze(dim), (_shape(random, 3),))


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
    _rule("permute", Bi("维度重排", "permute dimensions"), _permute, _sample_permute, reason=REORDERED),
    _rule(
        "t",
        Bi("转置", "transpose"),
        lambda call: _reordered(call, lambda rank: list(range(rank))[::-1]),
        _sample_t,
        "T",
        "H",
        reason=REORDERED,
    ),
    _rule("movedim", Bi("移动维度", "move dimensions"), _moved, _sample_moved, "moveaxis", reason=REORDERED),
    _rule("mT", Bi("转置", "transpose"), _matrix_transpose, _sample_mt, "mH", "adjoint", reason=REORDERED),
    _rule(
        "transpose",
        Bi("维度互换", "transpose"),
        _transpose,
        _sample_transpose,
        "swapaxes",
        "swapdims",
        reason=REORDERED,
    ),
    _rule("squeeze", Bi("去掉大小为1的维度", "squeeze"), _squeeze, _sample_squeeze),
    _rule("unsqueeze", Bi("插入大小为1的维度", "unsqueeze"), _unsqueeze, _sample_unsqueeze),
    _rule(
        "identity",
        Bi("恒等层", "identity layer"),
        _identity,
        lambda random: Sample(nn.Identity, (_shape(random),)),
        "clone",
        modules=(nn.Identity,),
        reason=IDENTITY,
    ),
)
