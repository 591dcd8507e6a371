"""Convolutions and transposed convolutions in one, two and three dimensions.

Weights: each kernel sees C_in/g channels; one bias a kernel (LeCun et al. 1989; torch.nn.Conv2d).
Output size: ⌊(H+2p−d(k−1)−1)/s⌋+1, with p *per side*; transposed: (H−1)s−2p+d(k−1)+o+1 (torch's documentation).
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from torch import nn

from explainer.formula.tree import Expr, Symbol, evaluate, product
from explainer.i18n.bilingual import Bi, shape_text
from explainer.rules.base import Rule, Sample, worked
from explainer.rules.convolution_options import ConvolutionOptions, read_convolution
from explainer.rules.convolution_words import (
    DEPTHWISE,
    DILATED,
    EACH_INPUT,
    EACH_OUTPUT,
    EACH_OUTPUT_UNBIASED,
    GROUPED,
    HOLDS,
    HOLDS_NO_BIAS,
    KEPT_BY_PADDING,
    MADE,
    MADE_WITH_BIAS,
    PER_SIDE,
    POINTWISE,
    REVERSED,
    REVERSED_NO_BIAS,
    RGB,
    SAME,
    SHARED,
    SHARED_NO_IMAGE,
    TILES,
    UNEVEN,
    ZEROS,
)
from explainer.rules.draw import channels, side
from explainer.rules.windows import spread_size, window_size
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


def _parameters(call: Call, transposed: bool) -> Parameters:
    layer = read_convolution(call, transposed)
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
    layer = read_convolution(call, transposed=False)
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


def _form(layer: ConvolutionOptions) -> str:
    """What kind of convolution it is, by its groups and its kernel."""
    if layer.g > 1:
        return "depthwise" if layer.g == layer.channels_in else "grouped"
    return "pointwise" if set(layer.sides) == {1} else ""


def _transposed_output(call: Call) -> Output:
    layer = read_convolution(call, transposed=True)
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


def _with_image(call: Call, layer: ConvolutionOptions) -> dict[Symbol, int]:
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
