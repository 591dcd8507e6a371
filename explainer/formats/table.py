"""All formats, by their endings."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from explainer import formats
from explainer.formats.base import Format


@functools.cache
def by_ending() -> dict[str, Format]:
    """`.md` → its format: the `FORMAT` of every file in this package that has one, in their order."""
    names = [f"{formats.__name__}.{found.name}" for found in pkgutil.iter_modules(formats.__path__)]
    found = [getattr(importlib.import_module(name), "FORMAT", None) for name in names if name != __name__]
    known = sorted((each for each in found if isinstance(each, Format)), key=lambda each: (each.order, each.ending))
    return {each.ending: each for each in known}


def endings() -> tuple[str, ...]:
    """`.md`, `.html`, …"""
    return tuple(by_ending())
