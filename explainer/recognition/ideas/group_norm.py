"""Group normalisation written out in a forward: the channels of a map cut into groups by a view, and each group normalised."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from explainer.i18n.bilingual import Bi
from explainer.recognition.definitions import CLOSE
from explainer.recognition.graph import REDUCING, Found, Graph, Stretch
from explainer.recognition.ideas.pointwise import TRIALS, USUAL_EPS, within
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Given, Made, Ref
from explainer.walkthrough.idea import Plain, Proof

MOST_STEPS = 24
PROVEN = Bi(
    zh="以{n}组随机数分别由代码和组归一化（{groups}组）的定义计算，结果一致（{off}）。",
    en="The code was run beside the definition of group normalisation with {groups:group|groups} on {n} sets of random numbers: the results agree ({off}).",
)


def found(graph: Graph) -> Iterator[Found]:
    """The stretches, the longest first; calls of one are in no other."""
    known: dict[str, tuple[dict[str, Plain], Proof] | None] = {}
    for step in reversed(graph.tape.steps):
        if step.at in graph.taken or step.at not in graph.fed or len(step.shape) < 3 or not _part(graph, step.at):
            continue
        for stretch in _stretches(graph, Made(step.at)):
            steps = (*stretch.steps, *stretch.beside)
            if graph.taken & set(steps):
                continue
            try:
                key = graph.replay.signature(stretch.y, [stretch.x])
                if key not in known:
                    known[key] = _proven(graph, stretch)
            except NoValue:
                continue
            if (what := known[key]) is not None:
                graph.taken |= set(steps)
                yield Found("group_norm", graph.calls(steps), *what)
                break


def _part(graph: Graph, at: int) -> bool:
    step = graph.tape.steps[at]
    elementary = graph.pointwise(step) or graph.shaping(step)
    return elementary or (step.module is None and step.name in REDUCING)


def _stretches(graph: Graph, y: Ref) -> Iterator[Stretch]:
    """Closed stretches that end in y, with a reduction and a view in them; what goes in has y's shape."""
    shape = graph.tape.shape_of(y)
    seen, waiting, cuts = set[int](), [y], set[Ref]()
    while waiting and len(seen) < MOST_STEPS:
        ref = waiting.pop(0)
        if not isinstance(ref, Made) or ref.step in seen or not _part(graph, ref.step):
            continue
        seen.add(ref.step)
        for before in graph.tape.steps[ref.step].refs:
            if graph.is_fed(before):
                waiting.append(before)
                if graph.tape.shape_of(before) == shape:
                    cuts.add(before)
    names = {graph.tape.steps[at].name for at in seen}
    if not names & REDUCING or not any(graph.shaping(graph.tape.steps[at]) for at in seen):
        return
    for x in sorted(cuts, key=lambda ref: ref.step if isinstance(ref, Made) else -1):
        stretch = graph.stretch(x, y)
        if stretch is not None and all(_part(graph, at) for at in stretch.steps) and _groups(graph, stretch):
            yield stretch


def _groups(graph: Graph, stretch: Stretch) -> list[int]:
    """How many groups the channels may be cut into: what the views in it cut into."""
    channels = graph.tape.shape_of(stretch.x)[1]
    views = [graph.tape.steps[at] for at in stretch.steps]
    sizes = {view.shape[1] for view in views if graph.shaping(view) and len(view.shape) > 2}
    return sorted(size for size in sizes if size < channels and channels % size == 0)


def _proven(graph: Graph, stretch: Stretch) -> tuple[dict[str, Plain], Proof] | None:
    steps = (*stretch.steps, *stretch.beside)
    parameters = graph.parameters(steps)
    shape = graph.tape.shape_of(stretch.x)
    if len(parameters) > 2 or any(torch.Size(graph.tape.given[ref]).numel() != shape[1] for ref in parameters):
        return None
    eps = [value for value in dict.fromkeys(graph.numbers(stretch.steps)) if 0 < value < 1e-2]
    inputs = [normal(shape, seed, scale) + 0.3 for seed, scale in enumerate((1.5, 1.0, 0.02, 1e-3), 1)]
    outputs = [graph.replay.run(stretch.y, {stretch.x: x}) for x in inputs]
    for groups in _groups(graph, stretch):
        for candidate in eps or USUAL_EPS:
            for weight, bias in _weighings(graph, parameters):
                right = [functional.group_norm(x, groups, weight, bias, candidate) for x in inputs]
                off = max(difference(made, one) for made, one in zip(outputs, right, strict=True))
                if off > CLOSE:
                    continue
                words = PROVEN.format(n=TRIALS, groups=groups, off=within(off))
                said = {"groups": groups, "eps": candidate, "weight": weight is not None, "bias": bias is not None}
                return dict(said), Proof("run", words, len(inputs), (shape,), off, None, graph.model)
    return None


def _weighings(graph: Graph, parameters: tuple[Given, ...]) -> list[tuple[torch.Tensor | None, torch.Tensor | None]]:
    vectors = [graph.replay.drawn(ref).reshape(-1) for ref in parameters]
    if len(vectors) == 2:
        return [(vectors[0], vectors[1]), (vectors[1], vectors[0])]
    return [(vectors[0], None)] if vectors else [(None, None)]


RECOGNISER = Recogniser(found, order=9)
