"""The registry: what is taken stays taken, `replace` replaces, and nobody's broken package stops anybody."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from itertools import chain, cycle
from types import ModuleType

import pytest
from torch import nn

from explainer.rules import Registry, default_registry
from explainer.rules import registry as registries
from explainer.rules.registry import plugged_in

RULES = default_registry().rules
LINEAR = next(rule for rule in RULES if nn.Linear in rule.modules)
RELU = next(rule for rule in RULES if nn.ReLU in rule.modules)
OWN = replace(LINEAR, name="own", modules=("plugin.Own",), functions=())


def test_the_same_rule_twice_is_the_same_as_once():
    registry = Registry([LINEAR, LINEAR])
    registry.add(LINEAR)
    assert registry.rules == [LINEAR]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(LINEAR, title=RELU.title), "exists already"),
        (replace(LINEAR, name="other"), "has a rule already"),
        (replace(OWN, modules=("torch.nn.modules.linear.Linear",)), "has a rule already"),
        (replace(OWN, functions=LINEAR.functions or RELU.functions), "has a rule already"),
    ],
    ids=["name", "class", "class by its name", "function"],
)
def test_a_name_or_a_target_can_be_taken_only_once(other, said):
    registry = Registry([LINEAR, RELU])
    with pytest.raises(ValueError, match=said):
        registry.add(other)
    assert registry.rules == [LINEAR, RELU]
    assert registry.for_module(nn.Linear(1, 1)) is LINEAR


def test_replace_takes_name_and_targets():
    registry = Registry([LINEAR, RELU])
    other = replace(LINEAR, title=RELU.title)
    registry.add(other, replace=True)
    assert registry.rules == [RELU, other]
    assert registry.for_module(nn.Linear(1, 1)) is other


def test_replace_takes_a_target_from_a_rule_of_another_name():
    registry = Registry([LINEAR, RELU])
    other = replace(LINEAR, name="other", functions=())
    registry.add(other, replace=True)
    assert registry.for_module(nn.Linear(1, 1)) is other
    assert LINEAR in registry.rules


def test_a_class_and_its_name_are_one_target():
    registry = Registry([LINEAR, RELU])
    named = replace(OWN, modules=("torch.nn.modules.linear.Linear",))
    registry.add(named, replace=True)
    assert registry.for_module(nn.Linear(1, 1)) is named
    with pytest.raises(ValueError, match="has a rule already"):
        registry.add(replace(LINEAR, name="other", functions=()))
    registry.add(replace(LINEAR, name="other", functions=()), replace=True)
    assert registry.for_module(nn.Linear(1, 1)).name == "other"


def test_what_is_no_rule_is_said():
    with pytest.raises(TypeError, match="str is no Rule"):
        Registry().add("linear")


@pytest.fixture
def plugin(monkeypatch):
    """`plugin(RULES=…)`: the broken list and the registry with an installed package that names these."""

    def installed(value: str = "plugin:RULES", **names: object) -> Registry:
        module = ModuleType("plugin")
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, "plugin", module)
        registry = Registry([LINEAR])
        plugged_in(registry, [EntryPoint("mine", value, "explainer.rules")])
        return registry

    return installed


@pytest.mark.parametrize("rules", [OWN, [OWN], (OWN,), iter([OWN])], ids=["one", "list", "tuple", "iterator"])
def test_a_package_names_one_rule_or_several(plugin, rules):
    registry = plugin(RULES=rules)
    assert registry.rules == [LINEAR, OWN]
    assert registry.broken == []


@pytest.mark.parametrize(
    ("value", "rules", "said"),
    [
        ("plugin:NO_SUCH", (), "AttributeError"),
        ("no_such_module:RULES", (), "ModuleNotFoundError"),
        ("plugin:RULES", 7, "TypeError"),
        ("plugin:RULES", [OWN, "text"], "TypeError: str is no Rule"),
        ("plugin:RULES", [OWN, replace(OWN, name="linear")], "exists already"),
        ("plugin:RULES", (sys.exit(3) for _ in "."), "SystemExit: 3"),  # a module that is meant as a script
        ("plugin:RULES", chain([OWN], cycle("."), [OWN]), "TypeError: str is no Rule"),
    ],
)
def test_a_broken_package_changes_nothing_and_is_kept(plugin, value, rules, said):
    registry = plugin(value, RULES=rules)
    ((name, reason),) = registry.broken
    assert name == f"mine = {value}"
    assert said in reason
    assert registry.rules == [LINEAR]


def broken_registry() -> Registry:
    registry = Registry(RULES)
    registry.broken.append(("mine = plugin:RULES", "AttributeError: module 'plugin' has no attribute 'RULES'"))
    return registry


@pytest.mark.parametrize(("lang", "word"), [("zh", "第三方规则"), ("en", "plug-in")])
def test_a_broken_package_is_one_line_of_warning(monkeypatch, run, tmp_path, lang, word):
    monkeypatch.setattr(registries, "default_registry", broken_registry)
    monkeypatch.setattr("explainer.rules.default_registry", broken_registry)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("from torch import nn\nnet = nn.Linear(3, 5)\n")
    ran = run("net.py:net", "--input", "2,3", "--lang", lang, "-o", "x.md")
    assert ran.code == 0
    assert word in ran.sentence
    assert "mine = plugin:RULES" in ran.sentence


def test_doctor_shows_a_broken_package(monkeypatch, run):
    monkeypatch.setattr("explainer.rules.default_registry", broken_registry)
    ran = run("doctor", "--lang", "en")
    assert "mine = plugin:RULES" in ran.out
    assert "no attribute 'RULES'" in ran.out
