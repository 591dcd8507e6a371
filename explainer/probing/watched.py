"""Numbers that note what a constructor asks of them: `if depth > 6`, `min(512, 4 * w)`, a key of a table.

A model is built once with such numbers in place of its own. Each comparison tells where a formula may end; the formula is then
tried on both sides of it. Nothing is concluded from a question itself, and a model that cannot be built so is built as usual.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from explainer.walkthrough.family import Setting, Settings

DEEP = 60  # operations on one another: what is longer is a sum over many layers, and not asked about
EACH = 12  # questions noted of one place in the source
MOST = 400
Value = Callable[[Settings], Any]
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
    "__eq__": operator.eq,
    "__ne__": operator.ne,
}
_COMPUTED: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floordiv": operator.floordiv,
    "truediv": operator.truediv,
    "mod": operator.mod,
    "pow": operator.pow,
}


@dataclass(frozen=True)
class Question:
    """Whether left and right are in a relation: both follow the numbers `names`."""

    names: frozenset[str]
    left: Value
    right: Value
    relation: Callable[[Any, Any], Any]

    def answer(self, settings: Settings) -> bool | None:
        """None where it cannot be worked out."""
        try:
            return bool(self.relation(self.left(settings), self.right(settings)))
        except (ArithmeticError, ValueError, TypeError):
            return None

    def difference(self, settings: Settings) -> float | None:
        """Left − right: it is 0 or changes its sign where the answer changes."""
        try:
            return float(self.left(settings) - self.right(settings))
        except (ArithmeticError, ValueError, TypeError):
            return None


@dataclass
class Notes:
    """settings: the numbers watched now. questions: in order, few of each place, those that are new. constants: whole numbers in the code that worked with watched numbers."""

    settings: Settings = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    constants: set[int] = field(default_factory=set)
    _places: dict[tuple[CodeType, int], set[tuple[Any, ...]]] = field(default_factory=dict)
    _codes: set[CodeType] = field(default_factory=set)

    def asked(self, names: frozenset[str], left: Value, right: Value, relation: Callable[[Any, Any], Any]) -> None:
        frame = sys._getframe(2)
        self.seen_by(frame)
        known = self._places.setdefault((frame.f_code, frame.f_lasti), set())
        key = (names, left(self.settings), right(self.settings))
        if key not in known and len(known) < EACH and len(self.questions) < MOST:
            known.add(key)
            self.questions.append(Question(names, left, right, relation))

    def seen_by(self, frame: Any) -> None:
        """The numbers that stand in the code, and the keys of tables that it uses."""
        if frame.f_code in self._codes:
            return
        self._codes.add(frame.f_code)
        found = list(_numbers_among(frame.f_code.co_consts))
        for name in frame.f_code.co_names:
            found += _numbers_among([frame.f_globals.get(name)])
        for value in list(frame.f_locals.values()):
            found += _numbers_among([value])
        self.constants |= {abs(number) for number in found if 1 < abs(number) < 10**6}


def _numbers_among(values: Any) -> Iterator[int]:
    """Plain whole numbers, also in tables and tuples."""
    for value in values:
        if type(value) is int:
            yield value
        elif isinstance(value, tuple | list | frozenset | set | dict) and len(value) <= 64:
            yield from (one for one in value if type(one) is int)


class _Noting:
    """What a watched whole number and a watched fraction have in common."""

    notes: Notes
    names: frozenset[str]
    how: Value
    deep: int


def _setup(number: Any, notes: Notes, names: frozenset[str], how: Value, deep: int) -> Any:
    number.notes, number.names, number.how, number.deep = notes, names, how, deep
    return number


class WatchedInt(int, _Noting):
    """A whole number; see the module."""

    def __hash__(self) -> int:
        self.notes.seen_by(sys._getframe(1))
        return int.__hash__(self)

    def __bool__(self) -> bool:
        self.notes.asked(self.names, self.how, lambda settings: 0, operator.ne)
        return int.__ne__(self, 0)

    def __index__(self) -> int:
        self.notes.seen_by(sys._getframe(1))
        return int.__index__(self)

    def __deepcopy__(self, memo: Any) -> WatchedInt:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return int, (int.__index__(self),)


class WatchedFloat(float, _Noting):
    """A number that need not be whole; see the module."""

    def __hash__(self) -> int:
        self.notes.seen_by(sys._getframe(1))
        return float.__hash__(self)

    def __round__(self, digits: Any = None) -> Any:
        rounded = float.__round__(self) if digits is None else float.__round__(self, digits)
        how = self.how
        return _watched(rounded, self.notes, self.names, lambda settings: round(how(settings), digits), self.deep + 1)

    def __ceil__(self) -> Any:
        return self._whole(math.ceil)

    def __floor__(self) -> Any:
        return self._whole(math.floor)

    def _whole(self, work: Callable[[Any], int]) -> Any:
        how = self.how
        return _watched(work(_plain(self)), self.notes, self.names, lambda settings: work(how(settings)), self.deep + 1)

    def __deepcopy__(self, memo: Any) -> WatchedFloat:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return float, (float.__add__(self, 0.0),)


def _watched(value: Any, notes: Notes, names: frozenset[str], how: Value, deep: int) -> Any:
    if isinstance(value, bool) or deep > DEEP:
        return value
    if isinstance(value, int):
        return _setup(WatchedInt(value), notes, names, how, deep)
    return _setup(WatchedFloat(value), notes, names, how, deep) if isinstance(value, float) else value


def _plain(value: Any) -> Any:
    return float.__add__(value, 0.0) if isinstance(value, float) else int.__add__(value, 0)


def _parts(value: Any) -> tuple[frozenset[str], Value, int]:
    if isinstance(value, _Noting):
        return value.names, value.how, value.deep
    return frozenset(), lambda settings: value, 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _computing(work: Callable[[Any, Any], Any], swapped: bool) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any, *_: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        one, two = (other, self) if swapped else (self, other)
        value = work(_plain(one), _plain(two))
        self.notes.seen_by(sys._getframe(1))
        (names_1, how_1, deep_1), (names_2, how_2, deep_2) = _parts(one), _parts(two)

        def how(settings: Settings) -> Any:
            return work(how_1(settings), how_2(settings))

        return _watched(value, self.notes, names_1 | names_2, how, 1 + max(deep_1, deep_2))

    return method


def _comparing(relation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        (names_1, how_1, _), (names_2, how_2, _) = _parts(self), _parts(other)
        self.notes.asked(names_1 | names_2, how_1, how_2, relation)
        return relation(_plain(self), _plain(other))

    return method


for _kind in (WatchedInt, WatchedFloat):
    for _name, _work in _COMPUTED.items():
        setattr(_kind, f"__{_name}__", _computing(_work, swapped=False))
        setattr(_kind, f"__r{_name}__", _computing(_work, swapped=True))
    for _name, _work in _COMPARED.items():
        setattr(_kind, _name, _comparing(_work))


def watched(settings: Mapping[str, Setting], notes: Notes) -> dict[str, Setting]:
    """The same numbers, each of which notes what it is asked.

    >>> notes = Notes()
    >>> numbers = watched({"w": 200}, notes)
    >>> min(512, 4 * numbers["w"]), [sorted(question.names) for question in notes.questions]
    (512, [['w']])
    >>> [notes.questions[0].answer({"w": w}) for w in (100, 128, 129)]
    [True, False, False]
    """
    notes.settings = dict(settings)

    def named(name: str) -> Value:
        return lambda settings: settings[name]

    return {name: _watched(value, notes, frozenset({name}), named(name), 0) for name, value in settings.items()}
