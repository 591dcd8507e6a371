"""The same values again, or elsewhere: expand, repeat, roll, flip, triangles."""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from explainer.formula.tree import Expr, Number, product
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import ONLY_MOVES, axis_word, changed, like, named, sizes_given, step, tensor
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import sized
from explainer.walkthrough.case import Axis, Output

EXPANDED = Bi(
    zh="大小为1的维度重复到指定的大小，并不复制数据；−1表示该维不变。",
    en="Dimensions of size 1 are repeated to the size asked for, without copying; −1 leaves a dimension as it is.",
)
AS_OTHER = Bi(zh="扩展或改排成与另一个张量相同的形状。", en="It is given the shape of another tensor.")
REPEATED = Bi(
    zh="整个张量沿各维重复指定的次数，大小相应成倍。",
    en="The whole tensor is repeated along each dimension, whose size is multiplied.",
)
EACH_REPEATED = Bi(
    zh="沿{axis}把每个值连续重复{count}次。",
    en="Along {axis} each value is repeated {count:time|times} in place.",
)
FLATTENED = Bi(
    zh="先展平，再把每个值连续重复{count}次。",
    en="The tensor is flattened and each value repeated {count:time|times} in place.",
)
ROLLED = Bi(
    zh="沿指定的维度循环移位，移出一端的值从另一端补入，形状不变。",
    en="Values are shifted along the given dimensions, and what leaves at one end comes back at the other; the shape stays "
    "the same.",
)
FLIPPED = Bi(
    zh="沿指定的维度颠倒次序，形状不变。",
    en="The order along the given dimensions is reversed; the shape stays the same.",
)
TRIANGLE = Bi(
    zh="只留对角线一侧的值，另一侧置零，形状不变。",
    en="Only the values on one side of the diagonal are kept, the others are set to zero; the shape stays the same.",
)


def _expanded(call: Call) -> Output:
    first, asked = call.operands[0], sizes_given(call, "size", "shape")
    if not all(isinstance(size, int) for size in asked):
        return Output(None)
    symbols, new = named(first), len(asked) - len(first.shape)
    axes = [Axis(f"n_{i + 1}", Number(size)) for i, size in enumerate(asked[:new])]
    for symbol, size, before in zip(symbols, asked[new:], first.shape, strict=True):
        axes.append(Axis(symbol.name, symbol if size in (-1, before) else Number(size)))
    return Output(tuple(axes), sized(symbols, first.shape), why=(EXPANDED,))


def _as_other(call: Call) -> Output:
    return like(call.operands[1], AS_OTHER) if len(call.operands) == 2 else Output(None)


def _repeated(call: Call) -> Output:
    """repeat(2, 3) on a 4×5 tensor: 8×15; tile is the same and may leave out leading dimensions."""
    first, times = call.operands[0], sizes_given(call, "repeats", "dims", "reps")
    if not all(isinstance(count, int) for count in times):
        return Output(None)
    symbols = named(first)
    times = (1,) * (len(symbols) - len(times)) + times
    new = len(times) - len(symbols)
    axes = [Axis(f"n_{i + 1}", Number(count)) for i, count in enumerate(times[:new])]
    for symbol, count in zip(symbols, times[new:], strict=True):
        axes.append(Axis(f"{symbol.name}_out", symbol * count) if count != 1 else Axis(symbol.name, symbol))
    return Output(tuple(axes), sized(symbols, first.shape), why=(REPEATED,))


def _each_repeated(call: Call) -> Output:
    first, count = call.operands[0], call.option("repeats", 1)
    if not isinstance(count, int):
        return Output(None)  # a number for each value: only the values tell
    dim = call.option("dim", 2)
    symbols = named(first)
    if dim is None:
        size: Expr = product([*symbols, Number(count)])
        return Output((Axis("F", size),), sized(symbols, first.shape), why=(FLATTENED.format(count=count),))
    dim %= len(symbols)
    return changed(first, {dim: symbols[dim] * count}, EACH_REPEATED.format(axis=axis_word(symbols[dim]), count=count))


def shaped_like(why: Bi) -> Any:
    """Shaped like the first input, for this reason."""
    return lambda call: like(call.operands[0], why)


def _sample_expanded(random: Random) -> Sample:
    a, b, c = tensor(random, 3)
    sizes = random.choice([(a, b, c), (-1, b, -1), (2, a, -1, c)])
    name: str = random.choice(["expand", "broadcast_to"]) if -1 not in sizes else "expand"
    return Sample(lambda: lambda x: getattr(x, name)(sizes), ((a, 1, c),))


def _sample_as_other(random: Random) -> Sample:
    a, b, c = tensor(random, 3)
    name: str = random.choice(["view_as", "reshape_as", "expand_as"])
    given: Shape = (a, 1, c) if name == "expand_as" else (a * b, c)
    return Sample(lambda: lambda x, y: getattr(x, name)(y), (given, (a, b, c)))


def _sample_repeated(random: Random) -> Sample:
    times = tuple(random.randint(1, 3) for _ in range(random.choice([3, 4])))
    operation: Any = random.choice([lambda x: x.repeat(*times), lambda x: x.tile(times), lambda x: x.tile((2,))])
    return Sample(lambda: operation, (tensor(random, 3),))


def _sample_each_repeated(random: Random) -> Sample:
    count, dim = random.randint(1, 4), random.choice([None, 0, 1, -1])
    return Sample(lambda: lambda x: x.repeat_interleave(count, dim), (tensor(random, 3),))


def _sample_rolled(random: Random) -> Sample:
    operation: Any = random.choice([lambda x: torch.roll(x, 1, 2), lambda x: x.roll((1, 2), (0, 1))])
    return Sample(lambda: operation, (tensor(random, 3),))


def _sample_flipped(random: Random) -> Sample:
    operation: Any = random.choice([lambda x: x.flip(1), lambda x: torch.flip(x, (0, 2)), torch.fliplr])
    return Sample(lambda: operation, (tensor(random, 3),))


def _sample_triangle(random: Random) -> Sample:
    name, diagonal = random.choice(["triu", "tril"]), random.randint(-1, 1)
    return Sample(lambda: lambda x: getattr(x, name)(diagonal), (tensor(random, 2),))


RULES: tuple[Rule, ...] = (
    step(
        "expand",
        Bi("扩展", "expand"),
        Kind.RESHAPE,
        _expanded,
        _sample_expanded,
        "expand broadcast_to expand.default",
        reason=ONLY_MOVES,
    ),
    step(
        "view_as",
        Bi("改成同样形状", "same shape as another"),
        Kind.RESHAPE,
        _as_other,
        _sample_as_other,
        "view_as reshape_as expand_as",
        reason=ONLY_MOVES,
    ),
    step("repeat", Bi("重复", "repeat"), Kind.RESHAPE, _repeated, _sample_repeated, "repeat tile", reason=ONLY_MOVES),
    step(
        "repeat_interleave",
        Bi("逐个重复", "repeat each"),
        Kind.RESHAPE,
        _each_repeated,
        _sample_each_repeated,
        "repeat_interleave",
        reason=ONLY_MOVES,
    ),
    step(
        "roll",
        Bi("循环移位", "cyclic shift"),
        Kind.RESHAPE,
        shaped_like(ROLLED),
        _sample_rolled,
        "roll",
        reason=ONLY_MOVES,
    ),
    step(
        "flip",
        Bi("翻转", "flip"),
        Kind.RESHAPE,
        shaped_like(FLIPPED),
        _sample_flipped,
        "flip fliplr flipud",
        reason=ONLY_MOVES,
    ),
    step(
        "triangle",
        Bi("取三角", "triangle"),
        Kind.ELEMENTWISE,
        shaped_like(TRIANGLE),
        _sample_triangle,
        "triu tril",
    ),
)
