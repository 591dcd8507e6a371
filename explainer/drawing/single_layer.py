"""One layer as a network, and its walkthrough."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from explainer.derive.pipeline import walk_model
from explainer.errors import UserError
from explainer.walkthrough.model import Walkthrough


class SingleLayerNet(nn.Module):
    """One drawn layer as a network, under the name of its question."""

    def __init__(self, name: str, layer: nn.Module) -> None:
        super().__init__()
        self.add_module(name, layer)

    def forward(self, *inputs: torch.Tensor) -> Any:
        (layer,) = self.children()
        return layer(*inputs)


def walk_layer(name: str, layer: nn.Module, inputs: tuple[Any, ...]) -> Walkthrough | None:
    """The walkthrough of a layer by itself; None if it does not take inputs of these sizes."""
    try:
        return walk_model(SingleLayerNet(name, layer), inputs, {}, name=name, source="topic")
    except UserError:
        return None
