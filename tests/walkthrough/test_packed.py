"""What quantized layers hold packed: neither parameters nor buffers, and bytes all the same."""

import pytest
import torch
from torch import nn

from explainer.api import explain
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain

pytestmark = pytest.mark.filterwarnings("ignore")


def dynamic(*layers):
    return torch.ao.quantization.quantize_dynamic(nn.Sequential(*layers), dtype=torch.qint8)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4)

    def forward(self, x):
        return self.lstm(x)[0]


def held(walk):
    return sum(tensor.bytes for tensor in walk.census.packed)


def test_weights_take_a_byte_each_and_biases_four():
    lesson = explain(dynamic(nn.Linear(10, 5), nn.ReLU(), nn.Linear(5, 2)), (1, 10), lang="en")
    walk = lesson.walkthrough
    assert walk.totals.params == 0
    assert held(walk) == 60 + 7 * 4
    assert held(from_plain(to_plain(walk))) == 88
    page = lesson.to_markdown()
    assert "60 of qint8 × 1 byte = 60, 7 of float32 × 4 bytes = 28; 88 bytes in all" in page
    assert "float32 0 bytes" not in page
    assert lesson.to_dict()["totals"]["packed"] == {"numbers": 67, "bytes": 88}


def test_what_is_not_quantized_is_counted_beside_it():
    net = torch.ao.quantization.quantize_dynamic(
        nn.Sequential(nn.Conv1d(2, 3, 1), nn.Flatten(), nn.Linear(12, 2)), {nn.Linear}, dtype=torch.qint8
    )
    lesson = explain(net, (1, 2, 4), lang="zh")
    assert lesson.walkthrough.totals.params == 2 * 3 + 3
    assert held(lesson.walkthrough) == 24 + 2 * 4
    assert "float32为36字节" in lesson.to_markdown()
    assert "共32字节" in lesson.to_markdown()


def test_a_recurrent_layer_holds_its_four_matrices():
    net = torch.ao.quantization.quantize_dynamic(Recurrent(), {nn.LSTM}, dtype=torch.qint8)
    walk = explain(net, (5, 1, 3), lang="en").walkthrough
    assert held(walk) == 16 * 3 + 16 * 4 + 2 * 16 * 4  # W_ih, W_hh of a byte; both biases of four


def test_a_model_of_the_usual_kind_holds_nothing_packed():
    walk = explain(nn.Linear(3, 2), (1, 3), lang="en").walkthrough
    assert walk.census.packed == ()
    assert "packed" not in explain(nn.Linear(3, 2), (1, 3), lang="en").to_dict()["totals"]
