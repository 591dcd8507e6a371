"""Putting tensors together and taking them apart: concatenation, stacking, splitting."""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from explainer.formula.tree import Expr, Number, Rounded, Symbol, total
from explainer.i18n.bilingual import Bi, same
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import (
    axes_of,
    axis_word,
    broadcast,
    changed,
    fixed,
    named,
    step,
    tensor,
)
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import sized
from explainer.walkthrough.case import Axis, Output

NOTHING_LEARNED = Bi(
    zh="只重新组织数据，没有可学习的参数。",
    en="It only rearranges values; there is nothing to learn.",
)
JOINED = Bi(
    zh="把{parts}沿{axis}拼接，其他各维不变。",
    en="This joins {parts} end to end along {axis}; the other dimensions stay the same.",
)
STACKED = Bi(
    zh="{count}个形状相同的张量叠在一起，多出大小为{count}的一维。",
    en="Stacking {count:tensor|tensors} of one shape adds a dimension of size {count}.",
)
CUT = Bi(
    zh="沿{axis}切成{count}块；所列形状是第一块的。",
    en="The tensor is cut into {count:piece|pieces} along {axis}; the shape shown is the first piece's.",
)
UNBOUND = Bi(
    zh="沿{axis}逐个拆开，得{count}个张量，该维消失；所列形状是第一个的。",
    en="The tensor is taken apart along {axis} into {count:tensor|tensors} without that dimension; the shape shown is "
    "the first one's.",
)
GRID = Bi(
    zh="由各轴的坐标列出网格上每一点的坐标，每个轴一个张量。",
    en="From the coordinates along each axis, those of every point of the grid are listed: one tensor an axis.",
)
FITTED = Bi(zh="各张量按广播规则扩展成同一形状。", en="The tensors are broadcast to one shape.")


def _cat(call: Call) -> Output:
    """Sizes add along one dimension: C_1+C_2. torch passes over an empty tensor of shape (0)."""
    places = [i for i, operand in enumerate(call.operands) if operand.shape != (0,)] or list(range(len(call.operands)))
    operands = [call.operands[i] for i in places]
    shapes = [operand.shape for operand in operands]
    rank = len(shapes[0])
    dim = {"hstack": min(1, rank - 1), "vstack": 0}.get(call.type)
    if dim is None:
        dim = call.option("dim", 1, call.option("axis", None, 0)) % rank
    elif rank < 2 and call.type == "vstack":
        return fixed((len(shapes), *shapes[0]), STACKED.format(count=len(shapes)))
    symbols = named(operands[0])
    name = symbols[dim].name
    each = Bi(
        "各路输入的" + symbols[dim].meaning.zh, f"{symbols[dim].meaning.en.replace('number', 'numbers')} of the parts"
    )
    prefix = f"{name}_" if "_" not in name else "n_"
    parts = [
        Symbol(f"{prefix}{i + 1}", each, family=each, family_size=0, role=symbols[dim].role) for i in range(len(shapes))
    ]
    values: dict[Symbol, int] = sized(symbols, shapes[0]) | sized(parts, [shape[dim] for shape in shapes])
    axes = axes_of(symbols)
    axes[dim] = Axis(f"{name}_out", total(list(parts)))
    why = JOINED.format(parts=same("{parts}"), axis=axis_word(symbols[dim]))
    return Output(tuple(axes), values, why=(why,), given={"parts": tuple(places)})


def _stack(call: Call) -> Output:
    count, first = len(call.operands), call.operands[0]
    symbols = named(first)
    axes = axes_of(symbols)
    axes.insert(call.option("dim", 1, 0) % (len(symbols) + 1), Axis("T", Number(count)))
    why = STACKED.format(count=count)
    return Output(tuple(axes), sized(symbols, first.shape), why=(why,))


def _cut(call: Call) -> Output:
    """chunk(n): pieces of ⌈size/n⌉; tensor_split(n): the first pieces are one longer; split(size): of that size."""
    first = call.operands[0]
    dim = call.option("dim", 2, 0) % len(first.shape)
    symbol, whole = named(first)[dim], first.shape[dim]
    names = ("chunks", "split_size_or_sections", "split_size", "split_sizes", "indices_or_sections", "sections")
    asked: Any = next((call.kwargs[name] for name in (*names, "indices") if name in call.kwargs), None)
    asked = call.args[1] if asked is None else asked
    if isinstance(asked, TensorRef):
        return Output(None)
    if call.type in ("chunk", "tensor_split") and isinstance(asked, int):
        size: Expr = symbol / asked if whole % asked == 0 else Rounded(symbol, Number(asked), up=True)
    elif call.type == "tensor_split":
        size = Number(len(range(whole)[: asked[0]]) if asked else whole)
    else:
        size = Number(min(asked, whole) if isinstance(asked, int) else asked[0])
    return changed(first, {dim: size}, CUT.format(axis=axis_word(symbol), count=len(call.output_shapes)))


def _unbind(call: Call) -> Output:
    first = call.operands[0]
    symbols = list(named(first))
    values = sized(symbols, first.shape)
    gone = symbols.pop(call.option("dim", 1, 0) % len(symbols))
    why = UNBOUND.format(axis=axis_word(gone), count=values[gone])
    return Output(tuple(axes_of(symbols)), values, why=(why,))


def _grid(call: Call) -> Output:
    sizes = [operand.shape[0] if operand.shape else 1 for operand in call.operands]
    if call.kwargs.get("indexing") == "xy" and len(sizes) > 1:
        sizes[:2] = sizes[1], sizes[0]
    return fixed(tuple(sizes), GRID)


def _fitted(call: Call) -> Output:
    return fixed(tuple(broadcast(*call.shapes)), FITTED)


def _sample_cat(random: Random) -> Sample:
    n, _, h, w = tensor(random)
    shapes = tuple((n, random.randint(1, 64), h, w) for _ in range(random.randint(2, 5)))
    operation: Any = random.choice([lambda *parts: torch.cat(parts, 1), lambda *parts: torch.hstack(parts)])
    return Sample(lambda: operation, shapes)


def _sample_stack(random: Random) -> Sample:
    shape, dim = tensor(random), random.randint(0, 4)
    return Sample(lambda: lambda *parts: torch.stack(parts, dim), (shape,) * random.randint(2, 4))


def _sample_chunk(random: Random) -> Sample:
    count, name = random.randint(1, 4), random.choice(["chunk", "tensor_split"])
    return Sample(lambda: lambda x: getattr(torch, name)(x, count, 1), ((2, random.randint(4, 40), 3, 3),))


def _sample_split(random: Random) -> Sample:
    size, channels = random.randint(1, 5), random.randint(5, 40)
    asked = random.choice([size, [size, channels - size]])
    return Sample(lambda: lambda x: x.split(asked, 1), ((2, channels, 3, 3),))


def _sample_unbind(random: Random) -> Sample:
    dim = random.randint(-4, 3)
    return Sample(lambda: lambda x: x.unbind(dim), (tensor(random),))


def _sample_grid(random: Random) -> Sample:
    order, axes = random.choice(["ij", "xy"]), tuple(tensor(random, 1) for _ in range(random.randint(1, 3)))
    return Sample(lambda: lambda *given: torch.meshgrid(*given, indexing=order), axes)


def _sample_fitted(random: Random) -> Sample:
    a, b, c = tensor(random, 3)
    return Sample(lambda: torch.broadcast_tensors, ((a, 1, c), (b, 1)))


def _rule(name: str, title: Bi, output: Any, sample: Any, functions: str) -> Rule:
    return step(name, title, Kind.JOIN, output, sample, functions, reason=NOTHING_LEARNED)


RULES = (
    _rule("cat", Bi("拼接", "concatenation"), _cat, _sample_cat, "cat concat concatenate hstack vstack"),
    _rule("stack", Bi("堆叠", "stack"), _stack, _sample_stack, "stack"),
    _rule("chunk", Bi("切块", "chunk"), _cut, _sample_chunk, "chunk unsafe_chunk tensor_split"),
    _rule("split", Bi("切块", "split"), _cut, _sample_split, "split split_with_sizes unsafe_split"),
    _rule("unbind", Bi("拆开", "unbind"), _unbind, _sample_unbind, "unbind"),
    _rule("meshgrid", Bi("网格坐标", "coordinate grid"), _grid, _sample_grid, "meshgrid"),
    _rule("broadcast_tensors", Bi("广播", "broadcast"), _fitted, _sample_fitted, "broadcast_tensors"),
)
