"""The definitions that candidates are run beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch.nn import functional

ACTIVATIONS: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "ReLU": functional.relu,
    "GELU": functional.gelu,
    "GELU (tanh)": lambda x: functional.gelu(x, approximate="tanh"),
    "SiLU": functional.silu,
    "QuickGELU": lambda x: x * torch.sigmoid(1.702 * x),
    "ReLU6": functional.relu6,
    "ReLU²": lambda x: functional.relu(x) ** 2,
    "Hardswish": functional.hardswish,
    "Hardsigmoid": functional.hardsigmoid,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ELU": functional.elu,
    "SELU": functional.selu,
    "Mish": functional.mish,
    "LeakyReLU": functional.leaky_relu,
    "softplus": functional.softplus,
}
POINTS = 2001
REACH = 6.0
CLOSE_ACTIVATION = 3e-6  # absolutely: 0.0447 for 0.044715 is off by 10⁻⁵
CLOSE = 1e-6  # as a part of the largest number


STAR = "StarReLU"  # s·ReLU(x)²+b, with a learned s and b


def activation_of(
    function: Callable[[torch.Tensor], torch.Tensor], shape: tuple[int, ...], learned: bool = False
) -> tuple[str, float] | None:
    """The activation that a function is, and the largest difference on 2001 points from −6 to 6; it is given tensors of `shape`.

    learned: single parameters are in it, which may scale and shift.
    """
    points = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64)
    size = max(1, int(torch.Size(shape).numel()))
    rounds = -(-POINTS // size)
    filled = points.repeat(-(-(size * rounds) // POINTS))[: size * rounds]
    made = torch.cat([function(part.reshape(shape)).reshape(-1) for part in torch.split(filled, size)])
    if made.shape != filled.shape or not made.is_floating_point():
        return None
    if learned:
        off = float((made - starred(made, filled)(filled)).abs().max())
        return (STAR, off) if off <= CLOSE_ACTIVATION else None
    for name, right in ACTIVATIONS.items():
        off = float((made - right(filled)).abs().max())
        if off <= CLOSE_ACTIVATION:
            return name, off
    return None


def starred(made: torch.Tensor, points: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """s·ReLU(x)²+b with the s and b that a few of the points show."""
    bent = ACTIVATIONS["ReLU²"](points)
    low, high = int(bent.argmin()), int(bent.argmax())
    scale = (made[high] - made[low]) / (bent[high] - bent[low])
    return lambda x: scale * ACTIVATIONS["ReLU²"](x) + (made[low] - scale * bent[low])
