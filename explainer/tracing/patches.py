"""What of torch is other while a model runs: each is put back afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules import transformer

from explainer.tracing.flops import FlopCounter
from explainer.tracing.observer import CallObserver


@contextmanager
def patched_module_call(recorder: CallObserver) -> Iterator[None]:
    """`nn.Module.__call__` through the recorder; no hook is put on the caller's modules."""
    original = nn.Module.__call__

    def call(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        return recorder.run_module(module, original, args, kwargs)

    nn.Module.__call__ = call  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.__call__ = original  # type: ignore[method-assign]


@contextmanager
def transformers_in_parts() -> Iterator[None]:
    """torch's transformer layers call their parts one by one: no fused path, and no look into a mask for its values."""
    enabled, original = torch.backends.mha.get_fastpath_enabled(), transformer._detect_is_causal_mask
    torch.backends.mha.set_fastpath_enabled(False)
    transformer._detect_is_causal_mask = lambda mask, is_causal=None, size=None: bool(is_causal)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
        transformer._detect_is_causal_mask = original


@contextmanager
def flop_counter(typed: bool = False) -> Iterator[Callable[[], int]]:
    """torch's own counter, read as a running total; `typed` refuses what no device but meta computes."""
    with FlopCounter(typed) as counter:
        yield counter.read
