"""What the rules of functions share: what a tensor's dimensions are called, and how such a rule is put together.

A function knows nothing of what its tensors mean. The usual names (N, C, H, W) are taken only where they can hold:
not after a permute, not for a parameter, not for three or five dimensions (tokens and heads as often as signals and
volumes), unless the function is one that works on images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.formula.tree import Expr, Symbol
from explainer.i18n.bilingual import Bi, joined
from explainer.lean_torch.kernels import lean
from explainer.rules.base import Rule, Sample, no_parameters
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import C, N, axis_symbols, sized, sizes
from explainer.walkthrough.case import Axis, Output

SAME_SHAPE = Bi(zh="输出形状不变。", en="The shape stays the same.")
FIXED = Bi(zh="算法是固定的，没有可学习的参数。", en="It is a fixed computation; there is nothing to learn.")
ONLY_MOVES = Bi(zh="只重新组织数据，没有可学习的参数。", en="It only rearranges values; there is nothing to learn.")


def named(operand: TensorRef) -> tuple[Symbol, ...]:
    """A symbol for each dimension of a tensor."""
    rank = len(operand.shape)
    if operand.parameter is not None or operand.reordered or rank not in (1, 2, 4):
        return neutral(operand.shape)
    return pictured(operand) if rank == 4 else axis_symbols(operand.shape)


def pictured(operand: TensorRef) -> tuple[Symbol, ...]:
    """A symbol for each dimension of what is certainly an image (or a signal, or a volume): N, C, H, W."""
    rank = len(operand.shape)
    return (N, C, *sizes(rank - 2)) if 3 <= rank <= 5 else neutral(operand.shape)


def neutral(shape: Shape) -> tuple[Symbol, ...]:
    """d_1, d_2, …: where nothing is known of a shape but its sizes."""
    return axis_symbols(shape, reordered=True)


def axes_of(symbols: Sequence[Symbol]) -> list[Axis]:
    """The axes of an output whose sizes are symbols as they stand."""
    return [Axis(symbol.name, symbol) for symbol in symbols]


def like(operand: TensorRef, *why: Bi) -> Output:
    """An output shaped like one of the inputs."""
    symbols = named(operand)
    return Output(tuple(axes_of(symbols)), sized(symbols, operand.shape), why=why)


def unchanged(call: Call) -> Output:
    """An output shaped like the first input."""
    return like(call.operands[0], SAME_SHAPE)


def changed(operand: TensorRef, made: dict[int, Expr], *why: Bi, names: tuple[Symbol, ...] | None = None) -> Output:
    """An output shaped like an input, some of its dimensions with a new size."""
    symbols = names or named(operand)
    axes = axes_of(symbols)
    for dim, size in made.items():
        axes[dim] = Axis(f"{symbols[dim].name}_out", size)
    return Output(tuple(axes), sized(symbols, operand.shape), why=why)


def fixed(shape: Shape, *why: Bi) -> Output:
    """An output whose sizes are written in the call, or those of several inputs together."""
    symbols = neutral(shape)
    return Output(tuple(axes_of(symbols)), sized(symbols, shape), why=why)


def sizes_given(call: Call, *names: str, position: int = 1) -> tuple[Any, ...]:
    """expand(2, 3), expand((2, 3)), expand(size=(2, 3)): the sizes, however they are written."""
    given: Any = next((call.kwargs[name] for name in names if name in call.kwargs), call.args[position:])
    if not isinstance(given, list | tuple):
        return (given,)
    if len(given) == 1 and isinstance(given[0], list | tuple):
        given = given[0]
    return tuple(given)


def axis_word(symbol: Symbol) -> Bi:
    """通道维 / the channels; 第3维 / dimension 3, the first being the batch's (shapes are printed without it), where there is no usual name."""
    words = {"N": Bi("批量维", "the batch"), "C": Bi("通道维", "the channels"), "F": Bi("特征维", "the features")}
    if symbol.name.startswith("d_"):
        place = symbol.name.removeprefix("d_")
        return Bi(f"第{place}维（批量维是第1维）", f"dimension {place} (the batch is dimension 1)")
    return words.get(symbol.name, Bi(f"{symbol.name}维", f"dimension {symbol.name}"))


def axis_words(symbols: Sequence[Symbol]) -> Bi:
    """Several of them."""
    return joined([axis_word(symbol) for symbol in symbols], en=" and ")


def broadcast(*shapes: Shape) -> Shape:
    """The shape that shapes are broadcast to. Raises RuntimeError if they do not fit."""
    plain = [tuple(map(int, shape)) for shape in shapes]  # torch asks its compiler about integers of other kinds
    with lean():
        return tuple(torch.broadcast_shapes(*plain))  # type: ignore[no-untyped-call]


def step(
    name: str,
    title: Bi,
    kind: Kind,
    output: Callable[[Call], Output],
    sample: Callable[[Random], Sample],
    functions: str,
    *,
    modules: tuple[type[nn.Module] | str, ...] = (),
    reason: Bi = FIXED,
) -> Rule:
    """A rule for something that owns no parameters; `functions` are names with spaces between."""
    return Rule(name, title, kind, no_parameters(reason), output, sample, modules, tuple(functions.split()))


def tensor(random: Random, rank: int = 4, least: int = 1) -> Shape:
    """A small random shape."""
    return tuple(random.randint(least, 9) for _ in range(rank))


def whole(*shape: int) -> torch.Tensor:
    """A tensor of whole numbers for a sampler: indices, classes."""
    return torch.empty(shape, dtype=torch.long, device="meta")


_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
