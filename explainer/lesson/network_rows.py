"""The rows of the network's table, in its order; neighbours are joined where they are one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from explainer.lesson.network_chunk import Chunk, home_of
from explainer.lesson.network_working import numbers_of
from explainer.lesson.phrases import without_batch
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.story import Part

_INDEX = re.compile(r"\d+")
MOST_ROWS = 26
MOST_PIECES = 3


def chunks(walk: Walkthrough, most: int = MOST_ROWS) -> list[Chunk]:
    """The rows, in the order of the network; one a part of the story where these would be too many."""
    in_order = _in_order(walk) if walk.story.repeating else _layer_by_layer(walk)
    found = _beside_blocks(walk, _joined([chunk for chunk in in_order if _says(chunk)]))
    if len(found) > most and (walk.story.repeating or len(found) > MOST_ROWS):
        found = [chunk for chunk in map(_whole, walk.story.parts) if _says(chunk)]
    return found


def opened(chunk: Chunk) -> list[Chunk]:
    """An input stage of tokens or patches in its pieces: their table, and that of their positions, are told apart."""
    counted = [layer for layer in chunk.layers if layer.counted]
    raw = [tensor for tensor in chunk.raw if tensor.params]
    apart = bool(raw) or (bool(counted) and all(layer.kind is Kind.EMBEDDING for layer in counted))
    costs = {layer.index for layer in chunk.layers if not layer.macs_known or (layer.macs and layer.macs.value)}
    few = 1 < len(counted) + len(raw) <= MOST_PIECES and costs <= {layer.index for layer in counted}
    if chunk.part.what != "stem" or not apart or not few or chunk.uncalled:
        return [chunk]
    layers = [Chunk(chunk.part, [layer], piece=True) for layer in counted]
    return [*layers, *(Chunk(chunk.part, raw=[tensor], piece=True) for tensor in raw)]


def last_layer(walk: Walkthrough, chunk: Chunk) -> Layer:
    """What the row hands on: behind blocks that take all before them, what their container makes of them (DenseNet's last concatenation)."""
    last = chunk.layers[-1]
    inside = chunk.blocks[0].rpartition(".")[0] if len(chunk.blocks) > 1 else ""
    behind = next((one for one in walk.layers if one.index == last.index + 1), None)
    if (
        inside
        and behind
        and behind.kind is Kind.JOIN
        and behind.path.rpartition(".")[0] == inside
        and not behind.counted
    ):
        return behind
    return last


def _joined(found: list[Chunk]) -> list[Chunk]:
    """Blocks of one container are one row, though sums stand between them that cost nothing (WaveNet's skips).

    So are equal layers that take the same input side by side.
    """
    joined: list[Chunk] = []
    for chunk in found:
        last = joined[-1] if joined else None
        if last and last.part is chunk.part and last.blocks and chunk.blocks and _goes_on(last, chunk.blocks[0]):
            last.layers += chunk.layers
            last.uncalled += chunk.uncalled
            last.raw += chunk.raw
            last.blocks += [block for block in chunk.blocks if block not in last.blocks]
        elif last and _side_by_side(last, chunk):
            last.layers += chunk.layers
        else:
            joined.append(chunk)
    return joined


def _beside_blocks(walk: Walkthrough, found: list[Chunk]) -> list[Chunk]:
    """What stands in a list of blocks and is none of them (MobileNetV3's first, which widens nothing) is one row."""
    classes: dict[str, set[str]] = {}  # of the blocks, by their place with its numbers left out
    paths = [row.path for part in walk.story.blocks if part.template for row in part.template.rows]
    for path in paths:
        if _INDEX.search(path):
            classes.setdefault(_INDEX.sub("#", path), set()).add(walk.containers.get(path, ""))
    inside = {parent for path in paths for parent in _above(path)}
    homes = [
        path
        for path, cls in walk.containers.items()
        if path not in paths and (known := classes.get(_INDEX.sub("#", path))) and (path not in inside or cls in known)
    ]
    joined: list[Chunk] = []
    for home, run in groupby(found, key=lambda chunk: _around(chunk, homes)):
        chunks_of = list(run)
        first = chunks_of[0]
        if not home or len(chunks_of) < 2:
            joined += chunks_of
            continue
        layers = [layer for chunk in chunks_of for layer in chunk.layers]
        uncalled = [one for chunk in chunks_of for one in chunk.uncalled]
        joined.append(Chunk(first.part, layers, uncalled, [raw for one in chunks_of for raw in one.raw], beside=home))
    told = {chunk.beside: chunk for chunk in joined if chunk.beside}
    for chunk in [one for one in joined if not one.layers and not one.uncalled]:  # tensors that it uses directly
        around = {next((home for home in told if raw.name.startswith(f"{home}.")), "") for raw in chunk.raw}
        if len(around) == 1 and (into := told.get(around.pop())) is not None:
            into.raw += chunk.raw
            joined.remove(chunk)
    return joined


def _around(chunk: Chunk, homes: Sequence[str]) -> str:
    """The outermost of these modules that all of the row's layers are in."""
    if chunk.part.what in ("stem", "head", "loop") or not chunk.layers:
        return ""
    paths = [layer.path for layer in chunk.layers]
    return min((home for home in homes if all(path.startswith(f"{home}.") for path in paths)), key=len, default="")


def _above(path: str) -> list[str]:
    names = path.split(".")
    return [".".join(names[:i]) for i in range(1, len(names))]


def _side_by_side(last: Chunk, chunk: Chunk) -> bool:
    """Whether both are layers alone, equal and of the same input, as the convolutions of primary capsules are."""
    if len(chunk.layers) != 1 or any(one.blocks or one.uncalled or one.raw for one in (last, chunk)):
        return False
    one, other = last.layers[-1], chunk.layers[0]
    if not one.counted or one.params is None or other.params is None:
        return False
    return (one.type, one.counted, one.call.inputs, one.call.output_shapes, one.params.values) == (
        *(other.type, other.counted, other.call.inputs, other.call.output_shapes, other.params.values),
    )


def _says(chunk: Chunk) -> bool:
    """Whether it has parameters or multiplies."""
    return bool(chunk.params) or any(one.macs and one.macs.value for one in chunk.layers)


def _layer_by_layer(walk: Walkthrough) -> list[Chunk]:
    """A chain of layers such as VGG: each is a row."""
    story = walk.story
    found = [Chunk(story.of_call[layer.index], [layer]) for layer in walk.layers]
    rest = [part for part in story.parts if part.uncalled or part.raw]
    return [*found, *(Chunk(part, [], list(part.uncalled), list(part.raw)) for part in rest)]


def alike_joined(found: list[Chunk]) -> list[Chunk]:
    """Neighbours that are equal in kind, output, parameters and computation are one row."""
    joined: list[Chunk] = []
    for chunk in found:
        last = joined[-1] if joined else None
        if last is not None and (key := _equal(chunk)) is not None and key == _equal(last):
            last.layers += chunk.layers
            last.alike = True
        else:
            joined.append(chunk)
    return joined


def _equal(chunk: Chunk) -> object:
    if chunk.uncalled or chunk.raw or not chunk.layers:
        return None
    one = chunk.layers[0]
    cost = one.macs.value if one.macs else None
    return (
        (
            one.rule.name if one.rule else one.type,
            numbers_of(Chunk(chunk.part, [one])),
            one.counted,
            cost,
            without_batch(one)[1],
        )
        if one.counted
        else None
    )


def _whole(part: Part) -> Chunk:
    blocks = [row.path for row in part.template.rows] if part.template and not part.loop else []
    return Chunk(part, list(part.layers), list(part.uncalled), list(part.raw), blocks)


def _in_order(walk: Walkthrough) -> list[Chunk]:
    found: list[Chunk] = []
    story = walk.story
    homes = {row.path: row.path for part in story.blocks if part.template for row in part.template.rows}
    last: dict[int, Chunk] = {}
    placed: dict[str, Chunk] = {}
    for layer in walk.layers:
        part = story.of_call[layer.index]
        block = home_of(layer.path, homes) if part.what == "block" else ""
        chunk = found[-1] if found else None
        if part.what in ("stem", "head", "plumbing", "idea", "loop") and id(part) in last:
            chunk = last[id(part)]
        elif chunk is None or chunk.part is not part or not _goes_on(chunk, block):
            chunk = Chunk(part)
            found.append(chunk)
        last[id(part)] = chunk
        chunk.layers.append(layer)
        if block and block not in chunk.blocks:
            chunk.blocks.append(block)
            placed.setdefault(block, chunk)
    for part in story.parts:
        where = last.get(id(part))
        if where is None:
            found.append(_whole(part))
            continue
        for tensor in part.raw:
            placed.get(home_of(tensor.name, homes), where).raw.append(tensor)
        where.uncalled += part.uncalled
    return found


def _goes_on(chunk: Chunk, block: str) -> bool:
    """Blocks of one container are one row."""
    return not block or chunk.blocks[0].rpartition(".")[0] == block.rpartition(".")[0]
