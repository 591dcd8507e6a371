"""Receptive fields through windows: convolution, pooling, interpolation, and padding by itself; axis by axis."""

from __future__ import annotations

from fractions import Fraction

from explainer.formula.tree import Env
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Call
from explainer.walkthrough.model import Layer
from explainer.walkthrough.receptive_field.field import ALL_OF_IT, Field, PathEnds, Result, integer, integers, known
from explainer.walkthrough.receptive_field.recurrence import HERE, Reach, Step, resized, spread, windowed
from explainer.walkthrough.receptive_field.sentences import GROWS, KEEPS, RESIZES, SPREADS, WHOLE

_NEIGHBOURS = {"nearest": 1, "nearest-exact": 1, "linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}
_RESIZES = ("interpolate", "upsample_layer", "pixel_shuffle", "pixel_unshuffle")
_SUFFIXES = {1: ("",), 2: ("_h", "_w"), 3: ("_d", "_h", "_w")}


def is_window(layer: Layer) -> bool:
    """Whether the field is that of a window which moves over the image."""
    if layer.rule is None or layer.output is None:
        return False
    if layer.kind is Kind.RESIZE:
        return layer.rule.name in _RESIZES
    return layer.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING)


def through_window(layer: Layer, shape: Shape, field: Field, out: Shape) -> Result:
    """shape, out: of the call's input and output. Raises PathEnds."""
    if field.whole:
        return field, (), WHOLE
    rule = known(layer.rule)
    dims = _dims(rule.name, len(shape))
    if not 0 < dims <= min(len(shape), len(out)):
        raise PathEnds
    last = tuple(range(len(shape) - dims, len(shape)))
    if (field.axes is not None and field.axes != last) or len(out) != len(shape):
        raise PathEnds
    reach = field.reach or (HERE,) * dims
    sizes = [(shape[at], out[at]) for at in last]
    if rule.name.startswith("adaptive") and all(after == 1 for _, after in sizes):
        one = all(before == 1 for before, _ in sizes)
        return (Field(reach, last), (), KEEPS) if one else (ALL_OF_IT, (), WHOLE)
    steps = tuple(_along(layer, i, dims, reach[i], *sizes[i]) for i in range(dims))
    why = SPREADS if layer.kind is Kind.TRANSPOSED else RESIZES if layer.kind is Kind.RESIZE else GROWS
    return Field(tuple(step.reach for step in steps), last), steps, why


def _dims(name: str, rank: int) -> int:
    """How many axes the window has: `conv2d` says it, else all but the batch and the channels."""
    if name[-1:] != "d":
        return rank - 2
    if not name[-2:-1].isdecimal():
        raise PathEnds
    return int(name[-2])


def _along(layer: Layer, i: int, dims: int, reach: Reach, before: int, after: int) -> Step:
    """One axis of a window. Raises PathEnds."""
    name, call = known(layer.rule).name, layer.call
    if name.startswith("adaptive"):
        if after == before:
            return Step(reach)
        if not after or before % after:
            raise PathEnds
        return known(windowed(reach, before // after, before // after, 0, 1))
    if name == "pixel_shuffle":
        return known(resized(reach, Fraction(integer(call.option("upscale_factor", 1), least=1)), 1))
    if name == "pixel_unshuffle":
        r = integer(call.option("downscale_factor", 1), least=1)
        return known(windowed(reach, r, r, 0, 1))
    if layer.kind is Kind.RESIZE:
        neighbours = _NEIGHBOURS.get(str(call.option("mode", 3, "nearest")))
        if not 0 < before <= after:
            raise PathEnds
        return known(resized(reach, Fraction(after, before), known(neighbours)))
    return _by_its_formula(layer, _SUFFIXES[dims][i], reach)


def _by_its_formula(layer: Layer, suffix: str, reach: Reach) -> Step:
    """The kernel, stride, padding and dilation as they stand in the formula of the layer's output."""
    env = _named(known(layer.output).values)

    def value(symbol: str, otherwise: int, least: int = 1) -> int:
        return integer(env.get(symbol + suffix, env.get(symbol, otherwise)), least)

    k, s, d = value("k", 1), value("s", 1), value("d", 1)
    if layer.kind is Kind.TRANSPOSED:
        return known(spread(reach, k, s, d))
    both = value("P", 0, least=0)  # "same" where the sides differ: the smaller half comes first
    return known(windowed(reach, k, s, both // 2 if both else value("p", 0, least=0), d))


def _named(values: Env) -> dict[str, int]:
    return {symbol.name: value for symbol, value in values.items()}


def padded(call: Call, shape: Shape, field: Field) -> Result:
    """Padding by itself: the field stays, its start moves. Raises PathEnds."""
    if field.whole:
        return field, (), WHOLE
    given = integers(call.option("padding") if call.kind == "module" else call.option("pad", 1))
    rank = len(shape)
    axes = field.axes if field.axes is not None else tuple(range(2, rank))
    reach = list(field.reach or (HERE,) * len(axes))
    for n in range(len(given) // 2):
        at, left = rank - 1 - n, given[2 * n]
        if at in axes and left:
            here = axes.index(at)
            reach[here] = known(windowed(reach[here], 1, 1, left, 1)).reach
    return Field(tuple(reach), axes), (), KEEPS
