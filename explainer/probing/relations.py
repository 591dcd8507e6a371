"""Which of two numbers is larger may matter: a shortcut is a layer of its own where widths differ; `min(a, b)` is a up to b."""

from __future__ import annotations

import itertools
from math import lcm

from explainer.probing.evidence import Evidence
from explainer.walkthrough.family import Relation, Setting, keeps

WAYS = 3  # settings without the relation at which the formula must fail


def found_relation(evidence: Evidence, settings: dict[str, Setting]) -> bool:
    """Whether the order of two numbers is why the formula fails at these settings; from then on it is a condition."""
    own = evidence.prober.own
    names = [name for name in evidence.varied if isinstance(settings[name], int)]
    for a, b in itertools.permutations(names, 2):
        if own[a] < own[b] and settings[a] >= settings[b]:
            relation = _relation(evidence, a, b, settings)
            if relation is not None:
                evidence.relations = [one for one in evidence.relations if (one[0], one[2]) != (a, b)] + [relation]
                return True
    return False


def _relation(evidence: Evidence, a: str, b: str, settings: dict[str, Setting]) -> Relation | None:
    """The weakest relation that all settings at which the formula holds keep, and that it fails without."""
    equal = settings[a] == settings[b]
    hypotheses: list[Relation] = [(a, "≠", b)] if equal else [(a, "≤", b), (a, "<", b)]
    known = next((one for one in evidence.relations if (one[0], one[2]) == (a, b)), None)
    if known == (a, "≠", b) and not equal:  # equal ones are out already
        hypotheses = [(a, "<", b)]
    for one in hypotheses:
        if all(keeps(one, tested) for tested in evidence.tested) and _needed(evidence, one, settings):
            return one
    return None


def _needed(evidence: Evidence, relation: Relation, settings: dict[str, Setting]) -> bool:
    """Without it the formula fails at several settings; at the nearest that keep it, it holds."""
    a, sign, b = relation
    failed = 0
    for changed in _without(evidence, relation, settings):
        nearest = {**changed, a: changed[b]} if sign == "≤" else {**changed, b: int(changed[a]) + _step(evidence, b)}
        if evidence.unmet(changed) or evidence.unmet(nearest):
            continue
        held = evidence.holds(changed, keep=False)
        if held or (held is False and not evidence.holds(nearest, keep=False)):
            return False
        failed += held is False
        if failed == WAYS:
            return True
    return False


def _without(evidence: Evidence, relation: Relation, settings: dict[str, Setting]) -> list[dict[str, Setting]]:
    """Settings that do not keep the relation."""
    a, sign, b = relation
    step = lcm(_step(evidence, a), _step(evidence, b))
    if sign == "≠":
        near = [int(settings[a]) // step * step + times * step for times in (0, 1, 2, 3, 5)]
        values = (settings[a], evidence.base[b], evidence.base[a], *near)
        return [{**settings, a: value, b: value} for value in dict.fromkeys(values) if value > 0]
    above = [int(settings[a]) + times * _step(evidence, a) for times in (0, 1, 3)]
    below = int(settings[b]) + _step(evidence, b)
    found = [{**settings, a: value} for value in above]
    return [
        *found,
        {**settings, a: above[-1], b: below},
        {**settings, a: int(evidence.base[b]) + _step(evidence, a), b: evidence.base[b]},
    ]


def _step(evidence: Evidence, name: str) -> int:
    return max(evidence.step(name), evidence.tested_step(name), 1)
