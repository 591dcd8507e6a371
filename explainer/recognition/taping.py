"""A pass made again for its tape: of a smaller model, or of one whose first pass kept nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from explainer.recognition.tape import Ref, Tape, Writer
from explainer.tracing.function_names import name_of
from explainer.tracing.leaves import tensors_in
from explainer.tracing.observed import run_observed
from explainer.tracing.patches import flop_counter
from explainer.tracing.recorder import CallRecorder, Functions


def taped(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    atomic: Callable[[nn.Module], bool],
    *,
    train: bool = False,
    real: bool = False,
) -> Tape:
    """The tape of one pass. real: with values, for a model that looks at them. Raises whatever the model raises."""
    recorder = _TapeRecorder(model, atomic, real)

    def contexts(known: list[torch.Tensor]) -> Iterable[Any]:
        recorder.begin(known)
        lean = (
            [] if real else [flop_counter()]
        )  # shapes the short way, without torch's compiler; its count is not asked
        return [*lean, Functions(recorder)]

    run_observed(model, args, kwargs, recorder, contexts, train=train, real=real)
    return recorder.writer.tape()


class _TapeRecorder(CallRecorder):
    """Records a pass and writes its tape as it runs."""

    def __init__(self, model: nn.Module, atomic: Callable[[nn.Module], bool], real: bool) -> None:
        super().__init__(model, atomic, None, real)
        self.writer = Writer()

    def begin(self, known: list[torch.Tensor]) -> None:
        """Name what is there before the pass; known: its inputs come first."""
        self.origins.name_parameters(self.model)
        named: list[tuple[str, str, torch.Tensor]] = [
            ("parameter", name, tensor) for name, tensor in self.model.named_parameters()
        ]
        named += [("buffer", name, tensor) for name, tensor in self.model.named_buffers()]
        own = {id(tensor) for _, _, tensor in named}
        inputs = [tensor for tensor in known if id(tensor) not in own]
        for tensor in inputs:
            self.origins.came_from(tensor, "input")
        self.writer.begin(inputs, named)

    def _run_function(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.inside:
            return function(*args, **kwargs)
        name = name_of(function)
        if name == "cond":
            return super()._run_function(function, args, kwargs)
        before, packed = len(self.calls), self.writer.packed(args, kwargs)
        output = super()._run_function(function, args, kwargs)
        call = before + 1 if len(self.calls) == before + 1 else None
        self._note(function, None, name, packed, args, output, call)
        return output

    def run_module(self, module: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.inside or id(module) not in self.paths or not self.atomic(module):
            return super().run_module(module, forward, args, kwargs)
        before, steps, packed = len(self.calls), len(self.writer.steps), self.writer.packed(args, kwargs)
        output = super().run_module(module, forward, args, kwargs)
        if len(self.calls) == before + 1 and len(self.writer.steps) == steps:
            self._note(None, module, type(module).__name__, packed, args, output, before + 1)
        return output

    def _note(
        self,
        function: Callable[..., Any] | None,
        module: nn.Module | None,
        name: str,
        packed: tuple[Any, Any, tuple[Ref, ...]],
        given: Any,
        output: Any,
        call: int | None,
    ) -> None:
        with torch._C.DisableTorchFunction():
            outputs = tensors_in(output)
        owner, path = self.stack[-1][0] if self.stack else "", self.calls[call - 1].path if call else ""
        self.writer.note(function, module, name, packed, given, outputs, call, owner, path)
