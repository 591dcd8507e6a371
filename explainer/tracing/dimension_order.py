"""Which of the usual dimensions (N, C, H, W) stands where: kept track of through permutes, functions and layers."""

from __future__ import annotations

import torch
from torch import nn

from explainer.tracing.call import Call
from explainer.walkthrough.call import Order

REORDERING = {"permute", "transpose", "swapaxes", "swapdims", "movedim", "T", "mT", "t", "H", "mH"}
VIEWS = {"T", "mT", "H", "mH"}
# These layers say what their dimensions are: N, C, then the picture's sides.
_PICTURED = (
    nn.modules.conv._ConvNd,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.Upsample,
)


def order_after(call: Call, rank: int) -> Order:
    """The order of an output with `rank` dimensions.

    A permute changes it, and another may restore it; what works element by element or along one dimension keeps it.
    """
    if call.module is None and call.type in REORDERING and call.operands:
        before = call.operands[0].order or tuple(range(rank))
        after = tuple(before[place] for place in _moved(call, rank))
        return () if after == tuple(range(rank)) else after
    if isinstance(call.module, _PICTURED):
        return ()
    return next((ref.order for ref in call.operands if ref.order and len(ref.shape) == rank), ())


def _moved(call: Call, rank: int) -> Order:
    """Where each dimension comes from, seen on a small tensor whose sides all differ."""
    probe = torch.empty(tuple(range(2, rank + 2)), device="meta")
    others = {name: value for name, value in call.kwargs.items() if name != "input"}
    with torch._C.DisableTorchFunction():
        found = getattr(probe, call.type)
        moved = found if call.type in VIEWS else found(*call.args[1:], **others)
    return tuple(size - 2 for size in moved.shape)
