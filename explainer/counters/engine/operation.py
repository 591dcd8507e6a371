"""One operation as torch runs it."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.shape import Shape


@dataclass(frozen=True)
class Operation:
    """name: the JIT's, without `aten::` (`conv` and `conv_transpose` are told apart, `sdpa` is short). title: of its call.

    shapes: the operands, output: the first result, batch included. macs: the true multiply-accumulates.
    bias: how many additions of a bias there are (0 without one). contiguous: the input lies in memory in one piece.
    apart: of a recurrent layer, the biases of the first layer's input products.
    fused: the CPU has a kernel of its own for it, in which a counter sees no product; fast: so it is without gradients,
    where torch runs a whole attention module, or a whole encoder layer, as one kernel. scalar: a product of two sizes,
    which only the tracer takes for an operation. unruled: no rule gives its call a cost, `macs` is what torch counted.
    path: of the layer, or the container, in which it runs.
    """

    name: str
    title: Bi
    shapes: tuple[Shape, ...] = ()
    output: Shape = ()
    macs: int = 0
    bias: int = 0
    weight: Shape = ()
    groups: int = 1
    channels: int = 0
    affine: bool = False
    training: bool = False
    contiguous: bool = True
    fused: bool = False
    fast: bool = False
    scalar: bool = False
    apart: int = 0
    hidden: int = 0
    layers: tuple[int, int] = (1, 1)
    equation: object = None
    mode: str = ""
    unruled: bool = False
    path: str = ""


@dataclass(frozen=True)
class Rest(Operation):
    """What a call costs beyond the operations that we know it to run; `name` and `title` are the call's.

    counted: the multiply-accumulates that torch's own counter saw there, on the meta device; None: it did not look.
    opaque: a layer that could not be followed inside, so that there may be operations of any kind in it.
    """

    counted: int | None = 0
    opaque: bool = False
