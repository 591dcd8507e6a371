"""Matrices of different data types: no processor and no card multiplies them, and the meta device does without a word.

So a network whose `forward` casts to integers or doubles before a linear layer would be derived to its end though it cannot run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

# Where the tensors stand that must be of one type, in the operators of which torch's kernels for meta do not ask.
_OF_ONE_TYPE = {"mm": (0, 1), "addmm": (0, 1, 2), "convolution": (0, 1, 2)}
_CASTING = ("cpu", "cuda", "mps", "xpu")


def refuse_mixed_types(operator: str, args: Sequence[Any]) -> None:
    """What torch would raise elsewhere. Raises RuntimeError; under autocast the types are torch's business."""
    found = [args[at] for at in _OF_ONE_TYPE.get(operator, ()) if at < len(args)]
    types = list(dict.fromkeys(one.dtype for one in found if isinstance(one, torch.Tensor)))
    if len(types) > 1 and not any(map(torch.is_autocast_enabled, _CASTING)):
        shown = " and ".join(str(one).removeprefix("torch.") for one in types)
        raise RuntimeError(f"{operator}: the matrices must have the same dtype, but got {shown}")
