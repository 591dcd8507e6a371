"""Weights that are drawn at random where there are none: nothing is drawn, and what torch refuses is refused."""

import pytest
import torch
from torch import nn

from explainer.source.devices import StaysHere


def built(make, device="meta"):
    with torch.device(device), StaysHere():
        return make()


@pytest.mark.parametrize("make", [lambda: nn.Linear(4, 3), lambda: nn.Conv2d(3, 4, 3), lambda: nn.Bilinear(2, 3, 4)])
def test_on_meta_nothing_is_drawn_and_with_values_something_is(make, monkeypatch):
    drawn = []
    original = torch.Tensor.uniform_
    monkeypatch.setattr(torch.Tensor, "uniform_", lambda *given, **more: drawn.append(1) or original(*given, **more))
    layer = built(make)
    assert not drawn and all(one.is_meta and one.requires_grad for one in layer.parameters())
    assert built(make, "cpu").weight.std() > 0 and drawn


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.init.kaiming_uniform_(torch.empty(3)),
        lambda: nn.init.kaiming_uniform_(torch.empty(3, 3), mode="fan"),
        lambda: nn.init.kaiming_uniform_(torch.empty(3, 3), nonlinearity="nothing"),
    ],
)
def test_what_torch_refuses_stays_refused(make):
    with pytest.raises((ValueError, RuntimeError)):
        built(make)
