"""Convolutions and transposed convolutions in one, two and three dimensions.

Weights: each kernel sees C_in/g channels; one bias a kernel (LeCun et al. 1989; torch.nn.Conv2d).
Output size: ⌊(H+2p−d(k−1)−1)/s⌋+1, with p *per side*; transposed: (H−1)s−2p+d(k−1)+o+1 (torch's documentation).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from torch import nn

from explainer.formula.tree import Expr, Symbol, evaluate, product
from explainer.i18n.bilingual import Bi, shape_text
from explainer.rules.base import Rule, Sample, has, worked
from explainer.rules.draw import channels, side
from explainer.rules.windows import as_tuple, spread_size, window_size
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import (
    AXES,
    C_in,
    C_out,
    N,
    bias,
    both_sides,
    dilation,
    groups,
    kernel,
    output_padding,
    padding,
    sized,
    sizes,
    stride,
)
from explainer.walkthrough.case import Axis, Output, Parameters

HOLDS = Bi(
    zh="每个卷积核含{kernel}个权重，再加1个偏置，共{each}个参数；每个卷积核产生一个输出通道，{C_out}个卷积核产生{C_out}个输出通道。",
    en="Each kernel holds {kernel} weights plus one bias, {each} parameters in all; "
    "one kernel makes one output channel, so {C_out:kernel makes|kernels make} {C_out}.",
)
HOLDS_NO_BIAS = Bi(
    zh="每个卷积核含{kernel}个权重，没有偏置；每个卷积核产生一个输出通道，{C_out}个卷积核产生{C_out}个输出通道。",
    en="Each kernel holds {kernel} weights and no bias; one kernel makes one output channel, so "
    "{C_out:kernel makes|kernels make} {C_out}.",
)
RGB = Bi(
    zh="输入有3个通道（如RGB图像的红、绿、蓝）。",
    en="The input has three channels (an RGB image: red, green, blue).",
)
MADE = Bi(
    zh="卷积核由前面的步骤算出，不在这里计数；没有偏置。",
    en="The kernels are computed by earlier steps and not counted here; there is no bias.",
)
MADE_WITH_BIAS = Bi(
    zh="卷积核由前面的步骤算出，不在这里计数；这里只有偏置，每个卷积核1个，共{C_out}个。",
    en="The kernels are computed by earlier steps and not counted here; here there are only biases, one a kernel, {C_out}.",
)
SHARED = Bi(
    zh="同一个卷积核的参数在所有位置上共用，所以参数量与图像大小无关，也与批量大小无关。",
    en="A kernel is reused at every position and for every image, so neither the image size nor the batch affects the count.",
)
SHARED_NO_IMAGE = Bi(
    zh="同一个卷积核的参数在所有位置上共用，所以参数量与输入的大小无关，也与批量大小无关。",
    en="A kernel is reused at every position and for every example, so neither the size of the input nor the batch affects the count.",
)
GROUPED = Bi(
    zh="分组卷积：{C_in}个输入通道分成{g}组，每个卷积核只与本组的{per_group}个通道相连；"
    "{C_out}个卷积核平均分到各组，每组{kernels_each}个。",
    en="Grouped convolution: the {C_in} input channels form {g} groups, and a kernel sees only the {per_group} of its own; "
    "the {C_out} kernels are shared out among the groups, {kernels_each} each.",
)
DEPTHWISE = Bi(
    zh="深度卷积（depthwise convolution，又称逐通道卷积）：分组数等于输入通道数{C_in}，每个卷积核只与1个通道相连。",
    en="Depthwise convolution: there are as many groups as input channels, {C_in}, so a kernel sees a single channel.",
)
POINTWISE = Bi(
    zh="1×1卷积不涉及邻近位置，只在每个位置上把{C_in}个输入通道线性组合为{C_out}个输出通道。",
    en="A 1×1 convolution ignores neighbouring positions; at each position it combines {C_in} channels into {C_out}.",
)
REVERSED = Bi(
    zh="转置卷积的权重形状为{weight}，输入通道在前，与普通卷积相反；偏置仍按输出通道计，共{C_out}个。",
    en="A transposed convolution stores its weight as {weight}, input channels first, the reverse of an ordinary "
    "convolution; there is still one bias for each of the {C_out:output channel|output channels}.",
)
REVERSED_NO_BIAS = Bi(
    zh="转置卷积的权重形状为{weight}，输入通道在前，与普通卷积相反。",
    en="A transposed convolution stores its weight as {weight}, input channels first, the reverse of an ordinary "
    "convolution.",
)
TILES = Bi(
    zh="每个输入位置展开为{patch}的一块，步幅与块的边长相同，各块恰好不重叠。",
    en="Each input position spreads over a patch of {patch}; the stride equals the side, so the patches do not overlap.",
)
ZEROS = {  # along one, two and three dimensions
    1: Bi("{p}个0", "{p:zero|zeros}"),
    2: Bi("{p}行（列）0", "{p:row or column|rows or columns} of zeros"),
    3: Bi("{p}层0", "{p:layer|layers} of zeros"),
}
PER_SIDE = Bi(
    zh="填充按每侧计：两侧各补{zeros}。有的教材中的填充是两侧之和，代入公式时须先除以2。",
    en="Padding is counted per side: {zeros} on each side. Some textbooks give the padding of both sides "
    "together; halve it before using this formula.",
)
KEPT_BY_PADDING = Bi(
    zh="为什么填充：若不填充，每经过一层这样的卷积，特征图的边长就减少{less}，十层减少{ten}；填充后边长不变。",
    en="Why padding: without it the map's sides would shrink by {less} at every such convolution, {ten} after ten of them; with it they stay.",
)
DILATED = Bi(
    zh="膨胀率为{d}时，卷积核一边的{k}个元素在特征图上跨{span}格（{d}·({k}−1)+1={span}）；参数量不受膨胀率影响。",
    en="With dilation {d} the {k} cells along a kernel's side span {span} on the feature map "
    "({d}·({k}−1)+1 = {span}); the number of parameters is not affected.",
)
EACH_OUTPUT = Bi(
    zh="输出共{elements}个元素，每个元素由{each}次乘加得到（偏置的加法不计）。",
    en="There are {elements:output element|output elements}, and each takes {each} multiply-accumulates (adding the bias is not counted).",
)
EACH_OUTPUT_UNBIASED = Bi(
    zh="输出共{elements}个元素，每个元素由{each}次乘加得到。",
    en="There are {elements:output element|output elements}, and each takes {each} multiply-accumulates.",
)
EACH_INPUT = Bi(
    zh="输入共{elements}个元素，每个元素与{each}个权重分别相乘，乘积累加到输出的相应位置：每个权重1次乘加。",
    en="Each of the {elements:input element|input elements} is multiplied by {each} weights and added to the output: "
    "one multiply-accumulate a weight.",
)
SAME = Bi(
    zh="填充方式为“same”：两侧共填{total}，使输出与输入一样大。",
    en='Padding is "same": {total} over both sides together, so that the output is as large as the input.',
)
UNEVEN = Bi(
    zh="填充方式为“same”：两侧共填{total}，是奇数，右（下）侧多填1，使输出与输入一样大。",
    en='Padding is "same": {total} over both sides together, an odd number, so the right (bottom) side gets one more; '
    "the output is as large as the input.",
)


@dataclass(frozen=True)
class _Layer:
    """A convolution's hyperparameters, read off a module or off a function's arguments."""

    weight: tuple[int, ...]
    has_bias: int
    g: int
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]
    same: bool
    transposed: bool

    @property
    def sides(self) -> tuple[int, ...]:
        return self.weight[2:]

    @property
    def channels_in(self) -> int:
        return self.weight[0] if self.transposed else self.weight[1] * self.g

    @property
    def channels_out(self) -> int:
        return self.weight[1] * self.g if self.transposed else self.weight[0]

    @property
    def spans(self) -> tuple[int, ...]:
        """d(k−1): what padding "same" adds over both sides together."""
        return tuple(d * (k - 1) for d, k in zip(self.dilation, self.sides, strict=True))

    def values(self) -> dict[Symbol, int]:
        return sized(kernel(len(self.sides)), self.sides) | {
            C_in: self.channels_in,
            C_out: self.channels_out,
            groups: self.g,
            bias: self.has_bias,
        }


def _read(call: Call, transposed: bool) -> _Layer:
    weight = call.tensor_shape("weight", 1)
    assert weight is not None
    dims = len(weight) - 2
    padding_given = call.option("padding", 4, 0)
    named = isinstance(padding_given, str)
    return _Layer(
        weight=weight,
        has_bias=has(call.option("bias", 2)),
        g=call.option("groups", 6, 1),
        stride=as_tuple(call.option("stride", 3, 1), dims),
        padding=as_tuple(0 if named else padding_given, dims),
        dilation=as_tuple(call.option("dilation", 7 if transposed else 5, 1), dims),
        output_padding=as_tuple(call.option("output_padding", 5, 0) if transposed else 0, dims),
        same=padding_given == "same",
        transposed=transposed,
    )


def _parameters(call: Call, transposed: bool) -> Parameters:
    layer = _read(call, transposed)
    values = layer.values()
    one_kernel = product([*kernel(len(layer.sides)), C_in]) / groups
    words = {
        "kernel": worked(one_kernel, values),
        "each": evaluate(one_kernel, values) + 1,
        "C_in": layer.channels_in,
        "C_out": layer.channels_out,
        "g": layer.g,
        "per_group": layer.channels_in // layer.g,
        "kernels_each": layer.channels_out // layer.g,
        "weight": shape_text(layer.weight),
    }
    why: list[Bi] = []
    if layer.g > 1:
        why.append(DEPTHWISE if layer.g == layer.channels_in else GROUPED)
    elif not transposed and call.inputs[:1] == ("input",) and layer.channels_in == 3 and len(layer.sides) == 2:
        why.append(RGB)
    given = call.option("weight", 1)
    if isinstance(given, TensorRef) and given.parameter is None:  # weight standardization and the like
        made = MADE_WITH_BIAS if layer.has_bias else MADE
        return Parameters(bias * C_out, values, ("bias",), (2,), (made.format(**words),))
    why.append(HOLDS if layer.has_bias else HOLDS_NO_BIAS)
    if transposed:
        why.append(REVERSED if layer.has_bias else REVERSED_NO_BIAS)
    elif set(layer.sides) == {1} and layer.g == 1:
        why.append(POINTWISE)
    return Parameters(
        formula=(one_kernel + bias) * C_out,
        values=values,
        claims=("weight", "bias"),
        why=tuple(text.format(**words) for text in why),
        remark=(SHARED if len(layer.sides) == 2 else SHARED_NO_IMAGE,),
    )


def _output(call: Call) -> Output:
    layer = _read(call, transposed=False)
    dims = len(layer.sides)
    uneven = layer.same and any(span % 2 for span in layer.spans)
    pads = layer.padding
    if layer.same:
        pads = layer.spans if uneven else tuple(span // 2 for span in layer.spans)
    k, s, d = kernel(dims), stride(layer.stride), dilation(layer.dilation)
    p = both_sides(pads) if uneven else padding(pads)
    dilated = set(layer.dilation) != {1}
    image = sizes(dims)
    windows = [window_size(image[i], k[i], s[i], p[i] if uneven else 2 * p[i], d[i], dilated) for i in range(dims)]
    values = _with_image(call, layer) | sized(s, layer.stride) | sized(p, pads) | sized(d, layer.dilation)
    made = sizes(dims, out=True)
    values |= sized(made, [evaluate(window, values) for window in windows])
    why = [(UNEVEN if uneven else SAME).format(total=_sides(layer.spans))] if layer.same else []
    if dilated and len(set(layer.dilation)) == 1 and len(set(layer.sides)) == 1:
        span = layer.spans[0] + 1
        why.append(DILATED.format(d=layer.dilation[0], k=layer.sides[0], span=span))
    remark = (
        [PER_SIDE.format(zeros=ZEROS[len(pads)].format(p=pads[0]))]
        if not layer.same and any(pads) and len(set(pads)) == 1
        else []
    )
    keeps = set(layer.stride) == {1} and len(set(layer.spans)) == 1 and 2 * pads[0] == layer.spans[0]
    if remark and keeps:
        remark.append(KEPT_BY_PADDING.format(less=layer.spans[0], ten=10 * layer.spans[0]))
    return replace(_shaped(windows, values, made, why, remark), form=_form(layer))


def _form(layer: _Layer) -> str:
    """What kind of convolution it is, by its groups and its kernel."""
    if layer.g > 1:
        return "depthwise" if layer.g == layer.channels_in else "grouped"
    return "pointwise" if set(layer.sides) == {1} else ""


def _transposed_output(call: Call) -> Output:
    layer = _read(call, transposed=True)
    dims = len(layer.sides)
    k, s, p = kernel(dims), stride(layer.stride), padding(layer.padding)
    o, d = output_padding(layer.output_padding), dilation(layer.dilation)
    dilated = set(layer.dilation) != {1}
    image = sizes(dims)
    spread = [spread_size(image[i], k[i], s[i], p[i], o[i], d[i], dilated) for i in range(dims)]
    values = _with_image(call, layer) | sized(s, layer.stride) | sized(p, layer.padding)
    values |= sized(o, layer.output_padding) | sized(d, layer.dilation)
    tiles = layer.sides == layer.stride and not any(layer.padding + layer.output_padding) and not dilated
    why = [TILES.format(patch=shape_text(layer.sides))] if tiles else []
    return _shaped(spread, values, image, why, [], transposed=True)


def _with_image(call: Call, layer: _Layer) -> dict[Symbol, int]:
    dims = len(layer.sides)
    shape = call.shapes[0]
    values = layer.values() | sized(sizes(dims), shape[-dims:])
    return values | ({N: shape[0]} if len(shape) == dims + 2 else {})


def _shaped(
    image: list[Expr],
    values: dict[Symbol, int],
    positions: tuple[Symbol, ...],
    why: list[Bi],
    remark: list[Bi],
    transposed: bool = False,
) -> Output:
    """Batch and channels before the image. A kernel works once for every element of the output, a transposed one once
    for every element of the input; `positions` are the sides of that map."""
    batch = [N] if N in values else []
    names = [name for name, _, _ in AXES[len(image)]]
    axes = [Axis(symbol.name, symbol) for symbol in (*batch, C_out)]
    axes += [Axis(f"{name}_out", size) for name, size in zip(names, image, strict=True)]
    here, there, text = (
        (C_in, C_out, EACH_INPUT)
        if transposed
        else (C_out, C_in, EACH_OUTPUT if values.get(bias) else EACH_OUTPUT_UNBIASED)
    )
    elements = product([*batch, here, *positions])
    each = product([*kernel(len(image)), there]) / groups
    said = text.format(elements=evaluate(elements, values), each=worked(each, values))
    return Output(tuple(axes), values, tuple(why), tuple(remark), product([elements, each]), (said,))


def _sides(spans: tuple[int, ...]) -> str:
    return str(spans[0]) if len(set(spans)) == 1 else ", ".join(map(str, spans))


def _sample(random: Random, dims: int, transposed: bool) -> Sample:
    """Kernels, strides, padding, dilation and groups as they occur, per side; the input large enough for them."""
    g = random.choice([1, 1, 2, 4])
    channels_in, channels_out = g * channels(random, 16), g * channels(random, 16)

    def sides(low: int, high: int) -> tuple[int, ...]:
        return tuple(side(random, low, high) for _ in range(dims))

    k, d, s = sides(1, 5), sides(1, 2), sides(1, 3)
    options: dict[str, Any] = {"groups": g, "bias": random.random() < 0.7, "dilation": d}
    if transposed:
        o = tuple(side(random, 0, max(stride, dilated) - 1) for stride, dilated in zip(s, d, strict=True))
        options |= {"stride": s, "padding": sides(0, 1), "output_padding": o}
    elif random.random() < 0.25:
        options["padding"] = random.choice(["same", "valid"])
    else:
        options |= {"stride": s, "padding": sides(0, 3)}
    kind = (TRANSPOSED if transposed else CONVOLUTIONS)[dims - 1]
    image = tuple(side(random, 10, 24) for _ in range(dims))
    return Sample(lambda: kind(channels_in, channels_out, k, **options), ((random.randint(1, 3), channels_in, *image),))


CONVOLUTIONS: tuple[type[nn.Module], ...] = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED: tuple[type[nn.Module], ...] = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_DIMENSION = (Bi("一维", "1-D "), Bi("", ""), Bi("三维", "3-D "))


def _rule(dims: int, transposed: bool) -> Rule:
    name = f"conv_transpose{dims}d" if transposed else f"conv{dims}d"
    word = Bi("转置卷积层", "transposed convolutional layer") if transposed else Bi("卷积层", "convolutional layer")
    return Rule(
        name=name,
        title=_DIMENSION[dims - 1] + word,
        kind=Kind.TRANSPOSED if transposed else Kind.CONVOLUTION,
        modules=((TRANSPOSED if transposed else CONVOLUTIONS)[dims - 1],),
        functions=(name,),
        parameters=lambda call: _parameters(call, transposed),
        output=_transposed_output if transposed else _output,
        sample=lambda random: _sample(random, dims, transposed),
    )


RULES = tuple(_rule(dims, transposed) for transposed in (False, True) for dims in (1, 2, 3))
