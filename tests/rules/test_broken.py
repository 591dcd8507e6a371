"""A rule that does not apply is passed over; a rule that is broken is never silent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from nets import meta
from torch import nn

import explainer
from explainer.derive.pipeline import walk_model
from explainer.formula.tree import Number, Symbol
from explainer.rules import Axis, DoesNotApply, Output, Parameters, Registry, default_registry
from explainer.walkthrough.broken_rules import broken_rules
from explainer.walkthrough.verdict import Verdict

LINEAR = next(rule for rule in default_registry().rules if rule.name == "linear")
NOBODY = Symbol("Q", explainer.Bi("谁也不知道的数", "a number that nobody knows"))


def raising(error: Exception):
    def say(call):
        raise error

    return say


def walked(model: nn.Module | None = None, **changes):
    registry = Registry(rule for rule in default_registry().rules if rule is not LINEAR)
    registry.add(replace(LINEAR, **changes))
    return walk_model(model or nn.Linear(3, 5), (meta(2, 3),), {}, name="net", source="test", registry=registry)


def test_a_rule_that_does_not_apply_leaves_torchs_figures():
    walk = walked(parameters=raising(DoesNotApply()), output=raising(DoesNotApply()))
    (layer,) = walk.layers
    assert (layer.params, layer.shape) == (None, ())
    assert (layer.macs.value, layer.macs_verdict) == (2 * 3 * 5, Verdict.AGREES)  # the product that torch ran
    assert (layer.value, layer.params_verdict, layer.error) == (20, Verdict.UNCHECKED, None)
    assert walk.agrees
    assert broken_rules(walk) == []


@pytest.mark.parametrize(
    "error", [TypeError("no"), AttributeError("no"), AssertionError("no"), ZeroDivisionError("no"), OSError("no")]
)
@pytest.mark.parametrize("part", ["parameters", "output"])
def test_any_other_exception_is_kept_with_the_layer(part, error):
    walk = walked(**{part: raising(error)})
    (layer,) = walk.layers
    assert layer.error == f"linear: {type(error).__name__}: no"
    assert not walk.agrees
    (said,) = broken_rules(walk)
    for text in (said.zh, said.en):
        assert layer.error in text


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": lambda call: Parameters(NOBODY)},
        {"parameters": lambda call: Parameters(Number(1) / Number(2))},
        {"output": lambda call: Output((Axis("F", NOBODY),))},
        {"output": lambda call: Output((Axis("F", Number(5)),), macs=NOBODY)},
    ],
    ids=["no number", "not whole", "an axis", "macs"],
)
def test_a_formula_without_a_value_is_a_broken_rule(changes):
    walk = walked(**changes)
    assert walk.layers[0].error
    assert not walk.agrees


def test_one_sentence_for_all_layers_of_a_rule():
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3), nn.Linear(3, 3))
    (said,) = broken_rules(walked(model, output=raising(KeyError("typo"))))
    assert "2 more layers" in said.en
    assert "另有2层" in said.zh


def test_the_rule_of_a_layer_that_is_never_called():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.spare, self.used = nn.Linear(3, 5), nn.ReLU()

        def forward(self, x):
            return self.used(x)

    walk = walked(Net(), parameters=raising(KeyError("typo")))
    assert [part.path for part in walk.broken] == ["spare"]


@pytest.fixture
def typo(monkeypatch):
    """The default registry with a linear rule that has a typo."""
    registry = Registry(default_registry().rules)
    registry.add(replace(LINEAR, output=lambda call: call.modul), replace=True)
    monkeypatch.setattr("explainer.rules.default_registry", lambda: registry)


@pytest.mark.parametrize(("lang", "word"), [("zh", "有错"), ("en", "is broken")])
def test_the_command_says_it_in_one_line(typo, run, lang, word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("from torch import nn\nnet = nn.Linear(3, 5)\n")
    ran = run("net.py:net", "--input", "2,3", "--lang", lang, "-o", "x.md")
    assert ran.code == 1
    assert word in ran.sentence
    assert "Traceback" not in ran.err
    assert (tmp_path / "x.md").exists()
    debugged = run("net.py:net", "--input", "2,3", "--lang", lang, "--debug", "-o", "x.md")
    assert "Traceback" in debugged.err
    assert "modul" in debugged.err


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "A rule is broken: on Linear .Linear. linear: "), ("zh", "规则有错：用于 Linear（Linear）时出现 linear: ")],
)
def test_python_warns(typo, lang, said):
    with pytest.warns(RuntimeWarning, match=said + "AttributeError"):
        explainer.explain(nn.Linear(3, 5), (2, 3), lang=lang)
