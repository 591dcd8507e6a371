"""The texts of the cost modules: both languages, the same placeholders, full-width punctuation beside Chinese."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import explainer.cost
from explainer.formula import Symbol
from explainer.text.bi import Bi

MODULES = [f"explainer.cost.{module.name}" for module in pkgutil.iter_modules(explainer.cost.__path__)]


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
