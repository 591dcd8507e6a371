"""Steps that only rearrange: flatten, view, permute, transpose, squeeze …; no value changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.formula import Expr, Number, Product, Symbol, product
from explainer.rules.activation import same_shape
from explainer.rules.base import Axis, Kind, Output, Rule, Sample, no_parameters
from explainer.rules.symbols import axis_symbols, sized
from explainer.text.bi import Bi
from explainer.trace import Call, Shape

ONLY_SHAPE = Bi(zh="只改变形状，不改变数值。", en="It changes only the shape, not the values.")
FLATTENED = Bi(zh="批量维不参与展平。", en="The batch dimension is not flattened.")
FLATTENED_BATCH = Bi(zh="批量维也参与了展平。", en="The batch dimension is flattened too.")
BATCH = Bi(
    zh="−1处的批量大小由元素总数推出：{whole}÷{per}={after}。",
    en="The batch size at −1 follows from the number of elements: {whole}/{per} = {after}.",
)
CUT_ANEW = Bi(
    zh="注意：批量由{before}变成了{after}。每个样本有{each}={total}个值，这里却按{per}个一份来分；"
    "输入的尺寸多半与模型设计的不同。",
    en="Note: the batch has gone from {before} to {after}. Each sample has {each} = {total} values, but they are cut here "
    "into lots of {per}: the input is probably not of the size that the model was made for.",
)
INFERRED = Bi(
    zh="−1一维的大小由元素总数推出：元素总数不变，除以其余各维之积。",
    en="The size at −1 follows from the number of elements, which stays the same, divided by the other sizes.",
)
REORDERED = Bi(zh="只调换维度的次序。", en="It only reorders the dimensions.")
IDENTITY = Bi(
    zh="恒等映射，输入原样输出，没有参数。", en="The identity: what goes in comes out; there are no parameters."
)
PASSED_ON = Bi(zh="输出形状不变。", en="The shape stays the same.")


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
    if len(shape) > 2 and len(out) == 2 and (out == (shape[0], each) or asked[:1] == (-1,)):
        return _per_sample(shape, out, asked, reordered)
    symbols = axis_symbols(shape, reordered)
    values: dict[Symbol, int] = sized(symbols, shape)
    axes = []
    for i, size in enumerate(asked or out):
        formula: Expr = Number(size)
        if size == -1:
            others = [Number(other) for other in asked if other != -1]
            whole = product(list(symbols))
            formula = whole if math.prod(asked) == -1 else Product(((True, whole), (False, product(list(others)))))
        axes.append(Axis(f"d_{i + 1}", formula))
    return Output(tuple(axes), values, why=(INFERRED,) if -1 in asked else ())


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
    return Output(tuple(axes), sized(symbols, shape), why=(INFERRED,) if -1 in asked else ())


def _sizes(call: Call) -> tuple[int, ...]:
    """view(2, -1), view((2, -1)), reshape(x, (2, -1)); empty for view(dtype)."""
    given: Any = call.option("shape", None) or call.option("size", None) or call.args[1:]
    if len(given) == 1 and isinstance(given[0], list | tuple):
        given = given[0]
    return tuple(size for size in given if isinstance(size, int))


def _reordered(call: Call, order: Callable[[int], Sequence[int]]) -> Output:
    shape = call.shapes[0]
    symbols = axis_symbols(shape)
    axes = tuple(Axis(symbols[i].name, symbols[i]) for i in order(len(shape)))
    return Output(axes, sized(symbols, shape))


def _permute(call: Call) -> Output:
    given = call.option("dims", None) or call.args[1:]
    dims = tuple(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple) else tuple(given)
    return _reordered(call, lambda rank: [dim % rank for dim in dims])


def _transpose(call: Call) -> Output:
    first, second = call.option("dim0", 1, 0), call.option("dim1", 2, 1)

    def order(rank: int) -> list[int]:
        dims = list(range(rank))
        dims[first % rank], dims[second % rank] = dims[second % rank], dims[first % rank]
        return dims

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


def _sample_permute(random: Random) -> Sample:
    dims = random.sample(range(4), 4)
    return Sample(lambda: lambda x: x.permute(*dims), (_shape(random),))


def _sample_transpose(random: Random) -> Sample:
    first, second = random.sample(range(-4, 4), 2)
    return Sample(lambda: lambda x: torch.transpose(x, first, second), (_shape(random),))


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
    _rule("flatten", Bi("展平", "flatten"), _flatten, _sample_flatten, "ravel", modules=(nn.Flatten,)),
    _rule("view", Bi("改变形状", "reshape"), _view, _sample_view, "reshape"),
    _rule("unflatten", Bi("反展平", "unflatten"), _unflatten, _sample_unflatten, modules=(nn.Unflatten,)),
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
    _rule("mT", Bi("转置", "transpose"), _matrix_transpose, _sample_mt, "mH", reason=REORDERED),
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
