"""How a model was built, so that it can be built again with other numbers: the names are the source's own."""

from __future__ import annotations

import functools
import inspect
import io
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from torch import nn

from explainer.errors import UserError
from explainer.source.build import build
from explainer.source.settings import Setting, arguments_of, numbers_in, unshared, with_numbers

_NOT_SIZES = ("_token_id", "_token_ids", "_token_index", "_idx", "num_beams", "num_beam_groups", "_seed")


@dataclass(frozen=True)
class Recipe:
    """values: the numbers that the model was built with, by name. make: builds it on meta with others (all of them)."""

    values: Mapping[str, Setting]
    make: Callable[[Mapping[str, Setting]], nn.Module]


@dataclass(frozen=True)
class MadeBy:
    """What a model was built by and with.

    make: a class or function, called with `arguments` by name. library: a library's function, whose own arguments are
    few, while the class that it calls has the sizes. configuration: the class of a transformers configuration, which
    `arguments` go to; `make` then takes the configuration.
    """

    make: Callable[..., Any]
    arguments: Mapping[str, Any]
    library: bool = False
    configuration: Any = None


def recipe_of(made_by: MadeBy) -> Recipe | None:
    """The recipe, or None for a model that no number went into. Raises UserError if it cannot be built again."""
    if made_by.configuration is not None:
        return _configured(made_by)
    make, arguments = made_by.make, arguments_of(made_by.make, made_by.arguments)
    if made_by.library or not (isinstance(make, type) or numbers_in(arguments)):
        make, arguments = constructor_of(make, made_by.arguments)
    return _recipe(make, arguments, numbers_in(arguments))


def _recipe(make: Callable[..., Any], arguments: Mapping[str, Any], numbers: Mapping[str, Setting]) -> Recipe | None:
    built = again()

    def made(values: Mapping[str, Setting]) -> nn.Module:
        return built(make, getattr(make, "__name__", "model"), unshared(with_numbers(arguments, values)))

    return Recipe(_sizes(numbers), made) if numbers else None


def _configured(made_by: MadeBy) -> Recipe | None:
    """Of a configuration's numbers those that were given, or whose default is a number: others are worked out from them."""
    kind = made_by.configuration
    arguments = settings_of(kind, made_by.arguments)

    built = again()

    def made(values: Mapping[str, Setting]) -> nn.Module:
        given = with_numbers(arguments, values)
        return built(lambda: made_by.make(kind(**given)), kind.__name__, {})

    values = _sizes(numbers_in(arguments))
    return Recipe(values, made) if values else None


def again() -> Callable[..., nn.Module]:
    """Builds a model as often as it is wanted: once it was built on meta alone, other numbers are not tried with real values.

    Most numbers that do not fit (heads that do not divide a width) would not fit with values either, which cost a hundred times as much.
    """
    light = False

    def built(make: Callable[..., Any], name: str, given: Mapping[str, Any]) -> nn.Module:
        nonlocal light
        with quietly():
            try:
                model = build(make, name, given, shown={}, only_meta=True)
            except UserError:
                if light:
                    raise
                return build(make, name, given, shown={})
            light = True
            return model

    return built


@contextmanager
def quietly() -> Iterator[None]:
    """What a constructor prints or logs was said when the model itself was built; at other numbers it is noise."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def settings_of(kind: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration's settings as far as they are numbers, lists of numbers, or configurations that hold them."""
    defaults = defaults_of(kind)
    found = {name: {**defaults, **given}[name] for name in (*defaults, *given)}
    found = {name: value for name, value in found.items() if name in given or numbers_in({name: value})}
    for name, part in (getattr(kind, "sub_configs", None) or {}).items():
        inner = found.get(name)
        if inner is None and hasattr(part, "model_type"):
            inner = {}
        if isinstance(inner, Mapping) and hasattr(part, "model_type"):
            found[name] = settings_of(part, inner)
    return found


def defaults_of(kind: Any) -> dict[str, Any]:
    """The settings of a configuration's own architecture, as they are by default."""
    fields = getattr(kind, "__dataclass_fields__", {})
    defaults = {name: field.default for name, field in fields.items() if name in _own(kind)}
    return {**defaults, **{k: v for k, v in arguments_of(kind, {}).items() if k in _own(kind)}}


def _own(kind: Any) -> set[str]:
    """The settings of this architecture, not those that every configuration of the library has."""
    base = next((b for b in kind.__mro__ if b.__name__ in ("PreTrainedConfig", "PretrainedConfig")), object)
    names = {name for one in kind.__mro__ if one not in base.__mro__ for name in getattr(one, "__annotations__", {})}
    return names or set(arguments_of(kind, {}))


def _sizes(numbers: Mapping[str, Setting]) -> dict[str, Setting]:
    return {name: value for name, value in numbers.items() if is_size(name)}


def is_size(name: str) -> bool:
    """Whether a setting may be a size, and not the number of a token or of a search's beams."""
    return not name.endswith(_NOT_SIZES)


def constructor_of(make: Callable[..., Any], given: Mapping[str, Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The class whose instance a function returns, and all that it was called with: seen while it is built once more."""
    model = build(make, getattr(make, "__name__", "model"), given, shown={})
    kind = type(model)
    with watched(kind) as calls:
        model = build(make, getattr(make, "__name__", "model"), given, shown={})
    return kind, arguments_of(kind, next((arguments for made, arguments in calls if made is model), {}))


@contextmanager
def watched(kind: type[nn.Module]) -> Iterator[list[tuple[nn.Module, dict[str, Any]]]]:
    """The instances of a class that are made meanwhile, each with its arguments by name."""
    original = kind.__init__
    signature = inspect.signature(original)
    own = "__init__" in kind.__dict__
    calls: list[tuple[nn.Module, dict[str, Any]]] = []

    @functools.wraps(original)
    def noting(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(self, *args, **kwargs).arguments
        arguments = dict(list(bound.items())[1:])  # without self
        for name in [n for n, p in signature.parameters.items() if p.kind is p.VAR_KEYWORD and n in arguments]:
            arguments |= arguments.pop(name)
        calls.append((self, unshared(arguments)))  # as they are now: a constructor may empty its lists
        original(self, *args, **kwargs)

    kind.__init__ = noting  # type: ignore[method-assign]
    try:
        yield calls
    finally:
        if own:
            kind.__init__ = original  # type: ignore[method-assign]
        else:
            del kind.__init__
