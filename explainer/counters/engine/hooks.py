"""One more run on the meta device, seen as forward hooks and patched functions see it.

Most tools hook every module, containers among them, and replace functions such as `F.relu` or `torch.matmul` by their
own. What such a tool sees depends on how a network was written: a `relu` that a file imported by name escapes the patch,
the operator `@` escapes `torch.matmul`. So the ledger puts the same patches in place, without any tool, and writes down
what came by. Nothing is computed, and torch is as before when it is done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from explainer.tracing.call import Trace
from explainer.tracing.leaves import tensors_in
from explainer.tracing.observed import run_observed

POOLS = tuple(
    f"{kind}{n}d" for kind in ("avg_pool", "max_pool", "adaptive_avg_pool", "adaptive_max_pool") for n in (1, 2, 3)
)
_PATCHED: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (
        "F",
        functional,
        (
            *("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
            *("relu", "prelu", "elu", "leaky_relu", "relu6", "silu", "gelu", "softmax", "embedding"),
            *("batch_norm", "layer_norm", "instance_norm", "group_norm", "upsample", "interpolate", *POOLS),
            "scaled_dot_product_attention",
        ),
    ),
    ("torch", torch, ("matmul", "mm", "bmm", "addmm", "baddbmm", "mul", "add", "einsum")),
    ("Tensor", torch.Tensor, ("matmul", "__matmul__", "mm", "bmm", "addmm", "mul", "add")),
)


@dataclass
class ModuleCall:
    """One call of a module, container or layer, in the order in which they begin.

    path: as in the trace, `@2` for the second call. args, kwargs, output: as given, meta tensors among them.
    layer: the call of the trace that this one is, or is part of; None for a container. ended: the order of ending.
    """

    path: str
    module: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    layer: str | None
    output: Any = None
    ended: int = 0


@dataclass(frozen=True)
class FunctionCall:
    """One call of a function that tools patch: `F.relu`, `torch.matmul`, `Tensor.__matmul__`.

    module: the innermost module at work, path: its call. layer: the call of the trace that it is part of, or None.
    """

    name: str
    module: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    layer: str | None
    path: str = ""

    def argument(self, name: str, position: int, default: Any = None) -> Any:
        """An argument by name or position."""
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if position < len(self.args) else default


@dataclass
class HookTrace:
    """What came by in one run. model: the model, whole again."""

    model: nn.Module
    args: tuple[Any, ...]
    modules: list[ModuleCall] = field(default_factory=list)
    functions: list[FunctionCall] = field(default_factory=list)

    def finished(self) -> list[ModuleCall]:
        """The module calls in the order in which they ended: that of forward hooks."""
        return sorted(self.modules, key=lambda call: call.ended)


class HookRecorder:
    """Takes the place of the trace's recorder: module calls come through `run_module`."""

    def __init__(self, run: HookTrace, layers: set[str]) -> None:
        self.run, self.layers = run, layers
        self.paths = {id(module): path for path, module in run.model.named_modules()}
        self.stack: list[tuple[nn.Module, str | None, str]] = []
        self.times: dict[str, int] = {}
        self.ended = 0

    def run_module(self, module: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        path = self.paths.get(id(module))
        if path is None:
            return forward(module, *args, **kwargs)
        self.times[path] = times = self.times.get(path, 0) + 1
        path = path if times == 1 else f"{path}@{times}"
        layer = self.stack[-1][1] if self.stack else None
        if layer is None and path in self.layers:
            layer = path
        call = ModuleCall(path, module, args, kwargs, layer)
        self.run.modules.append(call)
        self.stack.append((module, layer, path))
        try:
            call.output = forward(module, *args, **kwargs)
        finally:
            self.stack.pop()
        self.ended = call.ended = self.ended + 1
        return call.output

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def watching(*args: Any, **kwargs: Any) -> Any:
            # torch's own Python kernels for the meta device call such functions too; a tool on the CPU sees none of that.
            if self.stack and not sys._getframe(1).f_globals.get("__name__", "").startswith("torch._"):
                module, layer, path = self.stack[-1]
                self.run.functions.append(FunctionCall(name, module, args, kwargs, layer, path))
            return function(*args, **kwargs)

        return watching


@contextmanager
def _patched_functions(recorder: HookRecorder) -> Iterator[None]:
    """The functions that tools replace, each through `recorder`; undone whatever happens."""
    undo: list[tuple[Any, str, Any]] = []
    try:
        for prefix, owner, names in _PATCHED:
            for name in names:
                undo.append((owner, name, vars(owner).get(name, _INHERITED)))
                setattr(owner, name, recorder.watched(f"{prefix}.{name}", getattr(owner, name)))
        yield
    finally:
        for owner, name, original in reversed(undo):
            if original is _INHERITED:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


_INHERITED = object()


def hooked(trace: Trace, batch: int | None = None) -> HookTrace | None:
    """The run of a trace's model on its inputs, or None where the trace itself could not be finished.

    batch: run on that many pictures instead of those of the trace; its inputs have the batch first.
    """
    if trace.stopped or trace.model is None:
        return None
    return _run(trace, trace.model, tuple(_of_batch(value, batch) for value in trace.args))


def _of_batch(value: Any, batch: int | None) -> Any:
    if batch is None or not isinstance(value, torch.Tensor) or not value.dim():
        return value
    return value.new_empty((batch, *value.shape[1:]))


def _run(trace: Trace, model: nn.Module, args: tuple[Any, ...]) -> HookTrace | None:
    run = HookTrace(model, args)
    recorder = HookRecorder(run, {call.path for call in trace.calls if call.module is not None})
    real = not all(tensor.is_meta for tensor in tensors_in((args, dict(trace.kwargs))))
    try:
        run_observed(
            model,
            args,
            trace.kwargs,
            recorder,
            lambda known: [_patched_functions(recorder)],
            train=trace.mode == "train",
            real=real,
            helped=False,
        )
    except Exception:  # the trace came through with help (stray real tensors) that tools do not give either
        return None
    return run
