"""What a library must be told so that it looks into no tensor for its values."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_values() -> Iterator[None]:
    """Tell transformers that it is traced, as torch.jit would: then it looks into no mask for its values."""
    module = sys.modules.get("transformers.utils.import_utils")
    original = getattr(module, "is_jit_tracing", None)
    if module is None or original is None:
        yield
        return
    module.is_jit_tracing = lambda: True  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module.is_jit_tracing = original  # type: ignore[attr-defined]
