"""How far a formula holds: between the values that it was made from, far away, and where in between it ends."""

from __future__ import annotations

from math import gcd, lcm
from random import Random

from explainer.probing.evidence import Changed, Evidence

UP, DOWN = (16, 8, 4, 2), (16, 8, 4, 2)
HALVINGS = 11  # between a value that holds and one that does not
SMALL = (1, 2, 3, 4, 5, 6)  # where a loop is empty, a group is one, a choice of the source's changes


def go_far(evidence: Evidence) -> None:
    """Between the values tested, far away, at the smallest ones, and with all numbers at once. Raises OutOfBudget."""
    for name in evidence.varied:
        _off_lattice(evidence, name)
    for name in evidence.varied:
        _far(evidence, name)
    _small(evidence)
    _together(evidence)


def between(evidence: Evidence, name: str, bad: int) -> None:
    """The nearest value found at which the formula fails, by halving."""
    v = int(evidence.base[name])
    step = evidence.tested_step(name) or 1
    good = [
        int(s[name])
        for s in evidence.tested
        if (int(s[name]) - v) * (bad - v) > 0 and abs(int(s[name]) - v) < abs(bad - v)
    ]
    low = max([v, *good], key=lambda value: abs(value - v))
    for _ in range(HALVINGS):
        middle = low + int((bad - low) / 2 / step) * step
        if middle in (low, bad) or not evidence.allowed(name, middle):
            break
        held = evidence.holds({name: middle}, keep=False)
        if held is False:
            bad = middle
        elif held:
            low = middle
        else:
            break
    evidence.holds({name: bad})


def _off_lattice(evidence: Evidence, name: str) -> None:
    """A value between those tested so far, its divisors that have no effect made 1."""
    v = evidence.base[name]
    if not isinstance(v, int) or evidence.tested_step(name) == 1:
        if isinstance(v, float):
            evidence.holds({name: v * 1.4})
        return
    divisors = [a for a, b in evidence.pairs if b == name]
    tried: list[Changed] = []
    for small in (1, 3, 5, None):
        other: Changed = dict.fromkeys(divisors, small) if small else {}
        step = lcm(*(int({**evidence.base, **other}[a]) for a in divisors), 1)
        for value in (v + step, v - step, v + 3 * step):
            changed: Changed = {**other, name: value // step * step}
            if value <= 0 or evidence.broken({**evidence.base, **changed}):
                continue
            held = evidence.holds(changed, keep=False)
            if held:
                return
            tried += [changed] if held is False else []
        if not divisors:
            break
    if tried:
        evidence.holds(tried[-1])


def _far(evidence: Evidence, name: str) -> None:
    """Sixteen times and a sixteenth, or the farthest that can be built."""
    v = evidence.base[name]
    if isinstance(v, float):
        return
    own = int(evidence.prober.own[name])
    most = evidence.most(name)
    step = evidence.step(name)
    ups = [own * factor // step * step for factor in UP]
    downs = [max(own // factor // step * step, step) for factor in DOWN]
    multiples = [int(evidence.base[b]) for a, b in evidence.pairs if a == name]
    if multiples:
        common = gcd(*multiples)
        divisors = [q for q in range(step, common + 1, step) if common % q == 0]
        ups, downs = [q for q in reversed(divisors) if v < q <= UP[0] * own], [q for q in divisors if q < v]
    if name in evidence.counting():
        ups = [*ups, min(most, 8 * own)]
        downs = [1, *downs]
    for values in (ups, downs):
        _farthest(evidence, name, [q for q in values if q <= most and evidence.allowed(name, q)])


def _farthest(evidence: Evidence, name: str, values: list[int]) -> None:
    for value in values[:4]:
        held = evidence.holds({name: value}, keep=False)
        if held:
            return
        if held is False:
            between(evidence, name, value)
            return


def _small(evidence: Evidence) -> None:
    """The smallest whole numbers, all at once where that holds: there a constructor's special cases are.

    Only what is within the range by then is asked; what fails is found one by one.
    """
    for value in SMALL:
        names = [n for n in evidence.varied if _untried(evidence, n, value)]
        changed: Changed = dict.fromkeys(names, value)
        if not names or (not evidence.broken({**evidence.base, **changed}) and evidence.holds(changed, keep=False)):
            continue
        for name in names:
            if evidence.allowed(name, value):
                evidence.holds({name: value})


def _untried(evidence: Evidence, name: str, value: int) -> bool:
    own, (low, high) = evidence.prober.own[name], evidence.range(name)
    return isinstance(own, int) and low <= value <= high and all(s[name] != value for s in evidence.tested)


def _together(evidence: Evidence) -> None:
    """All numbers at once, far from where the formula was made."""
    random = Random(3)
    done = 0
    counting = evidence.counting()
    for _ in range(40):
        changed: Changed = {}
        for name in sorted(evidence.varied, key=lambda name: (evidence.base[name], name)):
            v = evidence.base[name]
            low, high = evidence.range(name)
            if isinstance(v, float) or name in counting:
                continue
            tested = evidence.tested_step(name) or 1
            below = [int(changed.get(a, evidence.base[a])) for a, b in evidence.pairs if b == name]
            value = v + random.randint(0, (int(high) - v) // tested) * tested
            if random.random() < 0.5:
                value = v - random.randint(0, (v - int(low)) // tested) * tested
            if tested == 1 and below:
                value = value // lcm(*below) * lcm(*below)
            changed[name] = value if low <= value <= high else v
        if evidence.broken({**evidence.base, **changed}):
            continue
        held = evidence.holds(changed)
        if held is False:
            evidence.tested = evidence.tested[: evidence.first]
            return
        done += held is True
        if done == 2:
            return
