"""Squeeze and excitation: each channel is multiplied by a gate made of all channels' means by two linear layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.nn import functional

from explainer.i18n.bilingual import Bi, same
from explainer.recognition.definitions import ACTIVATIONS, CLOSE, activation_of
from explainer.recognition.graph import Found, Graph, Stretch
from explainer.recognition.ideas.mlp import batch_normed
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Made, Ref, Step
from explainer.walkthrough.idea import Plain, Proof

TRIALS = 2
PRODUCT = {"mul", "imul", "multiply"}
PROVEN = Bi(
    zh="以{n}组随机数分别由代码和x·{gate}(W₂·{function}(W₁·z))（z为x在空间上的均值）计算，结果一致（{off}）。",
    en="The squeeze and excitation was run beside x·{gate}(W₂·{function}(W₁·z)) (z the mean of x over its places) on {n} sets of random numbers: the results agree "
    "({off}).",
)


def found(graph: Graph) -> Iterator[Found]:
    """Every gate of the channels by two linear layers; one by a single convolution (ECA) is another thing."""
    known: dict[str, tuple[dict[str, Plain], Proof] | None] = {}
    for step in graph.tape.steps:
        if step.name not in PRODUCT or len(step.shape) != 4 or len(step.refs) != 2 or step.at not in graph.fed:
            continue
        for x, gate in (step.refs, step.refs[::-1]):
            shape = graph.tape.shape_of(gate)
            if (
                graph.tape.shape_of(x) != step.shape
                or sum(a != b for a, b in zip(shape, step.shape, strict=False)) != 2
            ):
                continue
            stretch = graph.stretch(x, Made(step.at))
            layers = (
                [graph.tape.steps[at] for at in stretch.steps if graph.linear(graph.tape.steps[at])] if stretch else []
            )
            if stretch is None or len(layers) != 2 or any(layer.module is None for layer in layers):
                continue
            try:
                key = graph.replay.signature(stretch.y, [x])
                if key not in known:
                    known[key] = _proven(graph, stretch, gate, layers)
            except NoValue:
                continue
            if (read := known[key]) is not None:
                sizes = {
                    "channels": graph.real_shape(Made(layers[1].at)),
                    "squeezed": graph.real_shape(Made(layers[0].at)),
                }
                axis = {name: shape[graph.features(layers[0])] for name, shape in sizes.items()}
                yield Found("squeeze_excitation", graph.calls(stretch.steps), {**read[0], **axis}, read[1])


def _proven(graph: Graph, stretch: Stretch, gate: Ref, layers: list[Step]) -> tuple[dict[str, Plain], Proof] | None:
    replay, tape = graph.replay, graph.tape
    first, last = (Made(layer.at) for layer in layers)
    norm = next((tape.steps[at] for at in stretch.steps if batch_normed(graph, tape.steps[at]) is layers[0]), None)
    first = first if norm is None else Made(norm.at)
    inner = graph.data(layers[1])
    if inner is None:
        return None
    function = activation_of(lambda h: replay.run(inner, {first: h}), tape.shape_of(first))
    shape = tape.shape_of(last)
    gating = activation_of(lambda h: replay.run(gate, {last: h}), shape)
    if function is None or gating is None:
        return None
    places = [n for n, (a, b) in enumerate(zip(tape.shape_of(gate), tape.shape_of(stretch.x), strict=True)) if a != b]
    weigh = [_matrix(graph, layer) for layer in layers]
    normed = _norm(graph, norm) if norm is not None else None
    off = 0.0
    for seed in range(1, TRIALS + 1):
        x = normal(tape.shape_of(stretch.x), seed) + 0.5
        narrow = weigh[0](x.mean(places))
        squeezed = ACTIVATIONS[function[0]](normed(narrow) if normed is not None else narrow)
        right = x * ACTIVATIONS[gating[0]](weigh[1](squeezed)).reshape(tape.shape_of(gate))
        off = max(off, difference(replay.run(stretch.y, {stretch.x: x}), right))
    if off > CLOSE:
        return None
    words = PROVEN.format(n=TRIALS, gate=same(gating[0]), function=same(function[0]), off=within(off))
    proof = Proof("run", words, TRIALS, (tape.shape_of(stretch.x),), off, None, graph.model)
    return {"function": function[0], "gate": gating[0], **({"batch_norm": True} if norm is not None else {})}, proof


def _norm(graph: Graph, step: Step) -> Callable[[torch.Tensor], torch.Tensor]:
    """The batch norm behind the first layer, with its fixed means."""
    layer = graph.replay.layer(step)
    known = {**dict(layer.named_parameters()), **dict(layer.named_buffers())}
    mean, var, eps = known["running_mean"], known["running_var"], layer.eps
    assert isinstance(eps, float)
    return lambda x: functional.batch_norm(
        x, mean, var, known.get("weight"), known.get("bias"), False, 0.0, eps
    ).detach()


def _matrix(graph: Graph, step: Step) -> Callable[[torch.Tensor], torch.Tensor]:
    """The linear layer as a matrix and a bias, whatever its kernel's shape."""
    layer = graph.replay.layer(step)
    parameters = dict(layer.named_parameters())
    weight, bias = parameters["weight"].flatten(1), parameters.get("bias")
    return lambda x: functional.linear(x, weight.detach(), bias.detach() if bias is not None else None)


RECOGNISER = Recogniser(found, order=40)
