"""What quantized layers hold packed: their weights and biases, which are neither parameters nor buffers to torch.

A layer's own saved state has them as tensors, with the data type in which they are held.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import torch
from torch import nn

from explainer.derive.parameter_census import tensor_facts
from explainer.walkthrough.parts import Tensor

_PACKING = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.ao.nn.sparse.quantized")
_DEEP = 8  # tuples in tuples, of recurrent layers


def packed_tensors(model: nn.Module) -> tuple[Tensor, ...]:
    """Weights and biases, by the names of the saved state. The scales, single numbers, are left out."""
    found: list[Tensor] = []
    seen: set[int] = set()  # a recurrent layer's state names its biases twice
    for path, module in model.named_modules():
        if not type(module).__module__.startswith(_PACKING):
            continue
        state: dict[str, Any] = {}
        module._save_to_state_dict(state, f"{path}." if path else "", False)
        own = {f"{path}." * bool(path) + name for name in (*module._parameters, *module._buffers)}
        held = [(name, value) for name, value in state.items() if name not in own]
        for name, value in held:
            for tensor in _tensors(value, _DEEP):
                if tensor.dim() and not (tensor.numel() and tensor.data_ptr() in seen):
                    seen.add(tensor.data_ptr())
                    found.append(tensor_facts(name, tensor))
    return tuple(found)


def _tensors(value: Any, deep: int) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, torch.ScriptObject) and deep:  # of recurrent layers, torch's own: tuples of tensors again
        with suppress(Exception):
            yield from _tensors(value.__getstate__(), deep - 1)
    elif isinstance(value, tuple | list) and deep:
        for part in value:
            yield from _tensors(part, deep - 1)
