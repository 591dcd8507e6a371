"""A walkthrough → the same with its ideas: what modules and stretches are, each proven; what is not proven is not said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import torch

from explainer.collector import collector_off
from explainer.derive.alike import likeness_in
from explainer.recognition import plumbing
from explainer.recognition.candidates import any_candidate
from explainer.recognition.graph import Found, Graph
from explainer.recognition.ideas import experts
from explainer.recognition.place import Places
from explainer.recognition.recogniser import Recogniser, recognisers
from explainer.recognition.replay import WORK, Replay
from explainer.recognition.stand_in import LARGE_DIVISOR, SMALLEST, WINDOW, Buffers, StandIn, is_runnable, stand_in
from explainer.recognition.structure import structure_of
from explainer.recognition.tape import Tape, tape_of
from explainer.recognition.taping import taped
from explainer.rules import Registry
from explainer.source.recipe import MadeBy
from explainer.tracing.call import Trace
from explainer.walkthrough.idea import MOST_CALLS, Idea, Plain
from explainer.walkthrough.model import Walkthrough

W = TypeVar("W", bound=Walkthrough)
MANY_HEADS = 256  # up to so many, a number that divides a width is one of heads


def with_ideas(walk: W, trace: Trace, made_by: MadeBy | None, registry: Registry) -> W:
    """The walkthrough with its ideas; nothing is done twice.

    trace: the run that it was made of. The model comes back as it was.
    """
    if walk.measured.has("ideas"):
        return walk
    with collector_off(), _one_thread():
        mixtures, active = experts.found(walk, trace, made_by)
        rest = list(_ideas(walk, trace, made_by, registry))
        ideas = [*(_with_expert(one, rest) for one in mixtures), *rest]
        if trace.log is not None:
            trace.log.clear()
    ideas.sort(key=lambda idea: (idea.calls[0], -len(idea.calls)))
    measured = replace(walk.measured, done=walk.measured.done | {"ideas"})
    return walk.told(ideas=tuple(ideas), active=active, measured=measured)


def _with_expert(mixture: Idea, ideas: Iterable[Idea]) -> Idea:
    """The mixture with what its experts were proven to be, if those inside that have an expert's parameters are alike."""
    calls = set(mixture.calls)
    inside = [idea for idea in ideas if idea.kind in ("mlp", "gated_mlp") and calls.issuperset(idea.calls)]
    found = {
        tuple({"expert": idea.kind, **idea.settings}.items())
        for idea in inside
        if _is_expert(idea, mixture.settings["expert_params"])
    }
    return replace(mixture, settings={**mixture.settings, **dict(found.pop())}) if len(found) == 1 else mixture


def _is_expert(idea: Idea, params: Plain) -> bool:
    """Whether it has as many parameters as one expert, with biases or without."""
    widths = [idea.settings.get(name) for name in ("d_in", "d_hidden", "d_out")]
    d_in, hidden, out = (width if isinstance(width, int) else 0 for width in widths)
    first = 2 * hidden if idea.kind == "gated_mlp" else hidden
    weights = d_in * first + hidden * out
    return params in (weights, weights + first + out)


@contextmanager
def _one_thread() -> Iterator[None]:
    """What runs here is so small that threads would mostly wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _ideas(walk: Walkthrough, trace: Trace, made_by: MadeBy | None, registry: Registry) -> Iterator[Idea]:
    yield from plumbing.ideas(walk)
    if not walk.complete or len(walk.layers) > MOST_CALLS or not any_candidate(walk):
        return
    graph = graph_of(walk, trace, made_by, registry)
    if graph is None:
        return
    structure = structure_of(graph, likeness_in(trace))
    known: tuple[Idea, ...] | None = registry.answers.get(("ideas", structure)) if structure is not None else None
    if known is None:
        known = tuple(_recognised(graph))
        if structure is not None:
            registry.answers.keep(("ideas", structure), known)
    yield from known


def _recognised(graph: Graph) -> Iterator[Idea]:
    places = Places(graph.walk)
    known: list[Idea] = []
    for recogniser in recognisers():
        if recogniser.knows:  # a norm by hand is a part of the output stage only where it is known
            graph.walk = graph.walk.told(ideas=tuple(known))
        for found in _unbroken(recogniser, graph):
            path, stretch = places.of(found.calls)
            known.append(Idea(found.kind, path, found.calls, found.settings, found.proof, stretch))
            yield known[-1]


def _unbroken(recogniser: Recogniser, graph: Graph) -> Iterator[Found]:
    """What it finds until a stranger's code breaks it: a lesson does not end for an idea that could not be proven."""
    try:
        yield from recogniser.found(graph)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        return


def graph_of(walk: Walkthrough, trace: Trace, made_by: MadeBy | None, registry: Registry) -> Graph | None:
    """The graph of the pass, with what can run stretches of it; None where the pass cannot be made again."""
    if trace.model is None:
        return None
    own = StandIn(trace.model, trace.args, trace.kwargs)
    if trace.values == "real":
        return _fitting(walk, _tape(own, registry, trace, real=True), own, Buffers(own.model))
    ways = [("", 1, SMALLEST), ("", 4, SMALLEST), ("", 1, WINDOW), ("", 2, SMALLEST)]
    while ways:
        fixed, larger, kept = ways.pop(0)
        chance = MANY_HEADS if larger == 2 else LARGE_DIVISOR
        small = stand_in(trace, made_by, larger=larger, kept=kept, fixed=fixed, chance=chance)
        if small is None:
            continue
        tape = _tape(small, registry, trace)
        graph = _fitting(walk, tape, small, Buffers(small.model))
        if graph is not None:
            return graph
        if tape is None or len(tape.calls) == len(walk.layers):
            continue
        ways = [way for way in ways if way[1] != 4]  # wider, its pass is another one still
        if not fixed:
            ways[:0] = [(name, larger, kept) for name in small.unseen]  # one says how often a block runs (ALBERT)
    tape = tape_of(trace.log, trace.calls) if trace.log is not None else None
    return _fitting(walk, tape or _tape(own, registry, trace), own, Buffers(own.model, made_by))


def _tape(one: StandIn, registry: Registry, trace: Trace, real: bool = False) -> Tape | None:
    try:
        train = trace.mode == "train"
        return taped(one.model, one.args, dict(one.kwargs), registry.is_atomic, train=train, real=real)
    except Exception:  # a stranger's forward, at other sizes: then nothing is said
        return None


def _fitting(walk: Walkthrough, tape: Tape | None, one: StandIn, buffers: Buffers) -> Graph | None:
    """The graph, if the tape has the very calls of the walkthrough."""
    if tape is None or len(tape.calls) != len(walk.layers):
        return None
    for layer in walk.layers:
        step = tape.calls.get(layer.index)
        if step is None or step.path != layer.path or len(step.shapes) != len(layer.call.output_shapes):
            return None
    work = WORK if one.changed or is_runnable(one.model) else WORK // 4
    return Graph(walk, tape, Replay(tape, buffers, work), one.changed)
