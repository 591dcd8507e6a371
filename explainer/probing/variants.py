"""The same model built a little differently, until it has a wanted number of parameters: "31 M, 28 M or 7.76 M?"

One argument of the constructor is changed, then two: switches turned, choices taken, sizes doubled and halved, usual numbers of classes.
Only built, on meta, and never run.
"""

from __future__ import annotations

import inspect
import itertools
import time
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from explainer.errors import UserError
from explainer.source.build import build
from explainer.source.recipe import MadeBy, quietly

CLASSES = (1, 2, 3, 10, 21, 100, 1000)
COUNTED = ("class", "label", "in_ch", "channels", "in_chans")  # names of what has usual numbers
MOST_BUILDS = 150
SECONDS = 20.0  # of processor time


@dataclass(frozen=True)
class Variant:
    """changes: the arguments that are other than in the model; params: how many parameters it has then."""

    changes: Mapping[str, Any]
    params: int


def variants(made_by: MadeBy | None, wanted: Callable[[int], bool]) -> tuple[Variant, ...]:
    """Those with a wanted number of parameters, with the fewest changes; () where the model cannot be built again."""
    if made_by is None or made_by.configuration is not None:
        return ()
    choices = _choices(made_by)
    until = time.process_time() + SECONDS
    builds, found = 0, list[Variant]()
    for many in (1, 2):
        for names in itertools.combinations(choices, many):
            for values in itertools.product(*(choices[name] for name in names)):
                if builds >= MOST_BUILDS or time.process_time() > until:
                    return tuple(found)
                builds += 1
                changes = dict(zip(names, values, strict=True))
                params = _params(made_by, changes)
                if params is not None and wanted(params):
                    found.append(Variant(changes, params))
        if found:
            break
    return tuple(found)


def _params(made_by: MadeBy, changes: Mapping[str, Any]) -> int | None:
    try:
        with quietly():
            model = build(made_by.make, "model", {**made_by.arguments, **changes}, shown={})
    except UserError:  # not every value suits it
        return None
    return sum(parameter.numel() for parameter in model.parameters())


def _choices(made_by: MadeBy) -> dict[str, list[Any]]:
    """Other values of each argument, switches and choices first: they are what people have differently."""
    try:
        parameters = inspect.signature(made_by.make).parameters
    except (TypeError, ValueError):
        return {}
    hints = _hints(made_by.make)
    found: dict[str, list[Any]] = {}
    for name, parameter in parameters.items():
        value = made_by.arguments.get(name, parameter.default)
        if value is not inspect.Parameter.empty and name not in ("weights", "progress"):
            others = list(_others(name, value, hints.get(name)))
            found[name] = [other for at, other in enumerate(others) if other != value and other not in others[:at]]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        found.setdefault("num_classes", [other for other in CLASSES if other != made_by.arguments.get("num_classes")])
    order = sorted((name for name in found if found[name]), key=lambda name: len(found[name]))
    return {name: found[name] for name in order}


def _hints(make: Any) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(inspect.getattr_static(make, "__init__") if isinstance(make, type) else make)
    except Exception:  # names that are not there any more
        return {}


def _others(name: str, value: Any, hint: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif get_origin(hint) is Literal:
        yield from get_args(hint)
    elif isinstance(value, int):
        if any(word in name for word in COUNTED):
            yield from CLASSES
        yield from (one for one in (2 * value, value // 2, 4 * value, value // 4) if one > 0)
    elif isinstance(value, float):
        yield from (2 * value, value / 2, 0.75 * value)
