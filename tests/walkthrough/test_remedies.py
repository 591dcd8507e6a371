"""What to do about a pass that stopped: the advice is that of the true cause."""

import pytest
import torch
from torch import nn

from explainer.derive.pipeline import walk_model
from explainer.walkthrough.incomplete import incomplete


class Stops(nn.Module):
    def __init__(self, message):
        super().__init__()
        self.fc, self.message = nn.Linear(2, 2), message

    def forward(self, x):
        y = self.fc(x)
        if y.is_meta:
            raise NotImplementedError(self.message)
        return y


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("Couldn't load custom C++ ops. This can happen if your versions are incompatible", "install both together"),
        ("operator torchvision::roi_align does not exist", "install both together"),
        ("the values are needed", "--real"),
    ],
)
def test_an_operator_that_is_not_there_is_no_step_that_needs_values(message, advice, monkeypatch):
    walk = walk_model(Stops(message), (torch.zeros(1, 2),), {}, name="net", source="test", values=False, tolerant=True)
    (said,) = incomplete(walk)
    assert advice in said.en and ("--real" in said.zh) == (advice == "--real")
