"""Which divisibilities a formula needs: heads divide a width, a patch an image."""

from __future__ import annotations

from collections.abc import Mapping
from math import lcm
from random import Random

from explainer.probing.evidence import Changed, Evidence
from explainer.walkthrough.family import Setting

SAMPLES = 200
NEAR = 3
WAYS = 2  # to break a divisibility


def find_conditions(evidence: Evidence) -> None:
    """A pair stays if settings that break it alone, in two ways, cannot be built or have another number.

    One way is not enough: there the formula may fail for another reason, a cap.
    """
    evidence.drop_broken()
    _by_one_number(evidence)
    needed: list[tuple[str, str]] = []
    random = Random(2)
    failed: dict[tuple[str, str], list[frozenset[str]]] = {pair: [] for pair in evidence.pairs}
    for _ in range(4 * len(evidence.pairs)):
        unknown = [pair for pair in evidence.pairs if pair not in needed]
        if not unknown:
            break
        changed = _breaking(evidence, failed, needed, random)
        if changed is None:
            break
        broken = evidence.broken({**evidence.base, **changed})
        held = evidence.holds(changed, keep=False)
        if held:
            evidence.drop_broken()
        elif len(broken) == 1:
            failed[broken[0]].append(frozenset(changed))
            evidence.impossible |= {broken[0]} if held is None else set()
            if len(failed[broken[0]]) == WAYS:
                needed.append(broken[0])
                evidence.impossible -= {broken[0]} if held is False else set()


def _by_one_number(evidence: Evidence) -> None:
    """Each pair broken by either of its numbers, the other pairs kept if they can be: what holds so is no condition."""
    for pair in list(evidence.pairs):
        for name in pair:
            aimed = _aimed(evidence, pair, name)
            alone = (one for one in aimed if evidence.broken({**evidence.base, **one}) == [pair])
            changed = next(alone, aimed[0] if aimed and name == pair[0] else None)
            if pair in evidence.pairs and changed is not None and evidence.holds(changed, keep=False):
                evidence.drop_broken()
        freed = _freed(evidence, pair)
        if pair in evidence.pairs and freed is not None and evidence.holds(freed, keep=False):
            evidence.drop_broken()


def _freed(evidence: Evidence, pair: tuple[str, str]) -> Changed | None:
    """A multiple that the pair's first does not divide, what else divides it made 1: 8 groups divide a width, so 2 others do by chance."""
    a, b = pair
    others = [one for one, of in evidence.pairs if of == b and one != a]
    if not others or b not in evidence.varied or any(one not in evidence.varied for one in others):
        return None
    v, by = int(evidence.base[b]), int(evidence.base[a])
    value = next((q for q in range(v + 1, v + by) if q % by), v)
    changed: Changed = {**dict.fromkeys(others, 1), b: value}
    return changed if evidence.broken({**evidence.base, **changed}) == [pair] else None


def _breaking(
    evidence: Evidence,
    failed: Mapping[tuple[str, str], list[frozenset[str]]],
    needed: list[tuple[str, str]],
    random: Random,
) -> Changed | None:
    """A setting that breaks as few unknown pairs as possible, one at least, and keeps the needed ones.

    failed: the numbers that were changed where a pair alone was broken, and the formula failed.
    """
    best: tuple[int, Changed] | None = None
    unknown = [pair for pair in evidence.pairs if pair not in needed]
    names = list(dict.fromkeys(name for pair in unknown for name in pair if name in evidence.varied))
    drawn = [
        {name: _sample(evidence.base[name], random) for name in random.sample(names, min(len(names), 2))}
        for _ in range(SAMPLES)
    ]
    aimed = [one for pair in unknown for name in pair for one in _aimed(evidence, pair, name)]
    for changed in (*drawn, *aimed):
        broken = evidence.broken({**evidence.base, **changed})
        if not broken or any(pair in needed for pair in broken):
            continue
        if len(broken) == 1 and frozenset(changed) in failed[broken[0]]:
            continue
        if best is None or len(broken) < best[0]:
            best = (len(broken), changed)
    return best[1] if best else None


def _aimed(evidence: Evidence, pair: tuple[str, str], name: str) -> list[Changed]:
    """Values near one of the pair's numbers that break the pair, and keep what else divides it."""
    a, b = pair
    v, other = evidence.base[name], evidence.base[a if name == b else b]
    if name not in evidence.varied or not isinstance(v, int):
        return []
    step = lcm(*(int(evidence.base[one]) for one, of in evidence.pairs if of == name and (one, of) != pair))
    values = dict.fromkeys((v // step + k) * step for k in range(-NEAR, NEAR + 1))
    return [{name: q} for q in values if q > 0 and (q % other if name == b else other % q)]


def _sample(v: Setting, random: Random) -> Setting:
    if isinstance(v, float):
        return v
    factors = [random.choice((1, 2, 3, 5, 7, 12)), random.choice((1, 2, 3, 4, 5, 6, 7, 8))]
    near = [v + random.randint(1, 6), v * factors[0] // factors[1] or 1, random.randint(1, 2 * v)]
    return random.choice(near)
