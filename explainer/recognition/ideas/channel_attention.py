"""Attention between channels: softmax(s·QKᵀ)·V in which the rows and columns of the scores are channels, not positions (XCiT, Restormer).

The same computation as attention, proven in the same way; what its tables are tables of is seen by changing one channel.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from explainer.i18n.bilingual import Bi
from explainer.recognition.graph import Found, Graph
from explainer.recognition.ideas.attention import calls_of
from explainer.recognition.ideas.attention_cores import Core, cores
from explainer.recognition.ideas.attention_positions import features_of, is_cross, origins_of
from explainer.recognition.ideas.attention_scores import TRIALS, Read, read_off
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.place import Places
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, normal
from explainer.recognition.tape import Made, Ref
from explainer.walkthrough.idea import Plain, Proof

CHANGED = 1e-9
FEWEST = 3  # channels of a table, so that a cross in it is not all of it
PARTS = 9
PROVEN = Bi(
    zh="以{n}组随机数作查询、键、值，分别由代码和softmax(s·QKᵀ)·V（Q、K、V为查询、键、值，s为缩放系数）计算，结果一致（{off}）；改动一个通道，分数表中只有它所在的行和列改变，所以表中的行和列是通道。",
    en="The attention was run beside softmax(s·QKᵀ)·V (Q, K, V the queries, keys and values, s the scale) on {n} sets of random queries, keys and values: the results "
    "agree ({off}). Changing one channel changes only its own row and column of the scores: rows and columns are channels.",
)


def found(graph: Graph) -> Iterator[Found]:
    """The attentions whose tables of scores are square, a row and a column for each channel of a head."""
    places = Places(graph.walk)
    known: dict[str, Read | None] = {}
    for core in cores(graph):
        if core.scores is None:
            continue
        try:
            groups = _by_channels(graph, core)
            if groups is None:
                continue
            key = graph.replay.signature(Made(core.out.at), [core.q, core.k, core.v])
            if key not in known:
                known[key] = read_off(graph, core)
            read = known[key]
            if read is None or read.mask.kind != "full" or read.mask.bias or read.sinks or read.cap:
                continue
            calls, _ = calls_of(graph, core, places)
        except NoValue:
            continue
        settings: dict[str, Plain] = {"heads": groups, **_channels(graph, core, groups)}
        words = PROVEN.format(n=TRIALS, off=within(read.off))
        sizes = tuple(graph.tape.shape_of(ref) for ref in (core.q, core.k, core.v))
        yield Found("channel_attention", calls, settings, Proof("run", words, TRIALS, sizes, read.off, -2, graph.model))


def _channels(graph: Graph, core: Core, heads: int) -> dict[str, Plain]:
    assert core.weights is not None
    channels = graph.real_shape(core.weights)[-1]
    return {"channels": channels * heads, "head_channels": channels}


def _by_channels(graph: Graph, core: Core) -> int | None:
    """How many tables there are for each element of the batch, if one changed channel of what queries and keys are made of changes one
    row and one column of one table.
    """
    assert core.scores is not None
    origins = sorted(origins_of(graph, core.q) | origins_of(graph, core.k), key=str)
    base: dict[Ref, torch.Tensor] = {ref: normal(graph.tape.shape_of(ref), n) for n, ref in enumerate(origins)}
    if not base or any(len(values.shape) < 3 for values in base.values()):
        return None
    before = graph.replay.run(Made(core.scores.at), base)
    rows, columns = before.shape[-2:]
    if rows != columns or rows < FEWEST:
        return None
    tables = before.reshape(-1, rows, columns)
    batch = next(iter(base.values())).shape[0]
    for ref, values in base.items():
        axis = features_of(graph, ref)
        count = values.shape[axis]
        asked = False
        for channel in sorted(
            {count * part // PARTS for part in range(PARTS)}
        ):  # of one layer for all three some are values
            changed = values.clone().movedim(axis, 0)
            changed[channel] = normal(tuple(changed.shape[1:]), 99)
            after = graph.replay.run(Made(core.scores.at), {**base, ref: changed.movedim(0, axis)}).reshape(
                tables.shape
            )
            moved = (after - tables).abs() > CHANGED * tables.abs().max()
            touched = moved.any(-1).any(-1)
            if int(touched.sum()) > batch or not all(is_cross(one) for one in moved[touched]):
                return None
            asked = asked or bool(touched.any())
        if not asked:
            return None
    return len(tables) // max(1, batch)


RECOGNISER = Recogniser(found, order=55)
