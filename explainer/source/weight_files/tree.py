"""Tensors by their names → a tree of modules that own them, on the meta device."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import nn

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.source.weight_files.stored import MAX_NAME, Refused, Stored

MAX_TENSORS, MAX_DEPTH = 200_000, 64
_TAKEN = nn.Module()  # what it has already, no tensor of a model can be called: `training`, `forward`
# Names of what a layer keeps beside what it learns: running means, a count of batches.
_BUFFERS = re.compile(r"^(running_\w+|num_batches_tracked)$")
_WEIGHTS = re.compile(r"^(q?weights?|qzeros|scales?|bias|kernel|w|b)$|weight", re.IGNORECASE)

NO_TENSORS = Bi("里面没有张量", "it holds no tensors")
TOO_MANY = Bi(
    "张量太多，或名称太长、层次太深", "it has too many tensors, or names that are too long or too deeply nested"
)
RESERVED = Bi("模型里的张量不可能叫“{name}”", "no tensor of a model can be called '{name}'")
TWICE = Bi("张量“{name}”出现了两次", "it has the tensor '{name}' twice")
TOO_LARGE = Bi("张量“{name}”的形状太大", "the shape of the tensor '{name}' is too large")


def tree_of(tensors: Sequence[Stored]) -> nn.Module:
    """Modules that own tensors of these names, shapes and dtypes. Raises Refused."""
    if not tensors:
        raise Refused(NO_TENSORS)
    if len(tensors) > MAX_TENSORS or any(
        len(entry.name) > MAX_NAME or entry.name.count(".") > MAX_DEPTH for entry in tensors
    ):
        raise Refused(TOO_MANY)
    root, seen = nn.Module(), set[str]()
    quantised = {entry.name.removesuffix("zero_point") for entry in tensors if entry.name.endswith("zero_point")}
    places: dict[object, torch.Tensor] = {}  # tied weights are one tensor under several names
    for entry in tensors:
        name = visible(entry.name)
        if any(not part or hasattr(_TAKEN, part) for part in name.split(".")):
            raise Refused(RESERVED.format(name=name))
        if name in seen:
            raise Refused(TWICE.format(name=name))
        seen.add(name)
        try:
            tensor = torch.empty(entry.shape, dtype=entry.dtype, device="meta")
        except (RuntimeError, OverflowError, TypeError) as error:
            raise Refused(TOO_LARGE.format(name=name)) from error
        owned = places.get(entry.storage) if entry.storage is not None else None
        if owned is None:
            of_outputs = not entry.shape and name.endswith("scale") and name.removesuffix("scale") in quantised
            owned = tensor if of_outputs else _owned(name.rpartition(".")[2], tensor, entry)
            places[entry.storage if entry.storage is not None else name] = owned
        _put(root, name.split("."), owned)
    return root


def _owned(name: str, tensor: torch.Tensor, entry: Stored) -> torch.Tensor:
    """A parameter or a buffer, as the file says that it is."""
    if _is_parameter(name, tensor) if entry.parameter is None else entry.parameter:
        return nn.Parameter(tensor, requires_grad=tensor.is_floating_point() or tensor.is_complex())
    return tensor


def _put(module: nn.Module, names: list[str], tensor: torch.Tensor) -> None:
    """Where its name says; straight into the module's tables: `a` and `a.b` may stand side by side in a file."""
    for name in names[:-1]:
        module = module._modules.setdefault(name, nn.Module()) or module
    if isinstance(tensor, nn.Parameter):
        module._parameters[names[-1]] = tensor
    else:
        module._buffers[names[-1]] = tensor


def _is_parameter(name: str, tensor: torch.Tensor) -> bool:
    """Where the file does not say: whole numbers are weights if they are called so or are tables of bytes; anything else is a
    parameter, but running means.
    """
    if _BUFFERS.match(name):
        return False
    if tensor.dtype in (torch.int8, torch.uint8) and tensor.dim() > 1:
        return True
    return tensor.is_floating_point() or tensor.is_complex() or (bool(_WEIGHTS.search(name)) and tensor.dim() > 0)
