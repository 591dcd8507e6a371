"""Which entries of lists stand for stages: `depths[1]` is how often the second stage's block stands there, if the formulas say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from explainer.formula.tree import Number, Symbol, symbols
from explainer.walkthrough.family import Part


@dataclass(frozen=True)
class Stage:
    """number: from 1. counts: the entry is the number of its blocks."""

    number: int
    counts: bool


def stages_of(parts: Sequence[Part], names: Mapping[str, Symbol]) -> dict[str, Stage]:
    """The entries that are known to be of one stage.

    Lists of which each entry repeats something else, in their order; and lists as long as these whose entries each stand in the
    blocks of their own stage.
    """
    lists: dict[str, list[str]] = {}
    for name in names:
        if entry := re.fullmatch(r"(.+)\[\d+\]", name):
            lists.setdefault(entry[1], []).append(name)
    repeated = [(set(symbols(part.times)), part) for part in _repeated(parts)]
    found: dict[str, Stage] = {}
    for counting in (own for own in lists.values() if len(own) > 1):
        blocks = [[part for times, part in repeated if names[name] in times] for name in counting]
        if not all(blocks) or not _in_order(blocks):
            continue
        found |= {name: Stage(at, True) for at, name in enumerate(counting, start=1)}
        inside = [{symbol for part in own for symbol in symbols(part.whole())} for own in blocks]
        for others in lists.values():
            alike = others is not counting and len(others) == len(counting)
            if alike and all(names[name] in own for name, own in zip(others, inside, strict=True)):
                found |= {name: Stage(at, False) for at, name in enumerate(others, start=1)}
    return found


def _in_order(blocks: list[list[Part]]) -> bool:
    """Whether no block is repeated by two entries."""
    paths = [part.path for own in blocks for part in own]
    return len(paths) == len(set(paths))


def _repeated(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if not isinstance(part.times, Number):
            yield part
        yield from _repeated(part.parts)
