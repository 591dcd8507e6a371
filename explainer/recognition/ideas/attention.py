"""Attention, by hand or through torch's function: softmax(s·QKᵀ+M)·V.

Candidates (`attention_cores`) are run beside the definition (`attention_scores`), and it is seen that rows and columns are positions
(`attention_positions`); here are its sizes, and which calls it has.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from explainer.i18n.bilingual import Bi
from explainer.recognition.definitions import CLOSE
from explainer.recognition.graph import Found, Graph
from explainer.recognition.ideas.attention_cores import Core, cores
from explainer.recognition.ideas.attention_positions import by_positions, origin_inputs, origins_of
from explainer.recognition.ideas.attention_scores import TRIALS, Read, read_off
from explainer.recognition.ideas.attention_windows import Known, partition_of
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.place import Places
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, normal
from explainer.recognition.tape import Made, Ref, Step
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Plain, Proof

PROVEN = Bi(
    zh="以{n}组随机数作查询Q、键K、值V，分别由代码和softmax(s·QKᵀ+M)·V（s为缩放系数，M为掩码）计算，结果一致（{off}）；改动一个位置，分数表中只有它所在的行和列改变。",
    en="On {n} sets of random queries Q, keys K and values V the code gives what softmax(s·QKᵀ+M)·V does (s the scale, M the mask; {off}); changing one "
    "position changes only its own row and column of the scores.",
)


def found(graph: Graph) -> Iterator[Found]:
    """The attentions, each with the linear layers before and behind it.

    Beside windows an attention over all positions says how many these are: they may be one window.
    """
    each = list(_each(graph))
    windowed = any("windows" in one.settings for one, _ in each)
    for one, rows in each:
        whole = windowed and "windows" not in one.settings and one.settings.get("mask") == "full"
        yield replace(one, settings={**one.settings, "sequence": rows}) if whole else one


def _each(graph: Graph) -> Iterator[tuple[Found, int]]:
    """The attentions, and how many queries a table of scores has."""
    places = Places(graph.walk)
    known: dict[str, Read | None] = {}
    seen: dict[str, bool] = {}
    partitions: Known = {}
    for core in cores(graph):
        try:
            given = [core.q, core.k, core.v]
            key = graph.replay.signature(Made(core.out.at), given)
            if key not in known:
                known[key] = read_off(graph, core)
            read = known[key]
            if read is None:
                continue
            origins = origins_of(graph, core.q) | origins_of(graph, core.k)
            if not _by_positions(graph, core, origins, seen):
                continue
            core = replace(core, q=core.k, k=core.q) if read.turned else core
            scale = _own_scale(graph, core, read)
            calls, last = calls_of(graph, core, places)
        except NoValue:
            continue
        asking = origins_of(graph, core.q)
        cross = not origin_inputs(graph, asking) & origin_inputs(graph, origins_of(graph, core.k))
        _, rows, columns = _table(graph, core, read)
        settings: dict[str, Plain] = {
            "mask": read.mask.kind,
            "window": None if read.mask.window in [value for _, value in graph.model] else read.mask.window,
            "bias": read.mask.bias,
            "scale": scale,
            **_heads(graph, core, read, last),
            **_windows(graph, core, read, partitions),
            **({"queries": rows, "keys": columns} if not cross and (columns < rows or rows == 1) else {}),
            "cap": read.cap,
            "sinks": read.sinks or None,
            "kv_latent": _latent(graph, core, read),
            "cross": cross,
            "learned_queries": None if asking else True,
        }
        words = PROVEN.format(n=TRIALS, off=within(read.off))
        sizes = tuple(graph.tape.shape_of(ref) for ref in given)
        proof = Proof("run", words, TRIALS, sizes, read.off, -2, graph.model)
        yield Found("attention", calls, {name: v for name, v in settings.items() if v is not None}, proof), rows


def _by_positions(graph: Graph, core: Core, origins: set[Ref], known: dict[str, bool]) -> bool:
    """`by_positions`, asked once of all attentions that are made of their layers in the same way."""
    given = sorted(origins, key=lambda ref: ref.step if isinstance(ref, Made) else -1)
    ends = [core.q, core.k] if core.scores is None else [Made(core.scores.at)]
    kinds = [graph.kind(step) for ref in given if (step := graph.tape.step_of(ref)) is not None]
    key = " ".join([*(graph.replay.signature(end, given) for end in ends), *map(str, kinds)])
    if key not in known:
        known[key] = by_positions(graph, core, origins)
    return known[key]


def _scaled(graph: Graph, ref: Ref) -> float:
    """By what queries or keys are multiplied before they are used."""
    factor = 1.0
    while isinstance(ref, Made):
        step = graph.tape.steps[ref.step]
        if step.name in ("mul", "div", "imul", "truediv", "multiply", "divide") and len(step.refs) == 1:
            value = normal(graph.tape.shape_of(step.refs[0]), 5)
            made = graph.replay.run(ref, {step.refs[0]: value})
            factor *= float((made.reshape(-1) @ value.reshape(-1)) / value.square().sum())
        elif not graph.shaping(step):
            break
        before = graph.data(step)
        if before is None:
            break
        ref = before
    return factor


def _own_scale(graph: Graph, core: Core, read: Read) -> float | None:
    """The scale in the model itself, where a small one ran: 1/√d of its own heads, or a number that does not follow the width."""
    if read.scale is None:
        return None
    scale = read.scale * _scaled(graph, core.q) * _scaled(graph, core.k)
    small, own = _widths(graph, core, read, real=False)[0], _widths(graph, core, read)[0]
    if abs(scale * small**0.5 - 1) < CLOSE:
        return float(own**-0.5)
    if not graph.model or abs(scale - 1) < CLOSE:
        return 1.0 if abs(scale - 1) < CLOSE else float(f"{scale:.10g}")  # as read off: the last digits are the run's
    return None


def _table(graph: Graph, core: Core, read: Read, real: bool = True) -> tuple[int, int, int]:
    """Tables of scores, their rows and their columns."""
    shape = graph.real_shape if real else graph.tape.shape_of
    if core.scores is None:
        q, k = shape(core.q), shape(core.k)
        return math.prod(q[:-2]), q[-2], k[-2]
    assert core.weights is not None
    table = shape(core.weights)[-2:]
    rows, columns = table if read.rows == graph.tape.shape_of(core.weights)[-2] else table[::-1]
    return math.prod(shape(Made(core.scores.at))) // (rows * columns), rows, columns


def _widths(graph: Graph, core: Core, read: Read, real: bool = True) -> tuple[int, int]:
    """The width of a head of queries, and of values, wherever in their shapes it stands."""
    shape = graph.real_shape if real else graph.tape.shape_of
    tables, rows, _ = _table(graph, core, read, real)
    q, out = math.prod(shape(core.q)), math.prod(shape(Made(core.out.at)))
    return max(1, q // (tables * rows)), max(1, out // (tables * rows))


def _heads(graph: Graph, core: Core, read: Read, last: Step | None) -> dict[str, Plain]:
    v = graph.real_shape(core.v)
    tables, _, columns = _table(graph, core, read)
    width, out = _widths(graph, core, read)
    heads = _axis_of_heads(graph, core)
    if last is not None and (merged := graph.data(last)) is not None:
        features = graph.real_shape(merged)[graph.features(last)]
        heads = features // out if features % out == 0 else heads
    served = tables * columns * out // max(1, math.prod(v))
    kv_heads = heads // served if served > 1 and heads % served == 0 else _kv_heads(graph, core.v, heads)
    return {"heads": heads, "kv_heads": kv_heads, "head_width": width, "value_width": out}


def _axis_of_heads(graph: Graph, core: Core) -> int:
    """How many tables of scores there are for each of the first dimension."""
    shape = graph.real_shape(core.q if core.scores is None else Made(core.scores.at))
    return shape[-3] if len(shape) > 3 else 1


def _windows(graph: Graph, core: Core, read: Read, partitions: Known) -> dict[str, Plain]:
    """Into how many windows a sequence is cut, how many positions each has, and which; nothing where it is not.

    There is a table of scores for each head of each window; the heads are seen where they are put together.
    """
    batch = next((shape[0] for shape in graph.walk.run.input_shapes if shape), 1)
    heads = _heads(graph, core, read, _linear_behind(graph, core.out))["heads"]
    tables, rows, _ = _table(graph, core, read)
    each = int(heads or 1) * batch
    if tables <= each or tables % each:
        return {}
    which = partition_of(graph, core, rows, partitions)
    return {"windows": tables // each, "positions": rows, **which}


def _latent(graph: Graph, core: Core, read: Read) -> int | None:
    """The width of what all values come from, where it is narrower than they are and is itself made of the block's input."""
    found = origins_of(graph, core.v)
    step = graph.tape.step_of(next(iter(found))) if len(found) == 1 else None
    if step is None or not graph.linear(step) or (source := graph.data(step)) is None:
        return None
    before = origins_of(graph, source)
    axis = graph.features(step)
    inside = graph.real_shape(source)[axis]
    out = math.prod(int(_heads(graph, core, read, None)[name] or 1) for name in ("heads", "value_width"))
    made = [graph.tape.step_of(one) for one in before]
    if len(made) != 1 or made[0] is None or not graph.linear(made[0]) or inside >= out:
        return None
    given = graph.data(made[0])
    return inside if given is not None and inside < graph.real_shape(given)[axis] else None


def _kv_heads(graph: Graph, ref: Ref, heads: int) -> int:
    """Heads of the values before they were repeated for the queries."""
    while isinstance(ref, Made) and graph.shaping(step := graph.tape.steps[ref.step]):
        before = graph.data(step)
        if before is None:
            break
        if step.name in ("expand", "repeat", "repeat_interleave", "broadcast_to", "tile"):
            more = math.prod(graph.real_shape(ref)) // max(1, math.prod(graph.real_shape(before)))
            return heads // more if more > 1 and heads % more == 0 else heads
        ref = before
    return heads


def calls_of(graph: Graph, core: Core, places: Places) -> tuple[tuple[int, ...], Step | None]:
    """The calls from the linear layers that make queries, keys and values to the one behind, and that one."""
    last = _linear_behind(graph, core.out)
    end: Ref = Made(last.at if last is not None else core.out.at)
    origins = origins_of(graph, core.q) | origins_of(graph, core.k) | origins_of(graph, core.v)
    first = {
        ref.step
        for ref in origins
        if isinstance(ref, Made) and graph.kind(graph.tape.steps[ref.step]) is not Kind.EMBEDDING
    }
    behind = graph.replay.between(
        [end], [ref for at in first for ref in graph.tape.steps[at].refs] + list(origins - {Made(at) for at in first})
    )
    after = set(first)
    for at in sorted(behind):
        if any((isinstance(ref, Made) and ref.step in after) or ref in origins for ref in graph.tape.steps[at].refs):
            after.add(at)
    calls = set(graph.calls(after))
    path = places.common(calls)
    beside = graph.calls(at for at in behind if at in graph.learned and at not in graph.fed)
    calls |= set(beside) & set(places.inside[path])
    rest = set(places.inside[path]) - calls
    if rest and rest <= _beside(graph, end, rest):
        calls |= rest
    return tuple(sorted(calls)), last


def _beside(graph: Graph, end: Ref, rest: set[int]) -> set[int]:
    """Of these calls those that lead to the end and to nothing else, plumbing, and a dropout behind it."""
    before = graph.calls(graph.replay.between([end], []))
    dropouts = {number for number in rest if graph.walk.layers[number - 1].kind is Kind.DROPOUT}
    idle = {number for number in rest if graph.tape.calls[number].at not in graph.fed}
    others = [step for step in cores(graph) if step.out.call in rest]
    return set() if others else (set(before) | dropouts | idle)


def _linear_behind(graph: Graph, step: Step) -> Step | None:
    """The linear layer that the heads, put together, go into."""
    for _ in range(12):
        users = [graph.tape.steps[at] for at in graph.tape.users.get(Made(step.at), ())]
        onward = [
            user for user in users if graph.linear(user) or graph.shaping(user) or graph.kind(user) is Kind.DROPOUT
        ]
        if len(onward) != 1:
            return None
        step = onward[0]
        if graph.linear(step):
            return step
    return None


RECOGNISER = Recogniser(found, order=50)
