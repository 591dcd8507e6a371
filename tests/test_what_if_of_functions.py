"""What if, of a user's own function that hands its **kwargs on: what arrives at the class can be changed, all else is a sentence."""

import pytest

import explainer
from explainer.errors import UserError

NETS = """
import torch
from torch import nn

EXAMPLE_INPUT = (1, 8)

class Net(nn.Module):
    def __init__(self, widths, classes=10, heads=2):
        super().__init__()
        self.heads = heads
        self.body, self.head = nn.Linear(8, widths[0]), nn.Linear(widths[0], classes)

    def forward(self, x):
        y = self.body(x)
        return self.head(y.view(len(y), self.heads, y.shape[1] // self.heads).flatten(1))

def small(**kwargs):
    return Net([16], **kwargs)

def lost(**kwargs):
    return Net([16])
"""


@pytest.fixture
def source(tmp_path):
    (tmp_path / "net.py").write_text(NETS, encoding="utf-8")
    return lambda name: explainer.explain_source(f"{tmp_path / 'net.py'}:{name}", lang="en")


def test_an_argument_of_the_class_behind(source):
    found = source("small").what_if(classes=3).walkthrough.what_if
    assert (found.changes[0].before, found.changes[0].after) == ("10", "3")
    assert found.difference.params == -7 * 17


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("small", {"depth": 3}, "no argument 'depth'"),
        ("small", {"widths": [8]}, "sets 'widths' itself"),
        ("lost", {"classes": 3}, "no argument 'classes'"),
        ("small", {"heads": 3}, "does not fit 16 elements"),
    ],
)
def test_what_cannot_be_changed_is_one_sentence_without_wrong_advice(source, name, changes, words):
    with pytest.raises(UserError) as raised:
        source(name).what_if(**changes)
    assert words in raised.value.message.en
    assert "--input" not in raised.value.message.en + raised.value.message.zh
