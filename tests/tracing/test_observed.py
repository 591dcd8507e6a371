"""One run for an observer: what it sees, and that nothing of it is left behind."""

from __future__ import annotations

import random
import warnings

import pytest
import torch
from torch import nn

from explainer.tracing.observed import run_observed


class Seen:
    """Notes the modules that are called, in the order in which they begin."""

    def __init__(self):
        self.modules = []

    def run_module(self, module, forward, args, kwargs):
        self.modules.append(module)
        return forward(module, *args, **kwargs)


def net():
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout())


def test_the_observer_sees_every_module_and_everything_is_on_meta():
    model, seen = net(), Seen()
    output = run_observed(model, (torch.zeros(2, 4),), {}, seen, train=True)
    assert output.is_meta
    assert output.shape == (2, 3)
    assert seen.modules == [model, *model]


def test_keyword_arguments_go_to_meta_too():
    class Named(nn.Module):
        def forward(self, x, *, scale):
            return x * scale

    assert run_observed(Named(), (torch.zeros(2),), {"scale": torch.ones(2)}, train=False).is_meta


@pytest.mark.parametrize("real", [False, True])
def test_the_model_and_torch_are_as_before(real):
    model = net().eval()
    weight, mean, call = model[0].weight, model[1].running_mean.clone(), (nn.Module.__call__, nn.Module._call_impl)
    torch.manual_seed(3)
    random.seed(3)
    states = torch.get_rng_state(), random.getstate()
    run_observed(model, (torch.ones(2, 4),), {}, Seen(), train=False, real=real)
    assert model[0].weight is weight
    assert torch.equal(model[1].running_mean, mean)
    assert not any(module.training for module in model.modules())
    assert (nn.Module.__call__, nn.Module._call_impl) == call
    assert torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]


def test_real_runs_have_values():
    model = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(3)
    output = run_observed(model, (torch.ones(1, 2),), {}, train=False, real=True)
    assert output.item() == 6


@pytest.mark.parametrize("grad", [False, True])
def test_gradients_are_wanted_where_the_model_wants_them(grad):
    model = net()
    model[0].bias.requires_grad_(False)
    wanted = []

    def contexts(known):
        wanted.extend(tensor.requires_grad for tensor in known)
        return []

    output = run_observed(model, (torch.zeros(2, 4),), {}, None, contexts, train=True, grad=grad)
    inputs, weight, bias, *norm = wanted[:5]
    assert (inputs, weight, bias, *norm) == (False, grad, False, grad, grad)
    assert output.requires_grad is grad
    assert [parameter.requires_grad for parameter in model.parameters()] == [True, False, True, True]


def test_what_the_model_raises_comes_through_and_leaves_nothing():
    class Breaks(nn.Module):
        def forward(self, x):
            warnings.warn("nothing is computed", UserWarning, stacklevel=1)
            self.left_behind = x
            raise LookupError("no such thing")

    model, call = Breaks(), (nn.Module.__call__, nn.Module._call_impl)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(LookupError, match="no such thing"):
            run_observed(model, (torch.zeros(2),), {}, Seen(), train=False)
    assert (nn.Module.__call__, nn.Module._call_impl) == call
    assert not hasattr(model, "left_behind")
