"""Which places of a map are one window of attention: neighbours (block, local window), or places at equal distances over the whole map (grid).

Each row that goes into the queries comes from one place. Which one is read off by changing half of all places at a time: the places
whose number has a given bit set, then those that have it not; a row changes in one of the two runs.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch

from explainer.recognition.graph import Graph
from explainer.recognition.ideas.attention_cores import Core
from explainer.recognition.ideas.attention_positions import origins_of
from explainer.recognition.replay import NoValue, normal
from explainer.recognition.tape import Ref
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Plain

MOST_BACK = 16
CHANGED = 1e-9
MOVED = {"roll", "pad"}
Known = dict[str, dict[str, Plain]]


def partition_of(graph: Graph, core: Core, positions: int, known: Known) -> dict[str, Plain]:
    """`partition` and the sides of a window, and `apart` for a grid; nothing where the rows are no windows of a map."""
    try:
        rows = _rows(graph, core)
        if rows is None or math.prod(graph.tape.shape_of(rows)[:-1]) % positions:
            return {}
        places = _map(graph, rows, math.prod(graph.tape.shape_of(rows)))
        if places is None:
            return {}
        ref, sides = places
        key = graph.replay.signature(rows, [ref])
        if key not in known:
            known[key] = _partition(graph, rows, ref, sides, positions)
        return known[key]
    except NoValue:
        return {}


def _rows(graph: Graph, core: Core) -> Ref | None:
    """What the queries' layer is given: a row for each position of each window."""
    found = origins_of(graph, core.q)
    step = graph.tape.step_of(next(iter(found))) if len(found) == 1 else None
    if step is None or not graph.linear(step):
        return None
    ref = graph.data(step)
    return ref if ref is not None and len(graph.tape.shape_of(ref)) > 2 else None


def _map(graph: Graph, rows: Ref, numbers: int) -> tuple[Ref, tuple[int, int]] | None:
    """The map of features that the rows come from, and its two axes of places: channels first, or last."""
    own, width = graph.tape.shape_of(rows)[-3:-1], graph.tape.shape_of(rows)[-1]
    ref = rows
    found: tuple[Ref, tuple[int, int]] | None = None  # the one furthest back: what lies between may be a map cut up
    for _ in range(MOST_BACK):
        shape = graph.tape.shape_of(ref)
        if len(shape) == 4 and math.prod(shape) == numbers:
            if shape[1] == width and shape[3] != width:
                found = ref, (2, 3)
            elif shape[3] == width and shape[1:3] not in (own, own[::-1]):  # windows and their positions are no map
                found = ref, (1, 2)
        step = graph.tape.step_of(ref)
        if step is None or not (graph.shaping(step) or step.name in MOVED or graph.kind(step) is Kind.NORMALIZATION):
            return found
        before = graph.data(step)
        if before is None:
            return found
        ref = before
    return found


def _partition(graph: Graph, rows: Ref, ref: Ref, sides: tuple[int, int], positions: int) -> dict[str, Plain]:
    source = _sources(graph, rows, ref, sides, positions)
    if source is None:
        return {}
    shape = graph.tape.shape_of(ref)
    high, wide = (shape[axis] for axis in sides)
    kinds = {_window([divmod(place, wide) for place in window], high, wide) for window in source}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is None:
        return {}
    name, down, across, apart = kind
    said: dict[str, Plain] = {"partition": name, "window_height": down, "window_width": across}
    return {**said, "apart": apart} if name == "grid" else said


def _sources(graph: Graph, rows: Ref, ref: Ref, sides: tuple[int, int], positions: int) -> list[list[int]] | None:
    """For each window the places of its rows; None where a row has none, or several."""
    shape = graph.tape.shape_of(ref)
    count = shape[sides[0]] * shape[sides[1]]
    numbers = torch.arange(count).reshape(shape[sides[0]], shape[sides[1]])
    base, other = normal(shape, 1), normal(shape, 2)
    before = graph.replay.run(rows, {ref: base})
    scale = CHANGED * float(before.abs().max())
    found = torch.zeros(before.shape[:-1], dtype=torch.int64)
    for bit in range(max(1, (count - 1).bit_length())):
        moved = []
        for there in (True, False):
            chosen = ((numbers >> bit) & 1).bool() == there
            mask = chosen.reshape([shape[axis] if axis in sides else 1 for axis in range(4)])
            after = graph.replay.run(rows, {ref: torch.where(mask, other, base)})
            moved.append(((after - before).abs() > scale).any(-1))
        if not bool((moved[0] ^ moved[1]).all()):
            return None
        found |= moved[0].long() << bit
    first = found.reshape(-1, positions)[: count // positions]
    return [list(map(int, window)) for window in first.tolist()]


def _window(places: list[tuple[int, int]], high: int, wide: int) -> tuple[str, int, int, int] | None:
    """block or grid, the sides, and how far apart; a window that was moved over the edge has neighbours round it."""
    rows, columns = sorted({row for row, _ in places}), sorted({column for _, column in places})
    if len(set(places)) != len(places) or len(rows) * len(columns) != len(places):
        return None
    steps = _steps(rows, high), _steps(columns, wide)
    if steps == (1, 1):
        return "block", len(rows), len(columns), 1
    spread = steps[0] is not None and steps[0] == steps[1] and steps[0] > 1
    if spread and len(rows) * int(steps[0] or 0) == high and len(columns) * int(steps[0] or 0) == wide:
        return "grid", len(rows), len(columns), int(steps[0] or 0)
    return None


def _steps(numbers: list[int], size: int) -> int | None:
    """The equal distance between these, round the edge if need be; 1 for one number."""
    gaps = [b - a for a, b in pairwise(numbers)]
    if len(set(gaps)) <= 1:
        return gaps[0] if gaps else 1
    turned = [*gaps, numbers[0] + size - numbers[-1]]
    rest = sorted(turned)[:-1]  # without the widest, which a window over the edge has in the middle
    return rest[0] if len(set(rest)) == 1 else None
