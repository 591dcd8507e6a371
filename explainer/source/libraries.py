"""What loading from timm and from transformers have in common."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from contextlib import suppress
from types import ModuleType

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.source import torchvision_models as zoo
from explainer.source.inputs import Input

Guesses = tuple[tuple[Input, ...], ...]

MISSING = Bi(
    zh="这个模型在{library}里，但没有装{library}：请运行 pip install {library}。",
    en="This model is {library}'s, and {library} is not installed: run pip install {library}.",
)
UNKNOWN = Bi(
    zh="{library}里没有名为“{name}”的模型。{near}",
    en="{library} has no model named '{name}'.{near}",
)


def library(name: str) -> ModuleType:
    """The library, after torchvision's repair, which both import. Raises UserError where it is not installed."""
    with suppress(UserError):  # they may do without
        zoo.torchvision()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(MISSING.format(library=name)) from error


def unknown(library: str, name: str, known: Iterable[str]) -> Bi:
    """That it has no such model, and the nearest names."""
    return UNKNOWN.format(library=library, name=name, near=near_names(name, known))


def close_names(name: str, known: Iterable[str]) -> list[str]:
    """The names that come closest: the same letters and digits first (`resnet-50`, `vgg_16`)."""
    known = list(known)
    same = [one for one in known if _letters(one) == _letters(name)]
    near = difflib.get_close_matches(name.lower(), known, n=4, cutoff=0.5)
    return [*same, *(one for one in near if one not in same)][:4]


def near_names(name: str, known: Iterable[str]) -> Bi:
    """A sentence with the names that come closest, or nothing."""
    near = close_names(name, known)
    return Bi(f"相近的有：{'、'.join(near)}。", f" Close to it: {', '.join(near)}.") if near else Bi("", "")


def _letters(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
