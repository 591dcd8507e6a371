"""What every rule and every text of the package must have, in both languages."""

from __future__ import annotations

import importlib
import pkgutil
from collections import OrderedDict
from dataclasses import fields, is_dataclass
from enum import Enum

import pytest
from msgspec import Struct
from torch import nn
from torch.nn.modules import activation, dropout, pooling

import explainer
from explainer.i18n.bilingual import Bi
from explainer.i18n.written import faults
from explainer.rules import default_registry

REGISTRY = default_registry()


def found_in(value: object, where: str, seen: set[int]) -> list[tuple[str, Bi]]:
    """The texts in a value: itself, or in its items, fields and members."""
    if id(value) in seen:
        return []
    seen.add(id(value))
    if isinstance(value, Bi):
        return [(where, value)]
    if isinstance(value, OrderedDict):  # a cache of what was computed, not a text of the module
        inner = []
    elif isinstance(value, dict):
        inner = [(f"{where}[{key!r}]", part) for key, part in value.items()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner = [(f"{where}[{i}]", part) for i, part in enumerate(value)]
    elif isinstance(value, type) and issubclass(value, Enum):
        inner = [(f"{where}.{member.name}", member.value) for member in value]
    elif is_dataclass(value) and not isinstance(value, type):
        inner = [(f"{where}.{field.name}", getattr(value, field.name)) for field in fields(value)]
    elif isinstance(value, Struct):
        inner = [(f"{where}.{name}", getattr(value, name)) for name in value.__struct_fields__]
    elif callable(value) and isinstance(getattr(value, "__closure__", None), tuple):
        inner = [(f"{where}(…)", cell.cell_contents) for cell in value.__closure__]
    else:
        inner = []
    return [text for name, part in inner for text in found_in(part, name, seen)]


def modules() -> list[str]:
    names = [name for _, name, _ in pkgutil.walk_packages(explainer.__path__, "explainer.")]
    return [name for name in names if not name.endswith("__main__")]


def texts() -> dict[str, list[tuple[str, Bi]]]:
    """Every text that a module holds, by module, with the place where it was found."""
    seen: set[int] = set()
    found: dict[str, list[tuple[str, Bi]]] = {}
    for name in modules():
        for key, value in vars(importlib.import_module(name)).items():
            if not key.startswith("__") and (held := found_in(value, f"{name}.{key}", seen)):
                found.setdefault(name, []).extend(held)
    return found


TEXTS = texts()
EACH_MODULE = pytest.mark.parametrize("module", TEXTS)


def test_the_texts_are_found():
    places = {name.split(".")[1] for name in TEXTS}
    assert {"rules", "lesson", "i18n", "source", "tracing", "cli", "homework", "ledger"} <= places
    assert sum(map(len, TEXTS.values())) > 3000


@EACH_MODULE
def test_placeholders_are_the_same_in_both_languages(module):
    placeholders = {where: text.placeholders() for where, text in TEXTS[module]}
    assert {where: both for where, both in placeholders.items() if both[0] != both[1]} == {}


# A text may be empty in both languages (a two-dimensional layer has no "1-D " before its name) or a gap, or a name in both.
@EACH_MODULE
def test_each_language_is_written_in_its_own_way(module):
    found = {where: faults(text) for where, text in TEXTS[module] if text.zh.strip() != text.en.strip()}
    assert {where: said for where, said in found.items() if said} == {}


def test_rule_names_are_unique():
    names = [rule.name for rule in REGISTRY.rules]
    assert len(names) == len(set(names))


# Elsewhere or later: attention is a network of its own; unpooling needs another layer's indices.
LEFT_OUT = {
    "MultiheadAttention",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
}
TORCHS_OWN = [name for family in (activation, dropout, pooling) for name in family.__all__ if name not in LEFT_OUT]


@pytest.mark.parametrize("name", TORCHS_OWN)
def test_every_activation_dropout_and_pooling_of_torch_has_a_rule(name):
    cls = getattr(nn, name)
    assert any(cls in rule.modules for rule in REGISTRY.rules)


@pytest.mark.parametrize(
    "name",
    [
        *(f"Conv{kind}{dims}d" for kind in ("", "Transpose") for dims in (1, 2, 3)),
        *(f"BatchNorm{dims}d" for dims in (1, 2, 3)),
        "Linear",
        "Flatten",
        "Unflatten",
        "Identity",
        "Upsample",
        "UpsamplingNearest2d",
        "UpsamplingBilinear2d",
    ],
)
def test_every_layer_of_the_first_issue_has_a_rule(name):
    cls = getattr(nn, name)
    assert any(base in rule.modules for rule in REGISTRY.rules for base in cls.__mro__)


class Quiet(nn.ReLU):
    """A subclass that changes nothing."""


class Loud(nn.ReLU):
    """A subclass with a forward of its own."""

    def forward(self, x):
        return super().forward(x) + 1


def test_a_subclass_has_its_base_rule_unless_its_forward_is_its_own():
    relu = REGISTRY.for_module(nn.ReLU())
    assert relu is not None
    assert REGISTRY.for_module(Quiet()) is relu
    assert REGISTRY.for_module(Loud()) is None
    assert not REGISTRY.is_atomic(Loud())
    assert REGISTRY.for_module(nn.Sequential()) is None


def test_a_name_alone_makes_no_layer():
    class Conv2d(nn.Module):
        """Not torch's."""

        def forward(self, x):
            return x

    assert REGISTRY.for_module(Conv2d()) is None
