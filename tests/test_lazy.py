"""Lazy layers: explained as what they become; the caller's model keeps waiting for its first input."""

from __future__ import annotations

import pytest
import torch
from nets import Function
from torch import nn
from torch.nn.parameter import UninitializedParameter

from explainer import UserError, explain


def lazy() -> nn.Sequential:
    return nn.Sequential(
        nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.LazyInstanceNorm2d(affine=True), nn.Flatten(), nn.LazyLinear(10)
    )


def test_a_lazy_model_is_explained_as_what_it_becomes():
    # 3 → 8 channels, 10×10 → 8×8: (3·3·3+1)·8, 2·8, 2·8, (8·8·8+1)·10
    lesson = explain(lazy(), (1, 3, 10, 10), lang="zh")
    assert [layer.type for layer in lesson.layers] == ["Conv2d", "BatchNorm2d", "InstanceNorm2d", "Flatten", "Linear"]
    assert [layer.params.value for layer in lesson.layers] == [224, 16, 16, 0, 5130]
    assert lesson.agrees


def test_the_callers_model_stays_lazy():
    model = lazy()
    before, kinds = str(model), [type(module) for module in model.modules()]
    state = torch.get_rng_state()
    explain(model, (1, 3, 10, 10), lang="zh")
    assert str(model) == before
    assert [type(module) for module in model.modules()] == kinds
    assert all(isinstance(parameter, UninitializedParameter) for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), state)
    assert model(torch.zeros(1, 3, 12, 12)).shape == (1, 10)  # and may still become of another size


def test_sizes_known_before_are_kept():
    model = nn.Sequential(nn.Linear(4, 6), nn.LazyLinear(3))
    weight = model[0].weight
    lesson = explain(model, (2, 4), lang="en")
    assert [layer.params.value for layer in lesson.layers] == [30, 21]
    assert model[0].weight is weight


def test_tied_parameters_stay_tied():
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    lesson = explain(nn.Sequential(first, second, nn.LazyLinear(3)), (2, 4), lang="en")
    assert lesson.totals.params == 16 + 4 + 4 + 15


def test_a_wrong_input_is_explained():
    with pytest.raises(UserError) as failure:
        explain(lazy(), (3,), lang="en")
    assert "LazyConv2d" in failure.value.message.en


def test_a_lazy_layer_that_gets_no_input_is_named():
    model = Function(lambda model, x: model.used(x), used=nn.Linear(2, 2), never=nn.LazyLinear(3))
    with pytest.raises(UserError) as failure:
        explain(model, (1, 2), lang="zh")
    assert "never" in failure.value.message.zh


def test_training_is_the_models_own_choice():
    model = lazy().train()
    assert explain(model, (2, 3, 10, 10), lang="zh", train=True).walkthrough.trace.mode == "train"
    assert model.training
