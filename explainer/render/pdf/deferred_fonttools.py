"""fontTools' subsetter and instancer, which WeasyPrint imports and, where HarfBuzz cuts the fonts down, never uses.

They take 13 MB and a tenth of a second. While WeasyPrint is imported two modules stand in their place that fetch the real
ones when something of them is wanted; afterwards everybody else imports the real ones as ever.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_SUBSETTER, _INSTANCER = "fontTools.subset", "fontTools.varLib.instancer"


class _Deferred(ModuleType):
    """Asked for anything it has the real module imported."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(self.__name__), name)


def _real(name: str) -> ModuleType:
    if isinstance(sys.modules.get(name), _Deferred):
        del sys.modules[name]
    return importlib.import_module(name)


def _instantiate(*given: Any, **options: Any) -> Any:
    return _real(_INSTANCER).instantiateVariableFont(*given, **options)


def _stand_ins() -> dict[str, ModuleType]:
    subsetter, instancer = _Deferred(_SUBSETTER), _Deferred(_INSTANCER)
    function: Callable[..., Any] = _instantiate
    instancer.__dict__["instantiateVariableFont"] = function  # imported by name
    return {_SUBSETTER: subsetter, _INSTANCER: instancer}


@contextmanager
def fonttools_deferred() -> Iterator[None]:
    """For the import of WeasyPrint; does nothing where the modules are loaded already."""
    put = {name: module for name, module in _stand_ins().items() if name not in sys.modules}
    sys.modules.update(put)
    try:
        yield
    finally:
        for name, module in put.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
