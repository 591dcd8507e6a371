"""The numbers among the arguments that a model is built with, each under a name, and arguments with other numbers.

`layers[2]` is an entry of a list, `vision_config.hidden_size` a key of a nested configuration. Truth values are no numbers.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

Setting = int | float
LONGEST = 12  # entries of a list that still are numbers one by one
SMALLEST = 0.25  # a rate below (dropout, an epsilon) is no size


def numbers_in(arguments: Mapping[str, Any], prefix: str = "") -> dict[str, Setting]:
    """The positive numbers, those of lists and mappings too.

    >>> numbers_in({"layers": [3, 4], "groups": 1, "bias": True})
    {'layers[0]': 3, 'layers[1]': 4, 'groups': 1}
    """
    found: dict[str, Setting] = {}
    for name, value in arguments.items():
        if _is_number(value):
            found[prefix + name] = value
        elif isinstance(value, list | tuple) and 0 < len(value) <= LONGEST and all(map(_is_number, value)):
            found |= {f"{prefix}{name}[{i}]": entry for i, entry in enumerate(value)}
        elif (fields := fields_of(value)) is not None and "." not in prefix:
            found |= numbers_in(fields, f"{prefix}{name}.")
    return found


def with_numbers(arguments: Mapping[str, Any], values: Mapping[str, Setting]) -> dict[str, Any]:
    """The arguments with these numbers in their places.

    >>> with_numbers({"layers": [3, 4], "groups": 1}, {"layers[1]": 8})
    {'layers': [3, 8], 'groups': 1}
    """
    changed = dict(arguments)
    for name, value in values.items():
        head, dot, rest = name.partition(".")
        entry = re.fullmatch(r"(.+)\[(\d+)\]", name)
        if dot:
            changed[head] = _with_field(changed[head], rest, value)
        elif entry:
            row = list(changed[entry[1]])
            row[int(entry[2])] = value
            changed[entry[1]] = type(changed[entry[1]])(row)
        else:
            changed[name] = value
    return changed


def unshared(value: Any) -> Any:
    """Lists and mappings copied, inner ones too; what else is in them stays itself.

    >>> given = {"stages": [{"depth": 2}]}
    >>> unshared(given)["stages"][0].pop("depth"), given
    (2, {'stages': [{'depth': 2}]})
    """
    if type(value) is dict:
        return {key: unshared(entry) for key, entry in value.items()}
    if type(value) is list or type(value) is tuple:
        return type(value)(map(unshared, value))
    return value


def arguments_of(make: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a class or function is called with: what is given, and the defaults of everything else.

    A constructor that passes `**kwargs` on has the arguments of its base as well.
    """
    found: dict[str, Any] = {}
    for one in _constructors(make):
        try:
            parameters = inspect.signature(one).parameters.values()
        except (TypeError, ValueError):
            break
        named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        found |= {p.name: p.default for p in named if p.default is not p.empty and p.name not in found}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return {**found, **given}


def _constructors(make: Callable[..., Any]) -> list[Callable[..., Any]]:
    if not isinstance(make, type):
        return [make]
    return [kind.__dict__["__init__"] for kind in make.__mro__ if "__init__" in kind.__dict__ and kind is not object]


def fields_of(value: Any) -> Mapping[str, Any] | None:
    """What a configuration holds, a mapping or an object of a class of its own; None for everything else."""
    if isinstance(value, Mapping):
        return value if all(isinstance(key, str) for key in value) else None
    if (
        isinstance(value, type)
        or callable(value)
        or not hasattr(value, "__dict__")
        or hasattr(value, "__torch_function__")
    ):
        return None
    return {name: field for name, field in vars(value).items() if not name.startswith("_")}


def _with_field(configuration: Any, name: str, value: Setting) -> Any:
    """A copy with another number; an object's fields are set, whatever its class thinks of that."""
    if isinstance(configuration, Mapping):
        changed = with_numbers(configuration, {name: value})
        return type(configuration)(changed) if isinstance(configuration, dict) else changed
    other = copy.copy(configuration)
    for field, new in with_numbers(vars(configuration), {name: value}).items():
        object.__setattr__(other, field, new)
    return other


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return (isinstance(value, int) and value > 0) or (isinstance(value, float) and SMALLEST <= value < 1e9)
