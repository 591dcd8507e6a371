"""Attention, by hand or through torch's function: softmax(s·QKᵀ+M)·V.

The products of queries and keys are replaced by numbers of ours: with 0 the weights show the mask and the bias, with random
numbers the scale, with large ones a step that bends the scores. Then everything is run beside the definition. That rows and columns
are positions, and not channels, is seen by changing one position.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from explainer.i18n.bilingual import Bi, same
from explainer.recognition.definitions import CLOSE
from explainer.recognition.graph import PRODUCTS, Found, Graph
from explainer.recognition.ideas.masks import Mask, mask_of
from explainer.recognition.ideas.pointwise import short
from explainer.recognition.place import Places
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Given, Made, Ref, Step
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Plain, Proof

MOST_BACK = 40
LARGE = 12.0  # scores at which a cap shows
TRIALS = 2
BENT = 1e-4
PROVEN = Bi(
    zh="用{n}组随机数作查询、键、值，与softmax(s·QKᵀ+M)·V（s为缩放系数，M为掩码）同时计算，结果一致（相对误差不超过{off}）；改动一个位置，只影响它自己的那一行和那一列。",
    en="Run beside softmax(s·QKᵀ+M)·V (s the scale, M the mask) on {n} sets of random queries, keys and values: the results agree (to {off} of the "
    "largest); changing one position changes its own row and column and nothing else.",
)


@dataclass(frozen=True)
class Core:
    """scores: the product of queries and keys, None where torch's function makes it; weights: after the softmax."""

    out: Step
    q: Ref
    k: Ref
    v: Ref
    scores: Step | None = None
    weights: Step | None = None


@dataclass(frozen=True)
class Read:
    """What was read off one core."""

    mask: Mask
    scale: float
    cap: float | None
    off: float


def cores(graph: Graph) -> Iterator[Core]:
    """Every place where something is weighted by a softmax of products."""
    for step in graph.tape.steps:
        if step.at not in graph.fed:
            continue
        if step.name == "scaled_dot_product_attention":
            given = [*step.args[:3], *(step.kwargs[name] for name in ("query", "key", "value") if name in step.kwargs)]
            if len(given) == 3 and all(isinstance(ref, Made | Given) for ref in given):
                yield Core(step, *given)
        elif _is_softmax(graph, step) and (core := _by_hand(graph, step)) is not None:
            yield core


def found(graph: Graph) -> Iterator[Found]:
    """The attentions, each with the linear layers before and behind it."""
    places = Places(graph.walk)
    known: dict[str, Read | None] = {}
    for core in cores(graph):
        try:
            given = [core.q, core.k, core.v]
            key = graph.replay.signature(Made(core.out.at), given)
            if key not in known:
                known[key] = _proven(graph, core)
            read = known[key]
            if read is None:
                continue
            origins = _origins(graph, core.q) | _origins(graph, core.k)
            if not _by_positions(graph, core, origins):
                continue
            scale = _own_scale(graph, core, read.scale * _scaled(graph, core.q) * _scaled(graph, core.k))
            calls, last = _calls(graph, core, places)
        except NoValue:
            continue
        settings: dict[str, Plain] = {
            "mask": read.mask.kind,
            "window": None if read.mask.window in [value for _, value in graph.model] else read.mask.window,
            "bias": read.mask.bias,
            "scale": scale,
            **_heads(graph, core, last),
            "cap": read.cap,
            "cross": not _origin_inputs(graph, _origins(graph, core.q))
            & _origin_inputs(graph, _origins(graph, core.k)),
        }
        words = PROVEN.format(n=TRIALS, off=same(short(read.off)))
        sizes = tuple(graph.tape.shape_of(ref) for ref in given)
        proof = Proof("run", words, TRIALS, sizes, read.off, -2, graph.model)
        yield Found("attention", calls, {name: v for name, v in settings.items() if v is not None}, proof)


def _is_softmax(graph: Graph, step: Step) -> bool:
    layer = graph.layer(step)
    named = step.name == "softmax" or (
        step.module is not None and layer is not None and layer.rule is not None and layer.rule.name == "Softmax"
    )
    return named and len(step.shape) >= 3


def _by_hand(graph: Graph, softmax: Step) -> Core | None:
    """The product before the softmax and the one behind it."""
    scores = _product_before(graph, softmax)
    behind = _product_behind(graph, softmax)
    if scores is None or behind is None:
        return None
    before = [ref for ref in _operands(scores) if graph.is_fed(ref) or graph.is_learned(ref)]
    weights, out = behind
    values = [ref for ref in _operands(out) if ref != weights and (graph.is_fed(ref) or graph.is_learned(ref))]
    if len(before) != 2 or len(values) != 1:
        return None
    return Core(out, before[0], before[1], values[0], scores, softmax)


def _operands(product: Step) -> tuple[Ref, ...]:
    """The two that are multiplied; what is added comes first in baddbmm."""
    return product.refs[-2:]


def _product_before(graph: Graph, step: Step) -> Step | None:
    waiting = [ref for ref in step.refs if graph.is_fed(ref)]
    for _ in range(MOST_BACK):
        if not waiting:
            return None
        ref = waiting.pop(0)
        if not isinstance(ref, Made):
            continue
        now = graph.tape.steps[ref.step]
        if now.name in PRODUCTS and len(now.refs) >= 2:
            return now
        if graph.pointwise(now) or graph.shaping(now) or now.name in ("cat", "amax", "max", "softmax"):
            waiting += [before for before in now.refs if graph.is_fed(before)]
    return None


def _product_behind(graph: Graph, step: Step) -> tuple[Ref, Step] | None:
    """The tensor of weights that goes into the next product, and this product."""
    ref: Ref = Made(step.at)
    for _ in range(12):
        users = [graph.tape.steps[at] for at in graph.tape.users.get(ref, ())]
        products = [user for user in users if user.name in PRODUCTS]
        if products:
            return ref, products[0]
        onward = [user for user in users if graph.pointwise(user) or graph.shaping(user)]
        if not onward:
            return None
        ref = Made(onward[0].at)
    return None


# What the weights show


def _proven(graph: Graph, core: Core) -> Read | None:
    read = _of_function(graph, core) if core.scores is None else _of_scores(graph, core)
    return read if read is not None and read.off <= CLOSE else None


def _of_function(graph: Graph, core: Core) -> Read | None:
    """torch's own function beside the definition."""
    tape, step = graph.tape, core.out
    q, k, v = (tape.shape_of(ref) for ref in (core.q, core.k, core.v))
    named = (
        dict(zip(("query", "key", "value", "attn_mask", "dropout_p", "is_causal"), step.args, strict=False))
        | step.kwargs
    )
    scale = named.get("scale") or q[-1] ** -0.5
    added = torch.zeros(q[-2], k[-2], dtype=torch.float64)
    if named.get("is_causal"):
        added = added.masked_fill(torch.ones(q[-2], k[-2], dtype=torch.bool).triu(1), -torch.inf)
    mask = named.get("attn_mask")
    if isinstance(mask, Made | Given):
        value = graph.replay.run(mask, {})
        added = torch.where(value, 0.0, -torch.inf).double() if value.dtype is torch.bool else value
    off = 0.0
    for seed in range(TRIALS):
        given = {core.q: normal(q, seed), core.k: normal(k, seed + 10), core.v: normal(v, seed + 20)}
        if core.k == core.q or core.v in (core.q, core.k):
            return None
        keys, values = (_repeated(given[ref], q) for ref in (core.k, core.v))
        right = torch.softmax(scale * given[core.q] @ keys.transpose(-1, -2) + added, -1) @ values
        off = max(off, difference(graph.replay.run(Made(step.at), given), right))
    shown = torch.softmax(torch.zeros((*q[:-1], k[-2]), dtype=torch.float64) + added, -1)
    return Read(mask_of(shown), float(scale), None, off)


def _repeated(value: torch.Tensor, like: tuple[int, ...]) -> torch.Tensor:
    """Key-value heads, each as often as it serves a query head."""
    if len(like) < 3 or value.shape[-3] == like[-3]:
        return value
    return value.repeat_interleave(like[-3] // value.shape[-3], -3)


def _of_scores(graph: Graph, core: Core) -> Read | None:
    """Weights by hand: the scores replaced, the mask, scale and cap read off, and all of it run beside the definition."""
    assert core.scores is not None and core.weights is not None
    replay, tape = graph.replay, graph.tape
    scores, weights = Made(core.scores.at), Made(core.weights.at)
    shape = tape.shape_of(scores)
    if torch.Size(shape).numel() != torch.Size(tape.shape_of(weights)).numel():
        return None  # a column more than there are keys
    nothing = _added(graph, core)
    random = normal(shape, 3)
    plain, once = (replay.run(weights, {scores: nothing + by * random}) for by in (0.0, 1.0))
    seen = plain > 1e-12
    asked = random.reshape(plain.shape)
    scale = _slope(asked, plain, once, seen)
    if scale is None or abs(scale) < 1e-6:
        return None
    much = LARGE / abs(scale)
    many = replay.run(weights, {scores: nothing + much * random})
    cap = None
    if not _straight(asked * much, plain, many, seen, scale):
        cap = _cap(asked, plain, once, many, seen, much)
        if cap is None:
            return None
        scale = cap[1]
    base = torch.where(seen, plain.clamp_min(1e-300).log(), -torch.inf)
    off = 0.0
    for seed in range(TRIALS):
        given = {ref: normal(tape.shape_of(ref), seed + 10 * n) for n, ref in enumerate((core.q, core.k, core.v))}
        products = (replay.run(scores, given) - nothing).reshape(plain.shape)
        bent = scale * products if cap is None else cap[0] * torch.tanh(scale * products / cap[0])
        right = replay.run(Made(core.out.at), {**given, weights: torch.softmax(bent + base, -1)})
        off = max(off, difference(replay.run(Made(core.out.at), given), right))
    return Read(mask_of(plain), scale, cap[0] if cap else None, off)


def _added(graph: Graph, core: Core) -> torch.Tensor:
    """What the product itself adds (baddbmm): its value for queries of 0."""
    assert core.scores is not None
    q, k = graph.tape.shape_of(core.q), graph.tape.shape_of(core.k)
    given = {core.q: torch.zeros(q, dtype=torch.float64), core.k: torch.zeros(k, dtype=torch.float64)}
    return graph.replay.run(Made(core.scores.at), given)


def _relative(weights: torch.Tensor, plain: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """log of the weights beside those of scores of 0, less its mean over what is seen."""
    ratio = weights.clamp_min(1e-300).log() - plain.clamp_min(1e-300).log()
    return _centred(ratio, seen)


def _centred(values: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    mean = torch.where(seen, values, 0.0).sum(-1, keepdim=True) / seen.sum(-1, keepdim=True).clamp_min(1)
    return torch.where(seen, values - mean, 0.0)


def _slope(asked: torch.Tensor, plain: torch.Tensor, made: torch.Tensor, seen: torch.Tensor) -> float | None:
    """The number by which the scores are multiplied before the softmax."""
    right, left = _centred(asked, seen), _relative(made, plain, seen)
    square = float((right * right).sum())
    return float((right * left).sum()) / square if square else None


def _straight(asked: torch.Tensor, plain: torch.Tensor, made: torch.Tensor, seen: torch.Tensor, scale: float) -> bool:
    there = seen & (made > 1e-290)
    rows = (there | ~seen).all(-1, keepdim=True) & seen
    off = (_relative(made, plain, seen) - scale * _centred(asked, seen)).abs()
    return bool((off[rows] <= BENT * LARGE).all()) if bool(rows.any()) else False


def _cap(
    asked: torch.Tensor, plain: torch.Tensor, once: torch.Tensor, many: torch.Tensor, seen: torch.Tensor, much: float
) -> tuple[float, float] | None:
    """c and s for which c·tanh(s·x/c) gives both runs, by bisection of c."""
    right = _relative(many, plain, seen)
    first = _relative(once, plain, seen)
    low, high = 1.0, 1000.0
    for _ in range(80):
        middle = (low * high) ** 0.5
        scale = _scale_at(asked, first, seen, middle)
        made = _centred(middle * torch.tanh(scale * asked * much / middle), seen)
        if float((made * made).sum()) < float((right * right).sum()):
            low = middle
        else:
            high = middle
    scale = _scale_at(asked, first, seen, middle)
    made = _centred(middle * torch.tanh(scale * asked * much / middle), seen)
    return (float(f"{middle:.6g}"), scale) if bool(((made - right).abs() <= BENT * LARGE).all()) else None


def _scale_at(asked: torch.Tensor, first: torch.Tensor, seen: torch.Tensor, cap: float) -> float:
    scale = float((_centred(asked, seen) * first).sum() / _centred(asked, seen).square().sum())
    for _ in range(20):
        made = _centred(cap * torch.tanh(scale * asked / cap), seen)
        scale *= float((first * first).sum() / (made * first).sum())
    return scale


# Positions, not channels


def _origins(graph: Graph, ref: Ref) -> set[Ref]:
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


def _origin_inputs(graph: Graph, origins: set[Ref]) -> set[Ref | None]:
    return {graph.data(step) if (step := graph.tape.step_of(ref)) is not None else ref for ref in origins}


def _by_positions(graph: Graph, core: Core, origins: set[Ref]) -> bool:
    """Whether one changed position of what the queries or keys come from changes one row and one column of the scores."""
    floating = [ref for ref in origins if _is_floating(graph, ref)]
    base = {ref: normal(graph.tape.shape_of(ref), seed) for seed, ref in enumerate(sorted(floating, key=str))}
    before = _scores(graph, core, base)
    if before is None or before.shape[-1] < 3 or not base:
        return before is not None and bool(base) and min(before.shape[-2:]) > 1
    for ref, values in base.items():
        shape = list(values.shape)
        axis = _features(graph, ref)
        others = [n for n in range(len(shape)) if n != axis % len(shape)]
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
            if bool(one.any()) and not _is_cross(one):
                return False
        if not bool(differs.any()):
            return False
    return True


def _is_cross(changed: torch.Tensor) -> bool:
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
    return q @ _repeated(k, tuple(q.shape)).transpose(-1, -2)


def _is_floating(graph: Graph, ref: Ref) -> bool:
    step = graph.tape.step_of(ref)
    return step is None or step.dtypes[0].is_floating_point


def _features(graph: Graph, ref: Ref) -> int:
    step = graph.tape.step_of(ref)
    if step is not None and graph.kind(step) is Kind.CONVOLUTION:
        return 1 - len(step.shape)
    return -1


# Sizes and calls


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


def _own_scale(graph: Graph, core: Core, scale: float) -> float | None:
    """The scale in the model itself, where a small one ran: 1/√d of its own heads, or a number that does not follow the width."""
    small, own = graph.tape.shape_of(core.q)[-1], graph.real_shape(core.q)[-1]
    if abs(scale * small**0.5 - 1) < CLOSE:
        return float(own**-0.5)
    if not graph.model or abs(scale - 1) < CLOSE:
        return 1.0 if abs(scale - 1) < CLOSE else float(f"{scale:.10g}")  # as read off: the last digits are the run's
    return None


def _heads(graph: Graph, core: Core, last: Step | None) -> dict[str, Plain]:
    q, v = graph.real_shape(core.q), graph.real_shape(core.v)
    width, out = q[-1], graph.real_shape(Made(core.out.at))[-1]
    heads = q[-3] if len(q) > 3 else 1
    if last is not None and (merged := graph.data(last)) is not None:
        features = graph.real_shape(merged)[graph.features(last)]
        heads = features // out if features % out == 0 else heads
    return {"heads": heads, "kv_heads": _kv_heads(graph, core.v, heads, v), "head_width": width, "value_width": out}


def _kv_heads(graph: Graph, ref: Ref, heads: int, shape: tuple[int, ...]) -> int:
    """Heads of the values before they were repeated for the queries."""
    if len(shape) > 3 and shape[-3] < heads and heads % shape[-3] == 0:
        return shape[-3]
    while isinstance(ref, Made) and graph.shaping(step := graph.tape.steps[ref.step]):
        before = graph.data(step)
        if before is None:
            break
        if step.name in ("expand", "repeat", "repeat_interleave", "broadcast_to", "tile"):
            more = torch.Size(graph.real_shape(ref)).numel() // max(1, torch.Size(graph.real_shape(before)).numel())
            return heads // more if more > 1 and heads % more == 0 else heads
        ref = before
    return heads


def _calls(graph: Graph, core: Core, places: Places) -> tuple[tuple[int, ...], Step | None]:
    """The calls from the linear layers that make queries, keys and values to the one behind, and that one."""
    last = _linear_behind(graph, core.out)
    end: Ref = Made(last.at if last is not None else core.out.at)
    origins = _origins(graph, core.q) | _origins(graph, core.k) | _origins(graph, core.v)
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
