"""Divisibilities among a model's numbers that are chance: 2 blocks, and a width of 64.

Two numbers of which no leaf of the tree follows both have nothing to do with each other, if the model can be built where the one
does not divide the other. It is tried once for each number, with all that it divides together.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import lcm

from explainer.probing.lattice import divides
from explainer.probing.prober import Prober, Reading

FEW = 8  # numbers or fewer: all divisibilities can be kept, and nothing is gained
NEAR = 12  # other values looked at
TRIED = 2


def divide_by_chance(prober: Prober, free: Iterable[str]) -> set[tuple[str, str]]:
    """The pairs of which the first divides the second, and need not. Raises OutOfBudget."""
    names = list(free)
    base = prober.at({})
    pairs = [(a, b) for a in names for b in names if divides(prober.base[a], prober.base[b])]
    if base is None or len(names) <= FEW:
        return set()
    changed = {name: _changed(prober, base, name, [b for a, b in pairs if a == name]) for name in names}
    return {(a, b) for a, b in pairs if _apart(changed[a], changed[b])}


def _apart(one: set[int] | None, other: set[int] | None) -> bool:
    return one is not None and other is not None and not one & other


def _changed(prober: Prober, base: Reading, name: str, multiples: list[str]) -> set[int] | None:
    """The leaves that follow a number, seen where it divides none of its multiples; None where that cannot be built."""
    v = prober.base[name]
    if not isinstance(v, int):
        return None
    step = lcm(prober.least.get(name, 1), *(n for o, n in prober.base.items() if o != name and divides(n, v)))  # type: ignore[arg-type]
    near = [v + step * k for k in range(1, NEAR)]
    wanted = [q for q in near if all(int(prober.base[b]) % q for b in multiples)]
    for value in wanted[:TRIED]:
        reading = prober.at({name: value})
        if reading is not None and reading.structure == base.structure:
            return {i for i, (a, b) in enumerate(zip(base.leaves, reading.leaves, strict=True)) if a != b}
    return None
