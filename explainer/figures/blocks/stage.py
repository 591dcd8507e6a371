"""A stage: the box of a picture's upper row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from explainer.figures.reading import macs, output
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block
from explainer.walkthrough.model import Layer

_SILENT = (Kind.RESHAPE, Kind.ELEMENTWISE, Kind.JOIN, Kind.REDUCTION, Kind.OTHER)


@dataclass
class Stage:
    """A box of the upper row: the parts of the network that it stands for, and its blocks.

    unit: the block that was taken apart for it, a chain of single layers; see `among_others`.
    """

    name: str
    layers: list[Layer] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    norm: bool = False
    unit: Block | None = None

    def among_others(self) -> Stage:
        """As it stands in a row that is too long: what was taken apart for it is one block again."""
        if self.unit is None:
            return replace(self, layers=list(self.layers), blocks=list(self.blocks))
        return replace(self, name=self.unit.path, layers=list(self.layers), blocks=[self.unit], unit=None)

    @property
    def kind(self) -> Kind:
        """What most of its work (or, without any, of its parameters) is."""
        if self.norm:
            return Kind.NORMALIZATION
        by_kind: dict[Kind, float] = {}
        for layer in self.layers:
            by_kind[layer.kind] = by_kind.get(layer.kind, 0) + macs([layer]) + 1e-6 * layer.value
        return max(by_kind, key=lambda kind: by_kind[kind])


def out_of(stage: Stage) -> tuple[int, ...]:
    """What it hands on; masks and positions that are made beside it are not meant."""
    telling = [layer for layer in stage.layers if layer.kind not in _SILENT]
    return output(telling[-1] if telling and not stage.blocks else stage.layers[-1])


def prepares(stage: Stage) -> bool:
    """Masks, positions, shapes, dropout: steps that own nothing and multiply nothing."""
    return not any(does(layer) and layer.kind is not Kind.DROPOUT for layer in stage.layers)


def does(layer: Layer) -> bool:
    """Whether it works on numbers; what moves them, makes masks or sums does not."""
    return bool(layer.value or macs([layer])) or layer.kind not in _SILENT
