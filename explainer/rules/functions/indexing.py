"""Picking by index: x[:, 0], x[table], gather, scatter, one_hot.

Brackets as torch reads them: a number drops its dimension, a slice shortens it, None adds one; tensors of indices are
broadcast together and their shape stands where they stood, or in front if they stood apart.
"""

from __future__ import annotations

from random import Random
from typing import Any

import torch
from torch.nn import functional as F

from explainer.formula.tree import Expr, Number, Rounded, Symbol
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import (
    axes_of,
    axis_word,
    broadcast,
    changed,
    like,
    named,
    step,
    tensor,
    unchanged,
    whole,
)
from explainer.rules.functions.elementwise import CHOSEN
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import sized
from explainer.walkthrough.case import Axis, Output

PICKS = Bi(zh="只取出一部分数据，没有可学习的参数。", en="It only picks values out; there is nothing to learn.")
PUTS = Bi(
    zh="只把数据放入指定的位置，没有可学习的参数。",
    en="It only puts values into their places; there is nothing to learn.",
)
WRITES = Bi(
    zh="只改换编号的写法，没有可学习的参数。",
    en="It only writes class numbers in another way; there is nothing to learn.",
)
ONE_PLACE = Bi(
    zh="取{axis}上的{place}位置，这一维随之消失，其余各维不变。",
    en="It takes {place} position along {axis}, which disappears; the other dimensions stay.",
)
LAST_PLACE, PLACE = Bi("最后一个", "the last"), Bi("第{n}个", "number {n} of the positions")
PICKED = Bi(zh="按下标取出一部分，其余各维不变。", en="A part is picked out by index; the other dimensions stay.")
ALL_PICKED = Bi(zh="下标取到了全部，形状不变。", en="The index takes everything; the shape stays the same.")
WIDENED = Bi(
    zh="下标里的None插入大小为1的维度，没有取出或去掉任何数。",
    en="None among the indices inserts a dimension of size 1; nothing is picked out.",
)
LOOKED_UP = Bi(
    zh="用下标张量查表：每个下标取出一份，下标的形状代替被查的维度。",
    en="A tensor of indices looks values up: each index fetches one entry, and the shape of the indices takes the place "
    "of the dimension looked up.",
)
FETCHED = Bi(
    zh="按下标张量逐个取数，输出与下标张量形状相同。",
    en="A value is fetched for each index; the output has the shape of the indices.",
)
PUT = Bi(
    zh="按下标把数值写入（或累加到）指定位置，输出形状不变。",
    en="Values are written (or added) at the indexed positions; the shape stays the same.",
)
ONE_HOT = Bi(
    zh="每个类别编号变成长为{count}的向量，只有该类别处为1，其余为0。",
    en="Each class number becomes a vector of length {count}: 1 at that class and 0 elsewhere.",
)


def _indexed(call: Call) -> Output:
    """Numbers go first; the tensors among the indices count as one."""
    first, given = call.operands[0], call.args[1] if isinstance(call.args[1], tuple) else (call.args[1],)
    parts = [_as_index(part) for part in given]
    if any(part is False for part in parts):
        return Output(None, why=(CHOSEN,))
    consumed = sum(1 for part in parts if part is not None and part is not ...)
    at = next((i for i, part in enumerate(parts) if part is ...), len(parts))
    parts[at : at + 1] = [slice(None)] * (len(first.shape) - consumed)
    symbols, sizes = list(named(first)), list(first.shape)
    values: dict[Symbol, int] = sized(symbols, sizes)
    axes: list[Axis] = []
    tables: list[tuple[int, Shape]] = []  # where an index tensor stands, and its shape
    for part in parts:
        if part is None:
            axes.append(Axis("1", Number(1)))
            continue
        symbol, size = symbols.pop(0), sizes.pop(0)
        if isinstance(part, slice):
            length = _sliced(symbol, size, part)
            axes.append(Axis(symbol.name if length is symbol else f"{symbol.name}_out", length))
        elif isinstance(part, tuple):
            tables.append((len(axes), part))
    if not tables:
        kept = tuple(axis.size for axis in axes if axis.size != Number(1)) == named(first)
        form = "picked" if not kept else "widened" if None in parts else "all"
        picked = _one_place(named(first), parts) or PICKED
        why = {"all": ALL_PICKED, "widened": WIDENED, "picked": picked}[form]
        return Output(tuple(axes), values, why=(why,), form=form)
    places = [place for place, _ in tables]
    shape = broadcast(*(table for _, table in tables))
    place = places[0] if len(set(places)) == 1 else 0
    axes[place:place] = [Axis("I", Number(size)) for size in shape]
    return Output(tuple(axes), values, why=(LOOKED_UP,), form="looked_up")


def _one_place(symbols: tuple[Symbol, ...], parts: list[Any]) -> Bi | None:
    """x[:, -1]: one place along one dimension, and everything else."""
    at = [i for i, part in enumerate(parts) if type(part) is int]
    if (
        len(at) != 1
        or len(parts) != len(symbols)
        or any(part != slice(None) for i, part in enumerate(parts) if i != at[0])
    ):
        return None
    index = parts[at[0]]
    if index < -1:
        return None
    place = LAST_PLACE if index == -1 else PLACE.format(n=index + 1)
    return ONE_PLACE.format(axis=axis_word(symbols[at[0]]), place=place)


def _as_index(part: Any) -> Any:
    """A tensor (or list) of indices as its shape; False where the values decide (a mask) or nothing is known."""
    if isinstance(part, TensorRef):
        return False if part.dtype in (torch.bool, torch.uint8) else part.shape
    if isinstance(part, list):
        return (len(part),) if all(type(index) is int for index in part) else False
    if isinstance(part, slice):
        ends = (part.start, part.stop, part.step)
        return part if all(end is None or type(end) is int for end in ends) else False
    return part if part is None or part is ... or type(part) is int else False


def _sliced(symbol: Symbol, size: int, part: slice) -> Expr:
    """How many elements a slice leaves: all, stop − start, or ⌈(stop − start)/step⌉."""
    start, stop, stride = part.indices(size)
    if (start, stop, stride) == (0, size, 1):
        return symbol
    if stop <= start:
        return Number(0)
    end: Expr = symbol if stop == size else Number(stop)
    length: Expr = end - start if start else end
    return length if stride == 1 else Rounded(length, Number(stride), up=True)


def _picked(call: Call) -> Output:
    """index_select(dim, index), narrow(dim, start, length), select(dim, i): one dimension shortened or dropped."""
    first = call.operands[0]
    dim = call.option("dim", 1) % len(first.shape)
    if call.type == "select":
        symbols = named(first)
        axes = [axis for i, axis in enumerate(axes_of(symbols)) if i != dim]
        return Output(tuple(axes), sized(symbols, first.shape), why=(PICKED,))
    if call.type == "narrow":
        size = call.option("length", 3)
    else:
        index = call.tensor_shape("index", 2)
        size = (index or (1,))[0] if index is not None else None
    return changed(first, {dim: Number(size)}, PICKED) if isinstance(size, int) else Output(None)


def _fetched(call: Call) -> Output:
    """gather(x, dim, index); take_along_dim(x, indices, dim) broadcasts, and is left to the run unless it fits."""
    index = call.option("index", 2) if call.type == "gather" else call.option("indices", 1)
    if not isinstance(index, TensorRef):
        return Output(None)
    if call.type == "take_along_dim":
        first, dim = call.operands[0], call.option("dim", 2)
        if dim is None or len(first.shape) != len(index.shape):
            return Output(None)
        others = [i for i in range(len(first.shape)) if i != dim % len(first.shape)]
        if any(first.shape[i] != index.shape[i] for i in others):
            return Output(None)
    return like(index, FETCHED)


def _written(call: Call) -> Output:
    output = unchanged(call)
    return Output(output.axes, output.values, why=(PUT,))


def _one_hot(call: Call) -> Output:
    count = call.option("num_classes", 1, -1)
    if not isinstance(count, int) or count < 0:
        return Output(None, why=(CHOSEN,))
    symbols = named(call.operands[0])
    axes = (*axes_of(symbols), Axis("K", Number(count)))
    return Output(axes, sized(symbols, call.shapes[0]), why=(ONE_HOT.format(count=count),))


def _sample_index(random: Random) -> Sample:
    table, row = whole(random.randint(1, 4), 3), whole(3)
    index: Any = random.choice(
        [
            (slice(None), 0),
            (..., slice(1, 3)),
            (slice(None), slice(None, None, 2)),
            (0, None),
            -1,
            table,
            (slice(None), table),
            (0, slice(None), table),
            (table, slice(None), row),
            (slice(None), 1, table, None),
            (..., [0, 2], 0),
        ]
    )
    return Sample(lambda: lambda x: x[index], (tensor(random, least=3),))


def _sample_picked(random: Random) -> Sample:
    dim, index = random.randint(-4, 3), whole(random.randint(1, 5))
    operation: Any = random.choice(
        [
            lambda x: x.index_select(dim, index),
            lambda x: x.narrow(dim, 1, 2),
            lambda x: x.select(dim, 1),
        ]
    )
    return Sample(lambda: operation, (tensor(random, least=3),))


def _sample_fetched(random: Random) -> Sample:
    n, m, k = tensor(random, 3, least=2)
    dtypes = (torch.float32, torch.long)
    return Sample(lambda: lambda x, index: torch.gather(x, 1, index), ((n, m), (n, k)), dtypes)


def _sample_written(random: Random) -> Sample:
    n, m = tensor(random, 2, least=2)
    name: str = random.choice(["scatter", "scatter_add", "index_add", "index_copy"])
    index = whole(n, 2) if name.startswith("scatter") else whole(2)
    return Sample(lambda: lambda x, y: getattr(torch, name)(x, 1, index, y), ((n, m), (n, 2)))


def _sample_one_hot(random: Random) -> Sample:
    count = random.randint(2, 30)
    return Sample(lambda: lambda x: F.one_hot(x.to(torch.long), count), (tensor(random, 2),))


def _rule(name: str, title: Bi, output: Any, sample: Any, functions: str, reason: Bi = PICKS) -> Rule:
    return step(name, title, Kind.JOIN, output, sample, functions, reason=reason)


RULES = (
    _rule("getitem", Bi("取下标", "indexing"), _indexed, _sample_index, "getitem"),
    _rule("index_select", Bi("按下标选取", "selection"), _picked, _sample_picked, "index_select narrow select"),
    _rule("gather", Bi("按下标取数", "gathering"), _fetched, _sample_fetched, "gather take_along_dim"),
    _rule(
        "scatter",
        Bi("按下标写入", "scattering"),
        _written,
        _sample_written,
        """scatter scatter_add scatter_reduce index_add index_copy index_fill index_put index_reduce masked_scatter
        slice_scatter select_scatter""",
        PUTS,
    ),
    _rule("one_hot", Bi("独热编码", "one-hot encoding"), _one_hot, _sample_one_hot, "one_hot", WRITES),
)
