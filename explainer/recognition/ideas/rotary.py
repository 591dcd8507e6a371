"""Rotary position embedding: queries and keys are turned, pair by pair, by an angle that grows with the position.

Unit vectors are put in; what comes out is a matrix for each position. It is a rotary embedding if each is the first one turned by t·θ.
Which numbers are a pair, how many are turned, and the base of the angles are read off.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from explainer.i18n.bilingual import Bi
from explainer.recognition.definitions import CLOSE
from explainer.recognition.graph import Found, Graph, Stretch
from explainer.recognition.ideas.attention_cores import cores
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Made, Ref
from explainer.walkthrough.idea import Plain, Proof

MOST_BACK = 16
MOST_SEEN = 40
WIDEST = 256
MIXED = 1e-9
SINGLE = 4 * 2.0**-23  # for each position: angles that were kept as a table in single precision
PROVEN = Bi(
    zh="依次输入{n}个单位向量，读出每个位置上的矩阵：在位置0至{t}上都等于位置0的矩阵再旋转t·θ（{off}）。",
    en="{n:unit vector|unit vectors} put in one after another give the matrix at each position: at the positions 0 to {t} it is that of "
    "position 0, turned by t·θ ({off}).",
)


@dataclass(frozen=True)
class Turned:
    """What was read off: pairs of numbers, their angles at position 1, the width of a head, how well it fits, on how many positions.

    start: what position 0 does to the turned numbers.
    """

    pairs: tuple[tuple[int, int], ...]
    angles: tuple[float, ...]
    width: int
    off: float
    positions: int
    start: torch.Tensor


def found(graph: Graph) -> Iterator[Found]:
    """One idea for the queries and keys of an attention together."""
    known: dict[str, Turned | None] = {}
    told: set[int] = set()
    for core in cores(graph):
        stretches: list[tuple[Stretch, Turned]] = []
        for ref in (core.q, core.k):
            for stretch in _stretches(graph, ref):
                try:
                    key = graph.replay.signature(stretch.y, [stretch.x])
                    if key not in known:
                        known[key] = _turned(graph, stretch)
                except NoValue:
                    continue
                if (read := known[key]) is not None:
                    stretches.append((stretch, read))
                    break
        if (
            len(stretches) < 2
            or not _alike(stretches[0][1], stretches[1][1])
            or stretches[0][0].y in {Made(at) for at in told}
        ):
            continue
        steps = sorted({at for stretch, _ in stretches for at in stretch.steps})
        told |= set(steps)
        stretch, read = stretches[0]
        words = PROVEN.format(n=read.width, t=read.positions - 1, off=within(read.off))
        proof = Proof("run", words, read.width, (graph.tape.shape_of(stretch.x),), read.off, -1, graph.model)
        yield Found("rotary", graph.calls(steps), _settings(graph, stretch, read), proof)


def _alike(one: Turned, other: Turned) -> bool:
    """Whether queries and keys are turned alike: then a score follows from the distance, which is what it is for.

    Where only a part is turned, its place may differ: keys may get it from elsewhere.
    """
    same_angles = len(one.angles) == len(other.angles) and all(
        abs(a - b) <= CLOSE for a, b in zip(one.angles, other.angles, strict=True)
    )
    same_start = difference(one.start, other.start) <= CLOSE  # keys may not be a position ahead
    return same_angles and same_start and _from_the_first(one.pairs) == _from_the_first(other.pairs)


def _from_the_first(pairs: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    first = min(map(min, pairs))
    return [(i - first, j - first) for i, j in pairs]


def _stretches(graph: Graph, ref: Ref) -> Iterator[Stretch]:
    """Closed stretches that end where a query or key, or a part of it, is made, with something in them that depends on the position alone."""
    waiting, seen = [ref], set[Ref]()
    while waiting and len(seen) < MOST_BACK:
        ref = waiting.pop(0)
        if ref in seen or not isinstance(ref, Made):
            continue
        seen.add(ref)
        for x in _same_shape(graph, ref):
            stretch = graph.stretch(x, ref)
            if stretch is not None and len(stretch.steps) > 2 and _by_position(graph, stretch):
                yield stretch
        step = graph.tape.steps[ref.step]
        if not graph.linear(step):
            waiting += [before for before in step.refs if graph.is_fed(before)]


def _same_shape(graph: Graph, y: Ref) -> list[Ref]:
    """The tensors of y's shape that y comes from, the nearest first."""
    shape = graph.tape.shape_of(y)
    seen, waiting, found = set[Ref](), [y], list[Ref]()
    while waiting and len(seen) < MOST_SEEN:
        ref = waiting.pop(0)
        if ref in seen or not isinstance(ref, Made):
            continue
        seen.add(ref)
        step = graph.tape.steps[ref.step]
        if ref != y and graph.linear(step):
            continue
        for before in step.refs:
            if graph.is_fed(before):
                waiting.append(before)
                if graph.tape.shape_of(before) == shape and before not in found:
                    found.append(before)
    return found


def _by_position(graph: Graph, stretch: Stretch) -> bool:
    refs = [ref for at in stretch.steps for ref in graph.tape.steps[at].refs]
    return any(not graph.is_fed(ref) and not graph.is_learned(ref) for ref in refs) and not stretch.beside


def _turned(graph: Graph, stretch: Stretch) -> Turned | None:
    """Raises NoValue."""
    shape = graph.tape.shape_of(stretch.x)
    width = shape[-1]
    if not 4 <= width <= WIDEST or len(shape) < 3:
        return None
    mixed = normal(shape, 1)
    made = graph.replay.run(stretch.y, {stretch.x: mixed})
    twice = graph.replay.run(stretch.y, {stretch.x: 2 * mixed})
    if difference(twice, 2 * made) > CLOSE:
        return None
    columns = []
    for number in range(width):
        unit = torch.zeros(shape, dtype=torch.float64)
        unit[..., number] = 1
        columns.append(graph.replay.run(stretch.y, {stretch.x: unit}))
    matrices = torch.stack(columns, -1)  # …, position or head, output, input
    if difference((matrices @ mixed[..., None])[..., 0], made) > CLOSE:
        return None
    by_position = _positions(matrices)
    return _rotation(by_position) if by_position is not None else None


def _positions(matrices: torch.Tensor) -> torch.Tensor | None:
    """One matrix for each position: they change along one axis only."""
    leading = matrices.shape[:-2]
    moving = [
        axis for axis in range(len(leading)) if float((matrices - matrices.narrow(axis, 0, 1)).abs().max()) > MIXED
    ]
    if len(moving) != 1 or leading[moving[0]] < 3:
        return None
    return matrices.movedim(moving[0], 0).reshape(leading[moving[0]], -1, *matrices.shape[-2:])[:, 0]


def _rotation(matrices: torch.Tensor) -> Turned | None:
    """The angles, if the matrix of each position is the first one turned."""
    first = matrices[0]
    square = first @ first.T
    size = square.diagonal()
    if float((square - torch.diag(size)).abs().max()) > CLOSE * float(size.max()) or float(size.min()) <= 0:
        return None
    turns = (matrices @ first.T) / size  # by position: what has happened since position 0
    count = turns.shape[-1]
    beside = turns.abs().sum(0) * (1 - torch.eye(count, dtype=torch.float64))
    pairs: list[tuple[int, int]] = []
    for i in range(count):
        j = int(beside[i].argmax())
        if float(beside[i, j]) > MIXED and not any(i in pair or j in pair for pair in pairs):
            pairs.append((i, j))
    if not pairs:
        return None
    angles = [math.atan2(float(turns[1, j, i]), float(turns[1, i, i])) for i, j in pairs]
    off = 0.0
    for position in range(len(turns)):
        right = torch.eye(count, dtype=torch.float64)
        for (i, j), angle in zip(pairs, angles, strict=True):
            cos, sin = math.cos(position * angle), math.sin(position * angle)
            right[i, i] = right[j, j] = cos
            right[j, i], right[i, j] = sin, -sin
        now = float((turns[position] - right).abs().max())
        if now > CLOSE + SINGLE * position:
            return None
        off = max(off, now)
    start = first[sorted(number for pair in pairs for number in pair)]
    start = start[:, start.abs().amax(0) > MIXED] / start.abs().max()
    return _by_input(Turned(tuple(pairs), tuple(angles), count, off, len(turns), start), first)


def _by_input(read: Turned, first: torch.Tensor) -> Turned:
    """The pairs as they lie in what goes in, if position 0 only puts the numbers in another order."""
    there = first.abs() > MIXED * first.abs().max()
    if not bool((there.sum(0) == 1).all() and (there.sum(1) == 1).all()):
        return read
    source = [int(row) for row in there.int().argmax(1)]
    found = [(source[i], source[j], angle) for (i, j), angle in zip(read.pairs, read.angles, strict=True)]
    ordered = sorted((i, j, angle) if i < j else (j, i, -angle) for i, j, angle in found)
    return replace(read, pairs=tuple((i, j) for i, j, _ in ordered), angles=tuple(angle for *_, angle in ordered))


def _settings(graph: Graph, stretch: Stretch, read: Turned) -> dict[str, Plain]:
    turned = sorted(number for pair in read.pairs for number in pair)
    half = len(read.pairs)
    own = graph.real_shape(stretch.x)[-1]
    settings: dict[str, Plain] = {"head_width": own}
    pairing = "other"
    if all(j - i == half for i, j in read.pairs):
        pairing = "half"
    if all(j - i == 1 for i, j in read.pairs):
        pairing = "interleaved"
    if half > 1:  # one pair is both
        settings["pairing"] = pairing
    width = own if len(turned) == read.width else _width(graph, stretch, len(turned))
    if width is not None:
        settings["width"] = width
    base = _base(sorted((abs(angle) for angle in read.angles), reverse=True))
    return settings | ({"base": base} if base is not None else {})


def _width(graph: Graph, stretch: Stretch, turned: int) -> int | None:
    """How many numbers of a head are turned in the model itself: as many as the part has that is cut out for it."""
    if not graph.model:
        return turned
    cut: list[Ref] = [Made(at) for at in stretch.steps if graph.tape.steps[at].shape[-1:] == (turned,)]
    found = {graph.real_shape(ref)[-1] for ref in cut}
    return found.pop() if len(found) == 1 else None


def _base(angles: list[float]) -> float | None:
    """b, if the angles are b to the power of −2i/width; else None (they were scaled)."""
    if len(angles) < 2 or abs(angles[0] - 1) > CLOSE:
        return None
    count = len(angles)
    base = angles[1] ** -count
    if any(abs(angle * base ** (i / count) - 1) > 1e-4 for i, angle in enumerate(angles)):
        return None
    return float(f"{base:.4g}")


RECOGNISER = Recogniser(found, order=70)
