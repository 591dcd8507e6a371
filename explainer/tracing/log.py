"""What ran in a pass, with its very tensors: from it the pass can be written down otherwise without being made again.

On the meta device a tensor is a shape and no more, so that keeping them costs next to nothing; of a pass with values nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from explainer.tracing.leaves import PLAIN, mapped, tensors_in
from explainer.tracing.members import named_buffers, named_modules, named_parameters


@dataclass(frozen=True, slots=True)
class Ran:
    """A function or layer that ran: what it was given, what it returned, the number of its call (None: the trace leaves it out),
    and the module whose forward ran it."""

    function: Callable[..., Any] | None
    module: nn.Module | None
    name: str
    args: Any
    kwargs: Any
    outputs: list[torch.Tensor]
    call: int | None
    owner: str


@dataclass
class Log:
    """The steps of one pass in order, and the tensors that were there before it.

    inputs: in order; named: ("parameter" or "buffer", its name, the tensor that stood in for it).
    """

    inputs: list[torch.Tensor] = field(default_factory=list)
    named: list[tuple[str, str, torch.Tensor]] = field(default_factory=list)
    steps: list[Ran] = field(default_factory=list)

    def begin(self, model: nn.Module, inputs: Iterable[Any]) -> None:
        """Note what is there before the pass."""
        modules = named_modules(model)
        self.named = [("parameter", name, tensor) for name, tensor in named_parameters(model, modules)]
        self.named += [("buffer", name, tensor) for name, tensor in named_buffers(model, modules)]
        own = {id(tensor) for _, _, tensor in self.named}
        self.inputs = [tensor for tensor in tensors_in(inputs) if id(tensor) not in own]

    def note(
        self,
        function: Callable[..., Any] | None,
        module: nn.Module | None,
        name: str,
        given: tuple[Any, Any],
        outputs: list[torch.Tensor],
        call: int | None,
        owner: str,
    ) -> None:
        """Write a step down; lists among what it was given are copied, since a forward may go on filling them."""
        args, kwargs = given
        args = tuple([value if type(value) in PLAIN else mapped(_itself, value) for value in args])
        kwargs = {key: value if type(value) in PLAIN else mapped(_itself, value) for key, value in kwargs.items()}
        self.steps.append(Ran(function, module, name, args, kwargs, outputs, call, owner))

    def clear(self) -> None:
        """Let go of everything."""
        self.inputs, self.named, self.steps = [], [], []


def _itself(value: Any) -> Any:
    return value
