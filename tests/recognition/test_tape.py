"""The tape of a pass is written from what was kept of it; the pass is not made again. What was remembered is told apart by value."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explainer.recognition.recognise import with_ideas
from explainer.recognition.tape import tape_of
from explainer.recognition.taping import taped
from explainer.rules import default_registry
from explainer.source.torchvision_models import torchvision
from tests.nets import walked

ATOMIC = default_registry().is_atomic


class Odd(nn.Module):
    """In place, lists that are filled later, constants, changes of type, two outputs, a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(6, 6)
        self.register_buffer("shift", torch.arange(6.0))
        self.scale = torch.tensor(2.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen: list[torch.Tensor] = [x]
        for _ in range(2):
            seen.append(self.lin(torch.cat(seen, 0)[:1]))
        y = (seen[-1] + self.shift) * self.scale
        y += 1
        a, b = y.double().chunk(2, -1)
        y[:, 0] = 0
        return F.softmax(torch.stack([a, b]), -1).float() + torch.ones(3)


@pytest.mark.parametrize("name", ["odd", "swin_t", "mobilenet_v3_small", "densenet121", "vit_b_32"])
def test_the_same_tape_without_another_pass(name: str) -> None:
    model = Odd() if name == "odd" else torchvision().models.get_model(name, weights=None)
    model.eval()
    trace = walked(model, (1, 6) if name == "odd" else (1, 3, 224, 224)).trace
    assert trace.log is not None
    ours, again = tape_of(trace.log, trace.calls), taped(model, trace.args, dict(trace.kwargs), ATOMIC)
    assert ours is not None
    assert [_plain(step) for step in ours.steps] == [_plain(step) for step in again.steps]
    assert ours.given == again.given and list(ours.constants) == list(again.constants)


def _plain(step: Any) -> dict[str, Any]:
    return {name: str(value) if name in ("args", "kwargs") else value for name, value in vars(step).items()}


class Turned(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(x.clone().unsqueeze_(0), -1)


def test_what_was_given_another_shape_in_its_place_is_looked_at_again() -> None:
    trace = walked(Turned(), (3, 4)).trace
    assert trace.log is not None and tape_of(trace.log, trace.calls) is None


class Masked(nn.Module):
    """Attention with a mask of its own: two of them differ in the numbers of a buffer alone."""

    def __init__(self, mask: torch.Tensor) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)
        self.register_buffer("mask", mask)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        scores = q @ k.transpose(-1, -2) / 8**0.5
        return self.out(torch.softmax(scores.masked_fill(self.mask, -torch.inf), -1) @ v)


def _masks(mask: torch.Tensor) -> list[Any]:
    walk = walked(Masked(mask), (1, 6, 8))
    found = with_ideas(walk, walk.trace, None, default_registry())
    assert walk.trace.log is not None and not walk.trace.log.steps  # it is let go
    return [idea.settings["mask"] for idea in found.ideas if idea.kind == "attention"]


def test_equal_layers_with_other_constants_are_another_thing() -> None:
    causal = torch.ones(6, 6, dtype=torch.bool).triu(1)
    assert [_masks(causal), _masks(torch.zeros_like(causal)), _masks(causal)] == [["causal"], ["full"], ["causal"]]


def test_a_known_structure_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    causal = torch.ones(6, 6, dtype=torch.bool).triu(1)
    before = _masks(causal)
    monkeypatch.setattr("explainer.recognition.replay.Replay.runs", None)
    assert _masks(causal) == before
