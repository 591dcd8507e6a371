"""What stands in the boxes of an opened block."""

from __future__ import annotations

from math import prod

from msgspec import Struct

from explainer.figures.blocks.graph import Node
from explainer.figures.numbers import grouped, times
from explainer.figures.reading import given, output, window_of
from explainer.figures.svg.canvas import SMALLEST, Canvas
from explainer.figures.svg.colours import name_of
from explainer.i18n.bilingual import Bi, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer

HIGH = 26.0  # of a box
GATE = Bi("逐通道加权", "channel gate")
PART = Bi("子块", "part")
STRIDE = Bi("，步幅{n}", ", stride {n}")
LENGTH = Bi("核长{n}", "length {n}")
PADDED, UPSAMPLED, DOWNSAMPLED = Bi("填充", "padding"), Bi("上采样", "upsampling"), Bi("下采样", "downsampling")
SUM, PRODUCT, DIFFERENCE, QUOTIENT = (
    Bi("相加", "sum"),
    Bi("相乘", "product"),
    Bi("相减", "difference"),
    Bi("相除", "quotient"),
)
_SIGNS = {
    "add": ("+", SUM),
    "mul": ("×", PRODUCT),
    "sub": ("−", DIFFERENCE),
    "div": ("÷", QUOTIENT),
    "truediv": ("÷", QUOTIENT),
    "multiply": ("×", PRODUCT),
}
SHORT = {
    "BatchNorm2d": "BN",
    "BatchNorm1d": "BN",
    "BatchNorm3d": "BN",
    "LayerNorm": "LN",
    "GroupNorm": "GN",
    "LayerNorm2d": "LN",
    "Hardswish": "h-swish",
    "Hardsigmoid": "h-σ",
    "Sigmoid": "σ",
    "sigmoid": "σ",
    "tanh": "Tanh",
    "relu": "ReLU",  # functions are called what their modules are
    "relu_": "ReLU",
    "gelu": "GELU",
    "silu": "SiLU",
    "glu": "GLU",
    "elu": "ELU",
    "leaky_relu": "LeakyReLU",
    "hardswish": "h-swish",
    "hardsigmoid": "h-σ",
    "batch_norm": "BN",
    "layer_norm": "LN",
    "group_norm": "GN",
}

LONGEST, PROVEN = 88, 116  # of a name in a box; what was proven is said whole


def label_of(layer: Layer, canvas: Canvas) -> str:
    """`3×3, 128`, `768→3072`, or the kind."""
    window = window_of(layer)
    if window is not None and layer.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED):
        step = STRIDE.format(n=window.stride[0])[canvas.lang] if window.stride[0] > 1 else ""
        step += f", d={window.dilation[0]}" if window.dilation[0] > 1 else ""
        deep = " DW" if window.depthwise else f" /{window.groups}" if window.groups > 1 else ""
        size = LENGTH.format(n=window.kernel[0])[canvas.lang] if window.dims == 1 else times(window.kernel)
        return f"{size}{deep}, {window.channels_out}{step}"
    if window is not None:
        return f"{name_of(layer.kind)[canvas.lang]} {times(window.kernel)}"
    if layer.kind is Kind.LINEAR and layer.call.input_shapes and layer.call.output_shapes:
        return f"{layer.call.input_shapes[0][-1]}→{layer.call.output_shapes[0][-1]}"
    if layer.kind is Kind.ELEMENTWISE:
        return _elementwise(layer)[canvas.lang]
    if layer.kind is Kind.RESIZE:
        return _resized(layer)[canvas.lang]
    return name_of(layer.kind)[canvas.lang]


def _elementwise(layer: Layer) -> Bi:
    """×0.5, sum, product; of others the function's name."""
    call = layer.call
    sign, word = _SIGNS.get(call.type.strip("_"), ("", same(call.type.strip("_"))))
    number = next((one for one in call.args if isinstance(one, int | float) and not isinstance(one, bool)), None)
    return same(f"{sign}{number:.3g}") if sign and number is not None and len(call.input_shapes) == 1 else word


def _resized(layer: Layer) -> Bi:
    if layer.type == "pad":
        return PADDED
    before, after = prod(given(layer)), prod(output(layer))
    return UPSAMPLED if after > before else DOWNSAMPLED if after < before else name_of(layer.kind)


class Words(Struct, frozen=True):
    """What stands in a box: what it is (in the face of code where it is only a name), and its parameters."""

    first: str
    second: str = ""
    face: str = "bold"


def words_of(node: Node, canvas: Canvas) -> Words:
    """The words of a step's box."""
    if node.tag:
        return Words(tag_of(node.layer, canvas))
    owned = sum(layer.value for layer in node.layers) + node.direct
    weights = grouped(owned) if owned else ""
    if not node.name or len(node.layers) < 3:
        return Words(canvas.fitted(label_of(node.layer, canvas), SMALLEST, "bold", LONGEST), weights)
    known = node.said or (GATE if _gates(node) else PART if node.name.isdigit() else None)
    if known is None:
        return Words(canvas.fitted(node.name, SMALLEST, "code", LONGEST), weights, "code")
    return Words(canvas.fitted(known[canvas.lang], SMALLEST, "bold", PROVEN), weights)


def _gates(node: Node) -> bool:
    """Whether its last step multiplies what came in by one number a channel."""
    call, first = node.layers[-1].call, node.layers[0].call
    sizes = sorted((shape[1:] for shape in call.input_shapes), key=prod)
    if not call.type.startswith("mul") or len(sizes) != 2 or not first.input_shapes:
        return False
    weights, given = sizes
    return given == first.input_shapes[0][1:] and weights[:1] == given[:1] and prod(weights) == given[0]


def tag_of(layer: Layer, canvas: Canvas) -> str:
    """What stands upright in the narrow box of a normalization or activation."""
    name = SHORT.get(layer.type, layer.type)
    if canvas.wide(name, SMALLEST) <= HIGH - 2:
        return name
    return {"ACTIVATION": "act", "NORMALIZATION": "norm"}.get(layer.kind.name, layer.type[:5])
