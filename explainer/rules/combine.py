"""Steps between layers: arithmetic on values, concatenation, splitting, means, padding, resizing."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from explainer.formula import Expr, Number, Rounded, Symbol, total
from explainer.rules.base import Axis, Kind, Output, Rule, Sample, no_parameters
from explainer.rules.convolution import as_tuple
from explainer.rules.symbols import AXES, axis_names, axis_symbols, sized
from explainer.text.bi import Bi, joined, shape_text
from explainer.trace import Call, Shape, TensorRef

ADDITION = Bi(zh="加法没有需要学习的参数。", en="An addition has nothing to learn.")
ARITHMETIC = Bi(zh="逐元素运算，没有需要学习的参数。", en="It works element by element; there is nothing to learn.")
NOTHING_LEARNED = Bi(
    zh="只把各路数据合并或分开，没有需要学习的参数。",
    en="It only puts values together or takes them apart; there is nothing to learn.",
)
FIXED_SUM = Bi(zh="用的是固定的算法，没有需要学习的参数。", en="It is a fixed computation; there is nothing to learn.")
FIXED_FILL = Bi(
    zh="填入或插入的值由固定的规则给出，没有需要学习的参数。",
    en="The values filled in follow a fixed rule; there is nothing to learn.",
)
SKIP = Bi(
    zh="残差连接：{later}与{earlier}形状相同，逐元素相加，输出形状不变。",
    en="A residual connection: {later} and {earlier} have the same shape and are added element by element; the shape "
    "stays the same.",
)
SAME_SHAPE = Bi(zh="输出形状不变。", en="The shape stays the same.")
BROADCAST = Bi(
    zh="大小为1的维度按广播规则扩展后再运算。",
    en="Dimensions of size 1 are broadcast, that is, repeated to fit.",
)
JOINED = Bi(
    zh="把{parts}沿{axis}维拼接，其他各维不变。",
    en="{parts} are joined end to end along {axis}; the other dimensions stay the same.",
)
AVERAGED = Bi(
    zh="在各特征图的{area}个位置上求平均（全局平均池化），每个通道得1个数。",
    en="The mean over the {area} positions of each feature map (global average pooling): one number a channel.",
)
GONE = Bi(
    zh="沿{dims}维把各值合并成一个数，该维随之消失。",
    en="The values along {dims} are combined into one; the dimension disappears.",
)
KEPT = Bi(
    zh="沿{dims}维把各值合并成一个数，该维的大小变为1。",
    en="The values along {dims} are combined into one; the dimension becomes 1.",
)
ALL = Bi(zh="把全部值合并成一个数。", en="All values are combined into one.")
CUT = Bi(
    zh="沿{axis}维切成{count}块；所列形状是第一块的。",
    en="The tensor is cut into {count} pieces along {axis}; the shape shown is the first piece's.",
)
PADDED = Bi(zh="在各边填充，大小相应增加。", en="Each side is padded and grows accordingly.")
ENLARGED = Bi(
    zh="按插值放大或缩小特征图，通道数不变。",
    en="The feature map is resized by interpolation; the number of channels stays the same.",
)
PICKED = Bi(zh="按下标取出一部分，其余各维不变。", en="A part is picked out by index; the other dimensions stay.")
CHOSEN = Bi(
    zh="按下标取出一部分，得到的形状由实际运行给出。",
    en="A part is picked out by index; its shape is the one observed in the run.",
)


def _arithmetic(call: Call) -> Output:
    """Shapes are matched from the right; a size of 1 is repeated."""
    shapes = call.shapes
    out: Shape = tuple(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]
    symbols = axis_symbols(out)
    axes = tuple(Axis(symbol.name, symbol) for symbol in symbols)
    why = SAME_SHAPE if all(shape in (out, ()) for shape in shapes) else BROADCAST
    if call.type == "add" and len(shapes) == 2 and shapes[0] == shapes[1] and len(out) == 4:
        earlier, later = sorted(call.operands, key=lambda operand: operand.source if type(operand.source) is int else 0)
        why = SKIP.format(later=_made_by(later), earlier=_made_by(earlier))
    return Output(axes, sized(symbols, out), why=(why,))


def _made_by(operand: TensorRef) -> Bi:
    """Where a tensor came from, in words."""
    source = operand.source
    if operand.parameter is not None:
        return Bi(f"参数{operand.parameter}", f"the parameter {operand.parameter}")
    if source == "input":
        return Bi("输入", "the input")
    if source == "constant":
        return Bi("一个常量", "a constant")
    return Bi(f"第{source}层的输出", f"the output of layer {source}")


def _cat(call: Call) -> Output:
    """Sizes add along one dimension: C_1+C_2."""
    shapes = call.shapes
    dim = call.option("dim", 1, call.option("axis", None, 0)) % len(shapes[0])
    symbols = axis_symbols(shapes[0])
    name = symbols[dim].name
    each = Bi(
        "各路输入的" + symbols[dim].meaning.zh, f"{symbols[dim].meaning.en.replace('number', 'numbers')} of the parts"
    )
    parts = [Symbol(f"{name}_{i + 1}", each, family=each) for i in range(len(shapes))]
    values: dict[Symbol, int] = sized(symbols, shapes[0]) | sized(parts, [shape[dim] for shape in shapes])
    axes = [Axis(symbol.name, symbol) for symbol in symbols]
    axes[dim] = Axis(f"{name}_out", total(list(parts)))
    return Output(tuple(axes), values, why=(JOINED.format(parts=_parts(call), axis=_axis_word(shapes[0], dim)),))


def _parts(call: Call) -> Bi:
    """第14、20、26、30层的输出 / The outputs of layers 14, 20, 26 and 30."""
    layers = [operand.source for operand in call.operands if type(operand.source) is int]
    if len(call.operands) > 8:
        return Bi(f"{len(call.operands)}路输入", f"{len(call.operands)} inputs")
    if len(layers) == len(call.operands) and len(layers) > 1:
        numbers = [str(layer) for layer in layers]
        return Bi(
            f"第{'、'.join(numbers)}层的输出", f"The outputs of layers {', '.join(numbers[:-1])} and {numbers[-1]}"
        )
    listed = joined([_made_by(operand) for operand in call.operands], en=" and ")
    return Bi(listed.zh, listed.en[:1].upper() + listed.en[1:])


def _stack(call: Call) -> Output:
    shapes = call.shapes
    symbols = axis_symbols(shapes[0])
    axes = [Axis(symbol.name, symbol) for symbol in symbols]
    axes.insert(call.option("dim", 1, 0) % (len(shapes[0]) + 1), Axis("T", Number(len(shapes))))
    return Output(tuple(axes), sized(symbols, shapes[0]))


def _reduction(call: Call) -> Output:
    """mean, sum, amax …: the dimensions named disappear, or stay as 1 with keepdim."""
    shape = call.shapes[0]
    given = call.option("dim", 1)
    dims = range(len(shape)) if given is None else [given] if isinstance(given, int) else given
    gone = {dim % len(shape) for dim in dims}
    keep = bool(call.option("keepdim", 2, False))
    symbols = axis_symbols(shape)
    axes = [
        Axis(symbol.name, Number(1) if i in gone else symbol)
        for i, symbol in enumerate(symbols)
        if keep or i not in gone
    ]
    picture = call.type == "mean" and gone == {2, 3} and len(shape) == 4
    along = joined([_axis_word(shape, i) for i in sorted(gone)], en=" and ")
    why = ALL if len(gone) == len(shape) else (KEPT if keep else GONE).format(dims=along)
    if picture:
        why = AVERAGED.format(area=shape_text(shape[2:]))
    return Output(tuple(axes), sized(symbols, shape), why=(why,))


def _cut(call: Call) -> Output:
    """chunk(n): pieces of ⌈size/n⌉; split(size): pieces of that size."""
    shape = call.shapes[0]
    dim = call.option("dim", 2, 0) % len(shape)
    symbols = axis_symbols(shape)
    axes = [Axis(symbol.name, symbol) for symbol in symbols]
    asked: Any = call.option("chunks", 1) or call.option("split_size_or_sections", None) or call.option("split_size")
    if call.type == "chunk":
        size: Expr = symbols[dim] / asked if shape[dim] % asked == 0 else Rounded(symbols[dim], Number(asked), up=True)
    else:
        size = Number(min(asked, shape[dim]) if isinstance(asked, int) else asked[0])
    axes[dim] = Axis(f"{symbols[dim].name}_out", size)
    why = CUT.format(axis=_axis_word(shape, dim), count=len(call.output_shapes))
    return Output(tuple(axes), sized(symbols, shape), why=(why,))


def _pad(call: Call) -> Output:
    """F.pad's list goes from the last dimension backwards: left, right, top, bottom …"""
    shape = call.shapes[0]
    given = list(call.option("pad", 1))
    symbols = axis_symbols(shape)
    axes = [Axis(symbol.name, symbol) for symbol in symbols]
    for i in range(len(given) // 2):
        at = len(shape) - 1 - i
        size: Expr = symbols[at]
        for amount in given[2 * i : 2 * i + 2]:
            size = size + amount if amount > 0 else size - -amount if amount < 0 else size
        axes[at] = Axis(f"{symbols[at].name}_out", size)
    return Output(tuple(axes), sized(symbols, shape), why=(PADDED,))


def _resize(call: Call) -> Output:
    """interpolate, Upsample: a size as given, or ⌊H·factor⌋."""
    shape = call.shapes[0]
    dims = len(shape) - 2
    size, factor = call.option("size", 1), call.option("scale_factor", 2)
    symbols = axis_symbols(shape)
    axes = [Axis(symbol.name, symbol) for symbol in symbols[:2]]
    for i, (name, _, _) in enumerate(AXES[dims]):
        if size is not None:
            new: Expr = Number(as_tuple(size, dims)[i])
        else:
            scale = factor[i] if isinstance(factor, list | tuple) else factor
            new = symbols[i + 2] * int(scale) if float(scale).is_integer() else _scaled(symbols[i + 2], float(scale))
        axes.append(Axis(f"{name}_out", new))
    return Output(tuple(axes), sized(symbols, shape), why=(ENLARGED,))


def _scaled(size: Symbol, scale: float) -> Expr:
    over, under = scale.as_integer_ratio()
    return Rounded(size * over, Number(under))


def _indexed(call: Call) -> Output:
    """x[:, 0], x[..., 2:5], x[:, None]: an index drops its dimension, a slice shortens it, None adds one."""
    shape = call.shapes[0]
    given = call.args[1] if isinstance(call.args[1], tuple) else (call.args[1],)
    if not all(part is None or part is ... or type(part) in (int, slice) for part in given):
        return Output(None, why=(CHOSEN,))  # by a tensor: which elements, only their values tell
    consumed = sum(1 for part in given if part is not None and part is not ...)
    rest = [slice(None)] * (len(shape) - consumed)
    at = next((i for i, part in enumerate(given) if part is ...), len(given))
    parts = [*given[:at], *rest, *given[at + 1 :]]
    symbols = list(axis_symbols(shape))
    sizes = list(shape)
    axes = []
    for part in parts:
        if part is None:
            axes.append(Axis("1", Number(1)))
            continue
        symbol, size = symbols.pop(0), sizes.pop(0)
        if isinstance(part, slice):
            length = _sliced(symbol, size, part)
            axes.append(Axis(symbol.name if length is symbol else f"{symbol.name}_out", length))
    return Output(tuple(axes), sized(axis_symbols(shape), shape), why=(PICKED,))


def _sliced(symbol: Symbol, size: int, part: slice) -> Expr:
    """How many elements a slice leaves: all, stop − start, or ⌈(stop − start)/step⌉."""
    start, stop, step = part.indices(size)
    if (start, stop, step) == (0, size, 1):
        return symbol
    length: Expr = (
        (symbol if stop == size else Number(stop)) - start if start else (symbol if stop == size else Number(stop))
    )
    if stop <= start:
        return Number(0)
    return length if step == 1 else Rounded(length, Number(step), up=True)


def _axis_word(shape: Shape, dim: int) -> Bi:
    words = {"N": Bi("批量", "the batch"), "C": Bi("通道", "the channels"), "F": Bi("特征", "the features")}
    name = axis_names(shape)[dim]
    return words.get(name, Bi(f"{name}", f"dimension {name}"))


def _tensor(random: Random, rank: int = 4) -> Shape:
    return tuple(random.randint(1, 9) for _ in range(rank))


def _sample_add(random: Random) -> Sample:
    shape = _tensor(random)
    return Sample(lambda: torch.add, (shape, random.choice([shape, (shape[0], shape[1], 1, 1)])))


def _sample_arithmetic(random: Random) -> Sample:
    shape = _tensor(random)
    operation: str = random.choice(["mul", "sub", "div", "maximum"])
    return Sample(lambda: getattr(torch, operation), (shape, random.choice([shape, (shape[0], shape[1], 1, 1), (1,)])))


def _sample_cat(random: Random) -> Sample:
    n, _, h, w = _tensor(random)
    shapes = tuple((n, random.randint(1, 64), h, w) for _ in range(random.randint(2, 5)))
    return Sample(lambda: lambda *parts: torch.cat(parts, 1), shapes)


def _sample_stack(random: Random) -> Sample:
    shape, dim = _tensor(random), random.randint(0, 4)
    return Sample(lambda: lambda *parts: torch.stack(parts, dim), (shape,) * random.randint(2, 4))


def _sample_mean(random: Random) -> Sample:
    dims, keep = random.choice([[2, 3], [1], [-1]]), random.random() < 0.5
    return Sample(lambda: lambda x: x.mean(dims, keepdim=keep), (_tensor(random),))


def _sample_reduction(random: Random) -> Sample:
    name, dim, keep = random.choice(["sum", "amax", "amin", "std"]), random.choice([1, -1, 2]), random.random() < 0.5
    return Sample(lambda: lambda x: getattr(x, name)(dim, keepdim=keep), (_tensor(random),))


def _sample_chunk(random: Random) -> Sample:
    count = random.randint(1, 4)
    return Sample(lambda: lambda x: x.chunk(count, 1), ((2, random.randint(4, 40), 3, 3),))


def _sample_split(random: Random) -> Sample:
    size = random.randint(1, 5)
    return Sample(lambda: lambda x: x.split(size, 1), ((2, random.randint(5, 40), 3, 3),))


def _sample_pad(random: Random) -> Sample:
    amounts = [random.randint(-1, 3) for _ in range(random.choice([2, 4]))]
    return Sample(lambda: lambda x: F.pad(x, amounts), ((2, 3, random.randint(4, 9), random.randint(4, 9)),))


def _sample_resize(random: Random) -> Sample:
    options: dict[str, Any] = random.choice(
        [{"scale_factor": 2}, {"size": (14, 7)}, {"scale_factor": 1.5}, {"scale_factor": (2, 3)}]
    )
    return Sample(lambda: nn.Upsample(**options), ((1, 3, random.randint(2, 20), random.randint(2, 20)),))


def _sample_index(random: Random) -> Sample:
    index = random.choice([(slice(None), 0), (..., slice(1, 3)), (slice(None), slice(None, None, 2)), (0, None), -1])
    return Sample(lambda: lambda x: x[index], (tuple(random.randint(3, 9) for _ in range(4)),))


def _rule(
    name: str,
    title: Bi,
    output: Callable[[Call], Output],
    sample: Callable[[Random], Sample],
    functions: str = "",
    modules: tuple[type[nn.Module], ...] = (),
    reason: Bi = NOTHING_LEARNED,
    kind: Kind = Kind.JOIN,
) -> Rule:
    names = (name, *functions.split())
    return Rule(name, title, kind, no_parameters(reason), output, sample, modules, names)


_MATH = "sub mul div rsub rdiv pow rpow neg abs exp log sqrt rsqrt square clamp where maximum minimum sin cos erf floor"
_REDUCTIONS = "sum amax amin prod std var"

RULES = (
    _rule("add", Bi("逐元素相加", "addition"), _arithmetic, _sample_add, reason=ADDITION, kind=Kind.ELEMENTWISE),
    _rule(
        "arithmetic",
        Bi("逐元素运算", "arithmetic"),
        _arithmetic,
        _sample_arithmetic,
        _MATH,
        reason=ARITHMETIC,
        kind=Kind.ELEMENTWISE,
    ),
    _rule("cat", Bi("拼接", "concatenation"), _cat, _sample_cat, "concat concatenate"),
    _rule("stack", Bi("堆叠", "stack"), _stack, _sample_stack),
    _rule("mean", Bi("求平均", "mean"), _reduction, _sample_mean, reason=FIXED_SUM, kind=Kind.REDUCTION),
    _rule(
        "reduction",
        Bi("归并运算", "reduction"),
        _reduction,
        _sample_reduction,
        _REDUCTIONS,
        reason=FIXED_SUM,
        kind=Kind.REDUCTION,
    ),
    _rule("chunk", Bi("切块", "chunk"), _cut, _sample_chunk),
    _rule("split", Bi("切块", "split"), _cut, _sample_split),
    _rule("pad", Bi("填充", "padding"), _pad, _sample_pad, reason=FIXED_FILL, kind=Kind.RESIZE),
    _rule(
        "interpolate",
        Bi("上采样", "up-sampling"),
        _resize,
        _sample_resize,
        "upsample",
        modules=(nn.Upsample,),
        reason=FIXED_FILL,
        kind=Kind.RESIZE,
    ),
    _rule("getitem", Bi("取下标", "indexing"), _indexed, _sample_index),
)
