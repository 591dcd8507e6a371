"""torchstat's table, a row for every leaf module."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from torch import Tensor, nn

from explainer.counters.engine.hooks import HookTrace, ModuleCall
from explainer.counters.engine.terms import CannotCount
from explainer.counters.subject import Subject
from explainer.counters.tools.torchstat.counts import counted, traffic
from explainer.vocabulary.shape import Shape


@dataclass(frozen=True)
class Row:
    """One row of the table: shapes without the batch, bytes for memory (torchstat shows them in MiB), MemRead, MemWrite."""

    name: str
    input: Shape
    output: Shape
    params: int
    memory: int
    madd: int
    flops: int
    read: int
    write: int


def table(subject: Subject) -> tuple[Row, ...]:
    """The whole table, row by row; empty where torchstat breaks on the model."""
    run = subject.hooks
    try:
        return tuple(_row(name, module, calls) for name, module, calls in leaves(run)) if run else ()
    except CannotCount:
        return ()


def leaves(run: HookTrace) -> list[tuple[str, nn.Module, list[ModuleCall]]]:
    """The leaf modules in order of registration with their calls. Raises CannotCount where torchstat breaks."""
    if len(run.args) != 1 or not isinstance(run.args[0], Tensor) or run.args[0].dim() != 4:
        raise CannotCount  # the input's size is three numbers
    wrapped: list[type[nn.Module]] = []
    for module in run.model.modules():
        if not list(module.children()) and type(module) not in wrapped:
            wrapped.append(type(module))
    calls: dict[int, list[ModuleCall]] = {}
    for call in run.modules:
        calls.setdefault(id(call.module), []).append(call)
        own = next((kind for kind in type(call.module).__mro__ if kind in wrapped), None)
        if own is None:
            continue
        # A class whose base was wrapped before it calls itself for ever; a subclass of a wrapped class is unknown.
        earlier = wrapped[: wrapped.index(own)]
        tensors = bool(call.args) and isinstance(call.args[0], Tensor) and isinstance(call.output, Tensor)
        if own is not type(call.module) or any(issubclass(own, kind) for kind in earlier) or not tensors:
            raise CannotCount
    named = [(name, module) for name, module in run.model.named_modules() if not list(module.children())]
    if any(not name for name, _ in named):
        raise CannotCount
    return [(name, module, calls.get(id(module), [])) for name, module in named]


def _row(name: str, module: nn.Module, calls: list[ModuleCall]) -> Row:
    if not calls:
        return Row(name, (0, 0, 0), (0, 0, 0), 0, 0, 0, 0, 0, 0)
    call = calls[-1]
    x, out = call.args[0], call.output
    given, made = tuple(x.shape[1:]), tuple(out.shape[1:])
    params = sum(parameter.numel() for parameter in module._parameters.values() if parameter is not None)
    madd, flops = _booked(call, operations=True), _booked(call, operations=False)
    read, write = traffic(call, given, made)
    size = x.element_size()
    return Row(name, given, made, params, 4 * prod(made), madd, flops, size * read, size * write)


def _booked(call: ModuleCall, operations: bool) -> int:
    products, beside = counted(call, operations)
    return products + sum(value for _, value in beside)
