"""A network's calls gathered into the stages that a picture shows: rows of blocks, and the steps between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from explainer.figures.blocks.graph import graph_of, shape_of
from explainer.figures.reading import macs, output
from explainer.memory import Memory, worked_out_once
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block, Part, Repeat, Run
from explainer.walkthrough.model import Layer, Walkthrough

MOST_STAGES, MOST_OPENED = 8, 3
_SILENT = (Kind.RESHAPE, Kind.ELEMENTWISE, Kind.JOIN, Kind.REDUCTION, Kind.OTHER)
_FORMS: Memory[str] = Memory()


@dataclass
class Stage:
    """A box of the upper row: the parts of the network that it stands for, and its blocks."""

    name: str
    layers: list[Layer] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    norm: bool = False

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


def stages_of(walk: Walkthrough) -> list[Stage]:
    """The boxes of the upper row, in order; too many are joined where their resolution is the same."""
    stages: list[Stage] = []
    _gather(list(walk.folded), stages)
    norms = [set(idea.calls) for idea in walk.ideas if idea.kind.endswith("_norm")]
    for stage in stages:
        steps = {layer.index for layer in stage.layers}
        stage.norm = not any(layer.value for layer in stage.layers) and any(calls <= steps for calls in norms)
    stages = [stage for stage in stages if stage.norm or not _prepares(stage)] or stages
    if len(stages) > MOST_STAGES:
        joined: list[Stage] = []
        for stage in stages:
            last = joined[-1] if joined else None
            if last and _resolution(last) == _resolution(stage) and _alike(last, stage):
                last.layers += stage.layers
                last.blocks += stage.blocks
                if len(last.blocks) > 1:
                    last.name = _from_to(last.blocks[0].path, last.blocks[-1].path)
            else:
                joined.append(Stage(stage.name, list(stage.layers), list(stage.blocks)))
        stages = joined
    for stage in stages:
        if len(stage.blocks) < 2:
            heaviest = max(stage.layers, key=lambda layer: (layer.macs.value if layer.macs else 0, layer.value))
            owners = [layer for layer in stage.layers if layer.value] or stage.layers
            shared = _shared([layer.path for layer in owners]) if len(owners) > 1 else ""
            if not shared or any(_within(shared, one) for one in stages if one is not stage):
                shared = heaviest.path.partition("@")[0]
            stage.name = shared
    return stages


def _prepares(stage: Stage) -> bool:
    """Masks, positions, shapes: steps that own nothing and multiply nothing."""
    return not any(map(_does, stage.layers))


def _within(path: str, stage: Stage) -> bool:
    return any(layer.path.startswith(f"{path}.") for layer in stage.layers)


def _shared(paths: Sequence[str]) -> str:
    """The module that all of these are in."""
    columns = zip(*(path.split(".") for path in paths), strict=False)
    return ".".join(names[0] for names in takewhile(lambda names: len(set(names)) == 1, columns))


def _from_to(first: str, last: str) -> str:
    """features.4–8, inception3a–3b: where two paths part, without the letters that both begin with."""
    a, b = first.split("."), last.split(".")
    same_until = next(
        (i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b)) - 1
    )
    ends = [re.fullmatch(r"(\D*)(\w*)", one[same_until]) for one in (a, b)]
    until = ends[1][2] if ends[0] and ends[1] and ends[0][1] == ends[1][1] and ends[1][2] else b[same_until]
    return f"{'.'.join(a[: same_until + 1])}–{until}"


def _alike(last: Stage, stage: Stage) -> bool:
    """Blocks both, or one of them has no parameters (a pooling between)."""
    empty = any(not any(layer.value for layer in one.layers) for one in (last, stage))
    return empty or bool(last.blocks and stage.blocks)


def _resolution(stage: Stage) -> tuple[int, ...]:
    return output(stage.layers[-1])[1:]


def _gather(parts: list[Part], stages: list[Stage]) -> None:
    """Steps in a row are one box; a container of blocks is one; a mixture is taken apart.

    A block with the steps of another beside it is one block, whatever is in it, unless it is a list of blocks.
    """
    parts = _together(parts)
    forms = Counter(_steps(one) for part in parts for one in _blocks(part))
    for part in parts:
        if isinstance(part, Repeat):
            blocks = [part.first, *part.others]
            stages.append(Stage(_common(blocks), [layer for one in blocks for layer in one.layers], blocks))
        elif isinstance(part, Block) and (_listed(part) or (forms[_steps(part)] == 1 and _repeats(part))):
            inner = [block for one in part.parts for block in _blocks(one)]
            kinds = {_form(block) for block in inner}
            if len(inner) == sum(len(_blocks(one)) or 1 for one in part.parts) and len(kinds) <= MOST_OPENED:
                stages.append(Stage(part.path, list(part.layers), inner))
            else:
                _gather(list(part.parts), stages)
        elif isinstance(part, Block):
            stages.append(Stage(part.path, list(part.layers), [part]))
        else:
            layers = [part] if isinstance(part, Layer) else list(part.layers)
            if not stages or stages[-1].blocks:
                stages.append(Stage(layers[0].path.partition("@")[0]))
            stages[-1].layers += layers


def _together(parts: list[Part]) -> list[Part]:
    """Blocks of one list are in a row, though sums that cost nothing stand between them (a WaveNet adds up what each gives)."""
    found: list[Part] = []
    between: list[Part] = []
    path = ""  # of the list that the last block is of
    for part in parts:
        inner = _only(part)
        listed = inner.path.rpartition(".")[0] if inner else ""
        last = found[-1] if found else None
        if inner is None:
            quiet = bool(path) and isinstance(part, Layer | Run) and not any(map(_does, _layers(part)))
            if quiet:
                between.append(part)
            else:
                found += [*between, part]
                between, path = [], ""
        elif path == listed and last and _blocks(last) and _steps(_blocks(last)[0]) == _steps(inner):
            found[-1] = Repeat(_blocks(last)[0], (*_blocks(last)[1:], inner))
            between = []
        else:
            found += [*between, inner]
            between, path = [], listed
    return [*found, *between]


def _only(part: Part) -> Block | None:
    """The one block in a list of blocks that other steps interrupt."""
    if not isinstance(part, Block) or len(part.parts) != 1:
        return None
    inner = part.parts[0]
    return inner if isinstance(inner, Block) and inner.path.rpartition(".")[2].isdigit() else None


def _layers(part: Layer | Run) -> Sequence[Layer]:
    return [part] if isinstance(part, Layer) else part.layers


def _does(layer: Layer) -> bool:
    return bool(layer.value or macs([layer])) or layer.kind not in _SILENT


def _blocks(part: Part) -> list[Block]:
    if isinstance(part, Repeat):
        return [part.first, *part.others]
    return [part] if isinstance(part, Block) else []


def _listed(block: Block) -> bool:
    """Numbered children that are all blocks."""
    inner = [_blocks(one) for one in block.parts]
    return len(inner) > 1 and all(inner) and all(one[0].path.rpartition(".")[2].isdigit() for one in inner)


def _repeats(block: Block) -> bool:
    """Whether there are blocks of one form in it: equal ones, a list of blocks, or a row of the same steps."""
    if _listed(block) or _row([inner for part in block.parts for inner in _blocks(part)]):
        return True
    return any(isinstance(one, Repeat) or (isinstance(one, Block) and _repeats(one)) for one in block.parts)


def _row(blocks: list[Block]) -> bool:
    """Each reads what comes out of the one before or later (branches do not), and some have the same steps, whatever their sizes."""
    after = all(
        any(source >= last.layers[0].index for source in block.layers[0].call.inputs if isinstance(source, int))
        for last, block in pairwise(blocks)
    )
    return after and len({_steps(block) for block in blocks}) < len(blocks)


def _steps(block: Block) -> str:
    """The types of its steps, in order."""
    return " ".join(layer.type for layer in block.layers)


def _common(blocks: list[Block]) -> str:
    return blocks[0].path.rpartition(".")[0] or blocks[0].path


def _form(block: Block) -> str:
    key = structure(block)
    if key not in _FORMS:
        chain = graph_of(block)
        _FORMS.keep(key, shape_of(chain) if chain else _steps(block))
    return _FORMS[key]


@worked_out_once
def structure(block: Block) -> Hashable:
    """All that the wiring and the drawing of a block follow from."""
    inside = len(block.path)
    steps = tuple([(layer.path[inside:], layer.call.inputs.count("constant")) for layer in block.layers])
    return block.signature, steps
