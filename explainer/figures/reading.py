"""What figures ask of a walkthrough: shapes without the batch, windows, sums. Numbers are found by their roles."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from explainer.formula.role import Role
from explainer.formula.tree import Env
from explainer.memory import worked_out_once
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Layer, Walkthrough

WINDOWS = (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING)


def output(layer: Layer) -> Shape:
    """The first output without the batch; () where there is none."""
    return layer.call.output_shapes[0][1:] if layer.call.output_shapes else ()


def given(layer: Layer) -> Shape:
    """The first input without the batch; () where there is none."""
    return layer.call.input_shapes[0][1:] if layer.call.input_shapes else ()


def macs(layers: Iterable[Layer]) -> int:
    """The multiply-accumulates of these layers together."""
    return sum(layer.macs.value for layer in layers if layer.macs)


def params(layers: Iterable[Layer]) -> int:
    """What these layers add to the total."""
    return sum(layer.counted for layer in layers)


def owned(walk: Walkthrough) -> dict[int, int]:
    """The elements of tensors that a forward uses directly, by the call that first takes them."""
    found: dict[int, int] = {}
    for one in walk.raw_parameters:
        if one.used_by:
            found[min(one.used_by)] = found.get(min(one.used_by), 0) + one.params
    return found


def complete(walk: Walkthrough) -> bool:
    """The pass was seen to its end and all of it is explained, so that a picture of the whole shows the whole."""
    return bool(walk.layers) and not walk.run.weights_only and walk.completeness.complete


def of_role(values: Env, *roles: Role) -> tuple[int, ...]:
    """The numbers that play this part, in the order of the formula."""
    return tuple(value for symbol, value in values.items() if symbol.role in roles)


class Window(Struct, frozen=True):
    """A kernel or pooling window, side by side: sizes, stride, padding, dilation; what it slides over and what comes out."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    size: tuple[int, ...]
    size_out: tuple[int, ...]
    groups: int
    channels_in: int
    channels_out: int
    bias: bool

    @property
    def dims(self) -> int:
        return len(self.kernel)

    @property
    def reach(self) -> tuple[int, ...]:
        """How many cells of the input one window spans, from its first to its last."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def depthwise(self) -> bool:
        return self.groups > 1 and self.groups == self.channels_in


@worked_out_once
def window_of(layer: Layer) -> Window | None:
    """The window of a convolution or pooling; None where the rule does not give it in full."""
    if layer.kind not in WINDOWS or layer.output is None or not layer.call.output_shapes:
        return None
    values = layer.output.values
    kernel = of_role(values, Role.KERNEL, Role.WINDOW)
    dims = len(of_role(values, Role.SIZE))
    size, out = given(layer)[1:], output(layer)[1:]
    if not kernel or not dims or len(size) != dims or len(out) != dims:
        return None

    def sides(role: Role, usual: int) -> tuple[int, ...]:
        found = of_role(values, role) or (usual,)
        return found if len(found) == dims else found[:1] * dims

    together = of_role(values, Role.PADDING_TOGETHER)
    if together:  # more on one side than on the other: no one number says it
        return None
    return Window(
        kernel if len(kernel) == dims else kernel[:1] * dims,
        sides(Role.STRIDE, 1),
        sides(Role.PADDING, 0),
        sides(Role.DILATION, 1),
        size,
        out,
        (of_role(values, Role.GROUPS) or (1,))[0],
        given(layer)[0],
        output(layer)[0],
        any(of_role(values, Role.BIAS)),
    )
