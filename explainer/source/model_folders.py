"""A folder as the Hugging Face hub has them: a configuration, and weights beside it."""

from __future__ import annotations

import json
from pathlib import Path

from explainer.plain_file import bytes_of

# In the order in which a library would take them.
_WEIGHTS = (
    "model.safetensors.index.json", "model.safetensors", "pytorch_model.bin.index.json", "pytorch_model.bin",
    "diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.safetensors", "adapter_model.safetensors",
)  # fmt: skip


def is_model_folder(folder: Path) -> bool:
    """Whether it has a configuration that transformers builds a model from."""
    try:
        settings = json.loads(bytes_of(folder / "config.json"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(settings, dict) and isinstance(settings.get("model_type"), str)


def weights_in(folder: Path) -> Path | None:
    """The weights that stand there, if it is clear which."""
    named = [folder / name for name in _WEIGHTS if (folder / name).is_file()]
    others = [
        path
        for path in sorted(folder.glob("*"))
        if path.suffix.lower() in (".safetensors", ".gguf", ".bin", ".pt", ".pth")
    ]
    return named[0] if named else others[0] if len(others) == 1 else None
