"""The ways in which a forward pass is tried: by shapes alone, with gradients, and of a small model with values.

Shapes are enough for most models and cost nothing. One that derives inside its forward wants gradients; one that
branches on a number, packs sentences or turns to numpy wants values, and gets them if it is small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from explainer.errors import text_of
from explainer.tracing.call import Call, ForwardFailed, Trace
from explainer.tracing.forward import trace
from explainer.tracing.values import copy_with_values, is_small, lacks_values, seeded, with_values

_WANTS_GRADIENTS = re.compile(
    r"does not require grad|does not have a grad_fn|does not require gradients|requires_grad|appears to not have been used"
)


@dataclass(frozen=True)
class Way:
    """What all attempts at one model have in common.

    values: a small model may be run with values where shapes do not suffice. anew: builds the model again, with its
    own initial values. real: with values from the start; the model is one that was built for this run.
    """

    atomic: Callable[[nn.Module], bool]
    train: bool = False
    tolerant: bool = False
    real: bool = False
    values: bool = True
    anew: Callable[[], nn.Module] | None = None
    on_call: Callable[[Call], None] | None = None


def run_through(
    model: nn.Module, inputs: tuple[Any, ...], kwargs: Mapping[str, Any], way: Way
) -> tuple[nn.Module, Trace]:
    """The first attempt that reaches the end of the forward pass, and the model that it ran (a copy, with values).

    If none does: the one by shapes, ended where it needed values. Raises ForwardFailed for any other failure.
    """
    if way.real:
        given, keywords = with_values(inputs, kwargs)
        with seeded():
            run = _with_gradients_if_wanted(model, given, keywords, way, real=True)
            return model, replace(run, asked=True, drawn=way.anew is not None or lacks_values((inputs, kwargs)))
    try:
        run = _with_gradients_if_wanted(model, inputs, kwargs, way)
        if run.stopped is None:
            return model, run
    except ForwardFailed as failure:
        if found := _valued(model, inputs, kwargs, way, failure):
            return found
        raise
    tried = way.values and is_small(model, (inputs, kwargs))
    return _valued(model, inputs, kwargs, way, run.stopped) or (model, replace(run, values_tried=tried))


def _valued(
    model: nn.Module, inputs: tuple[Any, ...], kwargs: Mapping[str, Any], way: Way, failure: ForwardFailed
) -> tuple[nn.Module, Trace] | None:
    """The pass of a small copy with values, if it gets to the end; what it fails on is no news."""
    if not way.values or not isinstance(failure.cause, Exception) or not is_small(model, (inputs, kwargs)):
        return None
    with suppress(Exception), seeded():
        copy = copy_with_values(model, way.anew)
        given, keywords = with_values(inputs, kwargs)
        run = _with_gradients_if_wanted(copy, given, keywords, way, real=True)
        if run.stopped is None:
            tensors = (*model.parameters(), *model.buffers())
            return copy, replace(run, drawn=lacks_values((inputs, kwargs, tensors)))
    return None


def _with_gradients_if_wanted(
    model: nn.Module, inputs: tuple[Any, ...], kwargs: Mapping[str, Any], way: Way, *, real: bool = False
) -> Trace:
    """Without gradients, as a lesson needs none; again with them if the forward itself derives."""

    def run(grad: bool) -> Trace:
        return trace(
            model,
            inputs,
            kwargs,
            atomic=way.atomic,
            train=way.train,
            tolerant=way.tolerant,
            real=real,
            grad=grad,
            on_call=way.on_call,
        )

    try:
        first = run(grad=False)
    except ForwardFailed as failure:
        if not _wants_gradients(failure):
            raise
        return run(grad=True)
    if first.stopped is not None and _wants_gradients(first.stopped):
        return run(grad=True)
    return first


def _wants_gradients(failure: ForwardFailed) -> bool:
    return bool(_WANTS_GRADIENTS.search(text_of(failure.cause)))
