"""Where a tensor comes from: the input, which output of which call, or nowhere that was seen; and which are parameters."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from explainer.tracing.call import Call, Source, TensorRef
from explainer.tracing.dimension_order import order_after
from explainer.tracing.leaves import leaves, mapped, tensors_in
from explainer.tracing.members import named_parameters
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Order

Kept = tuple[Any, Any, tuple[TensorRef, ...]]  # args and kwargs with references for tensors, and these references


class TensorOrigins:
    """Known by the tensors' ids; each tensor is kept, so that its id stays its own."""

    def __init__(self) -> None:
        self._sources: dict[int, tuple[torch.Tensor, Source, int]] = {}
        self._orders: dict[int, Order] = {}
        self._parameters: dict[int, str] = {}

    def name_parameters(self, model: nn.Module) -> None:
        """Before the pass: its parameters by their ids."""
        self._parameters = {id(parameter): name for name, parameter in named_parameters(model)}

    def is_parameter(self, tensor: torch.Tensor) -> bool:
        return id(tensor) in self._parameters

    def came_from(self, tensor: torch.Tensor, source: Source, output: int = 0) -> None:
        """source: `input`, or a call's number; output: which of its outputs."""
        self._sources[id(tensor)] = (tensor, source, output)

    def made_by(self, call: Call, outputs: list[torch.Tensor]) -> None:
        """What a call returned, in the order of dimensions that it leaves behind."""
        for number, tensor in enumerate(outputs):
            self.came_from(tensor, call.index, number)
            self._orders.pop(id(tensor), None)  # worked in place, it may have been in another order
            if order := order_after(call, tensor.dim()):
                self._orders[id(tensor)] = order

    def ref(self, tensor: torch.Tensor) -> TensorRef:
        """What is written down in place of a tensor."""
        order = self._orders.get(id(tensor), ())
        source, output = self._source(tensor)
        parameter = self._parameters.get(id(tensor))
        return TensorRef(shape_of(tensor), tensor.dtype, source, parameter, order, output)

    def _source(self, tensor: torch.Tensor) -> tuple[Source, int]:
        known = self._sources.get(id(tensor))
        return known[1:] if known else ("constant", 0)

    def alias(self, given: Any, output: Any) -> None:
        """A silent step: its output is, for the lesson, its input."""
        source, number = next((self._source(tensor) for tensor in tensors_in(given)), ("constant", 0))
        for tensor in tensors_in(output):
            if id(tensor) not in self._sources:
                self.came_from(tensor, source, number)

    def moved(self, given: list[torch.Tensor], args: Any, kwargs: Any) -> None:
        """What was put on the meta device comes from where it came from: an input of whole numbers, which keeps its values, too."""
        for before, after in zip(given, tensors_in((args, kwargs)), strict=True):
            if after is not before and id(before) in self._sources:
                self.came_from(after, *self._source(before))

    def wrapped(self, before: torch.Tensor, after: torch.Tensor) -> None:
        """torch.func put a wrapper round a tensor, or took it off: it is the same tensor to us."""
        self.came_from(after, *self._source(before))
        if name := self._parameters.get(id(before)):
            self._parameters[id(after)] = name

    def same_parameter(self, before: torch.Tensor, after: torch.Tensor) -> bool:
        """Whether `before` is a parameter; then `after` is known as the same one."""
        if self.is_parameter(before):
            self.wrapped(before, after)
            return True
        return False

    def keep(self, args: Any, kwargs: Any) -> Kept:
        """The arguments with their tensors replaced; taken before the call, which may work in place."""
        operands: list[TensorRef] = []

        def kept(value: Any) -> Any:
            if not isinstance(value, torch.Tensor):
                return value
            operands.append(self.ref(value))
            return operands[-1]

        def described(value: Any) -> Any:
            before = len(operands)
            try:
                return mapped(kept, value)
            except Exception:  # a packed sequence: its class takes nothing but tensors
                del operands[before:]
                return tuple(map(kept, leaves(value)))

        return tuple(map(described, args)), {name: described(value) for name, value in kwargs.items()}, tuple(operands)


class NoOrigins(TensorOrigins):
    """For a pass of which nobody asks what came from where: no tensor is kept alive."""

    def came_from(self, tensor: torch.Tensor, source: Source, output: int = 0) -> None:
        """Nothing is kept."""

    def alias(self, given: Any, output: Any) -> None:
        """Nothing is kept."""


def shape_of(tensor: torch.Tensor) -> Shape:
    """() for a nested tensor, whose parts have shapes of their own."""
    return () if tensor.is_nested and tensor.layout is torch.strided else tuple(tensor.shape)


def bypasses(calls: list[Call], operands: tuple[TensorRef, ...]) -> bool:
    """Whether one of two tensors was computed from the other: then adding them is a shortcut round what lies between.

    What lies between must learn something, or be made of that tensor alone: scores that are only weighed with other data on the way
    back to them (the routing of capsules) are an account that is kept, and no shortcut.
    """
    if len(operands) != 2 or any(ref.source == "constant" or ref.parameter is not None for ref in operands):
        return False
    earlier, later = sorted(0 if ref.source == "input" else int(ref.source) for ref in operands)
    waiting, seen = [later], {later}
    reached = False
    while waiting:
        at = waiting.pop()
        if at == earlier:
            reached = True
            continue
        for source in calls[at - 1].inputs if at else ():
            before = 0 if source == "input" else source
            if isinstance(before, int) and earlier <= before and before not in seen:
                seen.add(before)
                waiting.append(before)
    return reached and earlier != later and _is_branch(calls, earlier, seen)


def _is_branch(calls: list[Call], start: int, behind: set[int]) -> bool:
    """Whether the calls on the way from `start`, among those in `behind`, have parameters, or take nothing else that was computed."""
    on_the_way, alone = {start}, True
    for at in sorted(behind - {start}):
        call = calls[at - 1]
        sources = {0 if source == "input" else source for source in call.inputs}
        if not sources & on_the_way:
            continue
        on_the_way.add(at)
        learned = call.module is not None and next(call.module.parameters(), None) is not None
        if learned or any(ref.parameter is not None for ref in call.operands):
            return True
        alone = alone and sources <= on_the_way | {"constant"}
    return alone
