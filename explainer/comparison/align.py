"""Which step of one model answers to which of the other: the cheapest alignment in order (Needleman and Wunsch 1970)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from explainer.comparison.facts import Step

GAP = 1.0
MAX_CELLS = 4_000_000
Pair = tuple[int | None, int | None]
_MINOR = {"b": 0.3, "eps": 0.1, "momentum": 0.1, "p": 0.6, "s": 0.6}  # easily forgotten, and still the same layer
_RESHAPING = ("flatten", "reshape", "view", "view_as")


def same_step(ours: Step, theirs: Step) -> bool:
    """Equal in all figures of their own. Ways to write one reshaping are one: their sizes are compared as sizes."""
    if _reshapes(ours) and _reshapes(theirs):
        return True
    own = (_name(ours), ours.params, ours.called) == (_name(theirs), theirs.params, theirs.called)
    return own and not different_settings(ours, theirs)


def different_settings(ours: Step, theirs: Step) -> list[str]:
    """The names of the settings that differ; one that only one of the two knows (a function's, a module's) is no difference."""
    return [name for name in ours.settings if name in theirs.settings and ours.settings[name] != theirs.settings[name]]


def align(ours: Sequence[Step], theirs: Sequence[Step], kind: Callable[[Step], str]) -> list[Pair]:
    """Pairs of positions in order; None where the other has nothing. `kind`: what may stand for one another."""
    start = 0
    while start < min(len(ours), len(theirs)) and same_step(ours[start], theirs[start]):
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and same_step(ours[-1 - end], theirs[-1 - end]):
        end += 1
    head: list[Pair] = [(i, i) for i in range(start)]
    middle_ours, middle_theirs = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    if len(middle_ours) * len(middle_theirs) > MAX_CELLS:
        middle = _roughly(middle_ours, middle_theirs)
    else:
        middle = _cheapest(middle_ours, middle_theirs, kind)
    shifted: list[Pair] = [(None if a is None else a + start, None if b is None else b + start) for a, b in middle]
    tail: list[Pair] = [(len(ours) - i, len(theirs) - i) for i in range(end, 0, -1)]
    return head + shifted + tail


def _reshapes(step: Step) -> bool:
    return step.rule in _RESHAPING and not step.params


def _name(step: Step) -> str:
    return step.rule or step.type


def _cost(ours: Step, theirs: Step, kind: Callable[[Step], str]) -> float:
    """0 for the same, under 2 for what may stand for one another, else more than leaving both out."""
    if same_step(ours, theirs):
        return 0 if ours.shape == theirs.shape else 0.05
    if ours.called != theirs.called:
        return 3
    if _name(ours) == _name(theirs):
        apart = sum(_MINOR.get(name, 1.0) for name in different_settings(ours, theirs))
        return 0.5 + 0.7 * min(apart / max(len(ours.settings), 1), 1)
    return 1.7 if kind(ours) == kind(theirs) else 3


def _cheapest(ours: Sequence[Step], theirs: Sequence[Step], kind: Callable[[Step], str]) -> list[Pair]:
    rows, columns = len(ours), len(theirs)
    cost = [[j * GAP for j in range(columns + 1)]]
    for i in range(rows):
        row = [(i + 1) * GAP]
        above = cost[-1]
        for j in range(columns):
            swap = above[j] + _cost(ours[i], theirs[j], kind)
            row.append(min(swap, above[j + 1] + GAP, row[j] + GAP))
        cost.append(row)
    pairs: list[Pair] = []
    i, j = rows, columns
    while i or j:
        here = cost[i][j]
        if i and j and abs(here - cost[i - 1][j - 1] - _cost(ours[i - 1], theirs[j - 1], kind)) < 1e-9:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and abs(here - cost[i - 1][j] - GAP) < 1e-9:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def _roughly(ours: Sequence[Step], theirs: Sequence[Step]) -> list[Pair]:
    """For thousands of different steps: equal stretches, and between them one by one."""
    first, second = ([_key(step) for step in side] for side in (ours, theirs))
    pairs: list[Pair] = []
    for _, a, b, c, d in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        for k in range(max(b - a, d - c)):
            pairs.append((a + k if a + k < b else None, c + k if c + k < d else None))
    return pairs


def _key(step: Step) -> str:
    return repr((_name(step), step.params, sorted(step.settings.items(), key=str)))
