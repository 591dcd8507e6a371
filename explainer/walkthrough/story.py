"""The story of a network: ordered parts that its calls are divided into, each to be told once. Language-free.

Every call is in exactly one part, every module that was not called and every tensor that is used directly too, so that the
parts' figures sum to the totals. Nothing is decided by a name; what is not proven to be anything stays a layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explainer.memory import cached_property
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.loops import Loop
from explainer.walkthrough.parts import Layer, RawParameter, Uncalled
from explainer.walkthrough.templates.template import Template

What = Literal["plumbing", "stem", "block", "loop", "idea", "kind", "layer", "head"]
"""loop: a stretch that runs again and again with the same parameters. plumbing: no value of an input and no parameter reaches it. stem, head: what leads from the input (through convolutions or
embeddings) to the first block, and from the last block through fully connected layers to the output. block: the instances of a template. idea: proven to be one. kind: several layers of one form.
layer: one by itself, or one tensor."""


@dataclass(frozen=True)
class Part:
    """What is told at once. layers: its calls in order; uncalled: its modules that were not called; raw: tensors used directly.

    template: of a block, or of one round of a loop; ideas: what was proven of it, the outermost alone. again: the indexes of the
    calls that repeat another one of the part. loop: of a loop, its rounds.
    """

    what: What
    layers: tuple[Layer, ...] = ()
    uncalled: tuple[Uncalled, ...] = ()
    raw: tuple[RawParameter, ...] = ()
    template: Template | None = None
    ideas: tuple[Idea, ...] = ()
    again: frozenset[int] = frozenset()
    loop: Loop | None = None

    @cached_property
    def once(self) -> tuple[Layer, ...]:
        """Its calls without those that repeat another one."""
        return tuple(layer for layer in self.layers if layer.index not in self.again)

    @cached_property
    def params(self) -> int:
        """What it adds to the network's parameters."""
        fresh = sum(layer.counted for layer in self.layers) + sum(module.counted for module in self.uncalled)
        return fresh + sum(one.params for one in self.raw)

    @cached_property
    def macs(self) -> int:
        """Its multiply-accumulates, as far as they are known."""
        return sum(layer.macs.value for layer in self.layers if layer.macs)

    @property
    def at_least(self) -> bool:
        """Whether the multiply-accumulates are a part, since of some call nothing is known."""
        return not all(layer.macs_known for layer in self.layers)

    @property
    def first(self) -> int:
        """The index of its first call; behind all calls for what was not called."""
        return self.layers[0].index if self.layers else 1 << 60

    @property
    def times(self) -> int:
        """How often there is one of it: instances of a block, rounds of a loop, layers of a kind."""
        if self.loop is not None:
            return self.loop.times
        if self.template is not None:
            return len(self.template.rows)
        return len(self.layers) + len(self.uncalled) if self.what == "kind" else 1

    @property
    def is_idea(self) -> bool:
        """Whether all of it was proven to be one idea."""
        calls = {layer.index for layer in self.layers}
        return any(calls == set(idea.calls) for idea in self.ideas)

    @property
    def proven(self) -> bool:
        """Whether it is more than a layer: several of one form, or shown to be something."""
        return self.what != "layer"


@dataclass(frozen=True)
class Story:
    """The parts in the order of the network; what was not called comes last."""

    parts: tuple[Part, ...]

    @cached_property
    def of_call(self) -> dict[int, Part]:
        """The part of each call, by its index."""
        return {layer.index: part for part in self.parts for layer in part.layers}

    @cached_property
    def blocks(self) -> tuple[Part, ...]:
        """The parts that are a block with its instances."""
        return self.all("block")

    @cached_property
    def repeating(self) -> tuple[Part, ...]:
        """Blocks and loops."""
        return tuple(part for part in self.parts if part.what in ("block", "loop"))

    def all(self, what: What) -> tuple[Part, ...]:
        """The parts of this kind."""
        return tuple(part for part in self.parts if part.what == what)
