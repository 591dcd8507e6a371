"""Layers that run and are no part of the model: kept in a list, made in the forward."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from explainer.walkthrough.call import Unregistered


class UnregisteredModules:
    """Those with parameters of their own, each once; parts of one that was noted belong to it."""

    def __init__(self) -> None:
        self._found: dict[int, Unregistered] = {}
        self._kept_alive: list[nn.Module] = []  # so that the id of a module made in a forward stays its own

    @property
    def found(self) -> tuple[Unregistered, ...]:
        return tuple(self._found.values())

    def note(self, module: nn.Module, owner: str, is_parameter: Callable[[torch.Tensor], bool]) -> None:
        """A module that runs within `owner`; is_parameter: whether a tensor is the model's own."""
        own = sum(parameter.numel() for parameter in module.parameters() if not is_parameter(parameter))
        if own and id(module) not in self._found and not self._within_another(module):
            self._kept_alive.append(module)
            self._found[id(module)] = Unregistered(type(module).__name__, owner, own)

    def _within_another(self, module: nn.Module) -> bool:
        return any(part is module for whole in self._kept_alive for part in whole.modules())
