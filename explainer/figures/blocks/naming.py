"""What the boxes of an opened block stand for: what they were proven to be, the tensors that they use, what others read of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from explainer.figures.blocks.graph import Chain, nodes_of
from explainer.figures.blocks.grouping import structure
from explainer.figures.blocks.steps import graph_of
from explainer.figures.blocks.whole import fits
from explainer.figures.reading import owned
from explainer.i18n.bilingual import Bi
from explainer.lesson.block_ideas import NAMES
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.model import Layer, Walkthrough

WINDOWED = Bi("窗口注意力", "windowed attention")
_NORMS = {"rms_norm": "RMS", "layer_norm": "LN"}


class Naming:
    """What is known of the calls of one network."""

    def __init__(self, walk: Walkthrough) -> None:
        self._direct = owned(walk)
        self._last_reader = {
            source: layer.index for layer in walk.layers for source in layer.call.inputs if isinstance(source, int)
        }
        working = {layer.index for layer in walk.layers if not _moves(layer)}
        self._proven: dict[tuple[int, ...], Idea] = {}
        for idea in walk.ideas:
            self._proven.setdefault(tuple(call for call in idea.calls if call in working), idea)
        self._proven.update({idea.calls: idea for idea in walk.ideas})

    def open(self, block: Block) -> Chain | None:
        """Its graph, named, as fine as fits; None where its wiring is tangled."""
        return graph_of(block, lambda chain: fits(self._named(chain), block.layers), self._leaving(block))

    def _named(self, chain: Chain) -> Chain:
        for node in nodes_of(chain):
            node.direct = sum(self._direct.get(layer.index, 0) for layer in node.layers)
            idea = self._idea(node.layers)
            node.said = _said(idea) if idea else NAMES["attention"] if _attends(node.layers) else None
            node.norm = _NORMS.get(idea.kind, "") if idea else ""
        return chain

    def _idea(self, layers: Iterable[Layer]) -> Idea | None:
        """What these calls are: all of an idea, and beside it nothing but what moves or cuts (a Swin's windows)."""
        exact = self._proven.get(tuple(layer.index for layer in layers))
        return exact or self._proven.get(tuple(layer.index for layer in layers if not _moves(layer)))

    def _leaving(self, block: Block) -> list[int]:
        """The calls in it whose result is read behind it."""
        last = block.layers[-1].index
        return [layer.index for layer in block.layers if self._last_reader.get(layer.index, 0) > last]

    def key(self, block: Block) -> tuple[object, ...]:
        """All that its drawing depends on."""
        first, last = block.layers[0].index, block.layers[-1].index
        inside = (one for one in self._proven.items() if one[0] and first <= one[0][0] and one[0][-1] <= last)
        ideas = tuple((calls[0] - first, len(calls), idea.kind) for calls, idea in inside)
        direct = tuple(
            (layer.index - first, self._direct[layer.index]) for layer in block.layers if layer.index in self._direct
        )
        return structure(block), ideas, direct, tuple(index - first for index in self._leaving(block))


def _said(idea: Idea) -> Bi | None:
    return WINDOWED if idea.kind == "attention" and idea.settings.get("windows") else NAMES.get(idea.kind)


def _attends(layers: Sequence[Layer]) -> bool:
    """One call of torch's own attention, and beside it only its projections."""
    working = [layer.kind for layer in layers if not (_moves(layer) or _scales(layer))]
    return len(layers) > 1 and working.count(Kind.ATTENTION) == 1 and {*working} <= {Kind.ATTENTION, Kind.LINEAR}


def _scales(layer: Layer) -> bool:
    return layer.call.type.strip("_") in ("mul", "div") and len(layer.call.inputs) == 1


def _moves(layer: Layer) -> bool:
    """Whether it only brings what it is given into another order or form, or takes a part of it."""
    if layer.value or (layer.macs and layer.macs.value):
        return False
    cuts = layer.kind is Kind.JOIN and len(layer.call.inputs) == 1
    return layer.kind in (Kind.RESHAPE, Kind.DROPOUT) or cuts or layer.call.type == "pad"
