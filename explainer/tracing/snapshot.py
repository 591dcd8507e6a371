"""What a run may change of a model and of what hangs on it: noted before, and put back after where it changed.

Nothing is written that has not changed, so that whatever is read-only, or only looks like a dictionary, is left alone.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable
from contextlib import suppress
from operator import is_
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

# Only these very types: a subclass of somebody else's may refuse to be copied or refilled (a read-only configuration).
_CONTAINERS = frozenset((dict, OrderedDict, defaultdict, Counter, list, set, deque))
_LEAVES = frozenset((int, float, str, bool, bytes, complex, type(None), torch.dtype, torch.device, torch.Size))
_NO_STATE = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, type)
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))  # its tables of tensors, parts and hooks, and the mode
_MOST_OBJECTS, _DEPTH = 20_000, 6


class Snapshot:
    """The state of some modules, and of all that their attributes lead to."""

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self._attributes: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._empty: list[Any] = []  # containers, as most tables of hooks are
        self._tensors: list[tuple[torch.Tensor, torch.Tensor, int]] = []
        self._scripted: list[tuple[Any, bool]] = []
        self._learned: list[tuple[torch.Tensor, bool, Any]] = []
        modules = list(modules)
        self._seen = {id(module) for module in modules}
        self._left = _MOST_OBJECTS
        for module in modules:
            self._note_module(module)

    def put_back(self) -> None:
        """Everything as it was noted."""
        for now, before in self._attributes:
            if not _same_items(now, before):
                now.clear()
                now.update(before)
        for container, before in self._containers:
            if not _same(container, before):
                container.clear()
                (container.extend if isinstance(container, list | deque) else container.update)(before)
        for container in self._empty:
            if container:
                container.clear()
        for scripted, training in self._scripted:
            with suppress(Exception):
                scripted.training = training
        for tensor, wanted, grad in self._learned:
            if tensor.requires_grad != wanted:
                tensor.requires_grad_(wanted)
            if tensor.grad is not grad:
                tensor.grad = grad
        for tensor, values, version in self._tensors:
            if tensor._version == version:
                continue
            if tensor.shape == values.shape:
                tensor.detach().copy_(values)  # in its own storage, which others may look at
            else:
                tensor.data = values

    def _note_module(self, module: nn.Module) -> None:
        attributes = vars(module)
        self._attributes.append((attributes, dict(attributes)))
        if isinstance(module, torch.jit.ScriptModule):  # its mode and its tensors are in C++
            self._scripted.append((module, module.training))
        for name, value in attributes.items():
            if name not in _OF_EVERY_MODULE:
                self._note(value, _DEPTH)
            elif type(value) in _CONTAINERS:
                self._note_container(value)
        for parameter in module._parameters.values():
            if parameter is not None and not is_lazy(parameter) and parameter.is_leaf:
                self._learned.append((parameter, parameter.requires_grad, parameter.grad))

    def _note(self, value: Any, depth: int) -> None:
        kind = type(value)
        if kind in _LEAVES or isinstance(value, _NO_STATE) or id(value) in self._seen or not depth or not self._left:
            return
        self._seen.add(id(value))
        self._left -= 1
        if isinstance(value, torch.Tensor):
            self._note_tensor(value)
        elif kind in _CONTAINERS:
            self._note_container(value)
            for part in value.values() if isinstance(value, dict) else value:
                self._note(part, depth - 1)
        elif kind is tuple:
            for part in value:
                self._note(part, depth - 1)
        elif isinstance(value, nn.Module):  # kept in a plain list, or hidden from the model in a tuple
            self._note_module(value)
            for buffer in value._buffers.values():
                self._note(buffer, depth - 1)
            for part in value._modules.values():
                self._note(part, depth)
        elif isinstance(state := getattr(value, "__dict__", None), dict):
            self._attributes.append((state, dict(state)))
            for part in state.values():
                self._note(part, depth - 1)

    def _note_container(self, container: Any) -> None:
        if container:
            self._containers.append((container, container.copy()))
        else:
            self._empty.append(container)

    def _note_tensor(self, tensor: torch.Tensor) -> None:
        """A tensor that is neither a parameter nor a buffer of the model: nothing stands in for it while the model runs."""
        if isinstance(tensor, nn.Parameter) or tensor.is_meta or is_lazy(tensor):
            return
        with suppress(Exception):  # a tensor made in inference mode has no version; nothing may change it
            self._tensors.append((tensor, tensor.detach().clone(), tensor._version))


def _same(now: Any, before: Any) -> bool:
    """Whether a container holds the very same things."""
    if isinstance(now, dict):
        return _same_items(now, before)
    if isinstance(now, set):
        return bool(now == set(before))
    return len(now) == len(before) and all(map(is_, now, before))


def _same_items(now: dict[Any, Any], before: dict[Any, Any]) -> bool:
    if len(now) != len(before):
        return False
    if all(map(is_, now, before)) and all(map(is_, now.values(), before.values())):
        return True
    missing = object()  # in another order, perhaps
    return all(now.get(key, missing) is value for key, value in before.items())
