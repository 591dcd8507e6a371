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
def patched_module_call(recorder: CallObserver, model: nn.Module) -> Iterator[None]:
    """`nn.Module`'s call through the recorder; no hook is put on the caller's modules.

    What `__call__` calls is another for the time, not `__call__` itself: to change that, Python goes through all classes
    derived from it, of which a process with many models has thousands. A module that was compiled in place
    (`module.compile()`) is called past it, so there `__call__` it is.
    """
    compiled = any(module._compiled_call_impl is not None for module in model.modules())
    name = "__call__" if compiled else "_call_impl"
    original = getattr(nn.Module, name)

    def call(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        return recorder.run_module(module, original, args, kwargs)

    setattr(nn.Module, name, call)
    try:
        yield
    finally:
        setattr(nn.Module, name, original)


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
