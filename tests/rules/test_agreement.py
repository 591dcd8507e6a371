"""Every rule against torch: random layers of its own sampler, built and run on the meta device.

torch is asked directly here (parameters, output shape, FlopCounterMode), not through the verify stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nets import Function
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explainer.formula.tree import evaluate, specialise, substitute
from explainer.rules import Rule, default_registry
from explainer.tracing.call import Call
from explainer.tracing.forward import trace

REGISTRY = default_registry()
EACH_RULE = pytest.mark.parametrize("rule", REGISTRY.rules, ids=[rule.name for rule in REGISTRY.rules])
TORCH_COUNTS_NOT_ALL = {"matmul", "bilinear"}  # a matrix with a vector, x₁ᵀAx₂: multiply-accumulates all the same
SEEDS = st.integers(0, 2**32 - 1)
UNWRITTEN = {"getitem"}  # no formula gives its shape: nothing to agree on


@dataclass(frozen=True)
class Run:
    """One sample of a rule, run by torch alone and traced by us."""

    rule: Rule
    layer: object
    call: Call
    params: int
    shape: tuple[int, ...]
    flops: int


def run_sample(rule: Rule, seed: int) -> Run:
    sample = rule.sample(Random(seed))
    inputs = sample.inputs()
    with torch.device("meta"):
        layer = sample.build()
    if isinstance(layer, nn.Module):
        layer.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = layer(*inputs)
    first = output if isinstance(output, torch.Tensor) else output[0]
    model = layer if isinstance(layer, nn.Module) else Function(layer)
    calls = trace(model, inputs, atomic=REGISTRY.is_atomic).calls
    mine = [call for call in calls if REGISTRY.for_call(call) is rule]
    assert mine, f"the sampler of {rule.name} makes {[call.type for call in calls]}, which other rules explain"
    params = sum(parameter.numel() for parameter in layer.parameters()) if isinstance(layer, nn.Module) else 0
    return Run(rule, layer, mine[0], params, tuple(first.shape), counter.get_total_flops())


def worth(formula, values) -> int:
    return evaluate(substitute(specialise(formula, values), values))


@EACH_RULE
@settings(max_examples=25)
@given(seed=SEEDS)
def test_a_random_layer_agrees_with_torch(rule, seed):
    run = run_sample(rule, seed)
    parameters, output = rule.parameters(run.call), rule.output(run.call)
    assert worth(parameters.formula, parameters.values) == run.params, run.layer
    assert run.call.output_shapes[0] == run.shape
    if rule.name not in UNWRITTEN:
        assert tuple(worth(axis.size, output.values) for axis in output.axes) == run.shape, run.layer
    assert run.call.flops == run.flops
    macs = worth(output.macs, output.values) if output.macs is not None else 0
    counted = run.flops or rule.name not in TORCH_COUNTS_NOT_ALL
    assert 2 * macs == run.flops or not counted, run.layer


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


def seen(rule_name: str, read) -> set:
    """What a sampler draws, over many seeds."""
    rule = next(rule for rule in REGISTRY.rules if rule.name == rule_name)
    found = set()
    for seed in range(150):
        with torch.device("meta"):
            found.add(read(rule.sample(Random(seed)).build()))
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
