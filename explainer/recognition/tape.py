"""A forward pass written down so that any stretch of it can be run again: functions, arguments, and which output feeds which.

The pass was made on the meta device. Its calls have the same numbers as those of the trace; what the trace leaves out (a change of
data type, a tensor made of nothing) is on the tape as well, without a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from explainer.tracing.call import Call
from explainer.tracing.function_names import function_name
from explainer.tracing.leaves import mapped, tensors_in
from explainer.tracing.log import Log
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


def tape_of(log: Log, calls: Sequence[Call]) -> Tape | None:
    """The tape of a pass that has been made, from what was kept of it; None where it has to be made again to be seen.

    calls: the trace's. A tensor that was given another shape in its place is no longer what the step saw.
    """
    if not log.steps or any(ran.name in _RESHAPE_IN_PLACE for ran in log.steps):
        return None
    writer = Writer()
    writer.begin(log.inputs, log.named)
    for ran in log.steps:
        packed = writer.packed(ran.args, ran.kwargs)
        path = calls[ran.call - 1].path if ran.call else ""
        writer.note(ran.function, ran.module, ran.name, packed, ran.args, ran.outputs, ran.call, ran.owner, path)
    return None if writer.changed_constants else writer.tape()


_RESHAPE_IN_PLACE = frozenset(
    {
        *(
            "squeeze_",
            "unsqueeze_",
            "t_",
            "transpose_",
            "swapaxes_",
            "swapdims_",
            "resize_",
            "resize_as_",
            "as_strided_",
        ),
        *("set_", "__set__", "requires_grad_"),
    }
)


class Writer:
    """Writes steps down in order, and knows which of them made which tensor."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.constants: dict[str, torch.Tensor] = {}
        self.given: dict[Given, Shape] = {}
        self.changed_constants = False  # one was worked on in its place: it has no longer the value that it had
        self._known: dict[int, Ref] = {}
        self._alive: list[torch.Tensor] = []

    def tape(self) -> Tape:
        return Tape(self.steps, self.constants, self.given)

    def begin(self, inputs: Iterable[torch.Tensor], named: Iterable[tuple[str, str, torch.Tensor]]) -> None:
        """Name what is there before the pass."""
        for number, tensor in enumerate(inputs):
            self._give(tensor, Given("input", str(number)))
        for what, name, tensor in named:
            self._give(tensor, Given(what, name))

    def _give(self, tensor: torch.Tensor, ref: Given) -> None:
        self._known.setdefault(id(tensor), ref)
        self.given[ref] = tuple(tensor.shape)
        self._alive.append(tensor)

    def packed(self, args: Any, kwargs: Any) -> tuple[Any, Any, tuple[Ref, ...]]:
        """What a step is given, with references for tensors."""
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

    def note(
        self,
        function: Callable[..., Any] | None,
        module: nn.Module | None,
        name: str,
        packed: tuple[Any, Any, tuple[Ref, ...]],
        given: Any,
        outputs: list[torch.Tensor],
        call: int | None,
        owner: str,
        path: str,
    ) -> None:
        """Write one step down."""
        with torch._C.DisableTorchFunction():
            first = given[0] if given and isinstance(given[0], torch.Tensor) else None
            base: torch.Tensor | None = None
            whole: Ref | None = None
            changes = first is not None and (name == "__setitem__" or (_in_place(name) and _same(outputs, first)))
            if changes and first is not None:
                outputs = [first]
                self.changed_constants = self.changed_constants or not first.is_meta
                base = first._base
                if (
                    base is not None
                ):  # what it is a view of has changed as well; followed where the view is a slice of it
                    whole = self._known.get(id(base))
                    self._known[id(base)] = Given("unknown", f"changed {len(self.steps)}")
                    self._alive.append(base)
            if not outputs or (call is None and not changes and all(_same(tensors_in(given), one) for one in outputs)):
                return  # a change of data type that changes nothing
            at = len(self.steps)
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
                    owner=owner,
                    path=path,
                    changes=changes,
                )
            )
            for number, tensor in enumerate(outputs):
                if call is not None or id(tensor) not in self._known or changes or not _same(tensors_in(given), tensor):
                    self._known[id(tensor)] = Made(at, number)
                    self._alive.append(tensor)
            if changes and base is not None and packed[2]:
                self._write(base, whole, packed[2][0], at)

    def _write(self, base: torch.Tensor, whole: Ref | None, view: Ref, at: int) -> None:
        """The step that puts a changed slice back into what it was cut from: `keys[..., :8].copy_(x)` is keys[..., :8] = x."""
        cut = self.steps[view.step] if isinstance(view, Made) else None
        if whole is None or cut is None or cut.name != "getitem" or cut.refs != (whole,) or len(cut.args) != 2:
            return
        args = (whole, cut.args[1], Made(at))
        put = replace(
            self.steps[at],
            at=len(self.steps),
            name="setitem",
            function=torch.Tensor.__setitem__,
            module=None,
            args=args,
            kwargs={},
            refs=(whole, Made(at)),
            shapes=(tuple(base.shape),),
            dtypes=(base.dtype,),
            call=None,
            changes=True,
        )
        self.steps.append(put)
        self._known[id(base)] = Made(put.at)


def _in_place(name: str) -> bool:
    return (name.endswith("_") and not name.endswith("__")) or (name.startswith("__i") and name != "__invert__")


def _same(tensors: list[torch.Tensor], one: torch.Tensor) -> bool:
    return any(tensor is one for tensor in tensors)
