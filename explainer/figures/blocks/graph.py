"""The wiring of a block as chains and parallel branches; a block that is not of this form has none, and is not drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block, Part, Repeat, Run
from explainer.walkthrough.model import Layer

OUTSIDE = -1
_PASSING = (Kind.RESHAPE, Kind.DROPOUT)
_JOINS = ("add", "mul", "cat", "concat")
_TAGS = (Kind.NORMALIZATION, Kind.ACTIVATION)


@dataclass
class Node:
    """A step, or a block inside drawn as one; `tags` are normalizations and activations that follow it directly.

    foreign: the shapes of what it joins that comes from elsewhere in the network (a U-Net's skip), not from the block's own input.
    said: what it was proven to be; norm: of a normalization written out in steps, its short name. direct: elements of
    tensors that it uses without a layer.
    """

    layers: tuple[Layer, ...]
    name: str = ""
    inputs: tuple[int, ...] = ()
    tags: list[Layer] = field(default_factory=list)
    foreign: tuple[tuple[int, ...], ...] = ()
    said: Bi | None = None
    norm: str = ""
    direct: int = 0

    @property
    def last(self) -> int:
        return self.layers[-1].index

    @property
    def layer(self) -> Layer:
        """The step that it is named after: the one with the most work."""
        return max(self.layers, key=lambda one: (one.macs.value if one.macs else 0, one.value))

    @property
    def kind(self) -> Kind:
        return self.layer.kind

    @property
    def join(self) -> bool:
        return len(set(self.inputs)) > 1

    @property
    def tag(self) -> bool:
        return len(self.layers) == 1 and self.kind in _TAGS


@dataclass
class Parallel:
    """Branches from one fork that meet in a join; an empty branch is a shortcut."""

    branches: list[Chain]
    join: Node


Chain = list["Node | Parallel"]


def graph_of(block: Block, fits: Callable[[Chain], bool] = lambda chain: True) -> Chain | None:
    """The block as a chain, as fine as fits; None where its wiring is not of this form, or it is too large."""
    for parts in _finest_first(block):
        nodes = _nodes(parts)
        if nodes is None or sum(not node.tag for node in nodes) > 10:
            continue
        chain = chain_of(nodes)
        if chain is not None and fits(chain):
            return chain
    return None


def _finest_first(block: Block) -> Iterator[Sequence[Part]]:
    """The block step by step; then with more and more of the blocks in it closed, small ones first; at last by its parts."""
    yield block.layers
    closed: set[str] = set()
    for one in sorted(_inside(block), key=lambda one: len(one.layers)):
        steps = [layer for layer in one.layers if layer.kind not in (*_TAGS, *_PASSING)]
        if len(steps) > 1 and len(one.layers) < len(block.layers) - 1 and one.path not in closed:
            closed.add(one.path)
            yield tuple(_closed(block, closed))
    yield block.parts


def _inside(block: Block) -> Iterator[Block]:
    for part in block.parts:
        for one in _blocks_of(part):
            yield one
            yield from _inside(one)


def _closed(block: Block, closed: set[str]) -> Iterator[Part]:
    """The steps, but blocks of these paths whole."""
    for part in block.parts:
        if isinstance(part, Layer):
            yield part
        elif isinstance(part, Run):
            yield from part.layers
        for one in _blocks_of(part):
            if one.path in closed:
                yield one
            else:
                yield from _closed(one, closed)


def _blocks_of(part: Part) -> list[Block]:
    if isinstance(part, Repeat):
        return [part.first, *part.others]
    return [part] if isinstance(part, Block) else []


class _Wires:
    """Where each tensor comes from: a node, or from outside. The block's own input is OUTSIDE, what else comes from outside is below it."""

    def __init__(self) -> None:
        self._of: dict[int, int] = {}
        self._outside: dict[object, int] = {}

    def origin(self, source: object) -> int:
        if isinstance(source, int) and source in self._of:
            return self._of[source]
        return self._outside.setdefault(source, OUTSIDE - len(self._outside))

    def inner(self, source: object) -> bool:
        return isinstance(source, int) and source in self._of

    def lead(self, layers: tuple[Layer, ...], to: int) -> None:
        self._of.update({layer.index: to for layer in layers})


def _nodes(parts: Sequence[Part]) -> list[Node] | None:
    """One node a part; steps that only pass a tensor on are looked through. None where something else joins than a sum."""
    nodes: list[Node] = []
    wires = _Wires()
    for part in parts:
        whole: Sequence[Part] = _blocks_of(part) or [part]
        for one in whole:
            layers = (one,) if isinstance(one, Layer) else one.layers if isinstance(one, Block | Run) else ()
            within = {layer.index for layer in layers}
            sources = [s for layer in layers for s in layer.call.inputs if s != "constant" and s not in within]
            inputs = tuple(dict.fromkeys(wires.origin(source) for source in sources))
            if isinstance(one, Run) or _passes(one, layers, inputs, len(set(sources))):
                wires.lead(layers, inputs[0] if inputs else OUTSIDE)
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
                    source for source in inputs if source > OUTSIDE
                )  # a mask, positions: not the block's own
                if len(inputs) > 1:
                    return None
            name = one.path.rpartition(".")[2] if isinstance(one, Block) else ""
            nodes.append(Node(layers, name, inputs, foreign=foreign))
            wires.lead(layers, nodes[-1].last)
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


def chain_of(nodes: list[Node]) -> Chain | None:
    """Steps in order as a chain of chains; None where they are wired otherwise."""
    by_index = {node.last: node for node in nodes}
    if not nodes:
        return None
    try:
        chain = _build(nodes[-1].last, OUTSIDE, by_index, 0)
    except _Tangled:
        return None
    used = sum(1 for _ in nodes_of(chain))
    return _tagged(chain) if used == len(nodes) else None


class _Tangled(Exception):
    """The wiring is no chain of chains."""


def _build(end: int, stop: int, nodes: dict[int, Node], depth: int) -> Chain:
    """From `stop` (not included) to `end`."""
    chain: Chain = []
    current = end
    while current != stop:
        node = nodes.get(current)
        if node is None or depth > 3:
            raise _Tangled
        inputs = tuple(one for one in node.inputs if one >= OUTSIDE) if node.foreign else node.inputs or (OUTSIDE,)
        if len(inputs) == 1:
            chain.insert(0, node)
            current = inputs[0]
            continue
        if node.foreign:
            raise _Tangled
        fork = _fork(inputs, nodes)
        chain.insert(0, Parallel([_build(one, fork, nodes, depth + 1) for one in inputs], node))
        current = fork
    return chain


def _fork(inputs: tuple[int, ...], nodes: dict[int, Node]) -> int:
    """The last step that all of these come from."""
    common: set[int] | None = None
    for one in inputs:
        before = _before(one, nodes)
        common = before if common is None else common & before
    if not common:
        raise _Tangled
    return max(common)


def _before(index: int, nodes: dict[int, Node]) -> set[int]:
    found, waiting = {index}, [index]
    while waiting:
        node = nodes.get(waiting.pop())
        for one in (node.inputs or (OUTSIDE,)) if node else ():
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found | {OUTSIDE}


def nodes_of(chain: Chain) -> list[Node]:
    """Every step of a chain, joins too."""
    found: list[Node] = []
    for item in chain:
        if isinstance(item, Node):
            found.append(item)
        else:
            found += [node for branch in item.branches for node in nodes_of(branch)] + [item.join]
    return found


def _tagged(chain: Chain) -> Chain:
    """Normalizations and activations hang on the step before them."""
    kept: Chain = []
    for item in chain:
        if isinstance(item, Parallel):
            item.branches = [_tagged(branch) for branch in item.branches]
        elif item.tag and kept and isinstance(kept[-1], Node) and not (kept[-1].tag or kept[-1].foreign):
            kept[-1].tags.append(item.layer)
            continue
        kept.append(item)
    return kept


def shape_of(chain: Chain) -> str:
    """What makes two blocks of one kind: their steps and wiring, whatever the sizes."""
    parts = []
    for item in chain:
        if isinstance(item, Parallel):
            branches = "|".join(sorted(shape_of(branch) for branch in item.branches))
            parts.append(f"({branches}){item.join.kind.name}")
        else:
            parts.append(
                f"{item.name or item.layer.type}{'<' * len(item.foreign)}{','.join(tag.kind.name for tag in item.tags)}"
            )
    return " ".join(parts)
