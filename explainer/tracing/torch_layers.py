"""Whose a layer is: torch's own as it stands, or one with hooks or parts of somebody's."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

_PLAIN = frozenset({torch.Tensor, nn.Parameter, type(None)})


def has_hooks(module: nn.Module) -> bool:
    """Whether somebody's hooks run before or after it; torch's own (the older weight_norm) belong to the layer."""
    if not module._forward_hooks and not module._forward_pre_hooks:
        return False
    hooks = (*module._forward_hooks.values(), *module._forward_pre_hooks.values())
    return any(not _home(hook).startswith("torch.nn.utils.") for hook in hooks)


def is_torch_s_own(module: nn.Module, given: list[torch.Tensor]) -> bool:
    """A layer of torch's that has no parts, hooks or forward of somebody's, on plain tensors, while only we look on."""
    if not type(module).__module__.startswith("torch.nn.modules.") or module._modules or "forward" in vars(module):
        return False
    if module._forward_hooks or module._forward_pre_hooks or torch._C._len_torch_function_stack() != 1:
        return False
    own = (*module._parameters.values(), *module._buffers.values())
    return all(type(tensor) is torch.Tensor for tensor in given) and all(type(tensor) in _PLAIN for tensor in own)


def _home(hook: Any) -> str:
    return getattr(hook, "__module__", None) or type(hook).__module__
