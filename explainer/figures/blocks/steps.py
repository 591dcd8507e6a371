"""A block's steps as nodes, as fine as a page has room for, and what leads from which to which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from math import prod

from explainer.figures.blocks.graph import OUTSIDE, TAGS, Chain, Node, chain_of, nodes_of
from explainer.figures.reading import given, output
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block, Part, Repeat, Run
from explainer.walkthrough.model import Layer

_JOINS = ("add", "mul", "cat", "concat")
_PASSING = (Kind.RESHAPE, Kind.DROPOUT)


def graph_of(
    block: Block, fits: Callable[[Chain], bool] = lambda chain: True, leaving: Collection[int] = ()
) -> Chain | None:
    """The block as a chain, as fine as fits; None where its wiring is not of this form, or it is too large.

    leaving: the calls whose result is read outside the block.
    """

    def drawn(closed: list[str]) -> Chain | None:
        wires = _Wires()
        try:
            nodes = _nodes(tuple(_closed(block, closed)) if closed else block.layers, wires)
        except _TwoInputs as two:
            if two.path not in closed:
                return None
            closed.remove(two.path)  # a box with two wires into it would hide which is which: it stays open
            return drawn(closed)
        if sum(not node.tag for node in nodes) > 10:
            return None
        within = {layer.index for node in nodes for layer in node.layers[:-1]}
        chain = chain_of(nodes, {wires.origin(index) for index in leaving if index not in within})
        return chain if chain is not None and fits(chain) else None

    closed: list[str] = []
    for path in ["", *_closable(block)]:
        closed += [path] if path else []
        chain = drawn(closed)
        if chain is None:
            continue
        for one in reversed(
            closed[:-1]
        ):  # what was closed on the way may be open after all, unless it is known for what it is
            if one in _known(chain):
                continue
            fewer = [path for path in closed if path != one]
            finer = drawn(fewer)
            if finer is not None:
                chain, closed = finer, fewer
        return chain
    return drawn([one.path for part in block.parts for one in blocks_of(part)])


def _known(chain: Chain) -> set[str]:
    """The paths of the boxes of which it was proven what they are."""
    return {node.path for node in nodes_of(chain) if node.said or node.norm}


def _closable(block: Block) -> list[str]:
    """The blocks in it that may be drawn as one box, small ones first."""
    found: dict[str, None] = {}
    for one in sorted(_inside(block), key=lambda one: len(one.layers)):
        steps = [layer for layer in one.layers if layer.kind not in (*TAGS, *_PASSING)]
        if len(steps) > 1 and len(one.layers) < len(block.layers) - 1:
            found[one.path] = None
    return list(found)


def _inside(block: Block) -> Iterator[Block]:
    for part in block.parts:
        for one in blocks_of(part):
            yield one
            yield from _inside(one)


def _closed(block: Block, closed: Collection[str]) -> Iterator[Part]:
    """The steps, but blocks of these paths whole."""
    for part in block.parts:
        if isinstance(part, Layer):
            yield part
        elif isinstance(part, Run):
            yield from part.layers
        for one in blocks_of(part):
            if one.path in closed:
                yield one
            else:
                yield from _closed(one, closed)


def blocks_of(part: Part) -> list[Block]:
    """The block that a part is, or the equal ones in a row."""
    if isinstance(part, Repeat):
        return [part.first, *part.others]
    return [part] if isinstance(part, Block) else []


class _Wires:
    """Where each tensor comes from: a node, or from outside. The block's own input is OUTSIDE, what else comes from outside is below it.

    results: the form in which a node's result was last handed on.
    """

    def __init__(self) -> None:
        self._of: dict[int, int] = {}
        self._outside: dict[object, int] = {}
        self.results: dict[int, tuple[int, ...]] = {}
        self._whole: dict[int, int] = {}  # how many numbers a node gives

    def origin(self, source: object) -> int:
        if isinstance(source, int) and source in self._of:
            return self._of[source]
        return self._outside.setdefault(source, OUTSIDE - len(self._outside))

    def inner(self, source: object) -> bool:
        return isinstance(source, int) and source in self._of

    def lead(self, layers: tuple[Layer, ...], to: int) -> None:
        self._of.update({layer.index: to for layer in layers})
        self.results[to] = output(layers[-1])
        self._whole.setdefault(to, prod(output(layers[-1])))

    def pass_on(self, layers: tuple[Layer, ...], to: int) -> None:
        """The same for steps that only hand on what the node gives, or a part of it."""
        self._whole.setdefault(to, prod(given(layers[0])))
        self.lead(layers, to)

    def piece(self, layer: Layer, inputs: tuple[int, ...]) -> tuple[int, ...]:
        """What the layer reads of its only input, where that is a part only; else ()."""
        read = given(layer)
        return read if len(inputs) == 1 and read and prod(read) < self._whole.get(inputs[0], 0) else ()


class _TwoInputs(Exception):
    """Something else than a sum, a product or a concatenation joins: the block of this path, or a step."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def _nodes(parts: Sequence[Part], wires: _Wires) -> list[Node]:
    """One node a part; steps that only pass a tensor on are looked through. Raises _TwoInputs."""
    nodes: list[Node] = []
    for part in parts:
        whole: Sequence[Part] = blocks_of(part) or [part]
        for one in whole:
            layers = (one,) if isinstance(one, Layer) else one.layers if isinstance(one, Block | Run) else ()
            within = {layer.index for layer in layers}
            sources = [s for layer in layers for s in layer.call.inputs if s != "constant" and s not in within]
            inputs = tuple(dict.fromkeys(wires.origin(source) for source in sources))
            if isinstance(one, Run) or _passes(one, layers, inputs, len(set(sources))):
                wires.pass_on(layers, inputs[0] if inputs else OUTSIDE)
                continue
            if _collects(one) and not any(
                map(wires.inner, sources)
            ):  # what a dense block hands on: the input, in pieces
                wires.lead(layers, OUTSIDE)
                continue
            foreign: tuple[tuple[int, ...], ...] = ()
            if len(inputs) > 1 and isinstance(one, Layer) and one.call.type.strip("_i").startswith(_JOINS):
                shapes = dict(zip(one.call.inputs, one.call.input_shapes, strict=False))
                foreign = tuple(shapes.get(s, ()) for s in dict.fromkeys(sources) if wires.origin(s) < OUTSIDE)
            elif len(inputs) > 1:
                inputs = tuple(
                    source for source in inputs if source >= OUTSIDE
                )  # a mask, positions: not the block's own
                if len(inputs) > 1:
                    raise _TwoInputs(one.path if isinstance(one, Block) else "")
            path = one.path if isinstance(one, Block) else ""
            piece = wires.piece(layers[0], inputs)
            nodes.append(Node(layers, path, inputs, foreign=foreign, piece=piece))
            wires.lead(layers, nodes[-1].last)
    for node in nodes:
        node.result = wires.results[node.last]
    return nodes


def _collects(one: Part) -> bool:
    return isinstance(one, Layer) and one.kind is Kind.JOIN


def _passes(one: Part, layers: tuple[Layer, ...], inputs: tuple[int, ...], sources: int) -> bool:
    """Whether it hands on what it is given: a reshape, a concatenation of one, a padding by nothing."""
    if all(layer.kind in _PASSING and not layer.value for layer in layers) or (
        _collects(one) and len(inputs) == 1 and sources == 1
    ):
        return True
    call = layers[0].call
    same = bool(call.input_shapes and call.output_shapes) and call.input_shapes[0] == call.output_shapes[0]
    return len(layers) == 1 and layers[0].kind is Kind.RESIZE and same
