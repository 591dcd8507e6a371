"""A network's calls gathered into the stages that a picture shows: rows of blocks, and the steps between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise

from explainer.figures.blocks.graph import shape_of
from explainer.figures.blocks.stage import Stage, does, prepares
from explainer.figures.blocks.stage_names import from_to, name_all
from explainer.figures.blocks.steps import blocks_of, graph_of
from explainer.figures.reading import macs, output, owned
from explainer.memory import Memory, worked_out_once
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block, Part, Repeat, Run
from explainer.walkthrough.model import Layer, Walkthrough

MOST_STAGES, MOST_OPENED = 8, 3
_FORMS: Memory[str] = Memory()


def stages_of(walk: Walkthrough) -> list[Stage]:
    """The boxes of the upper row, in order; too many are joined where their resolution is the same."""
    stages: list[Stage] = []
    _gather(list(walk.folded), stages)
    norms = [set(idea.calls) for idea in walk.ideas if idea.kind.endswith("_norm")]
    for stage in stages:
        steps = {layer.index for layer in stage.layers}
        stage.norm = not any(layer.value for layer in stage.layers) and any(calls <= steps for calls in norms)
    direct = owned(walk)
    stages = [
        one for one in stages if one.norm or not prepares(one) or any(n.index in direct for n in one.layers)
    ] or stages
    if len(stages) > MOST_STAGES:
        joined: list[Stage] = []
        for stage in map(Stage.among_others, stages):
            last = joined[-1] if joined else None
            if last and _resolution(last) == _resolution(stage) and _alike(last, stage):
                last.layers += stage.layers
                last.blocks += stage.blocks
                if len(last.blocks) > 1:
                    last.name = from_to(last.blocks[0].path, last.blocks[-1].path)
            else:
                joined.append(stage)
        stages = joined
    _close(stages, walk.layers)
    name_all(stages)
    return stages


def _close(stages: list[Stage], layers: Sequence[Layer]) -> None:
    """What puts together all that a stage's blocks gave (a dense block's result) is the stage's end."""
    by_index = {layer.index: layer for layer in layers}
    for stage, following in pairwise(stages):
        first, last = stage.layers[0], stage.layers[-1]
        join = by_index.get(last.index + 1)
        if len(stage.blocks) < 2 or join is None or join.kind is not Kind.JOIN:
            continue
        sources = [source for source in join.call.inputs if isinstance(source, int)]
        began = min((source for source in first.call.inputs if isinstance(source, int)), default=first.index)
        whole = len(sources) > 1 and max(sources) == last.index and min(sources) >= began
        if whole and following.layers != [join]:
            stage.layers.append(join)
            following.layers = [layer for layer in following.layers if layer is not join]


def _alike(last: Stage, stage: Stage) -> bool:
    """Blocks both, or one of them has no parameters (a pooling between)."""
    empty = any(not any(layer.value for layer in one.layers) for one in (last, stage))
    return empty or bool(last.blocks and stage.blocks)


def _resolution(stage: Stage) -> tuple[int, ...]:
    return output(stage.layers[-1])[1:]


def _gather(parts: list[Part], stages: list[Stage], around: Block | None = None) -> None:
    """Steps in a row are one box; a container of blocks is one; a mixture is taken apart. around: the module that holds nothing else.

    A block with the steps of another beside it is one block, whatever is in it, unless it is a list of blocks.
    """
    parts = _together(parts)
    forms = Counter(_steps(one) for part in parts for one in blocks_of(part))
    for part in parts:
        if isinstance(part, Repeat):
            blocks = [part.first, *part.others]
            stages.append(Stage(_common(blocks), [layer for one in blocks for layer in one.layers], blocks))
        elif isinstance(part, Block) and (_listed(part) or (forms[_steps(part)] == 1 and _repeats(part))):
            inner = [block for one in part.parts for block in blocks_of(one)]
            if len(inner) == 1 == len(part.parts) and _listed(inner[0]):  # a module around the list of blocks
                _gather(list(part.parts), stages, part)
                continue
            kinds = {form_of(block) for block in inner}
            if len(inner) == sum(len(blocks_of(one)) or 1 for one in part.parts) and len(kinds) <= MOST_OPENED:
                unit = (around or part) if 2 * sum(map(_single, inner)) > len(inner) else None
                stages.append(Stage(part.path, list(part.layers), inner, unit=unit))
            else:
                _gather(list(part.parts), stages)
        elif isinstance(part, Block):
            stages.append(Stage(part.path, list(part.layers), [part]))
        else:
            for layer in [part] if isinstance(part, Layer) else part.layers:
                if not stages or stages[-1].blocks or _begins_anew(layer, stages):
                    stages.append(Stage(layer.path.partition("@")[0]))
                stages[-1].layers.append(layer)


def _begins_anew(layer: Layer, stages: list[Stage]) -> bool:
    """Whether it reads what is given to the network, behind steps of another stage (a decoder's embedding behind an encoder's norm)."""
    sources = [source for source in layer.call.inputs if source != "constant"]
    return bool(layer.value and len(stages) > 1 and sources) and all(source == "input" for source in sources)


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
            quiet = bool(path) and isinstance(part, Layer | Run) and not any(map(does, _layers(part)))
            if quiet:
                between.append(part)
            else:
                found += [*between, part]
                between, path = [], ""
        elif path == listed and last and blocks_of(last) and _steps(blocks_of(last)[0]) == _steps(inner):
            found[-1] = Repeat(blocks_of(last)[0], (*blocks_of(last)[1:], inner))
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


def _listed(block: Block) -> bool:
    """A list of blocks: numbered children that are all blocks, or equal blocks in a row."""
    inner = [blocks_of(one) for one in block.parts]
    many = sum(map(len, inner)) > 1
    numbered = many and all(inner) and all(one[0].path.rpartition(".")[2].isdigit() for one in inner)
    return numbered or (all(inner) and _equal_in_a_row(block, [one for found in inner for one in found]))


def _equal_in_a_row(block: Block, inner: list[Block]) -> bool:
    """Whole blocks one behind the other, some of them equal, whatever they are called (RegNet's `block3-0`, `block3-1`)."""
    repeats = [one for one in block.parts if isinstance(one, Repeat)]
    return bool(repeats) and _row(inner) and not any(_single(one.first) for one in repeats)


def _single(block: Block) -> bool:
    """One layer that multiplies, with its normalization and activation, and nothing added or put beside it."""
    alone = all(len(layer.call.inputs) <= 1 for layer in block.layers)
    return alone and sum(bool(macs([layer])) for layer in block.layers) <= 1


def _repeats(block: Block) -> bool:
    """Whether there are blocks of one form in it: equal ones, a list of blocks, or a row of the same steps."""
    if _listed(block) or _row([inner for part in block.parts for inner in blocks_of(part)]):
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


@worked_out_once
def form_of(block: Block) -> str:
    """Equal for blocks of the same steps and wiring, whatever their sizes."""
    key = structure(block)
    known = _FORMS.get(key)
    if known is None:
        chain = graph_of(block)
        known = _FORMS.keep(key, shape_of(chain) if chain else _steps(block))
    return known


def wired(block: Block) -> bool:
    """Whether its form says its wiring, not its steps alone."""
    return form_of(block) != _steps(block)


@worked_out_once
def structure(block: Block) -> Hashable:
    """All that the wiring and the drawing of a block follow from."""
    inside = len(block.path)
    steps = tuple([(layer.path[inside:], layer.call.inputs.count("constant")) for layer in block.layers])
    return block.signature, steps
