"""torchvision's convolutional networks: every parameter and every shape explained by a rule, and torch agrees."""

from __future__ import annotations

import pytest
from nets import torch_count

from explainer.derive.pipeline import walk_model
from explainer.source import load, static_inputs
from explainer.source import torchvision_models as zoo
from explainer.walkthrough.verdict import Verdict

FAMILIES = (
    "alexnet",
    "vgg",
    "resnet",
    "resnext",
    "wide_resnet",
    "densenet",
    "googlenet",
    "inception",
    "squeezenet",
    "mobilenet",
    "mnasnet",
    "shufflenet",
    "efficientnet",
    "regnet",
)
NAMES = [name for name in zoo.names() if name.startswith(FAMILIES)]

# Published parameter counts, as the torchvision documentation lists them.
KNOWN = {
    "alexnet": 61100840,
    "vgg11": 132863336,
    "vgg16": 138357544,
    "vgg19_bn": 143678248,
    "resnet18": 11689512,
    "resnet50": 25557032,
    "resnet152": 60192808,
    "resnext50_32x4d": 25028904,
    "wide_resnet50_2": 68883240,
    "densenet121": 7978856,
    "squeezenet1_0": 1248424,
    "mobilenet_v2": 3504872,
    "mobilenet_v3_large": 5483032,
    "mnasnet1_0": 4383312,
    "shufflenet_v2_x1_0": 2278604,
    "efficientnet_b0": 5288548,
    "regnet_y_400mf": 4344144,
}


def test_the_families_are_there():
    assert len(NAMES) >= 60
    assert all(any(name.startswith(family) for name in NAMES) for family in FAMILIES)
    assert set(KNOWN) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_the_zoo_is_explained_and_agrees(name):
    loaded = load(name)
    args, kwargs = static_inputs(loaded, [])
    walk = walk_model(loaded.model, args, kwargs, name=name, source=loaded.source)
    assert walk.checks[Verdict.DISAGREES] == walk.macs_checks[Verdict.DISAGREES] == 0
    unchecked = [found.path for found in walk.layers if found.shape_verdict is Verdict.UNCHECKED]
    assert walk.checks[Verdict.UNCHECKED] == 0, unchecked
    totals = walk.totals
    assert totals.params == totals.torch_params == totals.explained == torch_count(loaded.model)
    assert not walk.raw_parameters
    for found in walk.layers:  # torch counts no operation that our formulas leave out
        assert (found.macs.value if found.macs else None) == found.torch_macs, found.path
    if name in KNOWN:
        assert totals.params == KNOWN[name]


def test_nothing_real_is_allocated_for_a_large_model():
    loaded = load("regnet_y_128gf")
    assert {parameter.device.type for parameter in loaded.model.parameters()} == {"meta"}
    assert torch_count(loaded.model) == 644812894
