"""Looking at a weight that is computed anew each time it is asked for, without a trace of the look.

In training spectral_norm goes a step further with every look; in evaluation it does not.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def attribute(module: nn.Module, name: str, default: Any = None) -> Any:
    """`getattr(module, name, default)`, where nothing in the module changes because of it."""
    chain = getattr(module, "parametrizations", None)
    if not isinstance(chain, nn.ModuleDict) or name not in chain:
        return getattr(module, name, default)
    modes = [(part, part.training) for part in chain[name].modules()]
    try:
        for part, _ in modes:
            part.training = False
        with torch.no_grad():
            return getattr(module, name, default)
    finally:
        for part, training in modes:
            part.training = training
