"""One forward pass on the meta device, written down call by call.

A call is one execution of a layer (a module that is explained as a whole) or of a function in some `forward`
(`torch.flatten`, `+`, `torch.cat`). Nothing is computed and nothing allocated: meta tensors have a shape and no data.
The model comes back exactly as it was given.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn

from explainer.tracing.arguments import inputs_to_meta
from explainer.tracing.call import Call, ForwardFailed, Source, TensorRef, Trace
from explainer.tracing.function_names import function_name
from explainer.tracing.leaves import tensors_in
from explainer.tracing.log import Log
from explainer.tracing.meta import not_compiled, without_values
from explainer.tracing.patches import flop_counter, patched_module_call, transformers_in_parts
from explainer.tracing.recorder import CallRecorder, Functions
from explainer.tracing.transforms import wrappers_seen
from explainer.tracing.untouched import as_it_was, set_mode, twins_on_meta
from explainer.vocabulary.shape import Shape

__all__ = ["Call", "ForwardFailed", "Shape", "Source", "TensorRef", "Trace", "function_name", "trace"]


def trace(
    model: nn.Module,
    inputs: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    atomic: Callable[[nn.Module], bool],
    train: bool = False,
    tolerant: bool = False,
    real: bool = False,
    grad: bool = False,
    on_call: Callable[[Call], None] | None = None,
) -> Trace:
    """Run `model` once on the meta device and return its calls.

    inputs, kwargs: tensors (any device; only shape and dtype are used) or other values.
    atomic: whether a module is one call; otherwise its forward is followed inside.
    tolerant: the inputs are a guess, so that any failure ends the trace as if it needed values.
    real: run with the model's own tensors, values and all. grad: with gradients, as a forward that derives needs them.
    A step that needs values ends the trace there (`stopped`). Raises ForwardFailed for any other failure.
    """
    args, keywords = (inputs, dict(kwargs or {})) if real else inputs_to_meta((inputs, dict(kwargs or {})))
    recorder = CallRecorder(model, atomic, on_call, real)
    for tensor in tensors_in((args, keywords)):
        recorder.origins.came_from(tensor, "input")
    with ExitStack() as stack:
        stack.enter_context(not_compiled())
        stack.enter_context(as_it_was(model))
        if not real:
            stack.enter_context(without_values(model))
            stack.enter_context(twins_on_meta(model, grad))
        set_mode(model, train)
        recorder.origins.name_parameters(model)
        if not (real or grad):
            recorder.log = Log()
            recorder.log.begin(model, (args, keywords))
        stack.enter_context(torch.set_grad_enabled(grad))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # they are about speed and copies, and nothing is computed
        stack.enter_context(transformers_in_parts())
        stack.enter_context(patched_module_call(recorder, model))
        stack.enter_context(wrappers_seen(recorder.origins.wrapped))
        recorder.count.listen(stack.enter_context(flop_counter(typed=not (tolerant or real))))
        stack.enter_context(Functions(recorder))
        stopped = None
        try:
            output = model(*args, **keywords)
        except Exception as error:
            stopped = recorder.failure(error)
            if not (tolerant or stopped.needs_values):
                raise stopped from error
            output = ()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # sys.exit() in a forward
            raise recorder.failure(error) from error
    given = tensors_in((args, keywords))
    return Trace(
        calls=tuple(recorder.calls),
        input_shapes=tuple(tuple(tensor.shape) for tensor in given),
        input_dtypes=tuple(str(tensor.dtype).removeprefix("torch.") for tensor in given),
        output_shapes=tuple(tuple(tensor.shape) for tensor in tensors_in(output)),
        mode="train" if train else "eval",
        stopped=stopped,
        values="real" if real else "meta",
        grad=grad,
        model=model,
        args=args,
        kwargs=keywords,
        torch_flops=recorder.count.now()[0] if recorder.count.flops else None,
        unseen=tuple(dict.fromkeys(recorder.count.uncounted)),
        unregistered=recorder.unregistered.found,
        log=recorder.log if stopped is None else None,
    )
