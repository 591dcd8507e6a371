"""A forward pass written down so that any stretch of it can be run again: functions, arguments, and which output feeds which.

The pass is made on the meta device. Its calls have the same numbers as those of the trace; what the trace leaves out (a change of
data type, a tensor made of nothing) is on the tape as well, without a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from explainer.tracing.function_names import function_name, name_of
from explainer.tracing.leaves import mapped, tensors_in
from explainer.tracing.observed import run_observed
from explainer.tracing.recorder import CallRecorder, Functions, flop_counter
from explainer.vocabulary.shape import Shape


@dataclass(frozen=True)
class Made:
    """An output of a step: of the step at `step`, its `output`-th."""

    step: int
    output: int = 0


@dataclass(frozen=True)
class Given:
    """A tensor that no step made: a parameter or buffer by its name, an input by its number, or a tensor kept somewhere else."""

    what: str  # parameter, buffer, input, constant, unknown
    name: str


Ref = Made | Given


@dataclass(frozen=True)
class Step:
    """One function or layer that ran.

    args, kwargs: with references for tensors. call: its number among the trace's calls, None for what these leave out. owner: the
    module whose forward ran it; module: the layer itself. changes: it works in place, on its first argument.
    """

    at: int
    name: str
    function: Callable[..., Any] | None
    module: nn.Module | None
    args: Any
    kwargs: Any
    refs: tuple[Ref, ...]
    shapes: tuple[Shape, ...]
    dtypes: tuple[torch.dtype, ...]
    call: int | None
    owner: str
    path: str
    changes: bool = False

    @property
    def shape(self) -> Shape:
        """Of the first output."""
        return self.shapes[0] if self.shapes else ()


class Tape:
    """The steps of one pass, and who uses what.

    constants: tensors that are neither parameters nor buffers, by name. calls: the steps by the number of their call.
    shape_of: the shape of a reference.
    """

    def __init__(self, steps: list[Step], constants: dict[str, torch.Tensor], given: dict[Given, Shape]) -> None:
        self.steps, self.constants, self.given = steps, constants, given
        self.users: dict[Ref, list[int]] = {}
        for step in steps:
            for ref in dict.fromkeys(step.refs):
                self.users.setdefault(ref, []).append(step.at)
        self.calls = {step.call: step for step in steps if step.call is not None}

    def shape_of(self, ref: Ref) -> Shape:
        if isinstance(ref, Given):
            return self.given.get(ref, ())
        return self.steps[ref.step].shapes[ref.output]

    def step_of(self, ref: Ref) -> Step | None:
        """The step that made it, None for what was given."""
        return self.steps[ref.step] if isinstance(ref, Made) else None


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
    return Tape(recorder.steps, recorder.constants, recorder.given)


class _TapeRecorder(CallRecorder):
    def __init__(self, model: nn.Module, atomic: Callable[[nn.Module], bool], real: bool) -> None:
        super().__init__(model, atomic, None, real)
        self.steps: list[Step] = []
        self.constants: dict[str, torch.Tensor] = {}
        self.given: dict[Given, Shape] = {}
        self._known: dict[int, Ref] = {}
        self._alive: list[torch.Tensor] = []

    def begin(self, known: list[torch.Tensor]) -> None:
        """Name what is there before the pass; known: its inputs come first."""
        self.name_parameters()
        named: list[tuple[str, str, torch.Tensor]] = [
            ("parameter", name, tensor) for name, tensor in self.model.named_parameters()
        ]
        named += [("buffer", name, tensor) for name, tensor in self.model.named_buffers()]
        own = {id(tensor) for _, _, tensor in named}
        inputs = [tensor for tensor in known if id(tensor) not in own]
        for number, tensor in enumerate(inputs):
            self.came_from(tensor, "input")
            self._give(tensor, Given("input", str(number)))
        for what, name, tensor in named:
            self._give(tensor, Given(what, name))

    def _give(self, tensor: torch.Tensor, ref: Given) -> None:
        self._known.setdefault(id(tensor), ref)
        self.given[ref] = tuple(tensor.shape)
        self._alive.append(tensor)

    def _run_function(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.inside:
            return function(*args, **kwargs)
        name = name_of(function)
        if name == "cond":
            return super()._run_function(function, args, kwargs)
        before, packed = len(self.calls), self._packed(args, kwargs)
        output = super()._run_function(function, args, kwargs)
        call = before + 1 if len(self.calls) == before + 1 else None
        self._note(function, None, name, packed, args, output, call)
        return output

    def run_module(self, module: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.inside or id(module) not in self.paths or not self.atomic(module):
            return super().run_module(module, forward, args, kwargs)
        before, steps, packed = len(self.calls), len(self.steps), self._packed(args, kwargs)
        output = super().run_module(module, forward, args, kwargs)
        if len(self.calls) == before + 1 and len(self.steps) == steps:
            self._note(None, module, type(module).__name__, packed, args, output, before + 1)
        return output

    def _packed(self, args: Any, kwargs: Any) -> tuple[Any, Any, tuple[Ref, ...]]:
        refs: list[Ref] = []

        def ref(value: Any) -> Any:
            if not isinstance(value, torch.Tensor):
                return value
            refs.append(self._ref(value))
            return refs[-1]

        with torch._C.DisableTorchFunction():
            return mapped(ref, tuple(args)), mapped(ref, dict(kwargs)), tuple(refs)

    def _ref(self, tensor: torch.Tensor) -> Ref:
        if id(tensor) not in self._known:
            name = str(len(self.constants))
            given = Given("unknown" if tensor.is_meta else "constant", name)
            if not tensor.is_meta:
                self.constants[name] = tensor.detach()
            self._give(tensor, given)
        return self._known[id(tensor)]

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
            first = given[0] if given and isinstance(given[0], torch.Tensor) else None
            changes = first is not None and (name == "__setitem__" or (_in_place(name) and _same(outputs, first)))
            if changes and first is not None:
                outputs = [first]
                if (
                    base := first._base
                ) is not None:  # what it is a view of has changed as well, in a way not followed here
                    self._known[id(base)] = Given("unknown", f"changed {len(self.steps)}")
                    self._alive.append(base)
            if not outputs or (call is None and not changes and all(_same(tensors_in(given), one) for one in outputs)):
                return  # a change of data type that changes nothing
            at = len(self.steps)
            path = self.calls[call - 1].path if call else ""
            self.steps.append(
                Step(
                    at=at,
                    name=function_name(name) if module is None else name,
                    function=function,
                    module=module,
                    args=packed[0],
                    kwargs=packed[1],
                    refs=packed[2],
                    shapes=tuple(tuple(tensor.shape) for tensor in outputs),
                    dtypes=tuple(tensor.dtype for tensor in outputs),
                    call=call,
                    owner=self.stack[-1][0] if self.stack else "",
                    path=path,
                    changes=changes,
                )
            )
            for number, tensor in enumerate(outputs):
                if call is not None or id(tensor) not in self._known or changes or not _same(tensors_in(given), tensor):
                    self._known[id(tensor)] = Made(at, number)
                    self._alive.append(tensor)


def _in_place(name: str) -> bool:
    return (name.endswith("_") and not name.endswith("__")) or (name.startswith("__i") and name != "__invert__")


def _same(tensors: list[torch.Tensor], one: torch.Tensor) -> bool:
    return any(tensor is one for tensor in tensors)
