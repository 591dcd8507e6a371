"""Receptive fields along convolutional paths: from layer to layer by recurrence, at a join the union of the branches.

Normalization is taken position by position: that its statistics see the whole map is left out, as is usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explainer.formula.tree import Env
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Call, TensorRef
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.receptive_field.recurrence import HERE, Reach, Step, joined, resized, spread, windowed

GROWS = Bi(
    zh="窗口每增大1格，感受野就增大一个累计步幅；步幅大于1时，此后相邻两点在原图上的距离随之加大。",
    en="Every further cell of the window adds one effective stride; a stride moves neighbours further apart on the image.",
)
KEEPS = Bi(
    zh="逐点运算与邻近位置无关，感受野不变。", en="A position-wise step looks at no neighbours: the field stays."
)
MEETS = Bi(
    zh="几个分支在这里汇合，感受野取各分支的并集。",
    en="Branches meet here: the field is the union of theirs.",
)
WHOLE = Bi(zh="每个输出都取决于整幅图像。", en="Every output depends on the whole image.")
SPREADS = Bi(
    zh="转置卷积的一个输出最多由⌊(k−1)/s⌋+1个相邻输入得到；相邻两点的距离缩为原来的1/s。"
    "放大之后，不同位置的感受野略有不同，递推所得约为其平均值。",
    en="A transposed convolution makes an output from at most ⌊(k−1)/s⌋+1 neighbouring inputs; neighbours come s times "
    "closer. Further on the field differs a little from position to position, and the recurrence gives about the mean.",
)
RESIZES = Bi(
    zh="插值只用到最近的几个点；相邻两点的距离随放大倍数缩小。",
    en="Interpolation looks at the nearest positions only; neighbours come closer by its factor.",
)
THEORETICAL = Bi(
    zh="感受野按理论值计算，可以大于图像；靠近边缘处有一部分落在填充上。",
    en="Receptive fields are the theoretical ones: they may be larger than the image, and near its edges part of them lies "
    "on the padding.",
)


@dataclass(frozen=True)
class Receptive:
    """A call's receptive field.

    steps: one per axis of the image (height, width); whole: the whole image, whatever its size (then `steps` is empty).
    why: one sentence.
    """

    path: str
    steps: tuple[Step, ...]
    whole: bool
    why: Bi

    @property
    def square(self) -> bool:
        """All axes alike."""
        return len({step.reach for step in self.steps}) == 1

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(step.reach.size for step in self.steps)

    @property
    def strides(self) -> tuple[Fraction, ...]:
        return tuple(step.reach.stride for step in self.steps)

    @property
    def paddings(self) -> tuple[int | None, ...]:
        return tuple(step.reach.padding for step in self.steps)


@dataclass(frozen=True)
class _Field:
    """What is known of a tensor: its reach, and where in it the image's axes are.

    axes: None for the input itself, whose axes the first convolution decides.
    """

    reach: tuple[Reach, ...] = ()
    axes: tuple[int, ...] | None = None
    whole: bool = False


_INPUT = _Field()
_SAME_PLACE = {"clone", "Identity", "ChannelShuffle", "channel_shuffle", "native_channel_shuffle"}
_KEEPING = {Kind.ACTIVATION, Kind.NORMALIZATION, Kind.DROPOUT}
_JOINING = {Kind.ELEMENTWISE, Kind.JOIN}
_NEIGHBOURS = {"nearest": 1, "nearest-exact": 1, "linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}


def receptive_fields(walk: Walkthrough) -> dict[int, Receptive]:
    """The field of every call that has one, by the call's index; empty without convolution or pooling."""
    if not any(layer.kind in (Kind.CONVOLUTION, Kind.POOLING) for layer in walk.layers):
        return {}
    fields: dict[int, _Field] = {}
    found: dict[int, Receptive] = {}
    for layer in walk.layers:
        try:
            result = _follow(layer, fields)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            result = None  # a call in a form that we do not know: the path ends here
        if result is None:
            continue
        field, steps, why = result
        fields[layer.index] = field
        if field.whole:
            found[layer.index] = Receptive(layer.path, (), True, WHOLE)
        elif field.axes is not None:
            found[layer.index] = Receptive(layer.path, steps or tuple(map(Step, field.reach)), False, why)
    return found


_Result = tuple[_Field, tuple[Step, ...], Bi]


def _follow(layer: Layer, fields: dict[int, _Field]) -> _Result | None:
    """The field after a call, from those of its inputs."""
    call, kind = layer.call, layer.kind
    given = [(operand, _of(operand, fields)) for operand in call.operands if operand.parameter is None]
    known = [(operand, field) for operand, field in given if operand.source != "constant"]
    if not known or not call.output_shapes or any(field is None for _, field in known):
        return None
    operand, field = known[0]
    assert field is not None
    out = call.output_shapes[0]
    if kind in (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING) or (kind is Kind.RESIZE and _is_resize(layer)):
        return _window(layer, operand, field, out)
    if layer.rule and layer.rule.name == "pad":
        return _padded(call, operand, field)
    if kind in _JOINING and len(known) > 1:
        return _join([(operand.shape, field) for operand, field in known if field is not None], out)
    if kind is Kind.REDUCTION:
        return _reduced(field, operand.shape, out, call)
    if kind is Kind.LINEAR:
        pointwise = field.whole or (field.axes is not None and len(operand.shape) - 1 not in field.axes)
        return (field, (), KEEPS) if pointwise else None
    if call.type in ("permute", "Permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis"):
        return _moved(call, field, operand.shape)
    if kind in _KEEPING or call.type in _SAME_PLACE or (out == operand.shape and kind is Kind.ELEMENTWISE):
        return (field, (), KEEPS) if len(out) == len(operand.shape) else None
    if kind in (Kind.RESHAPE, Kind.JOIN, Kind.OTHER):
        return _reshaped(field, operand.shape, out, call)
    return None


def _of(operand: TensorRef, fields: dict[int, _Field]) -> _Field | None:
    if operand.source == "input":
        return _INPUT
    return fields.get(operand.source) if isinstance(operand.source, int) else None


def _is_resize(layer: Layer) -> bool:
    return layer.rule is not None and layer.rule.name in (
        "interpolate",
        "upsample_layer",
        "pixel_shuffle",
        "pixel_unshuffle",
    )


def _window(layer: Layer, operand: TensorRef, field: _Field, out: Shape) -> _Result | None:
    """Convolution, pooling, interpolation: axis by axis."""
    if field.whole:
        return field, (), WHOLE
    assert layer.output is not None and layer.rule is not None
    shape = operand.shape
    dims = int(layer.rule.name[-2]) if layer.rule.name[-1] == "d" else len(shape) - 2
    last = tuple(range(len(shape) - dims, len(shape)))
    axes = field.axes if field.axes is not None else last
    if axes != last:
        return None
    reach = field.reach or (HERE,) * dims
    sizes = [(shape[axis], out[axis]) for axis in last]
    if layer.rule.name.startswith("adaptive") and all(after == 1 for _, after in sizes):
        one = all(before == 1 for before, _ in sizes)
        return (_Field(reach, last), (), KEEPS) if one else (_Field((), (), whole=True), (), WHOLE)
    steps: list[Step] = []
    for i in range(dims):
        step = _along(layer, i, dims, reach[i], *sizes[i])
        if step is None:
            return None
        steps.append(step)
    why = SPREADS if layer.kind is Kind.TRANSPOSED else RESIZES if layer.kind is Kind.RESIZE else GROWS
    return _Field(tuple(step.reach for step in steps), last), tuple(steps), why


def _along(layer: Layer, i: int, dims: int, reach: Reach, before: int, after: int) -> Step | None:
    """One axis of a window."""
    assert layer.output is not None and layer.rule is not None
    name, call = layer.rule.name, layer.call
    if name.startswith("adaptive"):
        if after == before:
            return Step(reach)
        return windowed(reach, before // after, before // after, 0, 1) if before % after == 0 else None
    if name == "pixel_shuffle":
        return resized(reach, Fraction(call.option("upscale_factor", 1)), 1)
    if name == "pixel_unshuffle":
        r = call.option("downscale_factor", 1)
        return windowed(reach, r, r, 0, 1)
    if layer.kind is Kind.RESIZE:
        mode = call.option("mode", 3, "nearest")
        return resized(reach, Fraction(after, before), _NEIGHBOURS[mode]) if after >= before else None
    env = _named(layer.output.values)
    suffix = {1: ("",), 2: ("_h", "_w"), 3: ("_d", "_h", "_w")}[dims][i]

    def value(symbol: str, otherwise: int) -> int:
        return env.get(symbol + suffix, env.get(symbol, otherwise))

    k, s, d = value("k", 1), value("s", 1), value("d", 1)
    if layer.kind is Kind.TRANSPOSED:
        return spread(reach, k, s, d)
    both = value("P", 0)  # "same" where the sides differ: the smaller half comes first
    return windowed(reach, k, s, both // 2 if both else value("p", 0), d)


def _named(values: Env) -> dict[str, int]:
    return {symbol.name: value for symbol, value in values.items()}


def _padded(call: Call, operand: TensorRef, field: _Field) -> _Result | None:
    """Padding by itself: the field stays, its start moves."""
    given: Any = list(call.option("padding") if call.kind == "module" else call.option("pad", 1))
    if field.whole:
        return field, (), WHOLE
    rank = len(operand.shape)
    axes = field.axes if field.axes is not None else tuple(range(2, rank))
    reach = list(field.reach or (HERE,) * len(axes))
    for n in range(len(given) // 2):
        axis, left = rank - 1 - n, given[2 * n]
        if axis in axes and left:
            step = windowed(reach[axes.index(axis)], 1, 1, left, 1)
            if step is None:
                return None
            reach[axes.index(axis)] = step.reach
    return _Field(tuple(reach), axes), (), KEEPS


def _join(given: list[tuple[Shape, _Field]], out: Shape) -> _Result | None:
    """Addition, multiplication, concatenation: the union of the branches."""
    if any(field.whole for _, field in given):
        return _Field((), (), whole=True), (), WHOLE
    if all(field.axes is None for _, field in given):
        return (_INPUT, (), KEEPS) if all(len(shape) == len(out) for shape, _ in given) else None
    axes = next(field.axes for _, field in given if field.axes is not None)
    branches = []
    for shape, field in given:
        if len(shape) != len(out) or [shape[axis] for axis in axes] != [out[axis] for axis in axes]:
            return None
        if field.axes not in (None, axes):
            return None
        branches.append(field.reach or (HERE,) * len(axes))
    reach = [joined([branch[i] for branch in branches]) for i in range(len(axes))]
    if any(along is None for along in reach):
        return None
    why = KEEPS if len(set(branches)) == 1 else MEETS
    return _Field(tuple(along for along in reach if along is not None), axes), (), why


def _reduced(field: _Field, shape: Shape, out: Shape, call: Call) -> _Result | None:
    """A mean over the image's axes sees all of it; over channels with keepdim it sees one position."""
    if field.whole or field.axes is None:
        return (field, (), WHOLE) if field.whole else None
    if len(out) == len(shape) and all(out[axis] == shape[axis] for axis in field.axes):
        return field, (), KEEPS
    dim: Any = call.option("dim", 1, call.option("axis"))
    gone = {axis % len(shape) for axis in ([dim] if isinstance(dim, int) else dim or range(len(shape)))}
    return (_Field((), (), whole=True), (), WHOLE) if gone >= set(field.axes) else None


def _moved(call: Call, field: _Field, shape: Shape) -> _Result | None:
    """permute, transpose: the image's axes go elsewhere."""
    if field.whole or field.axes is None:
        return field, (), KEEPS
    rank = len(shape)
    if call.type in ("transpose", "swapaxes", "swapdims"):
        first, second = call.option("dim0", 1) % rank, call.option("dim1", 2) % rank
        order = list(range(rank))
        order[first], order[second] = second, first
    elif call.type in ("permute", "Permute"):
        given: Any = call.option("dims", 1) if call.kind == "module" or not _many(call) else call.args[1:]
        order = [dim % rank for dim in given]
    else:
        return None
    axes = [order.index(axis) for axis in field.axes]
    if axes != sorted(axes):
        return None  # height and width have changed places
    return _Field(field.reach, tuple(axes)), (), KEEPS


def _many(call: Call) -> bool:
    return len(call.args) > 2


def _reshaped(field: _Field, shape: Shape, out: Shape, call: Call) -> _Result | None:
    """Channels taken apart, joined or chosen leave the image alone; a 1×1 map may be laid flat."""
    if field.whole:
        return field, (), WHOLE
    if field.axes is None:
        return None
    if out == shape:
        return field, (), KEEPS
    sizes = tuple(shape[axis] for axis in field.axes)
    last = tuple(range(len(shape) - len(sizes), len(shape)))
    if field.axes != last or len(out) <= len(sizes) or out[-len(sizes) :] != sizes:
        return None
    return _Field(field.reach, tuple(range(len(out) - len(sizes), len(out)))), (), KEEPS
