"""Mixtures of experts: what one token uses, and what only looks like a choice."""

import pytest
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
    said = {"experts": 6, "used": 2, "expert_params": expert, "shared": False}
    inside = {"expert": "mlp", "function": "SiLU", "fused": False, "d_in": 16, "d_hidden": 24, "d_out": 16}
    assert idea.settings == {**said, **inside}
    assert idea.proof.way == "gradients"


def test_all_are_computed_and_most_weighted_by_nothing():
    walk = ideas_of(Packed(), X)
    assert walk.active is not None
    assert walk.active.params == 5 * 16 + 2 * 2 * 16 * 24
    assert [(one.experts, one.used) for one in walk.active.experts] == [(5, 2)]


class Limited(nn.Module):
    """Experts in packed tensors, chosen by their numbers; their gate is limited, by turns with the value."""

    def __init__(self, d=16, f=24, experts=5, used=2):
        super().__init__()
        self.used = used
        self.router = nn.Linear(d, experts)
        self.first, self.more = nn.Parameter(torch.randn(experts, d, 2 * f)), nn.Parameter(torch.randn(experts, 2 * f))
        self.last, self.least = nn.Parameter(torch.randn(experts, f, d)), nn.Parameter(torch.randn(experts, d))

    def forward(self, x):
        best, chosen = self.router(x).topk(self.used, -1)
        hidden = x[:, None, None] @ self.first[chosen] + self.more[chosen][:, :, None]
        gate, up = hidden[..., ::2].clamp(max=5.0), hidden[..., 1::2].clamp(-5.0, 5.0)
        made = ((up + 1) * gate * torch.sigmoid(gate * 1.702)) @ self.last[chosen] + self.least[chosen][:, :, None]
        return (made.squeeze(2) * best.softmax(-1)[..., None]).sum(1)


def test_the_gate_of_an_expert_is_said():
    walk = ideas_of(Limited(), X)
    expert = 16 * 48 + 48 + 24 * 16 + 16
    assert walk.active is not None
    assert (walk.active.total, walk.active.params) == (5 * (17 + expert), 5 * 17 + 2 * expert)
    (mixture,) = [idea for idea in walk.ideas if idea.kind == "mixture_of_experts"]
    said = {"expert": "gated_mlp", "function": "QuickGELU", "gate_limit": 5.0, "value_limit": 5.0, "value_shift": 1.0}
    assert said.items() <= mixture.settings.items()
    assert [mixture.settings[name] for name in ("d_in", "d_hidden", "d_out")] == [16, 24, 16]


class Routed(nn.Module):
    """Experts in a list, and a router that is given what `way` says of the tokens' vectors."""

    def __init__(self, way, d=16, f=24, experts=6, used=2):
        super().__init__()
        self.way, self.used = way, used
        self.router = nn.Linear(d, experts)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(d, f), nn.SiLU(), nn.Linear(f, d)) for _ in range(experts))

    def forward(self, x):
        seen = {
            "each": lambda: x,
            "the first": lambda: x[:1].expand_as(x),
            "the last": lambda: x[-1:].expand_as(x),
            "the mean": lambda: x.mean(0, keepdim=True).expand_as(x),
            "the one before": lambda: x.roll(1, 0),
            "the first of two": lambda: x[torch.arange(len(x)) // 2 * 2],
            "all before": lambda: x.cumsum(0),
        }[self.way]()
        best, chosen = self.router(seen).softmax(-1).topk(self.used, -1)
        made = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            token, place = torch.where(chosen == number)
            made = made.index_add(0, token, best[token, place, None] * expert(x[token]))
        return made


@pytest.mark.parametrize("around", [False, True])
@pytest.mark.parametrize(
    "way", ["each", "the first", "the last", "the mean", "the one before", "the first of two", "all before"]
)
def test_a_token_must_choose_by_itself(way, around):
    model = nn.Sequential(nn.Linear(16, 16), Routed(way), nn.Linear(16, 16)) if around else Routed(way)
    assert (ideas_of(model, X).active is not None) is (way == "each")


class ByExperts(nn.Module):
    """Each expert chooses its tokens (expert choice): how many serve a token is not fixed."""

    def __init__(self, d=16, experts=4):
        super().__init__()
        self.router, self.experts = nn.Linear(d, experts), nn.ModuleList(nn.Linear(d, d) for _ in range(experts))

    def forward(self, x):
        best, chosen = self.router(x).softmax(-1).topk(max(1, len(x) // 2), 0)
        made = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            made = made.index_add(0, chosen[:, number], best[:, number, None] * expert(x[chosen[:, number]]))
        return made


def test_experts_that_choose_their_tokens_are_another_thing():
    assert ideas_of(ByExperts(), X).active is None


def test_modules_that_are_never_used_are_no_experts():
    assert ideas_of(Experts(always=True), X).active is None


def test_all_experts_used_is_no_mixture():
    assert ideas_of(Experts(used=6), X).active is None


def test_names_decide_nothing():
    model = nn.Sequential(nn.Linear(16, 16), Experts())
    first, second = ideas_of(model, X).active, ideas_of(renamed(model), X).active
    assert first is not None
    assert first == second
