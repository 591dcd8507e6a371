"""Which layers can be worked by hand at a level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from explainer.vocabulary.shape import Shape


def by_hand(layer: nn.Module, inputs: Sequence[Shape], level: int) -> bool:
    """Whether the level knows all of the layer's options, and its sizes tell apart: asked before the layer is run."""
    if _coincide(layer):
        return False
    if level == 3:
        return True
    sides = [getattr(layer, name, 1) for name in ("kernel_size", "stride", "padding", "dilation", "output_padding")]
    if any(isinstance(side, tuple) and len(set(side)) > 1 for side in sides):
        return False
    image = inputs[0][2:]
    if hasattr(layer, "kernel_size") and (len(set(image)) > 1 or set(_tuple(layer.kernel_size)) == {1}):
        return False
    if _too_much_padding(layer):
        return False
    if getattr(layer, "proj_size", 0) or getattr(layer, "kdim", None) != getattr(layer, "embed_dim", None):
        return False
    spread, several = set(_tuple(getattr(layer, "dilation", 1))) != {1}, getattr(layer, "groups", 1) > 1
    if level == 2:
        return not (spread and several) and getattr(layer, "num_layers", 1) <= 2
    return not (
        spread
        or several
        or isinstance(getattr(layer, "padding", 0), str)
        or set(_tuple(getattr(layer, "output_padding", 0))) != {0}
        or getattr(layer, "ceil_mode", False)
        or (hasattr(layer, "kernel_size") and inputs[0][0] != 1)
        or getattr(layer, "num_layers", 1) > 1
        or getattr(layer, "bidirectional", False)
        or getattr(layer, "bias_k", None) is not None
        or getattr(layer, "add_zero_attn", False)
        or not getattr(layer, "affine", True)
        or not getattr(layer, "elementwise_affine", True)
        or len(getattr(layer, "normalized_shape", (1,))) > 1
    )


_PAIRS = (
    ("in_channels", "out_channels"),
    ("in_features", "out_features"),
    ("input_size", "hidden_size"),
    ("num_embeddings", "embedding_dim"),
    ("kernel_size", "in_channels"),
    ("kernel_size", "out_channels"),
)


def _coincide(layer: nn.Module) -> bool:
    """Two sizes of different meaning are equal, or one of them is 1."""
    for one, other in _PAIRS:
        if hasattr(layer, one) and hasattr(layer, other):
            mine, theirs = set(_tuple(getattr(layer, one))), set(_tuple(getattr(layer, other)))
            if mine & theirs or 1 in theirs or (1 in mine and one != "kernel_size"):
                return True
    return False


def _too_much_padding(layer: nn.Module) -> bool:
    """More than half a kernel of padding on a side: whole windows of zeros."""
    padding = getattr(layer, "padding", 0)
    return not isinstance(padding, str) and max(_tuple(padding)) > max(_tuple(getattr(layer, "kernel_size", 9))) // 2


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
