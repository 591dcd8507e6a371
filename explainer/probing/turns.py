"""Values at which a constructor's questions have another answer: there a formula is tried before anything is claimed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import lcm
from random import Random

from explainer.probing.distance import between
from explainer.probing.evidence import Changed, Evidence
from explainer.probing.inside import DEEPER, drawn, keep_out_failures, settle
from explainer.probing.watched import Question
from explainer.walkthrough.family import Setting, Settings

NEAR = 40  # values on each side of the model's own that are looked at one by one
GRID = 24  # values between these and the ends of the range
ALONE, TOGETHER = 60, 24  # models built for values of one number, and of several
MODULES = 6_000  # built for these altogether: of a large model fewer values are tried
DRAWS = 1000  # looked at for that; few of them are built
PLACES, WATCHED = 4, 24  # settings at which the source is watched: at first, and altogether
ROUNDS = 3


def try_turns(evidence: Evidence) -> None:
    """Each question's other answers within the ranges, by one number and then by several; failures end what is claimed."""
    watched: list[Changed] = []
    for changed in ({name: evidence.prober.own[name] for name in evidence.varied}, {}, *_varied(evidence)[-PLACES:]):
        _watch(evidence, changed, watched)
    built, end = 0, evidence.prober.modules + MODULES
    for _ in range(ROUNDS):
        asked = len(evidence.prober.notes.questions)
        turning = list(_values(evidence))
        for name, value in turning:
            if built == ALONE or evidence.prober.modules > end:
                break
            low, high = evidence.range(name)
            if not low <= value <= high or any(settings[name] == value for settings in evidence.tested):
                continue
            built += 1
            if evidence.holds({name: value}, keep=False) is False:
                between(evidence, name, int(value))
        keep_out_failures(evidence)
        _together(evidence, watched, turning)
        if len(evidence.prober.notes.questions) == asked:
            break


def _varied(evidence: Evidence) -> list[Changed]:
    return [{name: settings[name] for name in evidence.varied} for settings in evidence.tested]


def _watch(evidence: Evidence, changed: Changed, watched: list[Changed]) -> None:
    """Watched once, and not without end: there the source may go another way, and ask other questions."""
    own = evidence.prober.own
    deep = any(int(changed.get(name, 0)) > int(own[name]) + DEEPER for name in evidence.counting())
    if changed not in watched and not deep and len(watched) < WATCHED:
        watched.append(changed)
        evidence.prober.watch(changed)


def _values(evidence: Evidence) -> Iterator[tuple[str, Setting]]:
    """Names and values, the nearest and the likeliest first, each once."""
    questions, constants = evidence.prober.notes.questions, sorted(evidence.prober.notes.constants)
    found: dict[tuple[str, Setting], None] = {}
    for name in evidence.varied:
        if isinstance(evidence.base[name], int):
            found |= dict.fromkeys((name, value) for value in _turning(evidence, name, questions))
    for name in evidence.varied:
        if isinstance(evidence.base[name], int):
            for constant in constants:
                found |= dict.fromkeys(
                    (name, v) for v in (constant, constant + 1, constant - 1) if _on(evidence, name, v)
                )
    yield from found


def _turning(evidence: Evidence, name: str, questions: list[Question]) -> list[int]:
    grid = _grid(evidence, name)
    found: dict[int, None] = {}
    for question in questions:
        if name in question.names:
            found |= dict.fromkeys(_turns(evidence, name, question, grid))
    return list(found)


def _turns(evidence: Evidence, name: str, question: Question, grid: list[int]) -> Iterator[int]:
    """The values next to which the answer, or the sign of the difference, changes; those with another answer than the model's own."""
    base = {**evidence.base}
    own = question.answer(base)
    other = [v for v in grid if question.answer({**base, name: v}) not in (own, None)]
    near = sorted(other, key=lambda v: abs(v - int(base[name])))
    yield from near[:2]
    yield from (v for v in (*other[:1], *other[-1:]) if v not in near[:2])
    for low, high in itertools.pairwise(grid):
        for value in _crossing(evidence, name, question, low, high):
            if _on(evidence, name, value):
                yield value


def _crossing(evidence: Evidence, name: str, question: Question, low: int, high: int) -> list[int]:
    """The values around which left − right changes its sign between low and high."""

    def sign(value: int) -> int | None:
        difference = question.difference({**evidence.base, name: value})
        return None if difference is None else (difference > 0) - (difference < 0)

    below, above = sign(low), sign(high)
    if below is None or above is None or below == above or high - low < 2:
        return []
    while high - low > 1:
        middle = (low + high) // 2
        if sign(middle) == below:
            low = middle
        else:
            high = middle
    return [high, low, high + 1]


def _grid(evidence: Evidence, name: str) -> list[int]:
    """Values within the range as it will be claimed: all that are near the model's own, some of the others."""
    low, high = (int(end) for end in evidence.range(name))
    v = int(evidence.base[name])
    step = lcm(evidence.tested_step(name) or 1, evidence.step(name))
    near = [v + i * step for i in range(-NEAR, NEAR + 1)]
    ratio = (high / max(low, 1)) ** (1 / GRID)
    far = [v + round((low * ratio**i - v) / step) * step for i in range(GRID + 1)]
    return sorted({value for value in (*near, *far) if max(low, 1) <= value <= high})


def _on(evidence: Evidence, name: str, value: int) -> bool:
    """Whether the value would be claimed."""
    low, high = evidence.range(name)
    step = evidence.tested_step(name)
    own = int(evidence.prober.own[name])
    return low <= value <= high and step > 0 and (value - own) % step == 0 and evidence.allowed(name, value)


def _together(evidence: Evidence, watched: list[Changed], turning: list[tuple[str, Setting]]) -> None:
    """Of many settings drawn from the claim, those are built at which the answers are together such as at none so far."""
    questions = evidence.prober.notes.questions
    if not questions:
        return
    random = Random(5)

    def signs(settings: Settings) -> frozenset[tuple[int, int]]:
        differences = enumerate(question.difference(settings) for question in questions)
        return frozenset((i, (one > 0) - (one < 0)) for i, one in differences if one is not None)

    def answers(settings: Settings) -> tuple[bool | None, ...]:
        return tuple(question.answer(settings) for question in questions)

    for changed in _varied(evidence):
        _watch(evidence, changed, watched)
    seen = frozenset().union(*map(signs, evidence.tested))
    known = {answers(settings) for settings in evidence.tested}
    built = 0
    for _ in range(DRAWS):
        if built == TOGETHER or evidence.only_tested:
            break
        changed = drawn(evidence, random, evidence.varied)
        changed |= dict(random.sample(turning, min(len(turning), random.randint(0, 3))))
        settings = {**evidence.base, **changed}
        new = changed and (answers(settings) not in known or not signs(settings) <= seen)
        if not new or not evidence.admits(settings):
            continue
        known.add(answers(settings))
        seen |= signs(settings)
        built += 1
        _watch(evidence, changed, watched)
        if evidence.holds(changed, keep=False) is False:
            settle(evidence, settings)
    keep_out_failures(evidence)
