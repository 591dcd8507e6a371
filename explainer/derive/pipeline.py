"""A model and its inputs → a walkthrough: trace, derive, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from torch import nn

from explainer import rules
from explainer.collector import collector_off
from explainer.derive.attempts import Way, run_through
from explainer.derive.batch_place import batch_place
from explainer.derive.derive import walk_through
from explainer.derive.live import LiveWalkthrough
from explainer.errors import UserError, said_by
from explainer.i18n.bilingual import Bi
from explainer.rules import Registry
from explainer.source.neighbours import put_neighbours_away
from explainer.tracing.call import Call, ForwardFailed
from explainer.tracing.failures import explained
from explainer.tracing.lazy import check_sized, materialised
from explainer.tracing.tree import check_tree, deep_enough
from explainer.tracing.values import copy_with_values, is_small, seeded

NOT_COPIED = Bi(
    zh="这个模型无法复制（{reason}），而带着数值运行只在副本上进行：请去掉 real=True，或先让模型能被copy.deepcopy复制。",
    en="This model cannot be copied ({reason}), and only a copy is run with values: leave out real=True, or let copy.deepcopy "
    "copy it.",
)

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Better = Callable[[ForwardFailed, Arguments], Iterable[Arguments]]
MOST_TRIED = 24


def walk_model(
    model: nn.Module,
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    name: str,
    source: str,
    train: bool = False,
    tolerant: bool = False,
    real: bool = False,
    arguments: tuple[str, ...] = (),
    on_call: Callable[[Call], None] | None = None,
    registry: Registry | None = None,
    weights_only: bool = False,
    values: bool = True,
    anew: Callable[[], nn.Module] | None = None,
    inputs_fit: bool = False,
) -> LiveWalkthrough:
    """trace → derive → verify, by the rules of `registry` (the default one). Raises UserError if the forward fails.

    real: with values from the start. values: a small model may be run with values where shapes do not suffice; anew:
    builds it anew for that. weights_only: the model is a list of tensors that has no forward pass. inputs_fit: a failure is not
    the inputs' fault.
    """
    with collector_off(), deep_enough(model):
        registry = registry or rules.default_registry()
        check_tree(model)
        model = materialised(model, inputs, kwargs)
        way = Way(registry.is_atomic, train, tolerant, real, values, anew, on_call)
        try:
            ran, run = run_through(model, inputs, kwargs, way)
        except ForwardFailed as failure:
            given = [tuple(value.shape) for value in (*inputs, *kwargs.values()) if hasattr(value, "shape")]
            raise explained(failure, given, inputs_fit=inputs_fit) from failure
        finally:
            put_neighbours_away()
        check_sized(ran)
        silent = replace(way, values=False, on_call=None)
        batch = batch_place(run, lambda args, keywords: run_through(ran, args, keywords, silent))
        return walk_through(
            ran, run, registry, name=name, source=source, arguments=arguments, weights_only=weights_only, batch=batch
        )


def copied(model: nn.Module) -> nn.Module:
    """A copy with values, for a run that must not touch the model. Raises UserError if it cannot be copied."""
    try:
        with seeded():
            return copy_with_values(model)
    except Exception as error:
        raise UserError(NOT_COPIED.format(reason=said_by(error))) from error


def walk_guesses(
    model: nn.Module, guesses: Sequence[Arguments], *, better: Better | None = None, **options: Any
) -> LiveWalkthrough:
    """The first inputs on which the forward pass goes through; else those on which it gets furthest.

    better: what else to try after a failure of guesses; at most MOST_TRIED more, those first that came from where it got furthest.
    """
    best: LiveWalkthrough | None = None
    tried: list[Arguments] = []
    waiting = [*guesses]
    for values in (False, True):  # every guess by shapes before one is run with values
        further: list[tuple[int, int, Arguments]] = []  # how far the pass got that they come from, and in which order
        seen = {_known_by(one): 0 for one in guesses}  # how far the pass got that they come from
        done = set(seen)
        extra = 0
        while waiting or further:
            if waiting:
                inputs, kwargs = waiting.pop(0)
            elif extra < MOST_TRIED:
                further.sort(key=lambda one: (-one[0], one[1]))
                _, _, (inputs, kwargs) = further.pop(0)
                if (known := _known_by((inputs, kwargs))) in done:
                    continue
                done.add(known)
                extra += 1
            else:
                break
            tried.append((inputs, kwargs))
            try:
                walk = walk_model(model, inputs, kwargs, values=values, **options)
            except UserError:
                if values or options.get("real"):
                    raise
                continue  # with values it may go through (numpy, sparse tensors); if not, that is said then
            if best is None or _further(walk) > _further(best):
                best = walk
            if walk.run.stopped is None:
                return walk
            if better is not None and not values and walk.trace.stopped is not None:
                for other in better(walk.trace.stopped, (inputs, kwargs)):
                    far = len(walk.layers)
                    if (known := _known_by(other)) not in seen or (far > seen[known] and known not in done):
                        seen[known] = far
                        further.append((far, len(further) + len(seen), other))
        if options.get("real") or (best is not None and not is_small(model, best.trace.args)):
            break
        waiting, tried = tried, []
    assert best is not None
    return best


def _known_by(given: Arguments) -> str:
    """Inputs that are alike have the same: the shapes and types of tensors, the values of others."""
    return repr([(name, _told(value)) for name, value in [*enumerate(given[0]), *given[1].items()]])


def _told(value: Any) -> Any:
    return (tuple(value.shape), value.dtype) if hasattr(value, "shape") and value.is_meta else value


def _further(walk: LiveWalkthrough) -> tuple[bool, int]:
    return walk.run.stopped is None, len(walk.layers)
