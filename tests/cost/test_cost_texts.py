"""The texts of the cost modules: both languages, the same placeholders, full-width punctuation beside Chinese."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import explainer.cost
import explainer.measure
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi

MODULES = [
    module.name
    for package in (explainer.cost, explainer.measure)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


def texts(name: str) -> list[Bi]:
    found = []
    for value in vars(importlib.import_module(name)).values():
        for one in value.values() if isinstance(value, dict) else [value]:
            if isinstance(one, Symbol):
                found += [text for text in (one.meaning, one.label) if text]
            elif isinstance(one, Bi):
                found.append(one)
    return found


@pytest.mark.parametrize("name", MODULES)
def test_texts(name):
    for text in texts(name):
        zh, en = text.placeholders()
        assert zh == en, text
        assert text.zh and text.en, text
        assert not re.search(r"[一-鿿]", text.en), text
        assert not re.search(r"[一-鿿][,;:?!]|[,;:?!][一-鿿]", text.zh), text


def test_there_are_texts():
    assert sum(len(texts(name)) for name in MODULES) > 40
