"""torch's kernels for shapes, without its compiler and its symbolic algebra.

On the meta device many shapes come from Python functions of torch's. They ask `torch.fx.experimental.symbolic_shapes`
whether a condition holds, have `torch._dynamo` mark them as not to be compiled, and look whether a number is one of
sympy's: imports of 0.8 s and more, to hear that True is true. While such a kernel runs, and at no other moment, three
small modules stand in their place: they answer what is plain and hand everything else to the real ones, which are then loaded. Code of a
model or of a user's file never runs inside an operator of torch, and so never meets them.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

_SIZES = "torch.fx.experimental.symbolic_shapes"
_COMPILER = "torch._dynamo"


def _any(first: bool, *others: bool) -> bool:
    return first or any(others)


def _all(first: bool, *others: bool) -> bool:
    return first and all(others)


def _itself(value: bool, *_: object) -> bool:
    return value


def _equal(left: Any, right: Any) -> bool:
    return bool(tuple(left) == tuple(right) if isinstance(left, tuple | list) else left == right)


_PLAIN: dict[str, Callable[..., bool]] = {
    "expect_true": _itself,
    "guard_or_false": _itself,
    "guard_or_true": _itself,
    "guard_size_oblivious": _itself,
    "statically_known_true": _itself,
    "sym_or": _any,
    "sym_and": _all,
    "sym_eq": _equal,
    "is_nested_int": lambda _: False,
    "has_guarding_hint": lambda _: True,
    "guarding_hint_or_throw": _itself,
    "is_symbolic": lambda _: False,
}


def _is_plain(value: Any) -> bool:
    """A boolean, a number, or a size made of numbers."""
    if isinstance(value, tuple | list):
        return all(type(part) is int for part in value)
    return type(value) in (bool, int)


class _StandIn(ModuleType):
    """What it does not know it takes from the real module."""

    def __init__(self, name: str, known: Callable[[str], Any]) -> None:
        super().__init__(name)
        self._known = known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        in_place = sys.modules.get(self.__name__) is self
        found = self._known(name) if in_place else None
        return getattr(_real(self.__name__), name) if found is None else found


def _real(name: str) -> ModuleType:
    """The real module, loaded without any stand-in about."""
    for other, stand_in in _STAND_INS.items():
        if sys.modules.get(other) is stand_in:
            del sys.modules[other]
    return importlib.import_module(name)


@functools.cache
def _plain_answer(name: str) -> Callable[..., Any] | None:
    """A question about sizes, answered at once where they are numbers."""
    plain = _PLAIN.get(name)
    if plain is None:
        return None

    def answer(*given: Any, **options: Any) -> Any:
        if all(map(_is_plain, given)):
            return plain(*given)
        return getattr(_real(_SIZES), name)(*given, **options)

    return answer


def _not_compiled(name: str) -> Callable[..., Any] | None:
    """`torch._dynamo.disable`, put off until there is a compiler that could be disabled."""
    return _disable if name == "disable" else None


def _disable(function: Callable[..., Any], recursive: bool = True, **options: Any) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> Any:
        if _COMPILER not in sys.modules or sys.modules[_COMPILER] is _STAND_INS[_COMPILER]:
            return function(*args, **kwargs)
        disabled = importlib.import_module(_COMPILER).disable(function, recursive, **options)
        function.__dynamo_disable = disabled  # type: ignore[attr-defined]  # where torch looks from now on
        return disabled(*args, **kwargs)

    never_compiled(called)
    return called


class _NoExpression:
    """`sympy.Basic` for as long as sympy is not loaded: nothing is an instance of it."""


def _no_expression(name: str) -> type | None:
    return _NoExpression if name == "Basic" else None


def never_compiled(function: Callable[..., Any]) -> bool:
    """Have a compiler that is at work leave this function alone; False where torch does not offer it (before 2.7)."""
    api: Any = importlib.import_module("torch._C._dynamo.eval_frame")
    if not hasattr(api, "set_code_exec_strategy"):
        return False
    skipped = api._FrameExecStrategy(api._FrameAction.SKIP, api._FrameAction.DEFAULT)
    api.set_code_exec_strategy(function.__code__, skipped)
    return True


_KNOWN: dict[str, Callable[[str], Any]] = {_SIZES: _plain_answer, _COMPILER: _not_compiled, "sympy": _no_expression}
_STAND_INS = {name: _StandIn(name, known) for name, known in _KNOWN.items()}


@contextmanager
def lean() -> Iterator[None]:
    """For a stretch in which torch alone runs; nothing changes where the real modules are loaded already."""
    put = [name for name in _STAND_INS if name not in sys.modules]
    for name in put:
        sys.modules[name] = _STAND_INS[name]
    try:
        yield
    finally:
        for name in put:
            if sys.modules.get(name) is _STAND_INS[name]:
                del sys.modules[name]


def run_lean(operator: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Run one operator of torch on the meta device.

    A kernel that wants more of the compiler than a stand-in has is run again with the real one: on meta nothing is
    computed, so nothing is done twice.
    """
    if all(name in sys.modules for name in _STAND_INS):
        return operator(*args, **kwargs)
    try:
        with lean():
            return operator(*args, **kwargs)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(tuple(f"{name}." for name in _KNOWN)):
            raise
        _real(_COMPILER)
        return operator(*args, **kwargs)


# torch's default data type, which a user's file may set for the whole process: it holds for its own model, and for nothing else.
_built_under: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def note_default_type(model: Any) -> None:
    """Remember the type that holds now as the one that the model's forward expects."""
    import torch

    _built_under[model] = torch.get_default_dtype()


@contextmanager
def default_type_kept(model: Any = None) -> Iterator[None]:
    """Whatever is set within it is undone at its end. model: its own default holds within it, where one was noted."""
    import torch

    before = torch.get_default_dtype()
    if model is not None and model in _built_under:
        torch.set_default_dtype(_built_under[model])
    try:
        yield
    finally:
        torch.set_default_dtype(before)
