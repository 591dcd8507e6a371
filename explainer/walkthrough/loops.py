"""The same code run again and again: steps in time, one block in place of twelve, a head for five levels. Language-free.

A stretch of calls is a round of a loop if the next calls are the same modules and functions of the same forward, with the same parameters.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from msgspec import Struct

from explainer.walkthrough.parts import Layer
from explainer.walkthrough.templates.find import kind_of

SHORTEST = 2  # calls of a round: one layer run several times is a kind of layer
LEAST_AGAIN = 4  # calls that are not told anew
MOST_PERIODS = 24  # lengths of a round that are tried


class Loop(Struct, frozen=True):
    """rounds: the indexes of the calls of each round, in order; the first stands for all."""

    rounds: tuple[tuple[int, ...], ...]

    @property
    def first(self) -> tuple[int, ...]:
        return self.rounds[0]

    @property
    def times(self) -> int:
        return len(self.rounds)


def loops_of(layers: Sequence[Layer]) -> tuple[Loop, ...]:
    """The loops of a pass, the outer before the inner ones; those inside a loop are of its first round."""
    keys: list[Hashable] = []
    for layer in layers:
        tensors = tuple(operand.parameter for operand in layer.call.operands if operand.parameter)
        keys.append((layer.path.partition("@")[0], kind_of(layer), tensors))
    return tuple(_found(layers, keys, 0, len(layers)))


def again_of(loops: Sequence[Loop]) -> dict[int, int]:
    """Each call that repeats another one: its index → that of the call in the first round, of the innermost loop too."""
    found: dict[int, int] = {}
    for loop in loops:
        for round_ in loop.rounds[1:]:
            found.update(zip(round_, loop.first, strict=True))
    for index, first in found.items():
        while first in found:
            first = found[first]
        found[index] = first
    return found


def _found(layers: Sequence[Layer], keys: list[Hashable], start: int, end: int) -> list[Loop]:
    places: dict[Hashable, list[int]] = {}
    for at in range(start, end):
        places.setdefault(keys[at], []).append(at)
    if all(len(found) == 1 for found in places.values()):
        return []
    loops: list[Loop] = []
    at = start
    while at < end:
        period, times = _longest(layers, keys, at, end, places[keys[at]])
        if times < 2:
            at += 1
            continue
        at = _turned(layers, keys, at, end, period, times)
        rounds = [range(at + n * period, at + (n + 1) * period) for n in range(times)]
        loops.append(Loop(tuple(tuple(layers[i].index for i in round_) for round_ in rounds)))
        loops += _found(layers, keys, at, at + period)
        at += period * times
    return loops


def _longest(layers: Sequence[Layer], keys: list[Hashable], at: int, end: int, places: list[int]) -> tuple[int, int]:
    """The length of a round and how often it runs: what covers most calls, with the shortest round."""
    best, covered = (0, 0), 0
    later = [place for place in places if place > at][:MOST_PERIODS]
    for place in later:
        period = place - at
        if period < SHORTEST or at + 2 * period > end:
            continue
        times = _times(keys, at, end, period)
        if times * period > max(covered, period + LEAST_AGAIN - 1) and any(map(_learned, layers[at : at + period])):
            best, covered = (period, times), times * period
    return best


def _learned(layer: Layer) -> bool:
    """Whether it uses parameters: its own, or tensors that its forward is given."""
    return bool(layer.owned) or any(operand.parameter for operand in layer.call.operands)


def _times(keys: list[Hashable], at: int, end: int, period: int) -> int:
    same = 0
    while at + period + same < end and keys[at + same] == keys[at + period + same]:
        same += 1
    return same // period + 1


def _turned(layers: Sequence[Layer], keys: list[Hashable], at: int, end: int, period: int, times: int) -> int:
    """Where a round begins: where its last call and the first of the next have least in common, the module's border."""
    best, least = at, _common(layers[at + period - 1].path, layers[at].path)
    for start in range(at + 1, min(at + period, end - period * times + 1)):
        if _times(keys, start, end, period) < times:
            break
        common = _common(layers[start + period - 1].path, layers[start].path)
        if common < least:
            best, least = start, common
    return best


def _common(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one.split("."), other.split("."), strict=False):
        if a != b:
            break
        count += 1
    return count
