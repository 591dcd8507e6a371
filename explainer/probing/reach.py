"""How far a formula holds: which divisibilities it needs, whether off the lattice too, far away, and where the source asks.

Nothing is taken for granted beyond what was built: a value at which the formula fails ends the range and is kept.
"""

from __future__ import annotations

from explainer.probing.conditions import find_conditions
from explainer.probing.distance import go_far
from explainer.probing.evidence import Evidence
from explainer.probing.inside import try_inside
from explainer.probing.turns import try_turns
from explainer.walkthrough.family import Domain, Range


def explore(evidence: Evidence) -> None:
    """Everything, in order. Raises OutOfBudget; what was found until then stays."""
    evidence.holds({name: evidence.prober.own[name] for name in evidence.varied})  # the model itself
    evidence.read_everything()
    find_conditions(evidence)
    go_far(evidence)
    try_turns(evidence)
    try_inside(evidence)


def domain_of(evidence: Evidence, held_out: int) -> Domain:
    """The ranges tested, with their steps; the divisibilities that are needed; what failed."""
    evidence.drop_broken()
    ranges = []
    for name in evidence.varied:
        low, high = evidence.range(name)
        values = {settings[name] for settings in evidence.tested}
        only = tuple(sorted(values)) if name in evidence.listed else ()
        ranges.append(Range(name, low, high, evidence.step_of(name), only))
    return Domain(
        ranges=tuple(ranges),
        divides=tuple(evidence.pairs),
        tested=tuple(tuple(evidence.differences(settings)) for settings in evidence.tested),
        held_out=held_out + len(evidence.tested) - evidence.first,
        counterexamples=tuple(evidence.failures),
        only_tested=evidence.only_tested,
        relations=tuple(evidence.relations),
        strict=tuple(pair for pair in evidence.pairs if pair not in evidence.impossible),
    )
