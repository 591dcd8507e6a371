"""Mixtures of experts: what one token uses, and what only looks like a choice."""

import torch
from recognition.nets import Experts, Packed, ideas_of, renamed
from torch import nn

X = torch.randn(7, 16, generator=torch.Generator().manual_seed(0))


def test_a_loop_over_a_list():
    walk = ideas_of(Experts(), X)
    active = walk.active
    expert = 16 * 24 + 24 + 24 * 16 + 16
    assert active is not None
    assert active.params == 6 * 16 + 2 * expert  # the router is used with all its rows
    assert [(one.mixtures, one.experts, one.used, one.params) for one in active.experts] == [(1, 6, 2, expert)]
    assert active.macs == walk.macs.value == 7 * (6 * 16 + 2 * 2 * 16 * 24)
    (idea,) = [idea for idea in walk.ideas if idea.kind == "mixture_of_experts"]
    assert idea.settings == {"experts": 6, "used": 2, "expert_params": expert, "shared": False}
    assert idea.proof.way == "gradients"


def test_all_are_computed_and_most_weighted_by_nothing():
    walk = ideas_of(Packed(), X)
    assert walk.active is not None
    assert walk.active.params == 5 * 16 + 2 * 2 * 16 * 24
    assert [(one.experts, one.used) for one in walk.active.experts] == [(5, 2)]


def test_modules_that_are_never_used_are_no_experts():
    assert ideas_of(Experts(always=True), X).active is None


def test_all_experts_used_is_no_mixture():
    assert ideas_of(Experts(used=6), X).active is None


def test_names_decide_nothing():
    model = nn.Sequential(nn.Linear(16, 16), Experts())
    first, second = ideas_of(model, X).active, ideas_of(renamed(model), X).active
    assert first is not None
    assert first == second
