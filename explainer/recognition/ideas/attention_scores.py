"""What the weights of attention show: the products of queries and keys are replaced by numbers of ours.

With 0 the weights show the mask, the bias and a sink, with random numbers the scale, with large ones a step that bends the scores. Then
everything is run beside the definition.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from explainer.recognition.definitions import CLOSE
from explainer.recognition.graph import Graph
from explainer.recognition.ideas.attention_cores import Core, repeated
from explainer.recognition.ideas.masks import Mask, mask_of
from explainer.recognition.replay import difference, normal
from explainer.recognition.tape import Given, Made

LARGE = 12.0  # scores at which a cap shows
TRIALS = 2
BENT = 1e-4
SINK = 1e-6


@dataclass(frozen=True)
class Read:
    """What was read off one core.

    scale: None where each table of scores has a learned one. sinks: the weights of a row sum to less than 1, since one more score
    takes a share. turned: in the scores the keys are the rows. columns, rows: keys and queries of a table.
    """

    mask: Mask
    scale: float | None
    cap: float | None
    off: float
    sinks: bool = False
    turned: bool = False
    columns: int = 0
    rows: int = 0


def read_off(graph: Graph, core: Core) -> Read | None:
    """The mask, scale, cap and sinks, if attention with these gives what the model gives. Raises NoValue."""
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
        keys, values = (repeated(given[ref], q) for ref in (core.k, core.v))
        right = torch.softmax(scale * given[core.q] @ keys.transpose(-1, -2) + added, -1) @ values
        off = max(off, difference(graph.replay.run(Made(step.at), given), right))
    shown = torch.softmax(torch.zeros((*q[:-1], k[-2]), dtype=torch.float64) + added, -1)
    return Read(mask_of(shown), float(scale), None, off, columns=k[-2], rows=q[-2])


def _of_scores(graph: Graph, core: Core) -> Read | None:
    """Weights by hand: the scores replaced, the mask, scale and cap read off, and all of it run beside the definition."""
    assert core.scores is not None and core.weights is not None
    replay, tape = graph.replay, graph.tape
    scores, weights = Made(core.scores.at), core.weights
    shape = tape.shape_of(scores)
    if torch.Size(shape).numel() != torch.Size(tape.shape_of(weights)).numel():
        return None  # other columns than there are keys
    summed = _summed_axis(graph, core)
    if summed is None:
        return None

    def upright(tables: torch.Tensor) -> torch.Tensor:
        """Queries as rows, keys as columns."""
        return tables if summed == -1 else tables.transpose(-1, -2)

    nothing = _added(graph, core)
    random = normal(shape, 3)
    plain, once = (upright(replay.run(weights, {scores: nothing + by * random})) for by in (0.0, 1.0))
    seen = plain > 1e-12
    for turned in (False, True):
        asked = _like(random, plain, turned)
        scale = _scale(graph, core, asked, plain, once, seen) if asked is not None else None
        if scale is not None:
            break
    if asked is None or scale is None or float(scale.abs().min()) < 1e-6:
        return None
    much = LARGE / float(scale.abs().max())
    many = upright(replay.run(weights, {scores: nothing + much * random}))
    cap = None
    if not _straight(asked * much, plain, many, seen, scale):
        cap = _cap(asked, plain, once, many, seen, much)
        if cap is None:
            return None
        scale = torch.tensor(cap[1], dtype=torch.float64)
    base = torch.where(seen, plain.clamp_min(1e-300).log(), -torch.inf)
    rest = 1 - plain.sum(-1, keepdim=True)  # what a sink takes where all scores are 0
    sinks = float(rest.max()) > SINK
    sink = rest.clamp_min(1e-300).log() if sinks else torch.full_like(rest, -torch.inf)
    off = 0.0
    for seed in range(TRIALS):
        given = {ref: normal(tape.shape_of(ref), seed + 10 * n) for n, ref in enumerate((core.q, core.k, core.v))}
        products = _like(replay.run(scores, given) - nothing, plain, turned)
        assert products is not None
        bent = scale * products if cap is None else cap[0] * torch.tanh(scale * products / cap[0])
        shares = upright(torch.softmax(torch.cat((bent + base, sink), -1), -1)[..., :-1])
        right = replay.run(Made(core.out.at), {**given, weights: shares.reshape(tape.shape_of(weights))})
        off = max(off, difference(replay.run(Made(core.out.at), given), right))
    shown = plain / plain.sum(-1, keepdim=True) if sinks else plain
    single = float(scale) if scale.numel() == 1 else None
    kept = plain.shape[-2:]
    return Read(mask_of(shown), single, cap[0] if cap else None, off, sinks, turned, kept[1], kept[0])


def _summed_axis(graph: Graph, core: Core) -> int | None:
    """The axis of the weights along which the values are summed: that of the keys. Values of 1 show it."""
    assert core.weights is not None
    weights = normal(graph.tape.shape_of(core.weights), 7)
    ones = torch.ones(graph.tape.shape_of(core.v), dtype=torch.float64)
    made = graph.replay.run(Made(core.out.at), {core.weights: weights, core.v: ones}).reshape(-1).sort().values
    for axis in (-1, -2):
        sums = weights.sum(axis).reshape(-1)
        times = made.numel() // max(1, sums.numel())
        if difference(made, sums.sort().values.repeat_interleave(times)) <= CLOSE:
            return axis
    return None


def _like(scores: torch.Tensor, plain: torch.Tensor, turned: bool) -> torch.Tensor | None:
    """Scores in the shape of the weights; turned: their rows are the keys."""
    if not turned:
        return scores.reshape(plain.shape)
    other = scores.transpose(-1, -2)
    return other.reshape(plain.shape) if other.shape[-2:] == plain.shape[-2:] else None


def _scale(
    graph: Graph, core: Core, asked: torch.Tensor, plain: torch.Tensor, once: torch.Tensor, seen: torch.Tensor
) -> torch.Tensor | None:
    """The number by which the scores are multiplied before the softmax, or one for each table where a parameter says so.

    None where the scores have nothing to do with the weights.
    """
    whole = _slope(asked, plain, once, seen)
    if whole is None:
        return None
    square = float(_relative(once, plain, seen).square().sum())
    shown = whole**2 * float(_centred(asked, seen).square().sum())
    if shown > 0.5 * square:
        one = torch.tensor(whole, dtype=torch.float64)
        if _straight(asked, plain, once, seen, one) or not _learned_between(graph, core):
            return one
    if not _learned_between(graph, core):
        return None
    right, left = _centred(asked, seen), _relative(once, plain, seen)
    slopes = (right * left).sum((-1, -2), keepdim=True) / right.square().sum((-1, -2), keepdim=True)
    return slopes if _straight(asked, plain, once, seen, slopes) else None


def _learned_between(graph: Graph, core: Core) -> bool:
    """Whether a parameter works on the scores before they become weights."""
    assert core.scores is not None and core.weights is not None
    between = graph.replay.between([core.weights], [Made(core.scores.at)])
    return any(at in graph.learned and at not in graph.fed for at in between) or bool(graph.parameters(between))


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
    """The slope of the scores over what was asked for."""
    right, left = _centred(asked, seen), _relative(made, plain, seen)
    square = float((right * right).sum())
    return float((right * left).sum()) / square if square else None


def _straight(
    asked: torch.Tensor, plain: torch.Tensor, made: torch.Tensor, seen: torch.Tensor, scale: torch.Tensor
) -> bool:
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
