"""The same model built a little differently, until it has a wanted number of parameters: "31 M, 28 M or 7.76 M?"

One argument of the constructor, or one setting of the configuration, is changed, then two: switches turned, choices taken,
sizes doubled and halved, usual numbers of classes. Only built, on meta, and never run; the limit is what is built, never time.
"""

from __future__ import annotations

import inspect
import itertools
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from torch import nn

from explainer.errors import UserError
from explainer.source.build import build
from explainer.source.recipe import MadeBy, defaults_of, is_size, quietly
from explainer.source.settings import numbers_in, with_numbers

CLASSES = (1, 2, 3, 10, 21, 100, 1000)
COUNTED = ("class", "label", "in_ch", "channels", "in_chans")  # names of what has usual numbers
MOST_BUILDS = 150
MOST_MODULES = 15_000  # built altogether: a second or two


@dataclass(frozen=True)
class Variant:
    """changes: the arguments that are other than in the model; params: how many parameters it has then."""

    changes: Mapping[str, Any]
    params: int


def variants(made_by: MadeBy | None, wanted: Callable[[int], bool]) -> tuple[Variant, ...]:
    """Those with a wanted number of parameters, with the fewest changes; () where the model cannot be built again."""
    if made_by is None:
        return ()
    family = _Builds(made_by)
    choices = _choices(made_by, family.arguments)
    moving = {name: list(family.moved_by(name, values)) for name, values in choices.items()}
    found = [one for made in moving.values() for one in made if wanted(one.params)]
    if found:
        return tuple(found)
    names = [name for name, made in moving.items() if made]
    for one, other in itertools.combinations(names, 2):
        for values in itertools.product(choices[one], choices[other]):
            made = family.with_changes(dict(zip((one, other), values, strict=True)))
            if made is not None and wanted(made.params):
                found.append(made)
    return tuple(found)


class _Builds:
    """The model built again and again, as often as the limits allow."""

    def __init__(self, made_by: MadeBy) -> None:
        self.made_by, self.builds, self.modules = made_by, 0, 0
        kind = made_by.configuration
        self.arguments: dict[str, Any] = {**(defaults_of(kind) if kind else {}), **made_by.arguments}

    def with_changes(self, changes: Mapping[str, Any]) -> Variant | None:
        """None where a value does not suit the model, or enough was built."""
        if self.builds >= MOST_BUILDS or self.modules >= MOST_MODULES:
            return None
        self.builds += 1
        try:
            with quietly():
                model = self._built(changes)
        except UserError:
            return None
        self.modules += sum(1 for _ in model.modules())
        return Variant(changes, sum(parameter.numel() for parameter in model.parameters()))

    def _built(self, changes: Mapping[str, Any]) -> nn.Module:
        given = with_numbers({**self.made_by.arguments, **_whole(self.arguments, changes)}, changes)
        make, kind = self.made_by.make, self.made_by.configuration
        if kind is None:
            return build(make, "model", given, shown={})
        return build(lambda: make(kind(**given)), kind.__name__, {}, shown={})

    def moved_by(self, name: str, values: list[Any]) -> Iterator[Variant]:
        """The variants by one argument; nothing more of one whose first other value leaves the parameters as they are."""
        if self.builds == 0:
            self.base = self.with_changes({})
        for value in values:
            made = self.with_changes({name: value})
            if made is not None and self.base is not None and made.params == self.base.params:
                return
            if made is not None:
                yield made


def _whole(arguments: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The lists and configurations that changes of their entries go into."""
    heads = {name.partition(".")[0].partition("[")[0] for name in changes}
    return {head: arguments[head] for head in heads if head in arguments}


def _choices(made_by: MadeBy, settings: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Other values of each argument, switches and choices first: they are what people have differently."""
    found: dict[str, list[Any]] = {}
    for name, value, hint in _settings(made_by, settings):
        others = list(_others(name, value, hint))
        found[name] = [other for at, other in enumerate(others) if other != value and other not in others[:at]]
    order = sorted((name for name in found if found[name]), key=lambda name: len(found[name]))
    return {name: found[name] for name in order}


def _settings(made_by: MadeBy, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """What may be changed, with its value and its type: arguments and settings, and the entries of lists and configurations."""
    if made_by.configuration is not None:
        known = {name: value for name, value in settings.items() if is_size(name)}
        yield from ((name, value, None) for name, value in known.items() if isinstance(value, int))
    else:
        try:
            parameters = inspect.signature(made_by.make).parameters
        except (TypeError, ValueError):
            return
        hints, known = _hints(made_by.make), {}
        for name, parameter in parameters.items():
            value = settings.get(name, parameter.default)
            if value is not inspect.Parameter.empty and name not in ("weights", "progress"):
                known[name] = value
                yield name, value, hints.get(name)
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
            yield "num_classes", settings.get("num_classes", 0), None
    yield from ((name, value, None) for name, value in numbers_in(known).items() if name not in known)


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
