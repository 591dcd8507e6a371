"""What a process has worked out already, by a key that says everything it depends on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
V = TypeVar("V")
MOST = 2_000
_NOTHING: Any = object()


class Memory(dict[Hashable, V]):
    """A dictionary that does not grow without end: when it is full, it begins anew.

    A key has to hold all that the value follows from, by value and never by identity; so a memory changes no result.
    """

    def keep(self, key: Hashable, value: V) -> V:
        """Keep a value and hand it back."""
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value


def worked_out_once(work: Callable[[T], V]) -> Callable[[T], V]:
    """A function of one object that never changes: its result is kept on the object, and goes with it.

    As `cached_property`, from outside: a reader keeps what it made of a layer without the layer knowing of the reader.
    """
    name = f"_{work.__module__}.{work.__qualname__}"

    @wraps(work)
    def known(thing: T) -> V:
        found: Any = getattr(thing, name, _NOTHING)
        if found is _NOTHING:
            found = work(thing)
            object.__setattr__(thing, name, found)
        value: V = found
        return value

    return known


class cached_property(Generic[T, V]):  # noqa: N801, as functools calls it
    """`functools.cached_property` without the lock that Python 3.11 takes for each value; a walkthrough has a hundred thousand.

    Two threads may work the same value out twice; it is the same.
    """

    def __init__(self, work: Callable[[T], V]) -> None:
        self.work = work
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, thing: None, owner: type) -> cached_property[T, V]: ...
    @overload
    def __get__(self, thing: T, owner: type) -> V: ...
    def __get__(self, thing: T | None, owner: type) -> cached_property[T, V] | V:
        if thing is None:
            return self
        value = self.work(thing)
        object.__setattr__(thing, self.name, value)  # `thing.__dict__` would make each object a dictionary of its own
        return value
