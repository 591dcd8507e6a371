"""Which of a file's classes are built of the others, and by none of them: blocks are used, the network uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any


def outermost(names: Sequence[str], scope: Mapping[str, Any]) -> list[str]:
    """Those of the classes `names` that no other of them uses: as a base, in a method, or through a function of the file.

    scope: the file's names and what they stand for. In the order of `names`; with classes A, B(A) and C, whose forward
    builds a B, it is C alone. One alone is given only where it uses all the others.
    """
    used = {name: _used_by(scope[name], scope) for name in names}
    found = [name for name in names if not any(name in used[other] for other in names if other != name)]
    return found if len(found) != 1 or used[found[0]] >= {*names} - {*found} else list(names)


def _used_by(start: type, scope: Mapping[str, Any]) -> set[str]:
    """The file's names of the classes that a class uses: itself, through functions and tables of the file, or through another."""
    called = {id(value): name for name, value in scope.items() if isinstance(value, type)}
    seen: set[int] = {id(start)}
    found: set[str] = set()
    waiting = [start, *_parts(start, scope)]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, type):
            if id(value) not in called:  # torch's, which the file has not made
                continue
            found.add(called[id(value)])
        waiting += _parts(value, scope)
    return found


def _parts(value: Any, scope: Mapping[str, Any]) -> Iterator[Any]:
    """What a class, a function of the file or a plain container refers to."""
    if isinstance(value, type):
        yield from value.__bases__
        yield from vars(value).values()
    elif isinstance(value, (staticmethod, classmethod)):
        yield value.__func__
    elif isinstance(value, property):
        yield from (value.fget, value.fset)
    elif isinstance(value, FunctionType) and value.__globals__ is scope:
        yield from (value.__defaults__ or ())
        yield from (value.__kwdefaults__ or {}).values()
        yield from (scope[name] for name in _names(value.__code__) if name in scope)
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()


def _names(code: CodeType) -> Iterator[str]:
    """The global names that a function's code has, with those of the functions written inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
