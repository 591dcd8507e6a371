"""torch's kernels for shapes, without its symbolic algebra.

On the meta device a convolution's shape comes from a Python function of torch's that asks `symbolic_shapes` whether a
condition holds, and importing that module loads sympy: 0.8 s, to hear that True is true. While such a kernel runs, and
at no other moment, a small module stands in its place: it answers for plain booleans and hands everything else to the
real one, which it then loads. Code of a model or of a user's file never runs inside an operator of torch, and so never
meets it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

_NAME = "torch.fx.experimental.symbolic_shapes"


def _any(first: bool, *others: bool) -> bool:
    return first or any(others)


def _all(first: bool, *others: bool) -> bool:
    return first and all(others)


def _itself(value: bool, *_: object) -> bool:
    return value


_PLAIN: dict[str, Callable[..., bool]] = {
    "expect_true": _itself,
    "guard_or_false": _itself,
    "guard_or_true": _itself,
    "guard_size_oblivious": _itself,
    "statically_known_true": _itself,
    "sym_or": _any,
    "sym_and": _all,
}


class _PlainSizes(ModuleType):
    """The stand-in: what it does not know it takes from the real module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = _answering(name) if name in _PLAIN else getattr(_real(), name)
        setattr(self, name, found)
        return found


def _answering(name: str) -> Callable[..., Any]:
    plain = _PLAIN[name]

    def answer(*given: Any, **options: Any) -> Any:
        if all(type(value) is bool for value in given):
            return plain(*given)
        return getattr(_real(), name)(*given, **options)

    return answer


def _real() -> ModuleType:
    if sys.modules.get(_NAME) is _STAND_IN:
        del sys.modules[_NAME]
    return importlib.import_module(_NAME)


_STAND_IN = _PlainSizes(_NAME, "Answers for plain booleans; hands everything else to the module of this name.")


def with_plain_sizes(operator: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Run one operator of torch; nothing changes where the real module is loaded already."""
    if _NAME in sys.modules:
        return operator(*args, **kwargs)
    sys.modules[_NAME] = _STAND_IN
    try:
        return operator(*args, **kwargs)
    finally:
        if sys.modules.get(_NAME) is _STAND_IN:
            del sys.modules[_NAME]
