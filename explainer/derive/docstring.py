"""What the author of a model says of it, in the class's own docstring."""

from __future__ import annotations

import inspect
import re
import sys

from torch import nn

LONGEST = 400
_CHINESE = re.compile("[\u4e00-\u9fff]")
_INSTALLED = ("site-packages", "dist-packages")


def docstring_of(model: nn.Module) -> str:
    """Its first paragraph on one line, or that of its file where the class says nothing.

    A paragraph in Chinese is followed by the next one if that is its English. Nothing for a library's class, an inherited docstring, or a
    dataclass's made-up one.
    """
    cls = type(model)
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None) or ""
    if not file or any(folder in file for folder in _INSTALLED):
        return ""
    said = cls.__dict__.get("__doc__")
    if not isinstance(said, str) or said.startswith(f"{cls.__name__}("):
        said = module.__doc__ if module is not None else None
    return _opening(said) if isinstance(said, str) else ""


def _opening(said: str) -> str:
    parts = [" ".join(part.split()) for part in inspect.cleandoc(said).split("\n\n")[:2]]
    if len(parts) == 2 and (not _CHINESE.search(parts[0]) or _CHINESE.search(parts[1]) or not parts[1].endswith(".")):
        parts.pop()
    text = " ".join(parts)
    return text if len(text) <= LONGEST else ""
