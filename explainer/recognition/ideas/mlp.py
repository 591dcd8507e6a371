"""MLP and gated MLP: two linear layers with an activation between them; in a gated one the value is multiplied by the activated gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from explainer.i18n.bilingual import Bi
from explainer.recognition.definitions import ACTIVATIONS, CLOSE, STAR, activation_of, starred
from explainer.recognition.graph import Found, Graph, Stretch
from explainer.recognition.ideas.gate import Gate, gate_of
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Given, Made, Ref, Step
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Kind as IdeaKind
from explainer.walkthrough.idea import Plain, Proof

MOST_STEPS = 30
SPREAD = 2.5  # of what reaches the activation: near 0 GELU and its approximation are alike
TRIALS = 2
PROVEN = Bi(
    zh="以{n}组随机数分别由代码和“全连接层、{name}、全连接层”计算，结果一致（{off}）。",
    en="The feed-forward network was run beside “linear, {name}, linear” on {n} sets of random numbers: the results agree ({off}).",
)
PROVEN_GATED = Bi(
    zh="以{n}组随机数分别由代码和“门经{name}后与值逐元素相乘，再经全连接层”计算，结果一致（{off}）。",
    en="The feed-forward network was run beside “{name}(gate)·value, then linear” on {n} sets of random numbers: the results agree ({off}).",
)


@dataclass(frozen=True)
class Candidate:
    """The last linear step, what goes into it, the first ones, and what comes out of these (of a batch norm behind each, it may be)."""

    last: Step
    inner: Ref
    first: tuple[Step, ...]
    outs: tuple[Ref, ...]
    stretch: Stretch


def found(graph: Graph) -> Iterator[Found]:
    """Every MLP of the pass that is not a part of a longer row of layers."""
    known: dict[str, tuple[IdeaKind, dict[str, Plain], Proof] | None] = {}
    for step in graph.tape.steps:
        if not graph.linear(step) or (one := _candidate(graph, step)) is None:
            continue
        try:
            key = graph.replay.signature(one.stretch.y, [one.stretch.x])
            if key not in known:
                known[key] = _proven(graph, one)
        except NoValue:
            continue
        what = known[key]
        if what is not None:
            settings = {**what[1], **_widths(graph, one), **_norms(one)}
            yield Found(what[0], graph.calls([*one.stretch.steps, *after_dropout(graph, step)]), settings, what[2])


def after_dropout(graph: Graph, step: Step) -> list[int]:
    """The dropouts that follow a step and nothing else, and the batch norm of a linear layer."""
    found: list[int] = []
    while len(users := graph.tape.users.get(Made(step.at), [])) == 1:
        behind = graph.tape.steps[users[0]]
        idle = graph.kind(behind) is Kind.DROPOUT or batch_normed(graph, behind) is not None
        if not idle or _parent(behind) != _parent(step):
            break
        step = behind
        found.append(step.at)
    return found


def _parent(step: Step) -> str:
    """The module in whose forward a step stands."""
    return step.path.rpartition(".")[0]


def batch_normed(graph: Graph, step: Step) -> Step | None:
    """The linear step whose output, used by nothing else, this step normalises with fixed means: both together are one linear step."""
    layer = graph.layer(step)
    if step.module is None or layer is None or layer.rule is None or "batch_norm" not in layer.rule.name:
        return None
    before = graph.tape.step_of(step.refs[0]) if step.refs else None
    alone = before is not None and graph.linear(before) and graph.tape.users.get(Made(before.at)) == [step.at]
    return before if alone else None


def _norms(one: Candidate) -> dict[str, Plain]:
    normed = all(out != Made(step.at) for step, out in zip(one.first, one.outs, strict=True))
    return {"batch_norm": True} if normed else {}


def _candidate(graph: Graph, last: Step) -> Candidate | None:
    inner = graph.data(last)
    if inner is None:
        return None
    first, steps = _linear_before(graph, inner)
    inputs = {graph.data(step) for step, _ in first}
    x = next(iter(inputs), None)
    if not 1 <= len(first) <= 2 or len(inputs) != 1 or x is None or not steps:
        return None
    modules = [step.module for step, _ in first if step.module is not None]
    if len({id(module) for module in modules}) < len(modules):
        return None  # gate and value are one layer that runs twice
    if _activated_linear(graph, x) or _goes_on(graph, last):
        return None
    stretch = graph.stretch(x, Made(last.at))
    if stretch is None:
        return None
    return Candidate(last, inner, tuple(step for step, _ in first), tuple(out for _, out in first), stretch)


def _linear_before(graph: Graph, ref: Ref) -> tuple[list[tuple[Step, Ref]], list[int]]:
    """The linear steps that a tensor comes from through activations, products and splits, with their outputs, and the steps
    between; none where anything else is met.
    """
    first: dict[int, tuple[Step, Ref]] = {}
    steps: list[int] = []
    waiting = [ref]
    while waiting:
        now = waiting.pop()
        if isinstance(now, Given):
            return [], []
        step = graph.tape.steps[now.step]
        if graph.linear(step):
            first[step.at] = step, now
        elif (linear := batch_normed(graph, step)) is not None:
            first[linear.at] = linear, now
        elif step.at not in steps:
            if len(steps) >= MOST_STEPS or not (graph.pointwise(step) or graph.shaping(step)):
                return [], []
            steps.append(step.at)
            waiting += [before for before in step.refs if graph.is_fed(before)]
    return [first[at] for at in sorted(first)], steps


def _activated_linear(graph: Graph, ref: Ref) -> bool:
    """Whether a tensor is itself an activated linear layer: then the candidate is a part of a longer row."""
    first, steps = _linear_before(graph, ref)
    return len(first) == 1 and any(
        not graph.shaping(graph.tape.steps[at]) and graph.kind(graph.tape.steps[at]) is not Kind.DROPOUT for at in steps
    )


def _goes_on(graph: Graph, step: Step) -> bool:
    """Whether another linear layer follows behind an activation, and nothing else comes in."""
    activated = False
    while len(users := graph.tape.users.get(Made(step.at), [])) == 1:
        step = graph.tape.steps[users[0]]
        if graph.linear(step):
            return activated
        normed = batch_normed(graph, step) is not None
        if not (graph.pointwise(step) or normed) or sum(graph.is_fed(ref) for ref in set(step.refs)) != 1:
            return False
        activated = activated or graph.kind(step) is Kind.ACTIVATION
    return False


def _proven(graph: Graph, one: Candidate) -> tuple[IdeaKind, dict[str, Plain], Proof] | None:
    replay, x, y = graph.replay, one.stretch.x, one.stretch.y
    outs = list(one.outs)
    hidden = _spread(graph, x, outs, SPREAD)
    plain = _plain(graph, one, outs) if len(outs) == 1 else None
    kind: IdeaKind = "mlp" if plain else "gated_mlp"
    gate = plain or gate_of(
        lambda h: replay.run(one.inner, dict(zip(outs, h, strict=True))), hidden[0], graph.features(one.first[0])
    )
    if gate is None:
        return None
    if gate.spread > SPREAD:
        hidden = _spread(graph, x, outs, gate.spread)
    off = 0.0
    for seed, values in enumerate(hidden, 1):
        given = {x: _input(graph, x, outs, seed, max(SPREAD, gate.spread))}
        right = replay.run(y, {one.inner: gate.of(values)})
        off = max(off, difference(replay.run(y, given), right))
    if off > CLOSE:
        return None
    words = (PROVEN if kind == "mlp" else PROVEN_GATED).format(
        n=TRIALS, name=Bi(gate.function.replace(" (tanh)", "（tanh近似）"), gate.function), off=within(off)
    )
    shape = graph.tape.shape_of(x)
    axis = graph.features(one.first[0])
    settings: dict[str, Plain] = {"function": gate.function, "fused": not plain and len(outs) == 1, **gate.settings}
    return kind, settings, Proof("run", words, TRIALS, (shape,), off, axis, graph.model)


def _input(graph: Graph, x: Ref, outs: list[Ref], seed: int, wanted: float) -> torch.Tensor:
    """Random numbers, large enough that what reaches the activation is spread."""
    numbers = normal(graph.tape.shape_of(x), seed)
    spread = float(graph.replay.run(outs[0], {x: numbers}).std(correction=0))  # of a single number none
    return numbers * (wanted / spread) if spread > 0 else numbers


def _spread(graph: Graph, x: Ref, outs: list[Ref], wanted: float) -> list[list[torch.Tensor]]:
    return [graph.replay.runs(outs, {x: _input(graph, x, outs, seed, wanted)}) for seed in range(1, TRIALS + 1)]


def _plain(graph: Graph, one: Candidate, outs: list[Ref]) -> Gate | None:
    shape = graph.tape.shape_of(outs[0])
    if graph.tape.shape_of(one.inner) != shape:
        return None
    between = graph.replay.between([one.inner], outs)
    sizes = [graph.tape.given[ref] for ref in graph.parameters(between)]
    if any(torch.Size(size).numel() != 1 for size in sizes):
        return None

    def run(h: torch.Tensor) -> torch.Tensor:
        return graph.replay.run(one.inner, {outs[0]: h})

    known = activation_of(run, shape, learned=bool(sizes))
    if known is None:
        return None
    if known[0] == STAR:
        shown = normal(shape, 1)
        star = starred(run(shown).reshape(-1), shown.reshape(-1))
        return Gate(STAR, lambda hidden: star(hidden[0]))
    function = ACTIVATIONS[known[0]]
    return Gate(known[0], lambda hidden: function(hidden[0]))


def _widths(graph: Graph, one: Candidate) -> dict[str, Plain]:
    axis, last = graph.features(one.first[0]), graph.features(one.last)
    return {
        "d_in": graph.real_shape(one.stretch.x)[axis],
        "d_hidden": graph.real_shape(one.inner)[last],
        "d_out": graph.real_shape(one.stretch.y)[last],
    }


RECOGNISER = Recogniser(found, order=20)
