"""Within what will be said: settings drawn from the claimed ranges themselves, and what a failure there does to the claim."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from random import Random

from explainer.probing.evidence import Changed, Evidence
from explainer.probing.relations import found_relation
from explainer.walkthrough.family import Setting

# Settings drawn from the ranges: where nothing failed so far, where something did, of one number.
SMOOTH, SUSPICIOUS, ALONE = 4, 16, 8
CHEAP = 600  # modules built so: of a small model many more are drawn
MANY = 100
ROUNDS = 3
FEW = 4096  # values of a divisor
DEEPER = 4  # repetitions more than the model's own: deep models take long to build


def try_inside(evidence: Evidence) -> None:
    """Values drawn from the ranges; where one fails, what is said shrinks to the values that were built.

    More are drawn where something failed already: a formula that has an end is likelier to have a hole.
    """
    random = Random(4)
    keep_out_failures(evidence)
    for name in _suspicious(evidence):
        _all_hold(evidence, random, [name], ALONE)
    base = evidence.prober.at({})
    cheap = min(MANY, CHEAP // base.modules) if base is not None else 0
    for _ in range(ROUNDS):
        if _all_hold(evidence, random, evidence.varied, max(cheap, SUSPICIOUS if evidence.failed else SMOOTH)):
            keep_out_failures(evidence)
            return
    evidence.only_tested = True


def keep_out_failures(evidence: Evidence) -> None:
    """No setting at which the formula was seen to fail may be within what is claimed."""
    for settings in list(evidence.failed):
        if not evidence.admits(settings) or found_relation(evidence, settings):
            continue
        name = evidence.alone(settings)
        if name is not None:
            evidence.listed.add(name)
        if name is None or evidence.admits(settings):
            give_up(evidence)
            keep_out_failures(evidence)
            return


def settle(evidence: Evidence, settings: dict[str, Setting]) -> bool:
    """After a failure within the claim: the numbers that spoil it by themselves are listed from then on. False if none does."""
    if found_relation(evidence, settings):
        return True
    moved = [name for name, value in settings.items() if value != evidence.base[name]]
    guilty = [name for name in moved if evidence.holds({name: settings[name]}, keep=False) is False]
    for name in guilty:
        if not found_relation(evidence, {**evidence.base, name: settings[name]}):
            evidence.listed.add(name)
    if not guilty:
        give_up(evidence)
    return bool(guilty)


def give_up(evidence: Evidence) -> None:
    """Numbers spoil it together: what is claimed shrinks to where the formula was made, then to what was built."""
    if evidence.shrunk:
        evidence.only_tested = True
    evidence.shrunk = True
    evidence.tested = evidence.tested[: evidence.first]


def drawn(evidence: Evidence, random: Random, names: Sequence[str]) -> Changed:
    """Values as the domain will admit them, of a few of the names at once."""
    counting = evidence.counting()
    changed: Changed = {}
    some = list(names) if len(names) == 1 else random.sample(list(names), random.randint(1, len(names)))
    for name in sorted(some, key=lambda name: (evidence.base[name], name)):  # what divides comes before what it divides
        low, high = evidence.range(name)
        if isinstance(evidence.base[name], float) or name in evidence.listed:
            changed[name] = random.choice([settings[name] for settings in evidence.tested])
            continue
        step, own = evidence.tested_step(name) or 1, int(evidence.prober.own[name])
        high = min(int(high), own + DEEPER if name in counting else max(int(high), own))
        divisors = [
            int(changed.get(a, evidence.base[a])) for a, b in evidence.pairs if b == name and a in evidence.varied
        ]
        step = lcm(step, *divisors)
        first = own + -(-(int(low) - own) // step) * step
        values: Sequence[int] = range(first, high + 1, step)
        multiples = [int(evidence.base[b]) for a, b in evidence.pairs if a == name and b not in some]
        if multiples:
            values = [value for value in values[:FEW] if not any(multiple % value for multiple in multiples)]
        if values:
            changed[name] = random.choice(values)
    return changed


def _suspicious(evidence: Evidence) -> list[str]:
    """Numbers that failed, alone, at a value between those tested."""
    found = []
    for settings in evidence.failed:
        name = evidence.alone(settings)
        if name is not None and evidence.range(name)[0] < settings[name] < evidence.range(name)[1]:
            found.append(name)
    return [name for name in dict.fromkeys(found) if name not in evidence.listed]


def _all_hold(evidence: Evidence, random: Random, names: Sequence[str], draws: int) -> bool:
    """Whether the formula holds at all settings drawn."""
    for _ in range(draws):
        changed = drawn(evidence, random, names)
        settings = {**evidence.base, **changed}
        if not changed or evidence.unmet(settings) or evidence.holds(changed) is not False:
            continue
        if not settle(evidence, settings) or len(names) > 1:
            return False
    return True
