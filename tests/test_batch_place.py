"""Where the batch stands in the inputs, and what a lesson says of it."""

import pytest
import torch
from nets import meta
from torch import nn

from explainer.api import Explanation
from explainer.derive.pipeline import walk_model
from explainer.render.markdown import to_markdown
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain


class Tagger(nn.Module):
    def __init__(self, batch_first=False, turned=False):
        super().__init__()
        self.lstm, self.out, self.turned = nn.LSTM(12, 20, batch_first=batch_first), nn.Linear(20, 5), turned

    def forward(self, x):
        x = x.transpose(0, 1) if self.turned else x
        return self.out(self.lstm(x)[0])


class Graph(nn.Module):
    """Each node takes the sum over its neighbours."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(16, 32), nn.Linear(32, 7)

    def forward(self, x, adjacency):
        return adjacency @ self.two(torch.relu(adjacency @ self.one(x)))


class Messages(nn.Module):
    """The same along a list of edges."""

    def __init__(self):
        super().__init__()
        self.one = nn.Linear(16, 32)

    def forward(self, x, edges):
        x = self.one(x)
        return torch.zeros_like(x).index_add_(0, edges[1], x[edges[0]])


class Masked(nn.Module):
    """A mask as large as the sequence, the same for every sample."""

    def forward(self, x, mask):
        return (mask @ x).softmax(-1)


def walk(model, *inputs):
    return walk_model(model, inputs, {}, name=type(model).__name__, source="tests")


@pytest.mark.parametrize(
    ("model", "inputs", "place"),
    [
        (lambda: Tagger(), [meta(9, 4, 12)], "second"),
        (lambda: Tagger(), [meta(1, 4, 12)], "second"),
        (lambda: Tagger(batch_first=True), [meta(9, 4, 12)], "first"),
        (lambda: Tagger(turned=True), [meta(4, 9, 12)], "first"),
        (lambda: nn.MultiheadAttention(16, 4), [meta(5, 2, 16)] * 3, "second"),
        (lambda: Graph(), [meta(30, 16), meta(30, 30)], "none"),
        (lambda: Graph(), [meta(8, 30, 16), meta(8, 30, 30)], "first"),
        (lambda: Messages(), [meta(30, 16), torch.empty((2, 80), dtype=torch.int64, device="meta")], "none"),
        (lambda: Masked(), [meta(4, 9, 12), meta(9, 9)], "first"),
        (lambda: nn.Conv2d(3, 8, 3), [meta(3, 3, 20, 20)], "first"),
        (lambda: nn.Linear(16, 16), [meta(16, 16)], "first"),
    ],
)
def test_where_the_batch_stands(model, inputs, place):
    found = walk(model(), *inputs)
    assert found.run.batch == place
    assert all(layer.unbatched == (place != "first") for layer in found.layers)
    again = from_plain(to_plain(found))
    assert again.run.batch == place and [one.unbatched for one in again.layers] == [
        one.unbatched for one in found.layers
    ]


def said(model, *inputs, lang="zh"):
    return to_markdown(Explanation(walk(model, *inputs), (lang,), pictures=False).document())


def test_a_sequence_in_front_is_not_called_a_batch():
    text = said(Tagger(), meta(9, 4, 12))
    assert "第一维是批量大小" not in text and "第一维是序列长度，第二维才是批量大小" in text
    assert "9×4×12" in text and "the sequence and the second the batch" in said(Tagger(), meta(9, 4, 12), lang="en")


def test_nodes_are_not_called_a_batch():
    text = said(Graph(), meta(30, 16), meta(30, 30))
    assert "批量大小）" not in text and "都没有批量维" in text
    assert "第一维是批量大小" in said(nn.Linear(16, 4), meta(3, 16))
