"""Layers that are one kernel on a real device, as far as memory goes: what they allocate, and what they keep for backward.

Everything else runs through torch's own functions for the meta device. These are here because they would not do: fused
attention falls apart into steps on meta, and the commonest layers would take most of the time.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_KNOWN = {*_CONVOLUTIONS, *_NORMS, nn.Linear, nn.LayerNorm}


def place(tensor: torch.Tensor) -> int:
    """Which storage the tensor stands in; valid while the storage lives."""
    where: int = tensor.untyped_storage()._cdata
    return where


class _Flash(torch.autograd.Function):
    """Fused attention: q, k, v, the output and one number a row are kept, the T×T matrix of scores is not."""

    @staticmethod
    def forward(ctx: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        order = sorted(range(q.dim()), key=q.stride, reverse=True)  # the kernel lays its output out as q
        sizes = (*q.shape[:-1], v.shape[-1])
        out = q.new_empty([sizes[dim] for dim in order]).permute([order.index(dim) for dim in range(q.dim())])
        rows = q.new_empty(q.shape[:-1], dtype=torch.float32)
        ctx.save_for_backward(q, k, v, out, rows, *([] if mask is None else [mask]))
        return out


class _Convolution(torch.autograd.Function):
    """A convolution keeps its input."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, shape: tuple[int, ...]
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return x.new_empty(shape)


class _BatchNorm(torch.autograd.Function):
    """Batch normalization keeps its input; in training also the mean and spread of every channel."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, training: bool) -> torch.Tensor:
        statistics = [weight.new_empty(weight.shape) for _ in range(2)] if training else []
        ctx.save_for_backward(x, weight, *statistics)
        return torch.empty_like(x)


class _Linear(torch.autograd.Function):
    """A fully connected layer keeps its input."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return x.new_empty(*x.shape[:-1], weight.shape[0])


class _LayerNorm(torch.autograd.Function):
    """Layer normalization keeps its input, and the mean and spread of every position."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, rows: int) -> torch.Tensor:
        statistics = [x.new_empty(rows, dtype=torch.float32) for _ in range(2)]
        ctx.save_for_backward(x, weight, *statistics)
        return torch.empty_like(x)


def flash(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    *_: Any,
    **__: Any,
) -> torch.Tensor:
    """`scaled_dot_product_attention` as far as memory goes."""
    out: torch.Tensor = _Flash.apply(query, key, value, attn_mask)  # type: ignore[no-untyped-call]
    return out


def kernel(module: nn.Module, args: tuple[Any, ...]) -> torch.Tensor | None:
    """The output of one of the layers above, as it usually is; None where torch's own way must be gone."""
    kind = type(module)
    if kind not in _KNOWN or len(args) != 1:
        return None
    with torch._C.DisableTorchFunction():
        if not _is_plain(module, args[0]):
            return None
        if kind in _NORMS:
            return _normalized(module, args[0])
        return _convolved(module, args[0]) if kind in _CONVOLUTIONS else _by_features(module, args[0])


def _is_plain(module: Any, x: Any) -> bool:
    """No hooks, the usual layout, and, if gradients are wanted, wanted by the weight too."""
    weight = module.weight
    if not isinstance(x, torch.Tensor) or not isinstance(weight, nn.Parameter) or x.dtype != weight.dtype:
        return False
    if module._forward_hooks or module._forward_pre_hooks or not (x.is_contiguous() and weight.is_contiguous()):
        return False
    return weight.requires_grad or not torch.is_grad_enabled()


def _convolved(module: Any, x: torch.Tensor) -> torch.Tensor | None:
    dims = len(module.kernel_size)
    if module.padding_mode != "zeros" or x.dim() != dims + 2 or x.shape[1] != module.in_channels:
        return None
    if isinstance(module.padding, str):
        return None
    image = [
        (size + 2 * p - d * (k - 1) - 1) // s + 1
        for size, k, s, p, d in zip(
            x.shape[2:], module.kernel_size, module.stride, module.padding, module.dilation, strict=True
        )
    ]
    if min(image) < 1:
        return None  # torch says what is wrong
    shape = (x.shape[0], module.out_channels, *image)
    out: torch.Tensor = _Convolution.apply(x, module.weight, module.bias, shape)  # type: ignore[no-untyped-call]
    return out


def _normalized(module: Any, x: torch.Tensor) -> torch.Tensor | None:
    rank = {nn.BatchNorm1d: (2, 3), nn.BatchNorm2d: (4,), nn.BatchNorm3d: (5,)}[type(module)]
    fits = x.dim() in rank and x.shape[1] == module.num_features
    if not fits or module.running_mean is None or (module.training and x.numel() == x.shape[1]):
        return None
    out: torch.Tensor = _BatchNorm.apply(x, module.weight, module.bias, module.training)  # type: ignore[no-untyped-call]
    return out


def _by_features(module: Any, x: torch.Tensor) -> torch.Tensor | None:
    """A fully connected layer, a layer normalization."""
    out: torch.Tensor
    if isinstance(module, nn.Linear):
        if x.dim() < 2 or x.shape[-1] != module.in_features:
            return None
        out = _Linear.apply(x, module.weight, module.bias)  # type: ignore[no-untyped-call]
        return out
    shape = tuple(module.normalized_shape)
    if tuple(x.shape[-len(shape) :]) != shape:
        return None
    rows = x.numel() // module.weight.numel()
    out = _LayerNorm.apply(x, module.weight, module.bias, rows)  # type: ignore[no-untyped-call]
    return out
