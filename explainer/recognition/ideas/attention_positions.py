"""That the rows and columns of attention's scores are positions, and not channels: one position is changed."""

from __future__ import annotations

import torch

from explainer.recognition.graph import PRODUCTS, Graph
from explainer.recognition.ideas.attention_cores import MOST_BACK, Core, repeated
from explainer.recognition.replay import normal
from explainer.recognition.tape import Given, Made, Ref
from explainer.vocabulary.kind import Kind


def origins_of(graph: Graph, ref: Ref) -> set[Ref]:
    """The outputs of the linear layers that a tensor comes from, or the inputs and embeddings where there is none."""
    found, seen, waiting = set[Ref](), set[Ref](), [ref]
    while waiting:
        now = waiting.pop()
        if now in seen or not graph.is_fed(now):
            continue
        seen.add(now)
        if isinstance(now, Given):
            found.add(now)
            continue
        step = graph.tape.steps[now.step]
        weighted = graph.kind(step) in (Kind.LINEAR, Kind.CONVOLUTION, Kind.EMBEDDING)
        product = step.name in PRODUCTS and any(not graph.is_fed(ref) for ref in step.refs)
        if weighted or product or len(seen) > MOST_BACK:
            found.add(now)
        else:
            waiting += step.refs
    return found


def origin_inputs(graph: Graph, origins: set[Ref]) -> set[Ref]:
    """What goes into the layers that these are outputs of, and what that is made of by a norm or another such layer (a latent)."""
    found: set[Ref] = set()
    for ref in origins:
        now: Ref | None = ref
        for _ in range(MOST_BACK):
            step = graph.tape.step_of(now) if now is not None else None
            now = graph.data(step) if step is not None else now
            if now is None:
                break
            found.add(now)
            if step is None or step.name in ("add", "iadd"):
                break
    return found


def by_positions(graph: Graph, core: Core, origins: set[Ref]) -> bool:
    """Whether one changed position of what the queries or keys come from changes one row and one column of the scores.

    In each table of scores, and in no more tables than there are heads where these are windows of one sequence. Of a single query (class
    attention) there is no other position to change, and a changed key must change one column only.
    """
    floating = [ref for ref in origins if _is_floating(graph, ref)]
    base = {ref: normal(graph.tape.shape_of(ref), seed) for seed, ref in enumerate(sorted(floating, key=str))}
    before = _scores(graph, core, base)
    if before is None or not base:
        return False
    single = min(before.shape[-2:]) == 1 and max(before.shape[-2:]) > 2
    asked = False
    if before.shape[-1] < 3 and not single:
        return before is not None and bool(base) and min(before.shape[-2:]) > 1
    for ref, values in base.items():
        shape = list(values.shape)
        axis = features_of(graph, ref)
        others = [n for n in range(len(shape)) if n != axis % len(shape)]
        if single and others and shape[others[-1]] == 1:
            continue
        if not others or shape[others[-1]] < 3:
            return False
        changed = values.clone().movedim(axis, -1)
        changed[(*[0] * (len(others) - 1), 1)] = normal((shape[axis],), 99)
        after = _scores(graph, core, {**base, ref: changed.movedim(-1, axis)})
        if after is None:
            return False
        differs = (after - before).abs() > 1e-9 * before.abs().max()
        differs = differs.reshape(-1, *differs.shape[-2:])
        for one in differs:
            if bool(one.any()) and (int(one.sum()) > 1 if single else not is_cross(one)):
                return False
        if not bool(differs.any()):
            return False
        asked = True
    return asked


def is_cross(changed: torch.Tensor) -> bool:
    """Whether what changed lies in one row and one column of a table."""
    rows, columns = changed.float().mean(1), changed.float().mean(0)
    rest = changed.clone()
    if float(rows.max()) > 0.5:
        rest[int(rows.argmax())] = False
    if float(columns.max()) > 0.5:
        rest[:, int(columns.argmax())] = False
    return not bool(rest.any())


def _scores(graph: Graph, core: Core, given: dict[Ref, torch.Tensor]) -> torch.Tensor | None:
    if core.scores is not None:
        return graph.replay.run(Made(core.scores.at), given)
    q, k = graph.replay.runs([core.q, core.k], given)
    return q @ repeated(k, tuple(q.shape)).transpose(-1, -2)


def _is_floating(graph: Graph, ref: Ref) -> bool:
    step = graph.tape.step_of(ref)
    return step is None or step.dtypes[0].is_floating_point


def features_of(graph: Graph, ref: Ref) -> int:
    """The axis of channels of what a layer makes, from the end."""
    step = graph.tape.step_of(ref)
    if step is not None and graph.kind(step) is Kind.CONVOLUTION:
        return 1 - len(step.shape)
    return -1
