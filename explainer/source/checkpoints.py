"""A state dict alone: a model's tensors by name and shape, loaded without running code."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import torch
from torch import nn

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same

ENDINGS = (".pt", ".pth", ".bin", ".ckpt", ".safetensors")
_DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip

MORE_THAN_TENSORS = Bi("里面不只有张量", "it holds more than tensors")
UNREADABLE = Bi(
    zh="{path} 不能作为权重文件读取：{reason}。应为state_dict（torch.save(model.state_dict(), …)）或safetensors文件；"
    "整个模型的文件会运行其中的代码，不予载入。",
    en="{path} cannot be read as weights: {reason}. It should be a state dict (torch.save(model.state_dict(), …)) or a "
    "safetensors file; a file of a whole model runs code when loaded and is refused.",
)


def from_state(path: Path) -> nn.Module:
    """A tree of modules that own tensors of those names and shapes, on the meta device. Raises UserError."""
    try:
        shapes = _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, Exception) as error:  # unpickling fails in many ways
        line = str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
        reason = MORE_THAN_TENSORS if "Weights only load failed" in line else same(line)
        raise UserError(UNREADABLE.format(path=str(path), reason=reason)) from error
    root = nn.Module()
    for name, (shape, dtype) in shapes.items():
        _own(root, name.split("."), torch.empty(shape, dtype=dtype, device="meta"))
    return root


def _own(module: nn.Module, names: list[str], tensor: torch.Tensor) -> None:
    """Put a tensor where its name says: whole numbers are no parameters (a count of batches), the rest are."""
    for name in names[:-1]:
        if name not in module._modules:
            module.add_module(name, nn.Module())
        child = module._modules[name]
        assert child is not None
        module = child
    learned = tensor.is_floating_point() and not names[-1].startswith("running_")
    if learned:
        module.register_parameter(names[-1], nn.Parameter(tensor))
    else:
        module.register_buffer(names[-1], tensor)


def _pickled(path: Path) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    content: Any = torch.load(path, map_location="meta", weights_only=True)
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict):
        raise ValueError("no dictionary of tensors")
    found = {str(name): (tuple(t.shape), t.dtype) for name, t in content.items() if isinstance(t, torch.Tensor)}
    if not found:
        raise ValueError("no tensors")
    return found


def _safetensors(path: Path) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    """The header alone: eight bytes of length, then JSON (the format's own description)."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > 100_000_000:
            raise ValueError("header too long")
        header = json.loads(file.read(length))
    return {
        name: (tuple(entry["shape"]), _DTYPES[entry["dtype"]])
        for name, entry in header.items()
        if name != "__metadata__"
    }
