"""Every rule against torch: random layers of its own sampler, built and run on the meta device (with values where it runs with values only).

torch is asked directly here (parameters, output shape, FlopCounterMode), not through the verify stage.
"""

from __future__ import annotations

import re
from random import Random

import pytest
import torch
from torch import nn

from explainer.formula.tree import symbols
from explainer.rules import default_registry
from explainer.testing import check_rule, run_sample

REGISTRY = default_registry()
EACH_RULE = pytest.mark.parametrize("rule", REGISTRY.rules, ids=[rule.name for rule in REGISTRY.rules])


@EACH_RULE
def test_a_random_layer_agrees_with_torch(rule):
    """And its texts keep the contract, and the ledger's line of torch's counter is what the counter prints."""
    check_rule(rule, samples=25)


@EACH_RULE
def test_a_sampler_draws_from_its_seed_alone(rule):
    torch.manual_seed(1)
    first = run_sample(rule, 7)
    torch.manual_seed(2)
    second = run_sample(rule, 7)
    assert str(first.layer) == str(second.layer) or not isinstance(first.layer, nn.Module)
    assert first.call.input_shapes == second.call.input_shapes
    assert first.shape == second.shape


@EACH_RULE
def test_a_sampler_varies(rule):
    drawn = {rule.sample(Random(seed)).input_shapes for seed in range(20)}
    assert len(drawn) > 1


@EACH_RULE
def test_only_parameters_that_the_rule_claims_are_counted(rule):
    run = run_sample(rule, 3)
    if isinstance(run.layer, nn.Module):
        assert set(dict(run.layer.named_parameters())) <= set(rule.parameters(run.call).claims)


@EACH_RULE
def test_a_layer_that_learns_nothing_says_so(rule):
    parameters = rule.parameters(run_sample(rule, 0).call)
    if not list(symbols(parameters.formula)) and not parameters.claims:
        text = "".join(why.en for why in parameters.why)
        assert re.search(r"no |nothing|fixed|not |only", text), text


def seen(rule_name: str, read) -> set:
    """What a sampler draws, over many seeds."""
    rule = next(rule for rule in REGISTRY.rules if rule.name == rule_name)
    found = set()
    for seed in range(150):
        found.add(read(rule.sample(Random(seed)).made()))
    return found


@pytest.mark.parametrize("name", [f"conv{kind}{dims}d" for kind in ("", "_transpose") for dims in (1, 2, 3)])
def test_convolutions_are_drawn_with_every_option(name):
    assert seen(name, lambda layer: layer.bias is not None) == {True, False}
    assert any(g > 1 for g in seen(name, lambda layer: layer.groups))
    assert any(set(d) != {1} for d in seen(name, lambda layer: layer.dilation))
    assert any(set(s) != {1} for s in seen(name, lambda layer: layer.stride))
    if "transpose" in name:
        assert any(any(o) for o in seen(name, lambda layer: layer.output_padding))
    else:
        assert {"same", "valid"} <= seen(name, lambda layer: layer.padding)
    if not name.endswith("1d"):
        assert any(len(set(k)) > 1 for k in seen(name, lambda layer: layer.kernel_size))


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_poolings_are_drawn_with_every_option(name):
    assert seen(name, lambda layer: layer.ceil_mode) == {True, False}
    assert len(seen(name, lambda layer: layer.padding)) > 1
    assert len(seen(name, lambda layer: str(layer.stride))) > 2
