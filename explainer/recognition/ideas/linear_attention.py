"""Linear attention: φ(Q)·(φ(K)ᵀ·V), divided by φ(Q)·Σφ(K) or not. No softmax, and no table of scores of all positions.

Candidates are two products, one of whose outcomes goes into the other. They are run beside the definition, in whichever order of
dimensions a program keeps queries, keys and values; that the sum in the first runs over positions, and not over channels, is seen by
changing one position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch.nn import functional

from explainer.i18n.bilingual import Bi
from explainer.recognition.definitions import CLOSE, CLOSE_ACTIVATION, activation_of
from explainer.recognition.graph import PRODUCTS, Found, Graph
from explainer.recognition.ideas.attention import calls_of
from explainer.recognition.ideas.attention_cores import Core, is_softmax
from explainer.recognition.ideas.attention_positions import features_of, origins_of
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.place import Places
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Made, Ref, Step
from explainer.walkthrough.idea import Plain, Proof

TRIALS = 2
MOST_BACK, MOST_ONWARD = 12, 10
CHANGED = 1e-9
PROVEN = Bi(
    zh="以{n}组随机数分别由代码和{formula}（Q、K、V为查询、键、值）计算，结果一致（{off}）；改动一个位置，只有它自己的φ(K)改变，所以求和是对位置进行的。",
    en="The code was run beside {formula} (Q, K, V the queries, keys and values) on {n} sets of random numbers: the results agree ({off}). Changing one position changes only "
    "its own φ(K): the sum runs over positions.",
)
PLAIN = Bi("φ(Q)·(φ(K)ᵀ·V)", "φ(Q)·(φ(K)ᵀ·V)")
NORMALISED = Bi("φ(Q)·(φ(K)ᵀ·V)除以φ(Q)·Σφ(K)", "φ(Q)·(φ(K)ᵀ·V) over φ(Q)·Σφ(K)")
Layout = Callable[[torch.Tensor], torch.Tensor]
# How a program may keep (…, positions, features): as it is, features first, or positions before heads. Each is its own inverse.
LAYOUTS: Mapping[str, Layout] = {
    "as it is": lambda x: x,
    "features first": lambda x: x.transpose(-1, -2),
    "positions before heads": lambda x: x.transpose(-2, -3) if x.dim() > 3 else x,
}
_TURNED = {"as it is": "features first", "features first": "as it is"}
_EXCHANGE = {"transpose", "mT", "swapaxes", "swapdims"}


@dataclass(frozen=True)
class _Pair:
    """The two products; q and k as they go into them, and the values as they are before anything is put beside them."""

    first: Step
    last: Step
    q: Ref
    k: Ref
    v: Ref


@dataclass(frozen=True)
class _Read:
    end: Ref
    normalised: bool
    layouts: tuple[str, str, str]  # of q, k, v
    off: float


def found(graph: Graph) -> Iterator[Found]:
    """Every linear attention, with the linear layers before and behind it."""
    places = Places(graph.walk)
    known: dict[str, _Read | None] = {}
    taken: set[int] = set()
    for pair in _pairs(graph):
        if pair.last.at in taken:
            continue
        try:
            read = _read(graph, pair, known)
            if read is None or not _sums_positions(graph, pair, read):
                continue
            step = graph.tape.step_of(read.end)
            assert step is not None
            calls, _ = calls_of(graph, Core(step, pair.q, pair.k, pair.v), places)
            function = _function(graph, pair)
        except NoValue:
            continue
        taken.add(pair.last.at)
        settings: dict[str, Plain] = {"function": function, "normalised": read.normalised, **_sizes(graph, pair, read)}
        formula = NORMALISED if read.normalised else PLAIN
        words = PROVEN.format(n=TRIALS, formula=formula, off=within(read.off))
        sizes = tuple(graph.tape.shape_of(ref) for ref in (pair.q, pair.k, pair.v))
        proof = Proof("run", words, TRIALS, sizes, read.off, -2, graph.model)
        yield Found("linear_attention", calls, {name: v for name, v in settings.items() if v is not None}, proof)


def _pairs(graph: Graph) -> Iterator[_Pair]:
    """Products whose outcome goes, put in another shape at most, into a further one; each way of who is who."""
    for last in graph.tape.steps:
        if last.name not in PRODUCTS or last.at not in graph.fed or len(last.refs) < 2:
            continue
        for joined in last.refs[:2]:
            first = graph.tape.step_of(_back(graph, joined))
            if first is None or first.name not in PRODUCTS or len(first.refs) != 2:
                continue
            if not all(graph.is_fed(ref) for ref in first.refs):
                continue
            queries = [ref for ref in last.refs[:2] if ref != joined and graph.is_fed(ref)]
            for q, (k, v) in product(queries, (first.refs, first.refs[::-1])):
                for values in _values(graph, v):
                    if len({q, k, values}) == 3:
                        yield _Pair(first, last, q, k, values)


def _back(graph: Graph, ref: Ref) -> Ref:
    """The same numbers before they were given another shape."""
    while isinstance(ref, Made) and graph.shaping(step := graph.tape.steps[ref.step]) and len(step.refs) == 1:
        ref = step.refs[0]
    return ref


def _values(graph: Graph, ref: Ref) -> Iterator[Ref]:
    """The operand; first as it was before a one was put beside each value, whose sum is what is divided by."""
    step = graph.tape.step_of(ref)
    for _ in range(MOST_BACK):
        before = graph.data(step) if step is not None else None
        if step is None or before is None or not (graph.shaping(step) or step.name in ("pad", "cat")):
            break
        if step.name in ("pad", "cat"):
            yield before
            break
        step = graph.tape.step_of(before)
    yield ref


def _read(graph: Graph, pair: _Pair, known: dict[str, _Read | None]) -> _Read | None:
    """The last tensor that is linear attention of these three: what is divided, else the second product itself."""
    given = [pair.q, pair.k, pair.v]
    best: _Read | None = None
    for end in _ends(graph, pair):
        key = graph.replay.signature(end, given)
        if key not in known:
            known[key] = _beside(graph, pair, end)
        read = known[key]
        if read is not None and (best is None or read.normalised or not best.normalised):
            best = _Read(end, read.normalised, read.layouts, read.off)
    return best


def _ends(graph: Graph, pair: _Pair) -> Iterator[Ref]:
    """The second product, and what is made of it number by number."""
    waiting, seen = [pair.last], set[int]()
    while waiting and len(seen) < MOST_ONWARD:
        step = waiting.pop(0)
        if step.at in seen:
            continue
        seen.add(step.at)
        yield Made(step.at)
        for at in graph.tape.users.get(Made(step.at), ()):
            user = graph.tape.steps[at]
            if user.name in ("getitem", "narrow", "select", "slice", "div", "truediv", "mul", "true_divide", "divide"):
                waiting.append(user)
            elif user.name in ("split", "chunk", "split_with_sizes", "tensor_split"):
                waiting += [graph.tape.steps[n] for part in range(2) for n in graph.tape.users.get(Made(at, part), ())]


def _beside(graph: Graph, pair: _Pair, end: Ref) -> _Read | None:
    """The end run beside both formulas; positive queries and keys, as what they are divided by must be."""
    runs = []
    for seed in range(TRIALS):
        refs = (pair.q, pair.k, pair.v)
        numbers = [normal(graph.tape.shape_of(ref), 3 * seed + n) for n, ref in enumerate(refs)]
        q, k, v = numbers[0].abs() + 0.1, numbers[1].abs() + 0.1, numbers[2]
        runs.append((q, k, v, graph.replay.run(end, {pair.q: q, pair.k: k, pair.v: v})))
    for layouts in product(LAYOUTS, repeat=4):
        for normalised in (True, False):
            if (off := _off(runs, layouts, normalised)) <= CLOSE:
                return _Read(end, normalised, (layouts[0], layouts[1], layouts[2]), off)
    return None


def _off(runs: Sequence[tuple[torch.Tensor, ...]], layouts: tuple[str, ...], normalised: bool) -> float:
    off = 0.0
    for q, k, v, made in runs:
        upright = [LAYOUTS[name](one) for name, one in zip(layouts, (q, k, v, made), strict=True)]
        if not _fitting(upright):
            return torch.inf
        off = max(off, difference(upright[3], _defined(upright[0], upright[1], upright[2], normalised)))
        if off > CLOSE:
            break
    return off


def _fitting(tensors: list[torch.Tensor]) -> bool:
    q, k, v, made = (one.shape for one in tensors)
    heads = q[:-2] == k[:-2] == v[:-2] == made[:-2]
    return heads and q[-1] == k[-1] and k[-2] == v[-2] and made[-2:] == (q[-2], v[-1])


def _defined(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, normalised: bool) -> torch.Tensor:
    made = q @ (k.transpose(-1, -2) @ v)
    return made / (q @ k.sum(-2).unsqueeze(-1)) if normalised else made


def _sums_positions(graph: Graph, pair: _Pair, read: _Read) -> bool:
    """Whether one changed position of what the keys come from changes only one row of them, and of the values too."""
    for whole, layout in ((pair.k, read.layouts[1]), (pair.v, read.layouts[2])):
        ref, turned = _before_softmax(graph, whole) or (whole, False)
        origins = sorted((one for one in origins_of(graph, ref) if isinstance(one, Made)), key=lambda one: one.step)
        base: dict[Ref, torch.Tensor] = {one: normal(graph.tape.shape_of(one), n) for n, one in enumerate(origins, 1)}
        upright = LAYOUTS[_TURNED.get(layout, layout) if turned else layout]
        before = upright(graph.replay.run(ref, base))
        asked = False
        for one, numbers in base.items():
            axis = features_of(graph, one)
            changed = numbers.clone().movedim(axis, -1)
            if changed.dim() < 3 or before.shape[-2] < 3:
                return False
            changed[(*[0] * (changed.dim() - 2), 1)] += 1.0
            after = upright(graph.replay.run(ref, {**base, one: changed.movedim(-1, axis)}))
            rows = ((after - before).abs() > CHANGED * before.abs().max()).any(-1)
            if int(rows.sum(-1).max()) > 1:
                return False
            asked = asked or bool(rows.any())
        if not asked:
            return False
    return True


def _before_softmax(graph: Graph, ref: Ref) -> tuple[Ref, bool] | None:
    """What a softmax was made of, if the tensor is one; and whether its last two dimensions were exchanged behind it."""
    turned = False
    step = graph.tape.step_of(ref)
    while step is not None and len(step.refs) == 1:
        if is_softmax(graph, step):
            return step.refs[0], turned
        if step.name not in _EXCHANGE and step.name != "contiguous":
            return None
        turned ^= step.name in _EXCHANGE
        step = graph.tape.step_of(step.refs[0])
    return None


def _function(graph: Graph, pair: _Pair) -> str | None:
    """φ, where queries and keys go through the same; None where it is not known."""
    if all(_before_softmax(graph, ref) for ref in (pair.q, pair.k)):
        return "softmax"
    names = {_through(graph, ref) for ref in (pair.q, pair.k)}
    return names.pop() if len(names) == 1 else None


def _through(graph: Graph, ref: Ref) -> str | None:
    """What a tensor went through, number by number, since it was only put in shape."""
    x = _back(graph, ref)
    for _ in range(MOST_BACK):
        step = graph.tape.step_of(x)
        if step is None or not graph.pointwise(step):
            break
        before = graph.data(step)
        if before is None:
            return None
        x = before
    if x == _back(graph, ref):
        step = graph.tape.step_of(x)
        return "identity" if step is not None and (graph.linear(step) or step.name in PRODUCTS) else None
    shape = graph.tape.shape_of(x)

    def run(values: torch.Tensor) -> torch.Tensor:
        return graph.replay.run(_back(graph, ref), {x: values})

    if (named := activation_of(run, shape)) is not None:
        return named[0]
    points = normal(shape, 1, 2.0)
    others = {"ELU+1": functional.elu(points) + 1, "exp": points.exp(), "square": points.square()}
    made = run(points)
    return next((name for name, right in others.items() if float((made - right).abs().max()) < CLOSE_ACTIVATION), None)


def _sizes(graph: Graph, pair: _Pair, read: _Read) -> dict[str, Plain]:
    """Heads and widths in the model itself, where the order of dimensions is that of the one that ran."""
    shapes = [
        LAYOUTS[layout](torch.empty(graph.real_shape(ref), device="meta")).shape
        for layout, ref in zip(read.layouts, (pair.q, pair.k, pair.v), strict=True)
    ]
    heads = shapes[0][-3] if len(shapes[0]) > 3 else 1
    return {"heads": heads, "head_width": shapes[0][-1], "value_width": shapes[2][-1]}


RECOGNISER = Recogniser(found, order=57)
