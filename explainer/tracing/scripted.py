"""TorchScript runs where no function mode looks: its steps are written down as the operators of torch that it calls.

An operator that is a function in other words (`convolution`, `addmm` with a turned weight) gets that function's name and the order
of its arguments, so that the same rule explains it; any other keeps its own name, with `aten::` before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from explainer.tracing.leaves import tensors_in
from explainer.tracing.running_count import Counted, RunningCount
from explainer.tracing.tensor_origins import Kept, TensorOrigins

Arguments = tuple[Any, ...]


class Recording(Protocol):
    """What is asked of whoever writes the calls down."""

    origins: TensorOrigins
    count: RunningCount

    def operator(self, name: str, kept: Kept, made: list[torch.Tensor], before: Counted) -> None: ...


class ScriptOperators(TorchDispatchMode):
    """Sees every operator of a scripted module while it runs."""

    def __init__(self, recorder: Recording) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.recorder = recorder
        self._turned: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # weights with rows and columns exchanged

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with torch._C.DisableTorchFunction():  # whoever sees functions has not seen this one, and shall not now
            return self._seen(func, args, kwargs or {})

    def _seen(self, func: Any, args: Arguments, kwargs: dict[str, Any]) -> Any:
        name = func._schema.name.removeprefix("aten::")
        if name in ("t", "transpose", "numpy_T") and isinstance(args[0], torch.Tensor):
            turned = func(*args, **kwargs)
            if self.recorder.origins.same_parameter(args[0], turned):
                self._turned[id(turned)] = (turned, args[0])
                return turned
        if name in _SILENT:
            output = func(*args, **kwargs)
            self.recorder.origins.alias((args, kwargs), output)
            return output
        known, given = self._as_function(name, args)
        kept, before = self.recorder.origins.keep(given, kwargs), self.recorder.count.now()
        output = func(*args, **kwargs)
        if made := tensors_in(output):
            self.recorder.operator(known, kept, made, before)
        return output

    def _as_function(self, name: str, args: Arguments) -> tuple[str, Arguments]:
        """The function that an operator is, and its arguments in the function's order."""
        if name in ("addmm", "mm") and id(args[-1]) in self._turned:
            weight = self._turned[id(args[-1])][1]
            return "linear", (args[1], weight, args[0]) if name == "addmm" else (args[0], weight)
        if name in ("convolution", "_convolution"):
            return convolution_name(args), _convolution(args)
        if name in _FUNCTIONS:
            function, order = _FUNCTIONS[name]
            return function, order(args)
        return (name.rstrip("_"), args) if name in _SAME else (f"aten::{name}", args)


def _convolution(args: Arguments) -> Arguments:
    given, weight, bias, stride, padding, dilation, transposed, extra, groups = args[:9]
    options = (padding, extra, groups, dilation) if transposed else (padding, dilation, groups)
    return (given, weight, bias, stride, *options)


def _batch_norm(args: Arguments) -> Arguments:
    given, weight, bias, mean, variance, *others = args
    return (given, mean, variance, weight, bias, *others)


def _itself(args: Arguments) -> Arguments:
    return args


def convolution_name(args: Sequence[Any]) -> str:
    """`conv2d`, `conv_transpose1d`: by the weight's dimensions."""
    kind = "conv_transpose" if args[6] else "conv"
    return f"{kind}{args[1].dim() - 2}d"


_FUNCTIONS: dict[str, tuple[str, Callable[[Arguments], Arguments]]] = {
    "native_batch_norm": ("batch_norm", _batch_norm),
    "cudnn_batch_norm": ("batch_norm", _batch_norm),
    "native_layer_norm": ("layer_norm", _itself),
    "_softmax": ("softmax", _itself),
    "_log_softmax": ("log_softmax", _itself),
    "_adaptive_avg_pool2d": ("adaptive_avg_pool2d", _itself),
}
_SAME = frozenset(
    [
        "relu",
        "relu_",
        "sigmoid",
        "tanh",
        "gelu",
        "silu",
        "leaky_relu",
        "mean",
        "add",
        "mul",
        "sub",
        "div",
        "cat",
        "bmm",
        "mm",
        "addmm",
    ]
)
_SILENT = frozenset(["detach", "alias", "lift_fresh", "_to_copy", "contiguous", "clone"])
