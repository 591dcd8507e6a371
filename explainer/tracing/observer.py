"""Whoever watches a run of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from torch import nn


class CallObserver(Protocol):
    """Every call of a module comes by, and it is the observer that makes it."""

    def run_module(self, module: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call `forward(module, *args, **kwargs)` and return its output, noting whatever is to be noted."""
