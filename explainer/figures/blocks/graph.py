"""The wiring of a block as chains and parallel branches; a block that is not of this form has none, and is not drawn."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct, field

from explainer.figures.reading import output
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer

OUTSIDE = -1
TAGS = (Kind.NORMALIZATION, Kind.ACTIVATION)


class Node(Struct):
    """A step, or a block inside (of this path) drawn as one; `tags` are normalizations and activations that follow it directly.

    foreign: the shapes of what it joins that comes from elsewhere in the network (a U-Net's skip), not from the block's own input.
    said: what it was proven to be; norm: of a normalization written out in steps, its short name. direct: elements of
    tensors that it uses without a layer. exits: what leads from it out of the block beside the block's output (a WaveNet's
    skip); an empty chain is the step's own result. leaves: it is on such a way.
    result: what comes out of it at last, after steps that only change its form. piece: the shape of what it reads, where that is
    a part only of what the step before gives.
    """

    layers: tuple[Layer, ...]
    path: str = ""
    inputs: tuple[int, ...] = ()
    tags: list[Layer] = field(default_factory=list)
    foreign: tuple[tuple[int, ...], ...] = ()
    said: Bi | None = None
    norm: str = ""
    direct: int = 0
    exits: list[Chain] = field(default_factory=list)
    leaves: bool = False
    result: tuple[int, ...] = ()
    piece: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What a block inside is called; empty for a step."""
        return self.path.rpartition(".")[2]

    @property
    def last(self) -> int:
        return self.layers[-1].index

    @property
    def out(self) -> tuple[int, ...]:
        """What it gives, its tags behind it."""
        return output(self.tags[-1] if self.tags else self.layers[-1])

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
        return len(self.layers) == 1 and self.kind in TAGS


class Parallel(Struct):
    """Branches from one fork that meet in a join; an empty branch is a shortcut."""

    branches: list[Chain]
    join: Node


Chain = list["Node | Parallel"]


def chain_of(nodes: list[Node], leaving: Collection[int] = ()) -> Chain | None:
    """Steps in order as a chain of chains; None where they are wired otherwise.

    leaving: the steps whose own result is read outside, the last of the chain or not.
    """
    by_index = {node.last: node for node in nodes}
    if not nodes:
        return None
    read = {source for node in nodes for source in node.inputs}
    ends = [node for node in nodes if node.last not in read]
    # The block's output is the end that most steps lead to; what is added up outside (it joins what comes from elsewhere) leaves beside it.
    main = max(ends, key=lambda node: (not node.foreign, len(_before(node.last, by_index)), node.last))
    if any(end.last not in leaving for end in ends if end is not main):
        return None
    try:
        chain = _build(main.last, {OUTSIDE}, by_index, 0)[0]
        for end in ends:
            if end is not main:
                reached = {node.last: node for node in nodes_of(chain)}
                exit_, start = _build(end.last, reached.keys(), by_index, 0)
                for node in nodes_of(exit_):
                    node.leaves = True
                reached[start].exits.append(exit_)
    except _Tangled:
        return None
    for node in nodes:
        if node.last in leaving and node.last in read:
            node.exits.append([])
    used = sum(1 for _ in nodes_of(chain))
    return _tagged(chain) if used == len(nodes) else None


class _Tangled(Exception):
    """The wiring is no chain of chains."""


def _build(end: int, stops: Collection[int], nodes: dict[int, Node], depth: int) -> tuple[Chain, int]:
    """From one of `stops` (not included) to `end`, and which of them it is."""
    chain: Chain = []
    current = end
    while current not in stops:
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
        chain.insert(0, Parallel([_build(one, {fork}, nodes, depth + 1)[0] for one in inputs], node))
        current = fork
    return chain, current


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
    """Every step of a chain, joins and what leads out of it too."""
    found: list[Node] = []
    for item in chain:
        if isinstance(item, Parallel):
            found += [node for branch in item.branches for node in nodes_of(branch)]
        found.append(end_of(item))
        found += [node for exit_ in end_of(item).exits for node in nodes_of(exit_)]
    return found


def end_of(item: Node | Parallel) -> Node:
    """The step that its result comes from."""
    return item if isinstance(item, Node) else item.join


def _tagged(chain: Chain) -> Chain:
    """Normalizations and activations hang on the step before them."""
    kept: Chain = []
    for item in chain:
        end_of(item).exits = [_tagged(exit_) for exit_ in end_of(item).exits]
        if isinstance(item, Parallel):
            item.branches = [_tagged(branch) for branch in item.branches]
        elif _hangs(item, kept):
            before = end_of(kept[-1])
            before.tags.append(item.layer)
            before.exits, before.result = item.exits, item.result
            continue
        kept.append(item)
    return kept


def _hangs(item: Node, kept: Chain) -> bool:
    """Whether it belongs to the step before it, whose result is read by nothing else."""
    last = kept[-1] if kept else None
    return item.tag and isinstance(last, Node) and not (last.tag or last.foreign or last.exits)


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
        parts += [f"[{shape_of(exit_)}]" for exit_ in end_of(item).exits]
    return " ".join(parts)
