"""Feed-forward networks whose weights are cut out of one tensor for all experts: two products with weights, a gate or activation between."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from explainer.i18n.bilingual import Bi, same
from explainer.recognition.definitions import activation_of
from explainer.recognition.graph import PRODUCTS, Found, Graph
from explainer.recognition.ideas.gate import gate_of
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, normal
from explainer.recognition.tape import Given, Made, Ref, Step
from explainer.walkthrough.idea import Kind as IdeaKind
from explainer.walkthrough.idea import Plain, Proof

MOST_STEPS = 30
SPREAD = 2.5
TRIALS = 2
PICKED = {"index_select", "gather", "embedding", "take_along_dim"}
PROVEN = Bi(
    zh="两次乘法之间的部分，用随机数与{name}的定义同时计算，结果一致。",
    en="What lies between the two products is run beside the definition of {name} on random numbers: the results agree.",
)


@dataclass(frozen=True)
class _Pair:
    """The second product and what goes into it; the first ones, with their biases: what the activation sees."""

    last: Step
    inner: Ref
    first: tuple[Step, ...]
    outs: tuple[Ref, ...]
    steps: tuple[int, ...]


def found(graph: Graph) -> Iterator[Found]:
    """Every such pair of the pass."""
    known: dict[str, tuple[IdeaKind, dict[str, Plain]] | None] = {}
    for step in graph.tape.steps:
        if (inner := _data(graph, step)) is None or (pair := _pair(graph, step, inner)) is None:
            continue
        try:
            key = graph.replay.signature(pair.inner, pair.outs)
            if key not in known:
                known[key] = _between(graph, pair)
        except NoValue:
            continue
        if (what := known[key]) is not None:
            words = PROVEN.format(name=same(str(what[1]["function"])))
            sizes = tuple(graph.tape.shape_of(ref) for ref in pair.outs)
            proof = Proof("run", words, TRIALS, sizes, 0.0, -1, graph.model)
            settings = {**what[1], **_widths(graph, pair)}
            yield Found(what[0], graph.calls((*pair.steps, step.at)), settings, proof)


def _data(graph: Graph, step: Step) -> Ref | None:
    """What a product multiplies with weights; None where it is no such product."""
    if step.name not in PRODUCTS or len(step.refs) < 2:
        return None
    weights = [ref for ref in step.refs if _weights(graph, ref)]
    data = [ref for ref in step.refs if ref not in weights and graph.is_fed(ref)]
    return data[0] if len(weights) == 1 and data else None


def _weights(graph: Graph, ref: Ref) -> Given | None:
    """The parameter that a tensor is, or is a part of, whatever chose the part."""
    for _ in range(MOST_STEPS):
        if isinstance(ref, Given):
            return ref if ref.what == "parameter" else None
        step = graph.tape.steps[ref.step]
        if not step.refs or not (graph.shaping(step) or step.name in PICKED):
            return None
        ref = next((one for one in step.refs if graph.is_learned(one)), step.refs[0])
    return None


def _pair(graph: Graph, last: Step, inner: Ref) -> _Pair | None:
    """Back from what goes into the second product to the first, through an activation or a gate and nothing else."""
    first: dict[int, Step] = {}
    outs: dict[Ref, None] = {}
    steps: dict[int, None] = {}
    waiting = [inner]
    while waiting:
        ref = waiting.pop()
        if isinstance(ref, Given) or len(steps) > MOST_STEPS:
            return None
        step = graph.tape.steps[ref.step]
        if step.at in steps:
            continue
        steps[step.at] = None
        product = step if _data(graph, step) is not None else _biased(graph, step)
        if product is not None:
            first[product.at] = product
            outs.setdefault(_onward(graph, ref))
        elif graph.pointwise(step) or graph.shaping(step):
            waiting += [one for one in step.refs if graph.is_fed(one) and _weights(graph, one) is None]
        else:
            return None
    working = [at for at in steps if at not in first and not graph.shaping(graph.tape.steps[at])]
    if not 1 <= len(outs) <= 2 or not working or len({_data(graph, step) for step in first.values()}) != 1:
        return None
    whole = tuple(sorted({*steps, *first}))
    return _Pair(last, _back(graph, inner), tuple(first.values()), tuple(outs), whole)


def _biased(graph: Graph, step: Step) -> Step | None:
    """The product to which this step adds a bias that is chosen as the weights are."""
    if step.name not in ("add", "iadd") or len(step.refs) != 2:
        return None
    sums = [ref for ref in step.refs if _weights(graph, ref) is None]
    product = graph.tape.step_of(_back(graph, sums[0])) if len(sums) == 1 else None
    return product if product is not None and _data(graph, product) is not None else None


def _back(graph: Graph, ref: Ref) -> Ref:
    """The same numbers before they were put into another shape."""
    while isinstance(ref, Made) and graph.shaping(step := graph.tape.steps[ref.step]) and len(step.refs) == 1:
        if _count(graph, step.refs[0]) != _count(graph, ref):
            break
        ref = step.refs[0]
    return ref


def _onward(graph: Graph, ref: Ref) -> Ref:
    """The same numbers after they were put into another shape, which alone is used."""
    while len(users := graph.tape.users.get(ref, [])) == 1 and graph.shaping(step := graph.tape.steps[users[0]]):
        if len(step.refs) != 1 or len(step.shapes) != 1 or math.prod(step.shape) != _count(graph, ref):
            break
        ref = Made(step.at)
    return ref


def _between(graph: Graph, pair: _Pair) -> tuple[IdeaKind, dict[str, Plain]] | None:
    """Whether one activation lies between the products, or a gate."""
    replay, outs = graph.replay, list(pair.outs)
    shapes = [graph.tape.shape_of(ref) for ref in outs]
    if len(outs) == 1 and graph.tape.shape_of(pair.inner) == shapes[0]:
        known = activation_of(lambda h: replay.run(pair.inner, {outs[0]: h}), shapes[0])
        return ("mlp", {"function": known[0], "fused": False}) if known else None
    hidden = [normal(shape, seed, SPREAD) for seed, shape in enumerate(shapes, 1)]
    gate = gate_of(lambda h: replay.run(pair.inner, dict(zip(outs, h, strict=True))), hidden, -1)
    return ("gated_mlp", {"function": gate.function, "fused": len(outs) == 1, **gate.settings}) if gate else None


def _count(graph: Graph, ref: Ref) -> int:
    return math.prod(graph.tape.shape_of(ref))


def _widths(graph: Graph, pair: _Pair) -> dict[str, Plain]:
    """What goes in, lies between and comes out, where the weights show that these are the last dimensions."""
    data = _data(graph, pair.first[0])
    weights = [w for step in (pair.first[0], pair.last) for ref in step.refs if (w := _weights(graph, ref)) is not None]
    if data is None or len(weights) != 2:
        return {}
    refs = (_back(graph, data), pair.inner, _onward(graph, Made(pair.last.at)))
    d_in, hidden, d_out = (graph.tape.shape_of(ref)[-1] for ref in refs)
    out = graph.tape.shape_of(pair.outs[0])[-1]
    shown = [sorted(graph.tape.shape_of(weight)[-2:]) for weight in weights]
    if shown != [sorted((d_in, out)), sorted((hidden, d_out))]:
        return {}
    real = [graph.real_shape(ref)[-1] for ref in refs]
    return dict(zip(("d_in", "d_hidden", "d_out"), real, strict=True))


RECOGNISER = Recogniser(found, order=30)
