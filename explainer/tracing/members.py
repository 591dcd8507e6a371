"""A model's modules and tensors by name, as `nn.Module` lists them, without its generators inside generators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn


def named_modules(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """What `model.named_modules()` gives."""
    if type(model).named_modules is not nn.Module.named_modules:
        return list(model.named_modules())
    found: list[tuple[str, nn.Module]] = []
    seen: set[int] = set()
    waiting: list[tuple[str, nn.Module]] = [("", model)]
    while waiting:
        path, module = one = waiting.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        found.append(one)
        if children := module._modules:
            below = f"{path}." if path else ""
            waiting += [(below + name, child) for name, child in children.items() if child is not None][::-1]
    return found


Modules = list[tuple[str, nn.Module]]


def named_parameters(model: nn.Module, among: Modules | None = None) -> list[tuple[str, nn.Parameter]]:
    """What `model.named_parameters()` gives: each once. among: its modules, where they are at hand."""
    if type(model).named_parameters is not nn.Module.named_parameters:
        return list(model.named_parameters())
    return list(_tensors(model, "_parameters", among))


def named_buffers(model: nn.Module, among: Modules | None = None) -> list[tuple[str, torch.Tensor]]:
    """What `model.named_buffers()` gives: each once. among: its modules, where they are at hand."""
    if type(model).named_buffers is not nn.Module.named_buffers:
        return list(model.named_buffers())
    return list(_tensors(model, "_buffers", among))


def _tensors(model: nn.Module, table: str, among: Modules | None) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for path, module in among or named_modules(model):
        for name, tensor in getattr(module, table).items():
            if tensor is not None and id(tensor) not in seen:
                seen.add(id(tensor))
                yield f"{path}.{name}" if path else name, tensor
