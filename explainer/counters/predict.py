"""Why as many tools give as many numbers: what each of them would print for a model, and the bridge to it.

A tool is one file in `tools/` with a `CONVENTION`; it is found there.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
from dataclasses import replace
from math import prod
from typing import TypeVar

from explainer.counters import tools
from explainer.counters.base import CounterModel
from explainer.counters.engine.table import first_of_equals
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.rules import Registry, default_registry
from explainer.tracing.call import Trace
from explainer.walkthrough.counted import Counted, Line, Unpredicted
from explainer.walkthrough.measured import Want
from explainer.walkthrough.model import Walkthrough

__all__ = ["conventions", "counted", "lines", "subject", "with_counters"]

NOT_COMPLETE = Bi(zh="前向传播没有全部推导出来", en="the forward pass is not derived to its end, or not in every step")
NOT_FOLLOWED = Bi(zh="一步的输入不是普通的张量", en="a step whose input is no plain tensor")
LOG = logging.getLogger(__name__)
OF_PARAMETERS = ("params", "trainable")

W = TypeVar("W", bound=Walkthrough)


def conventions() -> tuple[CounterModel, ...]:
    """Every tool in its version, one file of `tools/` each, by its place in the table (`CONVENTION.order`)."""
    modules = [
        importlib.import_module(f"{tools.__name__}.{found.name}") for found in pkgutil.iter_modules(tools.__path__)
    ]
    found = [module.CONVENTION for module in modules]
    return tuple(sorted(found, key=lambda counter: (counter.order, counter.tool, counter.version)))


def subject(trace: Trace, walk: Walkthrough, registry: Registry | None = None) -> Subject:
    """The model before the counters. registry: the rules that the walkthrough was made with; the default ones if none."""
    return Subject(trace, walk, registry or default_registry())


def lines(trace: Trace, walk: Walkthrough, registry: Registry | None = None) -> tuple[Line, ...]:
    """What every tool would return for this model, tool by tool; no line where the tool itself fails on it."""
    return counted(trace, walk, registry).lines


def counted(trace: Trace, walk: Walkthrough, registry: Registry | None = None, rows: bool = False) -> Counted:
    """All that the tools say of a model, as plain data. The model is run again, on the meta device, with their hooks.

    rows: layer by layer too.
    """
    model = subject(trace, walk, registry)
    found = [_known(each, walk) for counter in conventions() for each in _foretold(counter, model)]
    steps = model.operations
    return Counted(
        lines=tuple(each for each in found if isinstance(each, Line)),
        unpredicted=tuple(each for each in found if isinstance(each, Unpredicted)),
        bias_additions=sum(step.bias for step in steps),
        product_outputs=sum(prod(step.output) for step in steps if step.macs and step.layers[0] == 1),
        rows=_rows(model) if rows else None,
    )


def _rows(model: Subject) -> tuple[Line, ...]:
    """Every tool's table; of a pass that is known in part none, since a tool would not have finished either."""
    found = [row for counter in conventions() for row in _table(counter, model)] if model.walk.complete else []
    return first_of_equals(found)


def _table(counter: CounterModel, model: Subject) -> list[Line]:
    try:
        return list(counter.rows(model)) if counter.rows else []
    except Exception:  # as of the totals
        LOG.debug("the rows of %s cannot be predicted", counter.name, exc_info=True)
        return []


def _foretold(counter: CounterModel, model: Subject) -> list[Line | Unpredicted]:
    """What a tool would return; where its ways cannot be followed (packed sequences, parts in TorchScript) that is said."""
    try:
        return list(counter.lines(model))
    except Exception:  # whatever a strange input may make of eleven tools' ways
        LOG.debug("the figures of %s cannot be predicted", counter.name, exc_info=True)
        return [Unpredicted(counter.tool, counter.version, counter.backend, "macs", NOT_FOLLOWED)]


def _known(said: Line | Unpredicted, walk: Walkthrough) -> Line | Unpredicted:
    """Of a pass that is known in part only, nothing but the parameters can be foretold."""
    if walk.complete or said.quantity in OF_PARAMETERS or isinstance(said, Unpredicted):
        return said
    return Unpredicted(said.tool, said.version, said.backend, said.quantity, NOT_COMPLETE)


def with_counters(trace: Trace, walk: W, registry: Registry | None = None, rows: bool = False) -> W:
    """The walkthrough with what the tools say in `measured.counters`; they are asked once.

    trace: the run that the walkthrough was made of. registry: the rules that it was made with. rows: layer by layer too.

    >>> walk = with_counters(trace, walk)                      # doctest: +SKIP
    >>> [line.value for line in walk.measured.counters.lines]  # doctest: +SKIP
    [30940528640, 15483821032, …]
    """
    known = walk.measured.counters
    if known is not None and (known.rows is not None or not rows):
        return walk
    done: frozenset[Want] = walk.measured.done | {"counters"}
    return walk.told(measured=replace(walk.measured, done=done, counters=counted(trace, walk, registry, rows)))
