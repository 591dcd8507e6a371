"""Pooling: a window slides over each channel by itself; nothing is learned.

Output size as for a convolution; with ceil_mode the quotient is rounded up, except that the last window must start
inside the input or its left padding (torch.nn.MaxPool2d).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from torch import nn

from explainer.formula.tree import Expr, Symbol, evaluate
from explainer.i18n.bilingual import Bi, joined, shape_text
from explainer.rules.base import Rule, Sample, no_parameters
from explainer.rules.draw import channels, side
from explainer.rules.windows import as_tuple, window_size
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import AXES, axis_symbols, dilation, padding, sized, sizes, stride, window
from explainer.walkthrough.case import Axis, Output

TAKES_MAX = Bi(
    zh="最大池化只取窗口内的最大值，没有可学习的参数。",
    en="Max pooling takes only the largest value in each window; there is nothing to learn.",
)
TAKES_MEAN = Bi(
    zh="平均池化只求窗口内的平均值，没有可学习的参数。",
    en="Average pooling takes only the mean of each window; there is nothing to learn.",
)
TAKES_NORM = Bi(
    zh="幂平均池化求窗口内各值的p次方之和，再开p次方，没有可学习的参数。",
    en="Power-average pooling takes only the p-norm of each window; there is nothing to learn.",
)
EACH_CHANNEL = Bi(
    zh="池化在各通道内分别进行，通道数不变。",
    en="Each channel is pooled by itself, so the number of channels stays the same.",
)
HALVED = Bi(
    zh="池化在各通道内分别进行，通道数不变；{axes}减半。",
    en="Each channel is pooled by itself, so the number of channels stays the same; {axes} halved.",
)
ADAPTIVE = Bi(
    zh="自适应池化预先指定输出的尺寸，窗口大小由输入尺寸推出：无论输入多大，输出都是{out}。",
    en="Adaptive pooling chooses its windows from the output size: whatever the input, the output is {out}.",
)
REPEATED = Bi(zh="输入比输出小，同一个值会被重复取用。", en=" The input is smaller, so values are used more than once.")
UNCHANGED = Bi(
    zh="自适应池化预先指定输出为{out}，窗口大小由输入尺寸推出；这里输入恰为{out}，所以输出等于输入。",
    en="Adaptive pooling fixes the output at {out} and derives its windows from the input; here the input is {out} already, so the output equals the input.",
)
GLOBAL = Bi(
    zh="输出为{out}，即全局平均池化：每个通道的{area}个值平均成1个数。",
    en="With an output of {out} this is global average pooling: the {area} values of each channel become one mean.",
)
GLOBAL_MAX = Bi(
    zh="输出为{out}，即全局最大池化：每个通道的{area}个值中取最大的1个。",
    en="With an output of {out} this is global max pooling: the largest of each channel's {area} values remains.",
)
ROUNDED_UP = Bi(
    zh="设置了ceil_mode=True，除不尽时向上取整。",
    en="With ceil_mode=True a quotient that does not come out whole is rounded up.",
)
LAST_WINDOW = Bi(
    zh="向上取整后，最后一个窗口会从填充处开始，这个窗口舍去，故再减1。",
    en="Rounded up, the last window would start in the padding; it is dropped, hence the −1.",
)


def _output(call: Call, dims: int, dilates: bool) -> Output:
    first = 2 if call.type.startswith("lp_pool") else 1  # lp_pool2d(input, norm_type, kernel_size, stride, ceil_mode)
    sides = as_tuple(call.option("kernel_size", first), dims)
    s_ = as_tuple(call.option("stride", first + 1) or sides, dims)
    p_ = as_tuple(call.option("padding", 3, 0) if first == 1 else 0, dims)
    d_ = as_tuple(call.option("dilation", 4, 1) if dilates else 1, dims)
    up = bool(call.option("ceil_mode", 5 if dilates else 4, False))
    shape = call.shapes[0]
    image = sizes(dims)
    k, s, p, d = window(dims), stride(s_), padding(p_), dilation(d_)
    values: dict[Symbol, int] = sized(image, shape[-dims:]) | sized(k, sides) | sized(s, s_)
    values |= sized(p, p_) | sized(d, d_)
    windows: list[Expr] = []
    why: list[Bi] = []
    for i in range(dims):
        size = window_size(image[i], k[i], s[i], 2 * p[i], d[i], set(d_) != {1}, up)
        if up and (evaluate(size, values) - 1) * s_[i] >= shape[len(shape) - dims + i] + p_[i]:
            size = size - 1
            why += [LAST_WINDOW] if LAST_WINDOW not in why else []
        windows.append(size)
        room = shape[len(shape) - dims + i] + 2 * p_[i] - d_[i] * (sides[i] - 1) - 1
        why += [ROUNDED_UP] if up and room % s_[i] and ROUNDED_UP not in why else []
    halved = [
        word
        for (_, _, word), size, before in zip(AXES[dims], windows, shape[-dims:], strict=True)
        if 2 * evaluate(size, values) == before
    ]
    if len(halved) == dims:
        axes = Bi(joined(halved).zh, joined(halved, en=" and ").en + (" is" if dims == 1 else " are"))
        why.insert(0, HALVED.format(axes=axes))
    else:
        why.insert(0, EACH_CHANNEL)
    return _shaped(call, windows, values, why)


def _adaptive_output(call: Call, dims: int, largest: bool) -> Output:
    shape = call.shapes[0]
    asked = call.option("output_size", 1)
    given = (asked,) * dims if asked is None or isinstance(asked, int) else tuple(asked)
    out = tuple(before if size is None else size for size, before in zip(given, shape[-dims:], strict=True))
    words = {"out": shape_text(out), "area": shape_text(shape[-dims:])}
    if out == shape[-dims:]:
        why = UNCHANGED.format(**words)
    elif set(out) == {1}:
        why = (GLOBAL_MAX if largest else GLOBAL).format(**words)
    else:
        why = ADAPTIVE.format(**words)
        if any(size > before for size, before in zip(out, shape[-dims:], strict=True)):
            why = why + REPEATED
    made = sizes(dims, out=True)
    return _shaped(call, made, sized(made, out), [why])


def _shaped(call: Call, windows: Sequence[Expr], values: dict[Symbol, int], why: list[Bi]) -> Output:
    dims, shape = len(windows), call.shapes[0]
    kept = axis_symbols(shape)[:-dims]
    axes = [Axis(symbol.name, symbol) for symbol in kept]
    axes += [Axis(f"{name}_out", size) for (name, _, _), size in zip(AXES[dims], windows, strict=True)]
    return Output(tuple(axes), values | sized(kept, shape[:-dims]), tuple(why))


def _sample(random: Random, module: type[nn.Module], dims: int, dilates: bool, first: tuple[int, ...] = ()) -> Sample:
    sides = tuple(side(random, 2, 4) for _ in range(dims))
    options = {"stride": random.choice([None, 1, 2, 3]), "ceil_mode": random.random() < 0.4}
    if module not in POWER:
        options["padding"] = random.randint(0, min(sides) // 2)
    if dilates:
        options["dilation"] = random.randint(1, 2)
    kernel = sides[0] if dims == 1 else sides
    image = tuple(side(random, 9, 30) for _ in range(dims))
    return Sample(lambda: module(*first, kernel, **options), ((random.randint(1, 3), channels(random, 9), *image),))


def _adaptive_sample(random: Random, module: type[nn.Module], dims: int) -> Sample:
    out = tuple(random.choice([1, 2, 7]) for _ in range(dims))
    image = tuple(side(random, 7, 30) for _ in range(dims))
    asked = random.choice([out[0], out])
    return Sample(lambda: module(asked), ((random.randint(1, 3), channels(random, 9), *image),))


def _sliding(word: Bi, name: str, reason: Bi, module: type[nn.Module], dims: int) -> Rule:
    dilates = name == "max_pool"
    first = (2,) if name == "lp_pool" else ()
    return Rule(
        name=f"{name}{dims}d",
        title=word,
        kind=Kind.POOLING,
        modules=(module,),
        functions=(f"{name}{dims}d", f"{name}{dims}d_with_indices") if dilates else (f"{name}{dims}d",),
        parameters=no_parameters(reason),
        output=lambda call: _output(call, dims, dilates),
        sample=lambda random: _sample(random, module, dims, dilates, first),
    )


def _adaptive(word: Bi, name: str, reason: Bi, module: type[nn.Module], dims: int) -> Rule:
    return Rule(
        name=f"{name}{dims}d",
        title=word,
        kind=Kind.POOLING,
        modules=(module,),
        functions=(f"{name}{dims}d", *([f"{name}{dims}d_with_indices"] if "max" in name else [])),
        parameters=no_parameters(reason),
        output=lambda call: _adaptive_output(call, dims, "max" in name),
        sample=lambda random: _adaptive_sample(random, module, dims),
    )


POWER: tuple[type[nn.Module], ...] = (nn.LPPool1d, nn.LPPool2d, nn.LPPool3d)
_MAX = Bi("最大池化层", "max pooling layer")
_MEAN = Bi("平均池化层", "average pooling layer")
_NORM = Bi("幂平均池化层", "power-average pooling layer")
_TO_MAX = Bi("自适应最大池化层", "adaptive max pooling layer")
_TO_MEAN = Bi("自适应平均池化层", "adaptive average pooling layer")

RULES = (
    *(
        _sliding(_MAX, "max_pool", TAKES_MAX, m, i + 1)
        for i, m in enumerate((nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d))
    ),
    *(
        _sliding(_MEAN, "avg_pool", TAKES_MEAN, m, i + 1)
        for i, m in enumerate((nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d))
    ),
    *(_sliding(_NORM, "lp_pool", TAKES_NORM, m, i + 1) for i, m in enumerate(POWER)),
    *(
        _adaptive(_TO_MAX, "adaptive_max_pool", TAKES_MAX, m, i + 1)
        for i, m in enumerate((nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d))
    ),
    *(
        _adaptive(_TO_MEAN, "adaptive_avg_pool", TAKES_MEAN, m, i + 1)
        for i, m in enumerate((nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d))
    ),
)
