"""Watches a further run on the meta device, in which every call is known by the name that the trace gave it.

The trace keeps all its tensors, so that it can say where each came from; here nothing may be kept, for the question is
how long a tensor lives. Fused attention runs as the kernels run it: the T×T matrix of scores is never stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import _disable_current_modes

from explainer.measure.memory.fused_kernels import flash, kernel, place
from explainer.tracing.arguments import to_meta
from explainer.tracing.call import Trace
from explainer.tracing.forward import function_name
from explainer.tracing.function_names import MOVES, SILENT, name_of
from explainer.tracing.leaves import tensors_in
from explainer.tracing.recorder import CallRecorder
from explainer.tracing.tensor_origins import NoOrigins
from explainer.walkthrough.measured import Relation, Written

SDPA = "scaled_dot_product_attention"


@dataclass(frozen=True)
class _Before:
    """The tensors given to a call: identity → version, and the memory that they stand in."""

    versions: Mapping[int, int]
    storages: frozenset[int]


# Seen by the mode, but they make no tensor.
_QUIET = SILENT - {"contiguous", "detach", "to", "float", "half", "double", "bfloat16", "type", "type_as"}
_QUIET -= {"cpu", "cuda", "long", "int", "short", "byte", "char", "bool"}


class StorageRecorder(CallRecorder):
    """Names calls as the trace does, keeps no tensor, and notes what each output's memory is.

    fused: what is put around functions that are one step on a real device and many on meta (an LSTM). ended: told of each
    call that has ended, and of the storages that it was given.
    """

    def __init__(
        self,
        trace: Trace,
        model: nn.Module,
        fused: Callable[[Callable[[], Any]], Any] | None = None,
        ended: Callable[[str, frozenset[int]], None] | None = None,
    ) -> None:
        atomic = {id(call.module) for call in trace.calls if call.module is not None}
        super().__init__(model, lambda module: id(module) in atomic, None)
        self.origins = NoOrigins()
        self.written: list[Written] = []
        self._fused = fused
        self._ended = ended
        self._running: list[str] = []

    @property
    def here(self) -> str:
        """The path of the call that is running, as it will be recorded."""
        path = self.stack[-1][0] if self.stack else ""
        if not self.inside and self._running:
            path = f"{path}.{self._running[0]}" if path else self._running[0]
        times = self._times.get(path, 0) + 1
        return path if times == 1 else f"{path}@{times}"

    def run_module(self, module: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        path = self.paths.get(id(module))
        if path is None or self.inside:
            return forward(module, *args, **kwargs)
        self.stack.append((path, module, ()))
        try:
            if not self.atomic(module):
                return forward(module, *args, **kwargs)
            args, kwargs = _on_meta_all(args, kwargs)
            before = _before(args, kwargs)
            self.inside += 1
            try:
                output = kernel(module, args) if not kwargs else None
                if output is None:
                    output = forward(module, *args, **kwargs)
            finally:
                self.inside -= 1
        finally:
            self.stack.pop()
        self._note(path, before, output)
        return output

    def run_function(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        name = name_of(function)
        if name in _QUIET:
            return function(*args, **kwargs)
        if name in MOVES:
            return super().run_function(function, args, kwargs)
        self._running.append(function_name(name))
        try:
            args, kwargs = _on_meta_all(args, kwargs)
            before = None if self.inside else _before(args, kwargs)
            if name == SDPA:
                output = flash(*args, **kwargs)
            elif self._fused is not None and name in RECURRENT:
                output = self._fused(lambda: function(*args, **kwargs))
            else:
                output = function(*args, **kwargs)
            if before is not None and before.versions and name not in SILENT and flat(output):
                owner = self.stack[-1][0] if self.stack else ""
                self._note(f"{owner}.{self._running[0]}" if owner else self._running[0], before, output)
            return output
        finally:
            self._running.pop()

    def _note(self, path: str, before: _Before, output: Any) -> None:
        """Write down what a call's output is in memory."""
        self._times[path] = times = self._times.get(path, 0) + 1
        with torch._C.DisableTorchFunction():
            outputs = flat(output)
            fresh = {place(tensor): tensor.untyped_storage().nbytes() for tensor in outputs}
            new = sum(size for where, size in fresh.items() if where not in before.storages)
            relation: Relation = "new" if new or not outputs else "view"
            if relation == "view" and all(id(tensor) in before.versions for tensor in outputs):
                same_version = all(before.versions[id(tensor)] == tensor._version for tensor in outputs)
                relation = "unchanged" if same_version else "in_place"
        name = path if times == 1 else f"{path}@{times}"
        self.written.append(Written(name, relation, new))
        if self._ended is not None:
            self._ended(name, before.storages)

    @property
    def in_function(self) -> bool:
        """A function is running; what it calls is not seen by the mode."""
        return bool(self._running)


RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}


def _before(args: Any, kwargs: Any) -> _Before:
    """The tensors given to a call."""
    with torch._C.DisableTorchFunction():
        tensors = flat((args, kwargs))
        return _Before({id(tensor): tensor._version for tensor in tensors}, frozenset(map(place, tensors)))


def _on_meta_all(args: Any, kwargs: Any) -> tuple[Any, Any]:
    """A stray real tensor (a plain attribute) follows the others to meta."""
    with torch._C.DisableTorchFunction():
        stray = not all(tensor.is_meta for tensor in flat((args, kwargs)))
    if not stray:
        return args, kwargs
    with _disable_current_modes():  # no new storage: the copy stands for the tensor that is there already
        args, kwargs = to_meta((args, kwargs))
    return args, kwargs


def flat(values: Any) -> list[torch.Tensor]:
    """The tensors in an argument list or a result, quickly for the common nesting."""
    if isinstance(values, torch.Tensor):
        return [values]
    if type(values) in (tuple, list):
        return [tensor for value in values for tensor in flat(value)]
    if type(values) is dict:
        return [tensor for value in values.values() for tensor in flat(value)]
    return tensors_in(values) if isinstance(values, tuple | list | Mapping) or is_dataclass(values) else []


@contextmanager
def attention_fused(recorder: StorageRecorder) -> Iterator[None]:
    """Inside `F.multi_head_attention_forward` no mode sees the attention; so it is found by its name."""
    original = functional.scaled_dot_product_attention

    def attention(*args: Any, **kwargs: Any) -> Any:
        return (flash if recorder.in_function else original)(*args, **kwargs)

    functional.scaled_dot_product_attention = attention
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = original
