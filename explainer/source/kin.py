"""The ready-made models of a library that are built by the same class as a model: found by calling the library's own functions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from explainer.source import torchvision_models as zoo
from explainer.source.libraries import library
from explainer.source.recipe import MadeBy, constructor_of, quietly
from explainer.source.settings import arguments_of


@dataclass(frozen=True)
class Kin:
    """name: as its library has it; arguments: what its class is called with, by name."""

    name: str
    arguments: Mapping[str, Any]


class _Seen(BaseException):
    """The class was called: no more needs to be built. No `Exception`, so that no constructor catches it."""


def kin_of(made_by: MadeBy, home: str) -> tuple[Mapping[str, Any], list[Kin]]:
    """What the model's class was called with, and every model of the library that is one more instance of it, itself among them.

    home: `torchvision` or `timm`; nothing for any other. Raises UserError where the model cannot be built again.
    """
    if not made_by.library or home not in ("torchvision", "timm"):
        return {}, []
    kind, arguments = constructor_of(made_by.make, made_by.arguments)
    assert isinstance(kind, type)
    builders = _torchvision(kind) if home == "torchvision" else _timm(kind)
    found = []
    for name, build in builders.items():
        seen = _called_with(kind, build)
        if seen is not None:
            found.append(Kin(name, arguments_of(kind, seen)))
    return arguments, found


def different(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """The names of the arguments that are not the same."""
    return [name for name in theirs if name not in ours or not _same(ours[name], theirs[name])]


def _torchvision(kind: type) -> dict[str, Callable[[], Any]]:
    """The functions of the module that has the class."""
    found: dict[str, Callable[[], Any]] = {}
    for name in zoo.names():
        builder = zoo.builder(name)
        if builder is not None and builder.__module__ == kind.__module__:
            takes = inspect.signature(builder).parameters
            none = {one: None for one in ("weights", "weights_backbone") if one in takes}
            found[name] = functools.partial(builder, **none)
    return found


def _timm(kind: type) -> dict[str, Callable[[], Any]]:
    timm = library("timm")
    names = timm.list_models(module=kind.__module__.rpartition(".")[2])
    return {name: functools.partial(timm.create_model, name, pretrained=False) for name in names}


def _called_with(kind: type[nn.Module], build: Callable[[], Any]) -> dict[str, Any] | None:
    """What a function calls the class with; None where it does not, or fails."""
    with _stopping(kind) as seen, torch.device("meta"), quietly():
        try:
            build()
        except _Seen:
            return seen[0]
        except Exception:  # a model that this installation cannot build is none to show
            return None
    return None


@contextmanager
def _stopping(kind: type[nn.Module]) -> Iterator[list[dict[str, Any]]]:
    """The class's own constructor notes its arguments and ends; that of a subclass goes on."""
    original, own = kind.__init__, "__init__" in kind.__dict__
    signature = inspect.signature(original)
    seen: list[dict[str, Any]] = []

    @functools.wraps(original)
    def noting(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        if type(self) is not kind:
            return original(self, *args, **kwargs)
        bound = signature.bind(self, *args, **kwargs).arguments
        arguments = dict(list(bound.items())[1:])  # without self
        for name in [n for n, p in signature.parameters.items() if p.kind is p.VAR_KEYWORD and n in arguments]:
            arguments |= arguments.pop(name)
        seen.append(arguments)
        raise _Seen

    kind.__init__ = noting  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        if own:
            kind.__init__ = original  # type: ignore[method-assign]
        else:
            del kind.__init__


def _same(one: Any, other: Any) -> bool:
    """Equal values; functions with arguments and settings objects by what they hold; modules never."""
    if one is other:
        return True
    if type(one) is not type(other) or isinstance(one, nn.Module | torch.Tensor):
        return False
    if isinstance(one, functools.partial):
        return _same(one.func, other.func) and _same(one.args, other.args) and _same(one.keywords, other.keywords)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if hasattr(one, "__dict__") and not callable(one):
        return _same(vars(one), vars(other))
    return bool(one == other)
