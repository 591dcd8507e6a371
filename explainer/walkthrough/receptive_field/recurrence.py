"""How far along one axis of the image a position of a feature map sees, and the recurrence from layer to layer."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Env, Number, Rounded, Symbol
from explainer.i18n.bilingual import Bi

r_in = Symbol("r_in", Bi("输入特征图上一点的感受野", "receptive field of a position of the input"))
j_in = Symbol(
    "j_in",
    Bi(
        "输入的累计步幅，即相邻两点在原图上的距离",
        "effective stride of the input: how far apart neighbours lie on the image",
    ),
)
p_in = Symbol("p_in", Bi("输入的累计填充", "effective padding of the input"), neutral=0)
k = Symbol(
    "k", Bi("卷积核或窗口在这个方向的大小", "size of the kernel or window in this direction"), Bi("窗口", "window")
)
s = Symbol("s", Bi("步幅", "stride"))
p = Symbol("p", Bi("这一侧的填充", "padding on this side"), neutral=0)
d = Symbol("d", Bi("膨胀率", "dilation"), neutral=1)


class Reach(Struct, frozen=True):
    """Along one axis of the image, in its pixels.

    size: the receptive field. stride: how far neighbours lie apart. padding: how far the field of the first position
    starts before the image; None after up-sampling, where it depends on the position.
    """

    size: int
    stride: Fraction
    padding: int | None

    @property
    def whole_stride(self) -> int | None:
        """The stride as an integer; None where positions lie closer together than pixels."""
        return self.stride.numerator if self.stride.denominator == 1 else None


HERE = Reach(1, Fraction(1), 0)


class Step(Struct, frozen=True):
    """A reach and how it came about; a derivation is None where nothing changed or no recurrence gives the figure."""

    reach: Reach
    size: Derivation | None = None
    stride: Derivation | None = None
    padding: Derivation | None = None


def windowed(before: Reach, window: int, stride: int, pad: int, dilation: int) -> Step | None:
    """A convolution's or pooling's window; None where the field would not be a whole number of pixels.

    r_out = r_in + d(k−1)·j_in, j_out = j_in·s, p_out = p_in + p·j_in
    """
    if before.whole_stride is None:
        return None
    values = {r_in: before.size, j_in: before.whole_stride, k: window, s: stride, d: dilation, p: pad}
    size = derive(r_in + d * (k - 1) * j_in, values)
    moved = derive(j_in * s, values)
    padding = derive(p_in + p * j_in, values | {p_in: before.padding}) if before.padding is not None else None
    reach = Reach(size.value, Fraction(moved.value), padding.value if padding else None)
    return Step(reach, size, moved, padding)


def spread(before: Reach, window: int, stride: int, dilation: int) -> Step | None:
    """A transposed convolution: each output position sees at most ⌊(k−1)/s⌋+1 neighbours; they come s times closer.

    Where positions differ (s does not divide k) this is the largest field.
    """
    if before.whole_stride is None:
        return None
    values: Env = {r_in: before.size, j_in: before.whole_stride, k: window, s: stride}
    if dilation == 1:
        size = derive(r_in + Rounded(k - 1, s) * j_in, values)
    else:
        size = derive(r_in + _dilated_neighbours(window, stride, dilation) * j_in, values)
    moved = Fraction(before.whole_stride, stride)
    closer = derive(j_in / s, values) if moved.denominator == 1 else None
    return Step(Reach(size.value, moved, None), size, closer)


def _dilated_neighbours(window: int, stride: int, dilation: int) -> Number:
    """How many input positions apart the outermost two lie that one output position sees."""
    cells = range(window)
    spans = [dilation * (b - a) // stride for a in cells for b in cells if b >= a and dilation * (b - a) % stride == 0]
    return Number(max(spans))


def resized(before: Reach, factor: Fraction, neighbours: int) -> Step | None:
    """Interpolation by a factor: nearest looks at 1 neighbour, linear at 2, cubic at 4."""
    if before.whole_stride is None or factor <= 0:
        return None
    moved = before.stride / factor
    values = {r_in: before.size, j_in: before.whole_stride, k: neighbours}
    size = derive(r_in + (k - 1) * j_in, values) if neighbours > 1 else None
    return Step(Reach(size.value if size else before.size, moved, None), size)


def joined(branches: list[Reach]) -> Reach | None:
    """Branches that meet: the union of their fields; None where their strides differ."""
    if len({branch.stride for branch in branches}) != 1:
        return None
    known = [(branch.padding, branch.size) for branch in branches if branch.padding is not None]
    if len(known) < len(branches):
        return Reach(max(branch.size for branch in branches), branches[0].stride, None)
    left = max(padding for padding, _ in known)
    return Reach(left + max(size - padding for padding, size in known), branches[0].stride, left)
