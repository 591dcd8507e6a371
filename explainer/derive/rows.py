"""The leading dimension of a layer's input where it is not the batch: windows side by side, the positions of all samples, rows.

A rule sees one call and takes the first dimension for the batch, N. Whether it is, the whole pass knows: a size that no input has in
front is none. That the rows are the positions of the sequence is said only where a view put batch and length together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from explainer.formula.rewrite import rewritten
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import N, T
from explainer.walkthrough.case import Axis, Output
from explainer.walkthrough.parts import Layer

GROUPS = Symbol("B", Bi("并列的组数（如窗口）", "number of groups side by side (windows)"), role=Role.TOKENS)
POSITIONS = Symbol("n", Bi("各样本的位置总数", "number of positions of all samples together"), role=Role.TOKENS)
ROWS = Symbol("n", Bi("输入的行数，每行是一个向量", "number of rows of the input, each a vector"), role=Role.TOKENS)
_FLATTENS = ("view", "reshape", "flatten")
_KINDS = (Kind.LINEAR, Kind.NORMALIZATION)


def with_rows_named(layers: Sequence[Layer], input_shapes: Sequence[tuple[int, ...]]) -> list[Layer]:
    """The layers, N replaced where it is no batch."""
    batches = {shape[0] for shape in input_shapes if shape}
    by_index = {layer.index: layer for layer in layers}
    return [_named(layer, batches, by_index) for layer in layers]


def _named(layer: Layer, batches: set[int], by_index: Mapping[int, Layer]) -> Layer:
    output = layer.output
    if layer.kind not in _KINDS or output is None or not output.axes or output.axes[0].size != N:
        return layer
    size = output.values.get(N)
    if size is None or size in batches or not batches:
        return layer
    if len(output.axes) > 2:
        symbol = GROUPS
    elif (batch := _batch_of_positions(layer, size, batches, by_index)) is not None:
        symbol = T if batch == 1 else POSITIONS
    else:
        symbol = ROWS
    return replace(layer, output=_renamed(output, symbol))


def _batch_of_positions(layer: Layer, rows: int, batches: set[int], by_index: Mapping[int, Layer]) -> int | None:
    """The batch, where the rows are batch × length: followed back through what keeps the rows to the view that made them."""
    at: Layer | None = layer
    while at is not None and at.call.operands:
        given = at.call.operands[0]
        merged = len(given.shape) == 3 and given.shape[0] in batches and given.shape[0] * given.shape[1] == rows
        if merged:
            return given.shape[0] if at.call.type in _FLATTENS else None
        if len(given.shape) != 2 or given.shape[0] != rows or not isinstance(given.source, int):
            return None
        at = by_index.get(given.source)
    return None


def _renamed(output: Output, symbol: Symbol) -> Output:
    def change(expr: Expr) -> Expr:
        return rewritten(expr, lambda node: symbol if node == N else node)

    axes = tuple(
        Axis(symbol.name if axis.name == N.name else axis.name, change(axis.size)) for axis in output.axes or ()
    )
    return replace(
        output,
        axes=axes,
        values={symbol if one == N else one: value for one, value in output.values.items()},
        macs=change(output.macs) if output.macs is not None else None,
        origins={symbol if one == N else one: origin for one, origin in output.origins.items()},
    )
