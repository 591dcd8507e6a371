"""One more forward pass on the meta device, in which every call is known by the name that the trace gave it.

The trace keeps all its tensors, so that it can say where each came from; here nothing may be kept, for the question is
how long a tensor lives. Fused attention runs as the kernels run it: the T×T matrix of scores is never stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, is_dataclass
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import _disable_current_modes

from explainer.i18n.bilingual import Bi, same
from explainer.measure.memory.fused_kernels import flash, kernel, place
from explainer.tracing.call import Trace
from explainer.tracing.forward import function_name
from explainer.tracing.meta import without_values
from explainer.tracing.recorder import (
    MOVES,
    SILENT,
    Functions,
    Recorder,
    name_of,
    patched_module_call,
    tensors_in,
    to_meta,
    transformers_in_parts,
)
from explainer.tracing.untouched import as_it_was, on_meta

Relation = Literal["new", "view", "in_place", "unchanged"]
"""What an output's memory is: its own; a view of an input's; the input, written over; the input itself, untouched."""

SDPA = "scaled_dot_product_attention"

STOPPED = Bi(
    zh="前向传播在中途停下，后面的步骤取决于数值，所以无法测量。",
    en="The forward pass stopped halfway, at a step that depends on values, so this cannot be measured.",
)
BATCH_OF_ONE = Bi(
    zh="训练模式下，批归一化在每个通道上至少需要两个值：请把批量设为2或更大。",
    en="In training mode batch normalization needs at least two values per channel: give a batch of two or more.",
)
FAILED = Bi(
    zh="在meta设备上再运行一遍时出错，无法测量：{reason}",
    en="A further run on the meta device failed, so this cannot be measured: {reason}",
)


class Unmeasured(Exception):
    """The model could not be run again; `why` says it in both languages, `reason` is what torch or the model said."""

    def __init__(self, why: Bi, reason: str = "") -> None:
        super().__init__(why.en)
        self.why, self.reason = why, reason


@dataclass(frozen=True)
class Written:
    """What one call did with memory. new_bytes: the storage that its outputs take, shared storage not among them."""

    path: str
    relation: Relation
    new_bytes: int


@dataclass(frozen=True)
class _Before:
    """The tensors given to a call: identity → version, and the memory that they stand in."""

    versions: Mapping[int, int]
    storages: frozenset[int]


# Seen by the mode, but they make no tensor.
_QUIET = SILENT - {"contiguous", "detach", "to", "float", "half", "double", "bfloat16", "type", "type_as"}
_QUIET -= {"cpu", "cuda", "long", "int", "short", "byte", "char", "bool"}


class Follower(Recorder):
    """Names calls as the trace does, keeps no tensor, and notes what each output's memory is.

    fused: what is put around functions that are one step on a real device and many on meta (an LSTM).
    """

    def __init__(self, trace: Trace, model: nn.Module, fused: Callable[[Callable[[], Any]], Any] | None = None) -> None:
        atomic = {id(call.module) for call in trace.calls if call.module is not None}
        super().__init__(model, lambda module: id(module) in atomic, None)
        self.written: list[Written] = []
        self._fused = fused
        self._running: list[str] = []

    @property
    def here(self) -> str:
        """The path of the call that is running, as it will be recorded."""
        path = self.stack[-1][0] if self.stack else ""
        if not self.inside and self._running:
            path = f"{path}.{self._running[0]}" if path else self._running[0]
        times = self._times.get(path, 0) + 1
        return path if times == 1 else f"{path}@{times}"

    def came_from(self, tensor: torch.Tensor, source: Any) -> None:
        """Nothing is kept."""

    def alias(self, given: Any, output: Any) -> None:
        """Nothing is kept."""

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

    def keep(self, values: Any) -> Any:
        """Nothing is kept."""
        return ()

    def record(self, path: str, kind: str, module: nn.Module | None, kept: Any, output: Any, flops: int) -> None:
        """Moves from device to device are no calls."""

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
        self.written.append(Written(path if times == 1 else f"{path}@{times}", relation, new))

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
def _attention_fused(follower: Follower) -> Iterator[None]:
    """Inside `F.multi_head_attention_forward` no mode sees the attention; so it is found by its name."""
    original = functional.scaled_dot_product_attention

    def attention(*args: Any, **kwargs: Any) -> Any:
        return (flash if follower.in_function else original)(*args, **kwargs)

    functional.scaled_dot_product_attention = attention
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = original


def run_again(
    trace: Trace,
    recorder: Recorder,
    around: Callable[[list[torch.Tensor]], Sequence[Any]] = lambda known: (),
    *,
    train: bool,
    grad: bool = False,
) -> Any:
    """The trace's model on the trace's inputs, once more on meta; returns its output.

    around: given the tensors that are there from the start (inputs, parameters, buffers), makes the context managers
    that are entered last: a dispatch mode, hooks. grad: parameters want gradients as the model says.
    Raises Unmeasured.
    """
    model = trace.model
    if model is None or trace.stopped is not None:
        raise Unmeasured(STOPPED)
    wanted = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    try:
        args, kwargs = to_meta((trace.args, dict(trace.kwargs)))
        with ExitStack() as stack:
            stack.enter_context(without_values())
            stack.enter_context(as_it_was(model))
            if not all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
                stack.enter_context(on_meta(model))
                for name, parameter in model.named_parameters():
                    parameter.requires_grad_(grad and wanted[name])
            model.train(train)
            stack.enter_context(torch.set_grad_enabled(grad))
            stack.enter_context(_quiet())
            stack.enter_context(transformers_in_parts())
            if isinstance(recorder, Follower):
                stack.enter_context(_attention_fused(recorder))
            stack.enter_context(patched_module_call(recorder))
            known = [*tensors_in((args, kwargs)), *model.parameters(), *model.buffers()]
            for manager in around(known):
                stack.enter_context(manager)
            stack.enter_context(Functions(recorder))
            return model(*args, **kwargs)
    except Exception as error:
        if "more than 1 value per channel" in str(error):
            raise Unmeasured(BATCH_OF_ONE) from error
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Unmeasured(FAILED.format(reason=same(reason)), reason) from error


@contextmanager
def _quiet() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
