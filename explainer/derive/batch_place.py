"""Which dimension of the inputs is the batch: the first, as we take it to be, unless the pass shows that it is not.

`nn.LSTM(…)` without `batch_first=True` takes the sequence first. The nodes of a graph are no batch: their number cannot be changed
without that of the adjacency matrix's columns, or messages are added into them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from explainer.tracing.call import Call, ForwardFailed, Trace
from explainer.tracing.leaves import mapped
from explainer.walkthrough.call import Place

Again = Callable[[tuple[Any, ...], Mapping[str, Any]], object]
_ADDED_INTO = {"index_add", "index_add_", "index_reduce", "index_reduce_"} | {
    f"scatter_{how}{place}" for how in ("add", "reduce") for place in ("", "_")
}


def batch_place(trace: Trace, again: Again) -> Place:
    """Where the batch stands. again: runs the model on other inputs; raises ForwardFailed where it does not take them."""
    if trace.stopped is not None or trace.values != "meta" or not trace.input_shapes or not trace.input_shapes[0]:
        return "first"
    if any(_sequence_first(call, trace) for call in trace.calls):
        return "second"
    size = trace.input_shapes[0][0]
    if size == 1:
        return "first"
    if any(
        call.type in _ADDED_INTO and call.operands and call.operands[0].shape[:1] == (size,) for call in trace.calls
    ):
        return "none"
    if any(size in shape[1:] for shape in trace.input_shapes):
        try:
            again(*_with_one_more(trace, size))
        except ForwardFailed:
            return "none"
    return "first"


def _sequence_first(call: Call, trace: Trace) -> bool:
    """Whether the layer takes sequence × batch × features, and the dimensions of an input in their own order."""
    if getattr(call.module, "batch_first", None) is not False or not call.operands:
        return False
    given = call.operands[0]
    begins = any(shape[:2] == given.shape[:2] for shape in trace.input_shapes if len(shape) > 1)
    return len(given.shape) == 3 and not given.order and begins


def _with_one_more(trace: Trace, size: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The inputs, those as long as the first one longer by one."""

    def longer(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or tuple(value.shape[:1]) != (size,):
            return value
        return torch.empty((size + 1, *value.shape[1:]), dtype=value.dtype, device="meta")

    found: tuple[tuple[Any, ...], dict[str, Any]] = mapped(longer, (trace.args, dict(trace.kwargs)))
    return found
