"""The wiring of a block as chains and parallel branches; a block that is not of this form has none, and is not drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block, Part, Repeat, Run
from explainer.walkthrough.model import Layer

OUTSIDE = -1
_PASSING = (Kind.RESHAPE, Kind.DROPOUT)
_JOINS = ("add", "mul", "cat", "concat")
_TAGS = (Kind.NORMALIZATION, Kind.ACTIVATION)


@dataclass
class Node:
    """A step, or a block inside drawn as one; `tags` are normalizations and activations that follow it directly."""

    layers: tuple[Layer, ...]
    name: str = ""
    inputs: tuple[int, ...] = ()
    tags: list[Layer] = field(default_factory=list)

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
    for expand in (True, False):
        nodes = _nodes(block.layers if expand else block.parts)
        if nodes is None or sum(not node.tag for node in nodes) > 10:
            continue
        chain = chain_of(nodes)
        if chain is not None and fits(chain):
            return chain
    return None


def _nodes(parts: Sequence[Part]) -> list[Node] | None:
    """One node a part; steps that only pass a tensor on are looked through. None where something else joins than a sum."""
    nodes: list[Node] = []
    comes_from: dict[int, int] = {}

    def resolved(layers: tuple[Layer, ...]) -> tuple[int, ...]:
        inner = {layer.index for layer in layers}
        sources = [
            source for layer in layers for source in layer.call.inputs if source != "constant" and source not in inner
        ]
        return tuple(dict.fromkeys(comes_from.get(s, OUTSIDE) if isinstance(s, int) else OUTSIDE for s in sources))

    for part in parts:
        blocks = [part.first, *part.others] if isinstance(part, Repeat) else [part]
        for one in blocks:
            layers = (one,) if isinstance(one, Layer) else one.layers
            inputs = resolved(layers)
            passing = all(layer.kind in _PASSING and not layer.value for layer in layers)
            alone = isinstance(one, Layer) and one.kind is Kind.JOIN
            if isinstance(one, Run) or passing or (alone and len(inputs) == 1):
                comes_from.update({layer.index: inputs[0] if inputs else OUTSIDE for layer in layers})
                continue
            if len(inputs) > 1 and not (isinstance(one, Layer) and one.call.type.strip("_i").startswith(_JOINS)):
                inputs = tuple(
                    source for source in inputs if source != OUTSIDE
                )  # a mask, positions: not the block's own
                if len(inputs) > 1:
                    return None
            name = "" if isinstance(one, Layer) else one.path.rpartition(".")[2]
            nodes.append(Node(layers, name, inputs))
            comes_from.update({layer.index: nodes[-1].last for layer in layers})
    return nodes


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
        inputs = node.inputs or (OUTSIDE,)
        if len(inputs) == 1:
            chain.insert(0, node)
            current = inputs[0]
            continue
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
        elif item.tag and kept and isinstance(kept[-1], Node) and not kept[-1].tag:
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
            parts.append(f"{item.name or item.layer.type}{','.join(tag.kind.name for tag in item.tags)}")
    return " ".join(parts)
