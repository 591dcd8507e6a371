"""`explainer.testing.check_rule`: sound rules pass, and each kind of fault is said with the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from torch import nn

from explainer.formula.role import Role
from explainer.formula.tree import Number, Symbol
from explainer.i18n.bilingual import Bi
from explainer.rules import Axis, DoesNotApply, Registry, default_registry
from explainer.testing import check_rule
from explainer.vocabulary.symbols import F_out

RULES = {rule.name: rule for rule in default_registry().rules}
LINEAR = RULES["linear"]
NO_LEGEND = Symbol("Q", Bi("", ""), role=Role.FEATURES)
NO_ROLE = Symbol("Q", Bi("数", "number"))
COUNTED = Bi(zh="有{F_out}个输出特征。", en="It has {F_out:output|outputs}.")


def parameters(**changes):
    return {"parameters": lambda call: replace(LINEAR.parameters(call), **changes)}


def output(**changes):
    return {"output": lambda call: replace(LINEAR.output(call), **changes)}


def counted(call):
    """A sentence that names one output more than the formula has."""
    found = LINEAR.parameters(call)
    (symbol,) = (symbol for symbol in found.values if symbol.name == "F_out")
    return replace(found, why=(COUNTED.format(F_out=found.values[symbol] + 1),))


def counted_in_a_part(call):
    """The same where a second sentence follows the first."""
    found = counted(call)
    return replace(found, why=(found.why[0] + Bi("没有别的。", " There is nothing else."),))


def misspelt(call):
    """A placeholder without its number."""
    return replace(LINEAR.parameters(call), why=(COUNTED.format(F_on=1),))


def without_role(call):
    found = LINEAR.parameters(call)
    return replace(found, formula=found.formula + NO_ROLE, values={**found.values, NO_ROLE: 0})


def refused(call):
    raise DoesNotApply("never")


def unclaimed(call):
    return replace(LINEAR.parameters(call), claims=("weight",))


@pytest.mark.parametrize("name", ["linear", "conv2d", "multi_head_attention", "ReLU", "cat"])
def test_a_sound_rule_passes(name):
    check_rule(RULES[name], samples=3)


FAULTS = {
    "parameters": (
        parameters(formula=F_out),
        ["linear: Linear(in_features=", "parameters: F_out = ", "torch has", "a difference of -"],
    ),
    "no number": (parameters(formula=Symbol("Z", F_out.meaning)), ["no number for Z"]),
    "claims": ({"parameters": unclaimed}, ["bias", "not among the claims"]),
    "shape": (output(axes=(Axis("F", Number(1)), Axis("G", Number(10**6)))), ["output F: 1 = 1 = 1", "torch has"]),
    "dimensions": (output(axes=()), ["the output has", "dimensions"]),
    "macs": (output(macs=F_out), ["multiply-accumulates: F_out = ", "torch has", "a difference of -"]),
    "macs forgotten": (output(macs=None), ["multiply-accumulates, the rule none"]),
    "macs without a reason": (output(macs_why=(), why=()), ["macs_why"]),
    "legend": (parameters(formula=NO_LEGEND, values={NO_LEGEND: 1}), ["parameters"]),
    "no reason": (parameters(why=()), ["without a reason"]),
    "half width": (parameters(why=(Bi("共1个, 没有了。", "One."),)), ["half-width punctuation"]),
    "no sentence": (parameters(why=(Bi("共1个", "One"),)), ["no whole sentence"]),
    "unfilled": (parameters(why=(Bi("共{n}个。", "{n} in all."),)), ["a placeholder that was not filled"]),
    "macs_why": (output(macs_why=(Bi("乘加。", ""),)), ["empty in one language"]),
    "a number in a sentence": ({"parameters": counted}, ["a sentence names F_out as", "the formula has"]),
    "a number in a part of a sentence": ({"parameters": counted_in_a_part}, ["a sentence names F_out as"]),
    "no role": ({"parameters": without_role}, ["the symbol Q has no role"]),
    "a placeholder misspelt": (
        {"parameters": misspelt},
        ["linear: Linear(in_features=", "parameters raises KeyError: 'F_out'"],
    ),
    "does not apply": ({"output": refused}, ["linear: Linear(in_features=", "output raises DoesNotApply: never"]),
    "title": ({"title": Bi("linear", "linear")}, ["its title", "no Chinese"]),
    "another's layer": ({"sample": RULES["ReLU"].sample}, ["which other rules or none explain"]),
}


@pytest.mark.parametrize(("changes", "said"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_said(changes, said):
    with pytest.raises(AssertionError) as raised:
        check_rule(replace(LINEAR, **changes), samples=6)
    for part in said:
        assert part in str(raised.value)


def test_a_registry_of_ones_own():
    check_rule(LINEAR, samples=2, registry=Registry([LINEAR]))


def test_a_rule_that_takes_a_layer_over_is_checked_in_its_place():
    check_rule(replace(LINEAR, name="mine", modules=(nn.Linear,)), samples=2)
    assert "mine" not in {rule.name for rule in default_registry().rules}
