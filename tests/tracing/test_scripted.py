"""TorchScript, whole and in part, step by step; the model works as before."""

from __future__ import annotations

import torch
from torch import nn

import explainer


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.n = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.up, self.f = nn.ConvTranspose2d(4, 2, 2, stride=2), nn.Linear(2, 5)

    def forward(self, x):
        return torch.softmax(self.f(self.up(torch.relu(self.n(self.c(x)))).mean((2, 3))), 1)


def by_hand(batch):
    return batch * (64 * 4 * 27 + 64 * 4 * 2 * 4 + 2 * 5)


def figures(model, inputs):
    found = explainer.explain(model, inputs=inputs, lang="en")
    return found.to_dict(), found.walkthrough


def test_a_scripted_model():
    model = torch.jit.script(Net().eval())
    inputs = torch.rand(2, 3, 8, 8)
    before = model(inputs)
    found, walk = figures(model, (inputs,))
    assert found["completeness"]["complete"]
    assert (found["cost"]["macs"]["value"], found["cost"]["macs"]["verdict"]) == (by_hand(2), "agrees")
    assert walk.totals.params == sum(p.numel() for p in Net().parameters()) == walk.totals.explained
    assert walk.agrees
    assert torch.equal(model(inputs), before)


def test_a_traced_model():
    model = torch.jit.trace(Net().eval(), torch.rand(1, 3, 8, 8))
    found, _ = figures(model, (torch.rand(1, 3, 8, 8),))
    assert (found["cost"]["macs"]["value"], found["cost"]["macs"]["verdict"]) == (by_hand(1), "agrees")


class Partly(nn.Module):
    def __init__(self):
        super().__init__()
        self.s, self.o = torch.jit.script(nn.Linear(8, 8)), nn.Linear(8, 2)

    def forward(self, x):
        return self.o(self.s(self.s(x)))


def test_a_scripted_part_used_twice():
    found, walk = figures(Partly(), (torch.rand(3, 8),))
    assert (found["cost"]["macs"]["value"], found["cost"]["macs"]["verdict"]) == (3 * (2 * 64 + 16), "agrees")
    assert walk.totals.params == 72 + 18
    assert walk.totals.verdict.value == "agrees"
