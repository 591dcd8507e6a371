"""The data type of an input of which only the shape is said: that of the model's weights."""

from __future__ import annotations

from torch import nn


def own_type(model: nn.Module) -> str:
    """The floating-point type that all of them have; where they have none or several, float32."""
    types = {tensor.dtype for tensor in model.parameters() if tensor.dtype.is_floating_point}
    return str(types.pop()).removeprefix("torch.") if len(types) == 1 else "float32"
