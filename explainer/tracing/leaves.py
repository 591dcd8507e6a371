"""The values inside nested arguments: torch's pytree, with a short way for what nearly all calls have.

A forward pass asks for the leaves of every argument and result, several times a call. Plain tuples, lists and dicts of
tensors and numbers are walked here; whatever else there is (a cache, a named tuple, a model's output) is torch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves, tree_map

PLAIN = frozenset({torch.Tensor, nn.Parameter, int, float, bool, str, type(None), torch.dtype, torch.device, slice})


def leaves(value: Any) -> list[Any]:
    """The leaves in order, as `torch.utils._pytree.tree_leaves` gives them."""
    found: list[Any] = []
    _gather(value, found)
    return found


def _gather(value: Any, found: list[Any]) -> None:
    kind = type(value)
    if kind in PLAIN:
        found.append(value)
    elif kind is tuple or kind is list:
        for part in value:
            _gather(part, found)
    elif kind is dict:
        for part in value.values():
            _gather(part, found)
    else:
        found += tree_leaves(value)


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """The same structure with `function` applied to each leaf, as `torch.utils._pytree.tree_map` does."""
    kind = type(value)
    if kind in PLAIN:
        return function(value)
    if kind is tuple:
        return tuple([mapped(function, part) for part in value])
    if kind is list:
        return [mapped(function, part) for part in value]
    if kind is dict:
        return {name: mapped(function, part) for name, part in value.items()}
    return tree_map(function, value)


def tensors_in(values: Any) -> list[torch.Tensor]:
    """The tensors in nested lists, tuples, dicts and dataclasses, in order."""
    found: list[torch.Tensor] = []
    for leaf in leaves(values):
        if isinstance(leaf, torch.Tensor):
            found.append(leaf)
        elif type(leaf) not in PLAIN and hasattr(leaf, "__dataclass_fields__") and not isinstance(leaf, type):
            found += tensors_in([getattr(leaf, name) for name in leaf.__dataclass_fields__])
    return found
