"""Quantised layers: what they multiply, and that their packed weights are no parameters."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import explainer

Q = torch.ao.nn.quantized


def net(*layers):
    return nn.Sequential(Q.Quantize(0.1, 0, torch.quint8), *layers, Q.DeQuantize())


@pytest.mark.parametrize(
    ("layer", "shape", "macs"),
    [
        (Q.Linear(6, 5), (2, 6), 2 * 6 * 5),
        (Q.Conv2d(4, 6, 3, padding=1, groups=2), (1, 4, 8, 8), 8 * 8 * 6 * 3 * 3 * 2),
        (Q.Conv1d(4, 6, 3, stride=2), (1, 4, 9), 4 * 6 * 3 * 4),
        (torch.ao.nn.intrinsic.quantized.ConvReLU2d(3, 4, 3), (1, 3, 8, 8), 6 * 6 * 4 * 3 * 3 * 3),
    ],
)
def test_it_multiplies_what_it_did_before(layer, shape, macs):
    lesson = explainer.explain(net(layer), shape, lang="en")
    figures = lesson.to_dict()
    assert figures["completeness"]["complete"]
    assert figures["cost"]["macs"]["value"] == macs
    assert figures["cost"]["macs"]["verdict"] == "unchecked"  # torch's counter knows none of it
    assert figures["totals"]["params"]["value"] == 0
    assert "packed" in lesson.to_markdown()


def test_of_a_dynamic_one_too():
    model = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 4)))
    walk = explainer.explain(model, (2, 16), lang="en").walkthrough
    assert [layer.macs.value for layer in walk.layers if layer.macs] == [2 * 16 * 8, 2 * 8 * 4]
    assert walk.macs.verdict.value == "unchecked"
