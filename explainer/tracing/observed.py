"""One run of a model for an observer: the one way in which a traced model is run again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from explainer.tracing.arguments import inputs_to_meta
from explainer.tracing.leaves import tensors_in
from explainer.tracing.meta import not_compiled, without_values
from explainer.tracing.observer import CallObserver
from explainer.tracing.patches import patched_module_call, transformers_in_parts
from explainer.tracing.untouched import as_it_was, set_mode, twins_on_meta

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
    args, keywords = (args, dict(kwargs)) if real else inputs_to_meta((args, dict(kwargs)))
    with ExitStack() as stack:
        if helped:
            stack.enter_context(without_values(model))
        stack.enter_context(not_compiled())
        stack.enter_context(as_it_was(model))
        if not real and not all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
            stack.enter_context(twins_on_meta(model, grad))
        set_mode(model, train)
        stack.enter_context(torch.set_grad_enabled(grad))
        stack.enter_context(_quiet())
        stack.enter_context(transformers_in_parts())
        if observer is not None:
            stack.enter_context(patched_module_call(observer, model))
        for manager in contexts([*tensors_in((args, keywords)), *model.parameters(), *model.buffers()]):
            stack.enter_context(manager)
        return model(*args, **keywords)


@contextmanager
def _quiet() -> Iterator[None]:
    """Warnings are about speed and copies, and nothing is computed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
