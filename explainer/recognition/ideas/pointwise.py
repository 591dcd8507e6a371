"""Activations and normalisations written out in a forward: stretches of elementary steps with one tensor going in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch

from explainer.i18n.bilingual import Bi, same
from explainer.recognition.definitions import CLOSE, POINTS, activation_of
from explainer.recognition.graph import REDUCING, Found, Graph, Stretch
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Given, Made, Ref
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Kind as IdeaKind
from explainer.walkthrough.idea import Plain, Proof
from explainer.walkthrough.parts import Layer

MOST_STEPS = 24
MOST_CUTS = 12
TRIALS = 4
MOST_NUMBERS = 400_000  # of a tensor that goes in; a longer one is run in part
USUAL_EPS = (0.0, 1e-5, 1e-6, 1e-12, 1e-8)  # or none: small numbers show which
PROVEN_ACTIVATION = Bi(
    zh="在−6到6之间取{n}个点，与{name}的定义逐点比较，最大相差{off}。",
    en="The code was run beside the definition of {name} on {n} points from −6 to 6; the largest difference is {off}.",
)
PROVEN_NORM = Bi(
    zh="以{n}组随机数分别由代码和{name}的定义计算，结果一致（{off}）；归一化沿{axis}进行。",
    en="The code was run beside the definition of {name} on {n} sets of random numbers: the results agree ({off}); it "
    "normalises along {axis}.",
)
WHERE = {
    "root": Bi("（ε加在根号外）", " (ε added to the root, not under it)"),
    "floor": Bi("（根号的值不小于ε）", " (the root is at least ε)"),
}
EpsAt = Literal["inside", "root", "floor"]
OF_NORMALIZE = 1e-12  # of torch's own function
LAST, CHANNELS = Bi("最后一维", "the last dimension"), Bi("通道维", "the channels")
NAMES: dict[IdeaKind, Bi] = {
    "rms_norm": Bi("均方根归一化（RMSNorm）", "RMSNorm"),
    "layer_norm": Bi("层归一化", "layer normalisation"),
    "l2_norm": Bi("L2归一化", "L2 normalisation"),
}


def found(graph: Graph) -> Iterator[Found]:
    """The stretches, the largest first, from the end of the pass; calls of one are in no other."""
    known: dict[str, tuple[IdeaKind, dict[str, Plain], Proof] | None] = {}
    for step in reversed(graph.tape.steps):
        if step.at in graph.taken or step.at not in graph.fed or not (graph.pointwise(step) and step.shapes):
            continue
        for stretch in _stretches(graph, Made(step.at)):
            if graph.taken & {*stretch.steps, *stretch.beside} or _working(graph, stretch) < 2:
                continue
            try:
                key = graph.replay.signature(stretch.y, [stretch.x])
                if key not in known:
                    known[key] = _proven(graph, stretch)
            except NoValue:
                continue
            what = known[key]
            if what is not None:
                steps = (*stretch.steps, *stretch.beside)
                graph.taken |= set(steps)
                yield Found(what[0], graph.calls(steps), what[1], what[2])
                break


def _working(graph: Graph, stretch: Stretch) -> int:
    """How many calls of a stretch do something in a lesson."""
    numbers = graph.calls(stretch.steps)
    return sum(not _idle(graph.walk.layers[number - 1]) for number in numbers)


def _idle(layer: Layer) -> bool:
    """A dropout, or a layer that hands on what it is given."""
    return layer.kind is Kind.DROPOUT or (layer.rule is not None and layer.rule.name == "identity")


def _elementary(graph: Graph, at: int) -> bool:
    step = graph.tape.steps[at]
    return graph.pointwise(step) or (step.module is None and step.name in REDUCING)


def _stretches(graph: Graph, y: Ref) -> Iterator[Stretch]:
    """Closed stretches that end in y, the longest first; what goes in has y's shape."""
    shape = graph.tape.shape_of(y)
    seen: set[int] = set()
    waiting, cuts = [y], set[Ref]()
    while waiting and len(seen) < MOST_STEPS:
        ref = waiting.pop(0)
        if not isinstance(ref, Made) or ref.step in seen or not _elementary(graph, ref.step):
            continue
        seen.add(ref.step)
        for before in graph.tape.steps[ref.step].refs:
            if graph.is_fed(before):
                waiting.append(before)
                if graph.tape.shape_of(before) == shape:
                    cuts.add(before)
    order = sorted(cuts, key=lambda ref: ref.step if isinstance(ref, Made) else -1)
    for x in order[-MOST_CUTS:]:
        stretch = graph.stretch(x, y)
        if stretch is not None and all(_elementary(graph, at) for at in stretch.steps):
            yield stretch


def _proven(graph: Graph, stretch: Stretch) -> tuple[IdeaKind, dict[str, Plain], Proof] | None:
    steps = (*stretch.steps, *stretch.beside)
    parameters = graph.parameters(steps)
    reduces = any(graph.tape.steps[at].name in REDUCING for at in stretch.steps)
    if not reduces and all(torch.Size(graph.tape.given[ref]).numel() == 1 for ref in parameters):
        return _activation(graph, stretch, bool(parameters))
    if reduces and len(parameters) <= 2:
        return _norm(graph, stretch, parameters)
    return None


def _activation(graph: Graph, stretch: Stretch, learned: bool) -> tuple[IdeaKind, dict[str, Plain], Proof] | None:
    shape = graph.tape.shape_of(stretch.x)
    known = activation_of(lambda x: graph.replay.run(stretch.y, {stretch.x: x}), shape, learned)
    if known is None:
        return None
    name, off = known
    words = PROVEN_ACTIVATION.format(n=POINTS, name=same(name), off=same(short(off)))
    return "activation", {"function": name}, Proof("run", words, 1, ((POINTS,),), off, None, graph.model)


def _norm(
    graph: Graph, stretch: Stretch, parameters: tuple[Given, ...]
) -> tuple[IdeaKind, dict[str, Plain], Proof] | None:
    shape = graph.tape.shape_of(stretch.x)
    sizes = {graph.tape.given[ref] for ref in parameters}
    eps = [value for value in dict.fromkeys(graph.numbers(stretch.steps)) if 0 < value < 1e-2]
    spreads = ((1, 1.5, 0.3), (2, 1.0, 0.0), (3, 0.02, 0.001), (4, 1e-6, 0.0))
    inputs = [normal(shape, seed, scale) + shift for seed, scale, shift in spreads]
    outputs = [graph.replay.run(stretch.y, {stretch.x: x}) for x in inputs]
    for axis in dict.fromkeys((-1, 1 - len(shape)) if len(shape) in (3, 4) and parameters else (-1,)):
        if any(torch.Size(size).numel() not in (shape[axis], 1) for size in sizes):
            continue
        for kind, at, candidate in _candidates(graph, stretch, eps, shape[axis]):
            plain = [_normalised(kind, x, axis, candidate, at) for x in inputs]
            for scale, settings in _weighings(graph, parameters, axis, len(shape)):
                off = _furthest(outputs, plain, scale)
                if off > CLOSE:
                    continue
                if at != "inside":  # shown by what is smaller than it, too
                    low = inputs[0] * candidate / 10
                    made = graph.replay.run(stretch.y, {stretch.x: low})
                    off = max(off, _furthest([made], [_normalised(kind, low, axis, candidate, at)], scale))
                if off <= CLOSE:
                    said = settings if at == "inside" else {**settings, "eps_at": at}
                    return _said(graph, kind, axis, candidate, said, off, shape)
    return None


def _furthest(made: list[torch.Tensor], plain: list[torch.Tensor], scale: tuple[torch.Tensor, torch.Tensor]) -> float:
    return max(difference(one, scale[0] * right + scale[1]) for one, right in zip(made, plain, strict=True))


def _candidates(
    graph: Graph, stretch: Stretch, eps: list[float], width: int
) -> Iterator[tuple[IdeaKind, EpsAt, float]]:
    """Which norm it may be, with which ε: under the root; else added to the root, or the least that the root may be."""
    for candidate in eps or USUAL_EPS:
        for kind in NAMES:
            yield kind, "inside", candidate
    for kind in ("rms_norm", "l2_norm"):
        normalize = any(graph.tape.steps[at].name == "normalize" for at in stretch.steps)
        for candidate in (*eps, *((OF_NORMALIZE,) if normalize else ())):
            yield kind, "floor", candidate
            if kind == "rms_norm":  # the length is at least ε
                yield kind, "floor", candidate / width**0.5
        for candidate in eps:
            yield kind, "root", candidate


def _weighings(
    graph: Graph, parameters: tuple[Given, ...], axis: int, dimensions: int
) -> Iterator[tuple[tuple[torch.Tensor, torch.Tensor], dict[str, Plain]]]:
    """How parameters may enter: not at all, w·x, (1+w)·x, with a bias."""
    shape = [1] * dimensions
    shape[axis] = -1
    vectors = [graph.replay.drawn(ref).reshape(shape if graph.tape.given[ref] else []) for ref in parameters]
    one, none = torch.ones((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    if not vectors:
        yield (one, none), {"weight": False, "bias": False, "offset": 0}
        return
    for weight, *bias in (vectors, vectors[::-1]):
        for offset in (0, 1):
            yield (offset + weight, bias[0] if bias else none), {"weight": True, "bias": bool(bias), "offset": offset}


def _normalised(kind: str, x: torch.Tensor, axis: int, eps: float, at: EpsAt) -> torch.Tensor:
    if kind == "layer_norm":
        x = x - x.mean(axis, keepdim=True)
    square = x.square().sum(axis, keepdim=True) if kind == "l2_norm" else x.square().mean(axis, keepdim=True)
    if at == "root":
        return x / (square.sqrt() + eps)
    return x / (square.sqrt().clamp_min(eps) if at == "floor" else (square + eps).sqrt())


def _said(
    graph: Graph, kind: IdeaKind, axis: int, eps: float, settings: dict[str, Plain], off: float, shape: tuple[int, ...]
) -> tuple[IdeaKind, dict[str, Plain], Proof]:
    name = NAMES[kind] + WHERE.get(str(settings.get("eps_at")), same(""))
    words = PROVEN_NORM.format(n=TRIALS, name=name, off=within(off), axis=LAST if axis == -1 else CHANNELS)
    proof = Proof("run", words, TRIALS, (shape,), off, axis, graph.model)
    return kind, {"eps": eps, **settings, "axis": axis}, proof


def short(off: float) -> str:
    """2e-07 as 2·10⁻⁷."""
    if not off:
        return "0"
    digits, _, power = f"{off:.0e}".partition("e")
    return f"{digits}·10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def within(off: float) -> Bi:
    """How far two results are apart, relative to the largest number: 2·10⁻⁷, or not at all."""
    if not off:
        return Bi("完全相等", "exactly")
    return Bi(f"相对误差不超过{short(off)}", f"to within {short(off)} of the largest value")


RECOGNISER = Recogniser(found, order=10)
