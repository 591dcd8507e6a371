"""The columns of the picture of volumes: feature maps of one size side by side."""

from __future__ import annotations

import itertools

from msgspec import Struct, field

from explainer.figures.reading import complete, given, output
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Layer, Walkthrough


class Column(Struct):
    """A stage: its layers in order (what has no window too), and what of it is drawn."""

    kind: Kind | None
    shape: Shape
    layers: list[Layer] = field(default_factory=list)
    slabs: list[Layer] = field(default_factory=list)
    pool: Layer | None = None

    @property
    def weighted(self) -> list[Layer]:
        """The convolutions or linear layers."""
        return [layer for layer in self.layers if layer.kind is self.kind]


def columns_of(walk: Walkthrough) -> list[Column]:
    """The stages from image to vector; empty where the network is not of this form."""
    shapes = walk.run.input_shapes
    if not complete(walk) or len(shapes) != 1 or len(shapes[0]) != 4 or not walk.run.output_shapes:
        return []
    if len(walk.run.output_shapes[0]) != 2 or any(layer.kind is Kind.TRANSPOSED for layer in walk.layers):
        return []
    columns = [Column(None, shapes[0][1:])]
    for layer in walk.layers:
        _sorted_in(columns, layer)
    stages = [column for column in columns if column.kind is Kind.CONVOLUTION]
    sides = [column.shape[1] for column in stages]
    falling = all(a >= b for a, b in itertools.pairwise(sides))
    if len(stages) < 2 or not falling or columns[-1].kind is not Kind.LINEAR:
        return []
    return columns


def _sorted_in(columns: list[Column], layer: Layer) -> None:
    """Give a layer to its column, which may be a new one."""
    last, shape = columns[-1], output(layer)
    if layer.kind is Kind.CONVOLUTION and len(shape) == 3 and (shape[1:] != (1, 1) or last.kind is None):
        if last.kind is not Kind.CONVOLUTION or last.pool is not None or last.shape[1:] != shape[1:]:
            last = Column(Kind.CONVOLUTION, shape)
            columns.append(last)
        last.shape = shape
        last.slabs.append(layer)
    elif layer.kind is Kind.LINEAR and len(shape) == 1:
        if last.kind is Kind.CONVOLUTION and len(given(layer)) == 1 and given(layer)[0] != last.shape[0]:
            columns.append(Column(Kind.RESHAPE, given(layer)))
        last = Column(Kind.LINEAR, shape)
        columns.append(last)
    elif layer.kind is Kind.POOLING and len(shape) == 3 and last.kind is Kind.CONVOLUTION:
        before = given(layer)
        if before[1:] == last.shape[1:] and before[1:] != shape[1:] and shape[1:] != (1, 1):
            last.pool = layer
    elif layer.kind is Kind.JOIN and len(shape) == 3 and last.kind is Kind.CONVOLUTION and shape[1:] == last.shape[1:]:
        last.shape = shape  # branches joined: the stage is as thick as they are together
    last.layers.append(layer)
