"""The caller's model runs on meta tensors and comes back as it was given."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from explainer.errors import nobody_at_the_keyboard
from explainer.lean_torch.kernels import default_type_kept, lean
from explainer.tracing.members import named_modules, named_parameters
from explainer.tracing.snapshot import Snapshot


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

    swapped: list[tuple[Any, str, Any]] = []
    try:
        with lean():
            for _, module in named_modules(model):
                for tensors in (module._parameters, module._buffers):
                    for name, tensor in list(tensors.items()):
                        swapped.append((tensors, name, tensor))
                        tensors[name] = twin(tensor)
        yield
    finally:  # TorchScript keeps its tensors in C++, where no snapshot of attributes reaches
        for tensors, name, tensor in reversed(swapped):
            if not isinstance(tensors, dict):
                tensors[name] = tensor


@contextmanager
def as_it_was(model: nn.Module) -> Iterator[None]:
    """Whatever the run does to the modules' attributes, the random state or torch's default type is undone; nobody answers its `input()`."""
    snapshot = Snapshot([module for _, module in named_modules(model)])
    python_state, torch_state = random.getstate(), torch.get_rng_state()
    try:
        with default_type_kept(model), nobody_at_the_keyboard():
            yield
    finally:
        random.setstate(python_state)
        torch.set_rng_state(torch_state)
        snapshot.put_back()


@contextmanager
def twins_on_meta(model: nn.Module, grad: bool) -> Iterator[None]:
    """Meta tensors in the place of the model's own; with `grad` they want gradients where those do."""
    wanted = {name for name, parameter in named_parameters(model) if parameter.requires_grad} if grad else set()
    with on_meta(model):
        for name, parameter in named_parameters(model) if wanted else ():
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
