"""What torch.func, computed weights, hooks and branches multiply: against torch's counter and by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

import explainer


def shape(*sizes):
    return torch.empty(*sizes, device="meta")


class Step(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def macs(model, *inputs):
    """The value of a complete pass that torch's counter confirms."""
    found = explainer.explain(model, inputs=inputs, lang="en").to_dict()
    assert found["completeness"]["complete"]
    assert found["cost"]["macs"]["verdict"] == "agrees", found["cost"]["macs"]
    return found["cost"]["macs"]["value"]


def per_example(x, w):
    return torch.func.vmap(lambda one: F.linear(x, one).relu().sum(0))(w) + 1


def twice_mapped(x, w):
    inner = torch.func.vmap(lambda row, matrix: row @ matrix, in_dims=(0, None))
    return torch.func.vmap(inner, in_dims=(None, 0))(x, w)


def both_ways(x):
    return torch.func.jvp(lambda z: z @ z.T, (x,), (x,))[1]


@pytest.mark.parametrize(
    ("function", "inputs", "expected"),
    [
        (per_example, ((5, 4), (3, 2, 4)), 3 * 5 * 4 * 2),
        (twice_mapped, ((5, 4), (3, 4, 2)), 3 * 5 * 4 * 2),
        (
            lambda x, w: torch.func.vmap(lambda one: F.conv2d(x, one))(w),
            ((2, 4, 8, 8), (3, 2, 4, 3, 3)),
            3 * 2 * 2 * 36 * 36,
        ),
        (lambda x: torch.func.grad(lambda z: (z @ z.T).sum())(x), ((3, 4),), 3 * (3 * 4 * 3)),
        (both_ways, ((3, 4),), 3 * (3 * 4 * 3)),
        (lambda x, w: F.linear(x, w * 2), ((5, 4), (3, 4)), 5 * 4 * 3),
        (lambda x, w: torch.linalg.multi_dot([x, w, w]), ((2, 9), (9, 9)), 2 * (2 * 9 * 9)),
        (lambda x: torch.linalg.matrix_power(x, 4), ((5, 5),), 2 * 5**3),
        (
            lambda x, y, z: torch.einsum("bte,btd,edf->btf", x, y, z),
            ((2, 5, 8), (2, 5, 6), (8, 6, 7)),
            2 * 5 * 8 * 6 * 7,
        ),
        (lambda x, y: torch.tensordot(x, y, dims=([1, 2], [0, 1])), ((2, 4, 5), (4, 5, 6)), 2 * 20 * 6),
    ],
)
def test_a_step(function, inputs, expected):
    assert macs(Step(function), *(shape(*sizes) for sizes in inputs)) == expected


class Ensemble(nn.Module):
    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList(nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2)) for _ in range(3))

    def forward(self, x):
        stacked, buffers = torch.func.stack_module_state(list(self.members))

        def one(parameters, others, given):
            return torch.func.functional_call(self.members[0], (parameters, others), (given,))

        return torch.func.vmap(one, in_dims=(0, 0, None))(stacked, buffers, x)


def test_an_ensemble_mapped_over_its_members():
    model = Ensemble()
    assert macs(model, torch.zeros(3, 8)) == 3 * 3 * (8 * 4 + 4 * 2)
    assert explainer.explain(model, (3, 8), lang="en").totals.verdict.value == "agrees"


class LowRank(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.randn(8, 2)), nn.Parameter(torch.randn(2, 8))

    def forward(self, weight):
        return weight + self.a @ self.b


def test_a_merged_adapter_is_counted_with_its_own_product():
    layer = nn.Linear(8, 8)
    parametrize.register_parametrization(layer, "weight", LowRank())
    assert macs(nn.Sequential(layer), torch.zeros(3, 8)) == 8 * 2 * 8 + 3 * 8 * 8


def test_what_hooks_do_are_steps_of_their_own():
    layer = nn.Linear(8, 8)
    layer.register_forward_hook(lambda module, given, output: output @ output.T)
    model = nn.Sequential(layer)
    assert macs(model, torch.zeros(3, 8)) == 3 * 8 * 8 + 3 * 8 * 3
    assert "forward" not in vars(layer)


class Choosing(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 6), nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))

    def forward(self, x):
        return torch.cond(x.sum() > 0, self.a, self.b, (x,))


def test_of_two_branches_the_dearer_one_is_counted():
    assert macs(Choosing(), shape(1, 6)) == 2 * 6 * 6


class OneAfterAnother(nn.Module):
    def __init__(self, levels):
        super().__init__()
        self.levels = levels

    def forward(self, x):
        return self.levels(x)


def test_three_hundred_modules_inside_one_another():
    model = nn.Sequential(nn.Linear(2, 2))
    for _ in range(299):
        model = nn.Sequential(nn.Linear(2, 2), model)
    assert macs(OneAfterAnother(model), torch.zeros(1, 2)) == 300 * 2 * 2
