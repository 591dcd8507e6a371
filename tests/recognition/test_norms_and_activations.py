"""Normalisations and activations written out, and those that only look like one."""

import pytest
import torch
from recognition.nets import Norm, ideas_of

RIGHT = {
    "rms": ("rms_norm", {"eps": 1e-6, "offset": 0, "weight": True, "bias": False, "axis": -1}),
    "rms with sqrt": ("rms_norm", {"eps": 1e-5}),
    "rms 1+w": ("rms_norm", {"eps": 1e-6, "offset": 1}),
    "layer norm": ("layer_norm", {"eps": 1e-5, "bias": True}),
    "l2": ("l2_norm", {"eps": 1e-6}),
    "tanh GELU": ("activation", {"function": "GELU (tanh)"}),
    "GELU": ("activation", {"function": "GELU"}),
    "SiLU": ("activation", {"function": "SiLU"}),
    "QuickGELU": ("activation", {"function": "QuickGELU"}),
    "Mish": ("activation", {"function": "Mish"}),
}


@pytest.mark.parametrize("way", RIGHT)
def test_it_is_recognised(way):
    kind, settings = RIGHT[way]
    walk = ideas_of(Norm(way), torch.zeros(2, 5, 32))
    (idea,) = [idea for idea in walk.ideas if idea.kind == kind]
    assert idea.settings.items() >= settings.items()
    assert idea.calls == tuple(range(2, len(walk.layers)))  # all but the two linear layers
    assert idea.stretch
    assert idea.proof.difference < 3e-6


@pytest.mark.parametrize("way", ["unbiased", "over the sequence", "almost tanh GELU", "steeper SiLU"])
def test_a_look_alike_is_not(way):
    walk = ideas_of(Norm(way), torch.zeros(2, 5, 32))
    wrong = {"rms_norm", "layer_norm", "l2_norm", "mlp"}
    assert not [
        idea for idea in walk.ideas if idea.kind in wrong or idea.settings.get("function", "").endswith("GELU (tanh)")
    ]
    assert not [idea for idea in walk.ideas if idea.settings.get("function") in ("SiLU", "GELU (tanh)")]


def test_the_model_comes_back_as_it_was():
    model = Norm("rms").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    ideas_of(model, torch.zeros(2, 5, 32))
    assert model.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())
