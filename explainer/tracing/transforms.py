"""torch.func while it works: the batches over which `vmap` maps, and where the tensors inside come from.

Inside `vmap` a tensor looks as one example does; the batch is in a wrapper around it. A step is written down as it
looks, with the batches beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

import torch
from torch.autograd import forward_ad

_functorch: Any = torch._C._functorch
_WRAPPING = (
    ("torch._functorch.vmap", "_add_batch_dim"),
    ("torch._functorch.vmap", "_remove_batch_dim"),
    ("torch._functorch.eager_transforms", "_wrap_for_grad"),
    ("torch._functorch.eager_transforms", "_unwrap_for_grad"),
)
Wrapped = Callable[[torch.Tensor, torch.Tensor], None]


def batches_of(tensors: Sequence[torch.Tensor]) -> tuple[int, ...]:
    """The sizes of the batches over which these tensors are being mapped, outermost first; () outside of `vmap`."""
    if not tensors or _functorch.peek_interpreter_stack() is None:
        return ()
    sizes: dict[int, int] = {}
    for tensor in tensors:
        inner = tensor
        while _functorch.is_functorch_wrapped_tensor(inner):
            level, wrapped = _functorch.maybe_get_level(inner), _functorch.get_unwrapped(inner)
            if _functorch.is_batchedtensor(inner):
                sizes[level] = wrapped.shape[_functorch.maybe_get_bdim(inner)]
            inner = wrapped
    return tuple(sizes[level] for level in sorted(sizes))


def is_transformed() -> bool:
    """Whether torch.func, or a derivative in the forward direction, is at work."""
    return _functorch.peek_interpreter_stack() is not None or forward_ad._current_level >= 0


@contextmanager
def wrappers_seen(seen: Wrapped) -> Iterator[None]:
    """Within it, `seen(before, after)` is called where torch.func puts a wrapper round a tensor or takes it off."""
    with ExitStack() as stack:
        for module, name in _WRAPPING:
            original = getattr(__import__(module, fromlist=[name]), name, None)
            if original is not None:  # another torch has another name; then the origin stays unknown
                stack.enter_context(patch(f"{module}.{name}", _watched(original, seen)))
        yield


def _watched(original: Callable[..., Any], seen: Wrapped) -> Callable[..., Any]:
    @wraps(original)
    def wrapping(tensor: Any, *args: Any) -> Any:
        made = original(tensor, *args)
        if isinstance(tensor, torch.Tensor) and isinstance(made, torch.Tensor) and made is not tensor:
            seen(tensor, made)
        return made

    return wrapping
