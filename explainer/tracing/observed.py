"""One run of a model for an observer: the one way in which a traced model is run again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from explainer.tracing.leaves import tensors_in
from explainer.tracing.meta import without_values
from explainer.tracing.observer import CallObserver
from explainer.tracing.recorder import patched_module_call, to_meta, transformers_in_parts
from explainer.tracing.untouched import as_it_was, on_meta

Contexts = Callable[[list[torch.Tensor]], Iterable[AbstractContextManager[Any]]]


def run_observed(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    observer: CallObserver | None = None,
    contexts: Contexts = lambda known: (),
    *,
    train: bool,
    grad: bool = False,
    real: bool = False,
    helped: bool = True,
) -> Any:
    """Run the model once more and return its output; the model comes back as it was.

    contexts: given the tensors that are there from the start (inputs, parameters, buffers, in this order), the context
    managers that are entered last: modes, hooks, patches. grad: parameters want gradients as the model says; without it
    nothing does. real: with the tensors as they are; otherwise everything is on meta, where nothing is computed.
    helped: what a library asks of values is answered for it, as in the trace.
    Raises whatever the model raises.
    """
    args, keywords = (args, dict(kwargs)) if real else to_meta((args, dict(kwargs)))
    with ExitStack() as stack:
        if helped:
            stack.enter_context(without_values())
        stack.enter_context(as_it_was(model))
        if not real and not all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
            stack.enter_context(_twins_on_meta(model, grad))
        model.train(train)
        stack.enter_context(torch.set_grad_enabled(grad))
        stack.enter_context(_quiet())
        stack.enter_context(transformers_in_parts())
        if observer is not None:
            stack.enter_context(patched_module_call(observer))
        for manager in contexts([*tensors_in((args, keywords)), *model.parameters(), *model.buffers()]):
            stack.enter_context(manager)
        return model(*args, **keywords)


@contextmanager
def _twins_on_meta(model: nn.Module, grad: bool) -> Iterator[None]:
    """Meta tensors in the place of the model's own; with `grad` they want gradients where those do."""
    wanted = {name: grad and parameter.requires_grad for name, parameter in model.named_parameters()}
    with on_meta(model):
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(wanted[name])
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Warnings are about speed and copies, and nothing is computed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
