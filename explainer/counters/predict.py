"""Why eight tools give eight numbers: what each of them would print for a model, and the bridge to it.

A tool is one file in `tools/` with a `CONVENTION`; it is found there.
"""

from __future__ import annotations

import importlib
import pkgutil

from explainer.counters import tools
from explainer.counters.base import Convention, Line, Term
from explainer.derive.live import LiveWalkthrough

__all__ = ["Convention", "Line", "Term", "conventions", "ledger"]


def conventions() -> tuple[Convention, ...]:
    """Every tool in its version, one file of `tools/` each, by its place in the table (`CONVENTION.order`)."""
    modules = [
        importlib.import_module(f"{tools.__name__}.{found.name}") for found in pkgutil.iter_modules(tools.__path__)
    ]
    found = [module.CONVENTION for module in modules]
    return tuple(sorted(found, key=lambda convention: (convention.order, convention.tool, convention.version)))


def ledger(walk: LiveWalkthrough) -> tuple[Line, ...]:
    """What every tool would return for this model, tool by tool; no line where the tool itself fails on it."""
    return tuple(line for convention in conventions() for line in convention.lines(walk))
