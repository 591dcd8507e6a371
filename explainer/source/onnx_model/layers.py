"""Operators with weights → torch's layers, on the meta device. A layer's tensors have the shapes of the file's, or there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Weights:
    """Of one operator: shapes of its weights by position (None: no weight there), attributes, and its output's rank (0: not recorded)."""

    shapes: tuple[Sizes | None, ...]
    attributes: Mapping[str, Any]
    rank: int = 0

    def shape(self, position: int) -> Sizes:
        """The weight's shape there; () where there is none."""
        return (self.shapes[position] if position < len(self.shapes) else None) or ()

    def option(self, name: str, default: Any) -> Any:
        """An attribute, or what the operator takes without it."""
        return self.attributes.get(name, default)


class Unlike(Exception):
    """The operator is none of torch's layers."""


def layer_of(operator: str, weights: Weights) -> nn.Module | None:
    """The layer, or None where its weights are just numbers in a function. Raises Unlike."""
    maker = _LAYERS.get(operator)
    return maker(weights) if maker and weights.shape(_WEIGHT.get(operator, 1)) else None


def symmetric(weights: Weights, dimensions: int) -> Sizes | None:
    """The padding if it is the same on both sides; None where it is not, or is worked out from the input."""
    if weights.option("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        return None
    pads = tuple(weights.option("pads", (0,) * 2 * dimensions))
    return pads[:dimensions] if pads[:dimensions] == pads[dimensions:] else None


def _convolution(weights: Weights) -> nn.Module:
    kernels, channels, *sides = weights.shape(1)
    if not 1 <= len(sides) <= 3:
        raise Unlike
    groups = int(weights.option("group", 1))
    ones = (1,) * len(sides)
    kind: Any = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(sides) - 1]
    return kind(  # type: ignore[no-any-return]
        channels * groups,
        kernels,
        tuple(sides),
        stride=tuple(weights.option("strides", ones)),
        padding=symmetric(weights, len(sides)) or 0,
        dilation=tuple(weights.option("dilations", ones)),
        groups=groups,
        bias=bool(weights.shape(2)),
    )


def _transposed(weights: Weights) -> nn.Module:
    channels, kernels, *sides = weights.shape(1)
    padding = symmetric(weights, len(sides))
    if not 1 <= len(sides) <= 3 or padding is None or weights.option("output_shape", None):
        raise Unlike
    groups, ones = int(weights.option("group", 1)), (1,) * len(sides)
    kind: Any = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[len(sides) - 1]
    return kind(  # type: ignore[no-any-return]
        channels,
        kernels * groups,
        tuple(sides),
        stride=tuple(weights.option("strides", ones)),
        padding=padding,
        output_padding=tuple(weights.option("output_padding", (0,) * len(sides))),
        dilation=tuple(weights.option("dilations", ones)),
        groups=groups,
        bias=bool(weights.shape(2)),
    )


def _gemm(weights: Weights) -> nn.Module:
    shape, bias = weights.shape(1), weights.shape(2)
    if weights.option("transA", 0) or len(shape) != 2:
        raise Unlike
    out, given = shape if weights.option("transB", 0) else shape[::-1]
    if bias and bias != (out,):
        raise Unlike
    return nn.Linear(given, out, bias=bool(bias))


def _matmul(weights: Weights) -> nn.Module:
    shape, bias = weights.shape(1), weights.shape(2)
    if len(shape) != 2 or (bias and bias != shape[1:]):
        raise Unlike
    return nn.Linear(shape[0], shape[1], bias=bool(bias))


def _batch_norm(weights: Weights) -> nn.Module:
    kind = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 5: nn.BatchNorm3d}.get(weights.rank, nn.BatchNorm2d)
    layer = kind(weights.shape(1)[0], eps=float(weights.option("epsilon", 1e-5)))
    layer.num_batches_tracked = None  # torch's own; no file has it
    return layer


def _instance_norm(weights: Weights) -> nn.Module:
    kind = {3: nn.InstanceNorm1d, 5: nn.InstanceNorm3d}.get(weights.rank, nn.InstanceNorm2d)
    return kind(weights.shape(1)[0], affine=True)


def _layer_norm(weights: Weights) -> nn.Module:
    return nn.LayerNorm(weights.shape(1), bias=bool(weights.shape(2)))


def _group_norm(weights: Weights) -> nn.Module:
    return nn.GroupNorm(int(weights.option("num_groups", 1)), weights.shape(1)[0])


def _recurrent(kind: Any, gates: int) -> Callable[[Weights], nn.Module]:
    def made(weights: Weights) -> nn.Module:
        directions, rows, features = weights.shape(1)
        hidden = rows // gates
        if weights.option("direction", b"forward") == b"reverse" or weights.shape(2)[2:] != (hidden,):
            raise Unlike
        layer: nn.Module = kind(features, hidden, bidirectional=directions == 2, bias=bool(weights.shape(3)))
        return layer

    return made


def _embedding(weights: Weights) -> nn.Module | None:
    shape = weights.shape(0)
    return nn.Embedding(*shape) if len(shape) == 2 and weights.option("axis", 0) == 0 else None


def _prelu(weights: Weights) -> nn.Module:
    first, *rest = weights.shape(1)
    if set(rest) - {1}:
        raise Unlike
    return nn.PReLU(first)


_WEIGHT = {"Gather": 0}  # where the operator has its weight, if not second
_LAYERS: Mapping[str, Callable[[Weights], nn.Module | None]] = {
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "LSTM": _recurrent(nn.LSTM, 4),
    "GRU": _recurrent(nn.GRU, 3),
    "RNN": _recurrent(nn.RNN, 1),
    "Gather": _embedding,
    "PRelu": _prelu,
}
