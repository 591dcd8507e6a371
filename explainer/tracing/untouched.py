"""The caller's model runs on meta tensors and comes back as it was given."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from explainer.lean_torch import lean

_CONTAINERS = (dict, list, set, deque)


@contextmanager
def on_meta(model: nn.Module) -> Iterator[None]:
    """Put meta tensors in the place of parameters and buffers; ties stay ties. `as_it_was` takes them out."""
    twins: dict[int, Any] = {}

    def twin(tensor: Any) -> Any:
        if tensor is None or is_lazy(tensor):
            return tensor
        if id(tensor) not in twins:
            copy = torch.empty_like(tensor, device="meta")
            is_parameter = isinstance(tensor, nn.Parameter)
            # No gradients: nothing is learned here, and torch's counter trips over a leaf that wants one.
            twins[id(tensor)] = nn.Parameter(copy, requires_grad=False) if is_parameter else copy
        return twins[id(tensor)]

    modules = list(model.modules())
    with lean():
        for module in modules:
            for tensors in (module._parameters, module._buffers):
                for name, tensor in tensors.items():
                    tensors[name] = twin(tensor)
    yield


@contextmanager
def as_it_was(model: nn.Module) -> Iterator[None]:
    """Whatever the run does to the modules' attributes, or to the random state, is undone."""
    modules = list(model.modules())
    attributes = [dict(vars(module)) for module in modules]
    contents = [
        {key: copy(value) for key, value in before.items() if isinstance(value, _CONTAINERS)} for before in attributes
    ]
    python_state, torch_state = random.getstate(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(python_state)
        torch.set_rng_state(torch_state)
        for module, before, inner in zip(modules, attributes, contents, strict=True):
            vars(module).clear()
            vars(module).update(before)
            for key, content in inner.items():
                before[key].clear()
                refill = before[key].update if hasattr(before[key], "update") else before[key].extend
                refill(content)


@contextmanager
def twins_on_meta(model: nn.Module, grad: bool) -> Iterator[None]:
    """Meta tensors in the place of the model's own; with `grad` they want gradients where those do."""
    wanted = [name for name, parameter in model.named_parameters() if grad and parameter.requires_grad]
    with on_meta(model):
        for name, parameter in model.named_parameters():
            if name in wanted and not is_lazy(parameter):
                parameter.requires_grad_()
        yield


def set_mode(model: nn.Module, train: bool) -> None:
    """`model.train(train)`, also where a model does not offer it (the module of an exported program)."""
    try:
        model.train(train)
    except NotImplementedError:
        for module in model.modules():
            module.training = train
