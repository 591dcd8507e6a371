"""One call that is to be taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from explainer.counters.engine.operation import Operation
from explainer.counters.engine.strides import Strides
from explainer.i18n.bilingual import Bi
from explainer.tracing.call import Call
from explainer.vocabulary.shape import Shape


@dataclass(frozen=True)
class Step:
    """A call with its title, its true multiply-accumulates, and the layout of the tensors in the trace."""

    call: Call
    title: Bi
    macs: int
    layout: Strides

    @property
    def output(self) -> Shape:
        """The shape of the first output."""
        return self.call.output_shapes[0]


Expansion = Callable[[Step], Iterable[Operation]]
# A class of modules (or its name, where its library need not be installed), or a function's name → its operations.
Expansions = Mapping[type[nn.Module] | str, Expansion]


def expansion_of(call: Call, table: Expansions) -> Expansion | None:
    """The entry for what the call runs: a function by name, a module by class; a forward of its own is something else."""
    if call.module is None:
        return table.get(call.type)
    kind: Any = type(call.module)
    for base in kind.__mro__:
        found = table.get(base) or table.get(f"{base.__module__}.{base.__qualname__}")
        if found:
            return found if kind.forward is base.forward else None
    return None
