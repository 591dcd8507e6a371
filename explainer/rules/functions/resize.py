"""Feature maps made larger or smaller without weights: interpolation, pixel shuffle, sampling on a grid."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random
from typing import Any

from torch import nn
from torch.nn import functional as F

from explainer.formula.tree import Expr, Number, Rounded, Symbol, evaluate
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import ONLY_MOVES, axes_of, changed, fixed, pictured, step, tensor, unchanged
from explainer.rules.windows import as_tuple
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import AXES, sized
from explainer.walkthrough.case import Axis, Output

FIXED_FILL = Bi(
    zh="插入的值由固定的规则给出，没有可学习的参数。",
    en="The values filled in follow a fixed rule; there is nothing to learn.",
)
ENLARGED = Bi(
    zh="上采样：按插值放大特征图，通道数不变。",
    en="Up-sampling: the feature map is enlarged by interpolation; the number of channels stays the same.",
)
RESIZED = Bi(
    zh="按插值改变特征图的大小，通道数不变。",
    en="The feature map is resized by interpolation; the number of channels stays the same.",
)
SHUFFLED = Bi(
    zh="每{square}个通道的值排成{r}×{r}的一小块：通道数除以{square}，高、宽各乘{r}。",
    en="The values of {square} channels are laid out as a patch of {r}×{r}: the channels are divided by {square}, height "
    "and width multiplied by {r}.",
)
UNSHUFFLED = Bi(
    zh="每个{r}×{r}的小块拆成{square}个通道：高、宽各除以{r}，通道数乘{square}。",
    en="Each patch of {r}×{r} is taken apart into {square} channels: height and width are divided by {r}, the channels "
    "multiplied by {square}.",
)
MIXED = Bi(
    zh="通道分成{groups}组后交错重排，让下一层的各组都能看到所有组的信息；输出形状不变。",
    en="The channels of {groups:group|groups} are interleaved, so that each group of the next layer sees all of them; the "
    "shape stays the same.",
)
SAMPLED = Bi(
    zh="按网格给出的坐标在输入特征图上取值（插值），输出的高和宽就是网格的高和宽。",
    en="Values are taken from the input at the coordinates of a grid, by interpolation; the output is as high and wide as "
    "the grid.",
)
GRID = Bi(
    zh="由仿射变换矩阵算出每个输出位置在输入上的坐标。",
    en="An affine transformation gives each output position its coordinates on the input.",
)


def _resize(call: Call) -> Output:
    """interpolate, Upsample: a size as given, or ⌊H·factor⌋."""
    first = call.operands[0]
    dims = len(first.shape) - 2
    size, factor = call.option("size", 1), call.option("scale_factor", 2)
    symbols = pictured(first)
    axes = axes_of(symbols[:2])
    for i, (name, _, _) in enumerate(AXES[dims]):
        symbol, before = symbols[i + 2], first.shape[i + 2]
        if size is not None:
            new: Expr | None = Number(as_tuple(size, dims)[i])
        else:
            new = _scaled(symbol, before, float(factor[i] if isinstance(factor, list | tuple) else factor))
        if new is None:
            return Output(None, why=(RESIZED,))
        axes.append(Axis(f"{name}_out", new))
    values = sized(symbols, first.shape)
    larger = all(evaluate(axis.size, values) > size for axis, size in zip(axes[2:], first.shape[2:], strict=True))
    return Output(tuple(axes), values, why=(ENLARGED if larger else RESIZED,), form="enlarged" if larger else "")


def _scaled(symbol: Symbol, before: int, scale: float) -> Expr | None:
    """⌊H·7/10⌋ for 0.7. torch multiplies in floating point; where that is another number, there is no formula."""
    if scale.is_integer():
        return symbol * int(scale)
    exact = Fraction(scale).limit_denominator(1000)
    if math.floor(before * exact) != math.floor(before * scale):
        return None
    above: Expr = symbol * exact.numerator if exact.numerator != 1 else symbol
    return Rounded(above, Number(exact.denominator))


def _shuffle(call: Call) -> Output:
    first, r = call.operands[0], call.option("upscale_factor", 1)
    names = pictured(first)
    channels, height, width = names[-3:]
    sizes: dict[int, Expr] = {-3: channels / Number(r * r), -2: height * r, -1: width * r}
    return changed(first, sizes, SHUFFLED.format(r=r, square=r * r), names=names)


def _unshuffle(call: Call) -> Output:
    first, r = call.operands[0], call.option("downscale_factor", 1)
    names = pictured(first)
    channels, height, width = names[-3:]
    sizes: dict[int, Expr] = {-3: channels * (r * r), -2: height / Number(r), -1: width / Number(r)}
    return changed(first, sizes, UNSHUFFLED.format(r=r, square=r * r), names=names)


def _mixed(call: Call) -> Output:
    output = unchanged(call)
    return Output(output.axes, output.values, why=(MIXED.format(groups=call.option("groups", 1)),))


def _sampled(call: Call) -> Output:
    """grid_sample(N×C×H×W, N×H'×W'×2) → N×C×H'×W'."""
    first, grid = call.operands[:2]
    sizes: dict[int, Expr] = {i + 2: Number(size) for i, size in enumerate(grid.shape[1:-1])}
    return changed(first, sizes, SAMPLED, names=pictured(first))


def _affine(call: Call) -> Output:
    n, _, *image = call.option("size", 1)
    return fixed((n, *image, len(image)), GRID)


def _sample_resize(random: Random, layer: bool) -> Sample:
    options: dict[str, Any] = random.choice(
        [{"scale_factor": 2}, {"size": (14, 7)}, {"scale_factor": 1.5}, {"scale_factor": (2, 3)}, {"scale_factor": 0.7}]
    )
    image = (random.randint(2, 20), random.randint(2, 20))
    layers: list[Any] = [
        lambda: nn.Upsample(**options),
        lambda: nn.UpsamplingNearest2d(scale_factor=2),
        lambda: nn.UpsamplingBilinear2d(size=(9, 5)),
    ]
    build: Any = random.choice(layers) if layer else lambda: lambda x: F.interpolate(x, **options)
    return Sample(build, ((1, random.randint(1, 4), *image),))


def _sample_shuffle(random: Random) -> Sample:
    r, c, h, w = random.randint(1, 3), *tensor(random, 3)
    build: Any = random.choice([lambda: nn.PixelShuffle(r), lambda: lambda x: F.pixel_shuffle(x, r)])
    return Sample(build, ((2, c * r * r, h, w),))


def _sample_unshuffle(random: Random) -> Sample:
    r, c, h, w = random.randint(1, 3), *tensor(random, 3)
    build: Any = random.choice([lambda: nn.PixelUnshuffle(r), lambda: lambda x: F.pixel_unshuffle(x, r)])
    return Sample(build, ((2, c, h * r, w * r),))


def _sample_mixed(random: Random) -> Sample:
    groups, each = random.randint(1, 4), random.randint(1, 8)
    return Sample(lambda: nn.ChannelShuffle(groups), ((2, groups * each, 3, 3),))


def _sample_sampled(random: Random) -> Sample:
    n, c, h, w = tensor(random)
    return Sample(lambda: lambda x, grid: F.grid_sample(x, grid, align_corners=False), ((n, c, 5, 5), (n, h, w, 2)))


def _sample_affine(random: Random) -> Sample:
    n, c, h, w = tensor(random)
    return Sample(lambda: lambda x: F.affine_grid(x, [n, c, h, w], align_corners=False), ((n, 2, 3),))


def _rule(name: str, title: Bi, output: Any, sample: Any, functions: str, *modules: Any, moves: bool = False) -> Rule:
    reason = ONLY_MOVES if moves else FIXED_FILL
    return step(name, title, Kind.RESIZE, output, sample, functions, modules=modules, reason=reason)


RULES = (
    _rule(
        "interpolate",
        Bi("插值缩放", "interpolation"),
        _resize,
        lambda random: _sample_resize(random, layer=False),
        "interpolate upsample upsample_nearest upsample_bilinear",
    ),
    _rule(
        "upsample_layer",
        Bi("上采样层", "up-sampling layer"),
        _resize,
        lambda random: _sample_resize(random, layer=True),
        "",
        nn.Upsample,
    ),
    _rule(
        "pixel_shuffle",
        Bi("像素重排", "pixel shuffle"),
        _shuffle,
        _sample_shuffle,
        "pixel_shuffle",
        nn.PixelShuffle,
        moves=True,
    ),
    _rule(
        "pixel_unshuffle",
        Bi("像素逆重排", "pixel unshuffle"),
        _unshuffle,
        _sample_unshuffle,
        "pixel_unshuffle",
        nn.PixelUnshuffle,
        moves=True,
    ),
    _rule(
        "channel_shuffle",
        Bi("通道重排", "channel shuffle"),
        _mixed,
        _sample_mixed,
        "channel_shuffle native_channel_shuffle",
        nn.ChannelShuffle,
        moves=True,
    ),
    _rule("grid_sample", Bi("网格采样", "sampling on a grid"), _sampled, _sample_sampled, "grid_sample grid_sampler"),
    _rule("affine_grid", Bi("仿射网格", "affine grid"), _affine, _sample_affine, "affine_grid"),
)
