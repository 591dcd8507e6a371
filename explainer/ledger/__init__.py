"""Why eight tools give eight numbers: what each of them would print for a model, and the bridge to it.

A tool is one file with a `Convention`; a new one is added to `_TOOLS`.
"""

from __future__ import annotations

import importlib

from explainer.ledger.base import Convention, Line, Term
from explainer.walkthrough import Walkthrough

__all__ = ["Convention", "Line", "Term", "conventions", "ledger"]

_TOOLS = (
    *("torch_counter", "torchinfo", "torchsummary", "torchstat", "thop", "fvcore", "ptflops_pytorch", "ptflops_aten"),
    *("torchprofile", "calflops", "deepspeed"),
)


def conventions() -> tuple[Convention, ...]:
    """Every tool in its version."""
    modules = [importlib.import_module(f"explainer.ledger.{name}") for name in _TOOLS]
    return tuple(module.CONVENTION for module in modules)


def ledger(walk: Walkthrough) -> tuple[Line, ...]:
    """What every tool would return for this model, tool by tool; no line where the tool itself fails on it."""
    return tuple(line for convention in conventions() for line in convention.lines(walk))
