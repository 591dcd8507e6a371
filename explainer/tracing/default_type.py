"""torch's default data type, which a user's file may set for the whole process: it holds for its own model, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import torch
from torch import nn

_built_under: WeakKeyDictionary[nn.Module, torch.dtype] = WeakKeyDictionary()


def note_default_type(model: nn.Module) -> None:
    """Remember the type that holds now as the one that the model's forward expects."""
    _built_under[model] = torch.get_default_dtype()


@contextmanager
def default_type_kept(model: nn.Module | None = None) -> Iterator[None]:
    """Whatever is set within it is undone at its end. model: its own default holds within it, where one was noted."""
    before = torch.get_default_dtype()
    if model is not None and model in _built_under:
        torch.set_default_dtype(_built_under[model])
    try:
        yield
    finally:
        torch.set_default_dtype(before)
