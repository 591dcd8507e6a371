"""Neighbours of one part of the story: what a row of the network's table is about."""

from __future__ import annotations

from msgspec import Struct, field

from explainer.walkthrough.model import Layer, RawParameter, Uncalled
from explainer.walkthrough.story import Part


class Chunk(Struct):
    """Neighbours of one part of the story: a row. blocks: the paths of the instances in it; piece: one layer or tensor of a stage;
    alike: equal layers of a chain; beside: the module that stands in a list of blocks and is none of them.
    """

    part: Part
    layers: list[Layer] = field(default_factory=list)
    uncalled: list[Uncalled] = field(default_factory=list)
    raw: list[RawParameter] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    piece: bool = False
    alike: bool = False
    beside: str = ""

    @property
    def params(self) -> int:
        """What it adds to the total."""
        own = sum(one.counted for one in self.layers) + sum(one.counted for one in self.uncalled)
        return own + sum(one.params for one in self.raw)


def home_of(path: str, homes: dict[str, str]) -> str:
    """The nearest of these modules that it is in; "" where it is in none."""
    while "." in path:
        path = path.rpartition(".")[0]
        if path in homes:
            return path
    return ""


def counted_parts(chunk: Chunk) -> list[Layer | Uncalled]:
    """What of it has parameters."""
    parts: list[Layer | Uncalled] = [*chunk.layers, *chunk.uncalled]
    return [one for one in parts if one.counted]
