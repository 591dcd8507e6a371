"""What can find one kind of idea: the `RECOGNISER` of a file in `ideas/`, found there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from explainer.recognition.graph import Found, Graph


@dataclass(frozen=True)
class Recogniser:
    """found: the ideas of a pass, each proven. order: its turn; what is found first keeps its steps (`graph.taken`).

    knows: it reads the ideas that were found before it (`graph.walk.ideas`).
    """

    found: Callable[[Graph], Iterable[Found]]
    order: int
    knows: bool = False


@cache
def recognisers() -> tuple[Recogniser, ...]:
    """All of them, in their order."""
    from explainer.recognition import ideas

    modules = [importlib.import_module(f"{ideas.__name__}.{one.name}") for one in pkgutil.iter_modules(ideas.__path__)]
    found = [getattr(module, "RECOGNISER", None) for module in modules]
    return tuple(sorted((one for one in found if isinstance(one, Recogniser)), key=lambda one: one.order))
