"""A model and its inputs → a walkthrough: trace, derive, verify."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from explainer import rules
from explainer.collector import collector_off
from explainer.derive.derive import walk_through
from explainer.derive.live import LiveWalkthrough
from explainer.rules import Registry
from explainer.source.neighbours import put_neighbours_away
from explainer.tracing.call import Call, ForwardFailed
from explainer.tracing.failures import explained
from explainer.tracing.forward import trace
from explainer.tracing.lazy import check_sized, materialised
from explainer.tracing.meta import without_values
from explainer.tracing.tree import check_tree


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
) -> LiveWalkthrough:
    """trace → derive → verify, by the rules of `registry` (the default one). Raises UserError if the forward fails.

    weights_only: the model is a list of tensors that has no forward pass.
    """
    with collector_off():
        registry = registry or rules.default_registry()
        check_tree(model)
        model = materialised(model, inputs, kwargs)
        try:
            with without_values():
                run = trace(
                    model,
                    inputs,
                    kwargs,
                    atomic=registry.is_atomic,
                    train=train,
                    tolerant=tolerant,
                    real=real,
                    on_call=on_call,
                )
        except ForwardFailed as failure:
            given = [tuple(value.shape) for value in (*inputs, *kwargs.values()) if hasattr(value, "shape")]
            raise explained(failure, given) from failure
        finally:
            put_neighbours_away()
        check_sized(model)
        return walk_through(
            model, run, registry, name=name, source=source, arguments=arguments, weights_only=weights_only
        )


def walk_guesses(
    model: nn.Module, guesses: Sequence[tuple[tuple[Any, ...], dict[str, Any]]], **options: Any
) -> LiveWalkthrough:
    """The first inputs on which the forward pass goes through; else those on which it gets furthest."""
    best: LiveWalkthrough | None = None
    for inputs, kwargs in guesses:
        walk = walk_model(model, inputs, kwargs, **options)
        if best is None or (walk.run.stopped is None, len(walk.layers)) > (
            best.run.stopped is None,
            len(best.layers),
        ):
            best = walk
        if walk.run.stopped is None:
            break
    assert best is not None
    return best
