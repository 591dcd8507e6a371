"""Which stage reads what of which: the row of stages is drawn as the network is wired, not as its calls follow each other."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from explainer.figures.blocks.stage import Stage, does
from explainer.walkthrough.model import Layer

MOST_LANES = 4
_Edge = tuple[int, int]


class Flow(Struct, frozen=True):
    """The row's wires.

    next_: whether each stage hands on to the one beside it; arcs: what goes past a stage or more, with its lane over the row (0 is the
    lowest). untold: there are more of these than a row has room for, and none is drawn.
    beside: the stages whose blocks are side by side, not one behind the other.
    """

    next_: tuple[bool, ...]
    arcs: tuple[tuple[int, int, int], ...] = ()
    untold: bool = False
    beside: frozenset[int] = frozenset()

    @property
    def lanes(self) -> int:
        return 1 + max((lane for *_, lane in self.arcs), default=-1)


def flow_of(stages: Sequence[Stage], layers: Sequence[Layer]) -> Flow | None:
    """How the stages are wired; None where they are no row and too many wires go past."""
    edges = _edges([stage.layers for stage in stages], layers)
    next_ = tuple((i, i + 1) in edges for i in range(len(stages) - 1))
    far = sorted((edge for edge in edges if edge[1] - edge[0] > 1), key=lambda edge: (edge[1] - edge[0], edge))
    arcs: list[tuple[int, int, int]] = []
    for a, b in far:
        over = [lane for start, end, lane in arcs if start < b and a < end and not (start == a and end == b)]
        arcs.append((a, b, 1 + max(over, default=-1)))
    beside = frozenset(n for n, stage in enumerate(stages) if side_by_side(stage, layers))
    if all(lane < MOST_LANES for *_, lane in arcs):
        return Flow(next_, tuple(arcs), beside=beside)
    return Flow(next_, untold=True, beside=beside) if all(next_) else None


def _edges(groups: Sequence[Sequence[Layer]], layers: Sequence[Layer]) -> set[_Edge]:
    """From which group of calls to which: sums, masks and reshapes between them hand on what they are given."""
    home = {layer.index: n for n, group in enumerate(groups) for layer in group}
    gives: dict[int, set[int]] = {}
    edges: set[_Edge] = set()
    for layer in layers:
        found = {group for source in layer.call.inputs if isinstance(source, int) for group in gives.get(source, ())}
        own = home.get(layer.index)
        if own is not None:
            edges |= {(group, own) for group in found if group != own}
        gives[layer.index] = found if own is None or not (found or does(layer)) else {own}
    return {(a, b) for a, b in edges if a < b}


def side_by_side(stage: Stage, layers: Sequence[Layer]) -> bool:
    """Whether none of its blocks reads what comes of another: branches, experts."""
    return len(stage.blocks) > 1 and not _edges([block.layers for block in stage.blocks], layers)
