"""Where numbers come from: a rule says the same of a call whose sizes remember it, and the origins are true."""

from __future__ import annotations

from random import Random

import pytest
from nets import walked, zoo_walk
from torch import nn

from explainer.rules import DoesNotApply, default_registry
from explainer.tracing.forward import trace
from explainer.tracing.provenance import sourced
from explainer.walkthrough.case import Origin

REGISTRY = default_registry()


class Alone(nn.Module):
    def __init__(self, build):
        super().__init__()
        self.step = build()

    def forward(self, *inputs):
        return self.step(*inputs)


def said(part, call):
    try:
        return part(call)
    except DoesNotApply:
        return None


@pytest.mark.parametrize("rule", REGISTRY.rules, ids=[rule.name for rule in REGISTRY.rules])
def test_a_rule_says_the_same_of_a_call_that_remembers(rule):
    random = Random(rule.name)
    for _ in range(4):
        sample = rule.sample(random)
        for call in trace(Alone(sample.build), sample.inputs(), atomic=REGISTRY.is_atomic).calls:
            if found := REGISTRY.for_call(call):
                assert said(found.parameters, sourced(call)) == said(found.parameters, call)
                assert said(found.output, sourced(call)) == said(found.output, call)


def origins(layer):
    found = {**layer.parameters.origins, **layer.output.origins}
    return {symbol.name: (origin.kind, origin.at, origin.dim) for symbol, origin in found.items()}


def test_a_convolutions_numbers():
    (layer,) = walked(nn.Conv2d(6, 6, 6, stride=6), (6, 6, 12, 36)).layers
    found = origins(layer)
    assert found["k_h"] == ("weight", "weight", 2)
    assert found["k_w"] == ("weight", "weight", 3)
    assert (found["N"], found["H"], found["W"]) == (("input", 0, 0), ("input", 0, 2), ("input", 0, 3))
    assert found["C_out"][0] == "weight"
    assert "H_out" not in found  # worked out from several


def test_every_origin_has_the_value_that_it_names():
    checked = 0
    for layer in zoo_walk("swin_t").layers:
        for case in (layer.parameters, layer.output):
            for symbol, origin in (case.origins if case else {}).items():
                assert isinstance(origin, Origin)
                if origin.kind == "input":
                    assert layer.call.operands[origin.at].shape[origin.dim] == case.values[symbol]
                    checked += 1
                elif origin.kind == "option" and layer.call.op and origin.dim is None:
                    assert layer.call.op.options[origin.at] == case.values[symbol]
                    checked += 1
    assert checked > 300


def test_values_stay_ordinary_integers():
    (layer,) = walked(nn.Linear(4, 3), (2, 4)).layers
    assert {type(value) for value in (*layer.parameters.values.values(), *layer.output.values.values())} == {int}


class Halves(nn.Module):
    def forward(self, x):
        left, right = x.chunk(2, 1)
        return right - left


def test_which_output_of_a_call_is_used():
    split, subtraction = walked(Halves(), (1, 8)).layers
    assert [(ref.source, ref.output) for ref in subtraction.call.operands] == [(split.index, 1), (split.index, 0)]
