"""Repetition folded: twelve equal blocks are one block, explained once, and eleven repetitions. Language-free.

A block is a child of a container (`layer1.2`, `encoder.layer.7`) with two calls or more. Blocks that follow each other
are equal if their calls are: same rules, same formulas and numbers, same shapes, same wiring inside the block.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby

from msgspec import Struct

from explainer.memory import cached_property
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.parts import Layer


@dataclass(frozen=True)
class Block:
    """The calls of one child of a container, in order, folded inside too."""

    path: str
    layers: tuple[Layer, ...]
    parts: tuple[Part, ...]

    @property
    def params(self) -> int:
        """What the block's formulas give: its parameters, whether counted here or earlier."""
        return sum(layer.value for layer in self.layers)

    @cached_property
    def signature(self) -> Hashable:
        """Equal for blocks that are told alike; inputs are counted from the block's beginning, those from outside are alike."""
        return _signature(self.layers)


class Repeat(Struct, frozen=True):
    """A block and the blocks equal to it that follow."""

    first: Block
    others: tuple[Block, ...]


class Run(Struct, frozen=True):
    """Steps in a row that only prepare (shapes, indices, masks): no parameters, all checked."""

    layers: tuple[Layer, ...]


Part = Layer | Block | Repeat | Run
LONG_RUN = 6  # shorter ones are worth reading step by step (a channel shuffle, a flattening)
PREPARING = (Kind.RESHAPE, Kind.ELEMENTWISE, Kind.JOIN, Kind.REDUCTION, Kind.RESIZE, Kind.OTHER)


def fold(layers: Sequence[Layer], depth: int = 0) -> tuple[Part, ...]:
    """Calls in order → layers, blocks, and repeated blocks. `depth`: how many parts of the paths are behind us."""
    parts: list[Part] = []
    for key, run in groupby(layers, key=lambda layer: _child(layer.path, depth)):
        members = list(run)
        if key is None or len(members) < 2:
            parts += members
        else:
            parts.append(Block(key, tuple(members), fold(members, depth + 1)))
    return _repeats(_runs(parts))


def _runs(parts: list[Part]) -> list[Part]:
    """Long runs of preparing steps become one `Run`."""
    found: list[Part] = []
    for preparing, run in groupby(parts, key=_prepares):
        members = list(run)
        layers = [member for member in members if isinstance(member, Layer)]
        found += [Run(tuple(layers))] if preparing and len(members) >= LONG_RUN else members
    return found


def _prepares(part: Part) -> bool:
    if not isinstance(part, Layer) or part.call.op is not None or part.value or not part.checked:
        return False
    return part.kind in PREPARING and not any(operand.parameter for operand in part.call.operands)


def _repeats(parts: list[Part]) -> tuple[Part, ...]:
    """Runs of equal blocks become one `Repeat`."""
    folded: list[Part] = []
    equal: list[Block] = []  # those in a row that end with the last part
    for part in parts:
        if not isinstance(part, Block):
            equal = []
        elif equal and _equal(equal[-1], part):
            equal.append(part)
            folded[-1] = Repeat(equal[0], tuple(equal[1:]))
            continue
        else:
            equal = [part]
        folded.append(part)
    return tuple(folded)


def _equal(one: Block, other: Block) -> bool:
    """A signature is long: it is asked for only where the types of the calls are the same."""
    if len(one.layers) != len(other.layers) or one.layers[-1].type != other.layers[-1].type:
        return False
    return one.signature == other.signature


def _child(path: str, depth: int) -> str | None:
    """`layer1.2.conv1` at depth 1 → `layer1.2`; nothing for the layer itself."""
    names = path.split(".")
    return ".".join(names[: depth + 1]) if len(names) > depth + 1 else None


def _signature(layers: tuple[Layer, ...]) -> Hashable:
    start = layers[0].index
    return tuple(
        [
            (
                layer.facts,
                tuple(
                    [
                        source - start if isinstance(source, int) and source >= start else "outside"
                        for source in layer.call.inputs
                    ]
                ),
            )
            for layer in layers
        ]
    )
