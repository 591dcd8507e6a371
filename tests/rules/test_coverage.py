"""Every module class of torch.nn: explained by a rule, or a container, or descended into. None is missing."""

from __future__ import annotations

import pytest
import torch
from nets import walked
from torch import nn
from torch.nn.modules import __all__ as names

from explainer.rules import Registry, default_registry

REGISTRY = default_registry()

# Neither a layer nor a step: other modules live in them, or other classes are derived from them.
CONTAINERS = {
    "Module": "the base of all",
    "Container": "torch's old name for a module with children",
    "Sequential": "calls its children in turn",
    "ModuleList": "is never called",
    "ModuleDict": "is never called",
    "ParameterList": "is never called",
    "ParameterDict": "is never called",
    "RNNBase": "the base of RNN, LSTM and GRU",
    "RNNCellBase": "the base of their cells",
    "LinearCrossEntropyOptions": "no module: the options of LinearCrossEntropyLoss",
}
# Explained as what they are made of: their forward is followed.
COMPOSITES = {
    "Transformer": "encoder and decoder",
    "TransformerEncoder": "a stack of layers",
    "TransformerDecoder": "a stack of layers",
    "TransformerEncoderLayer": "attention, two linear layers, two norms",
    "TransformerDecoderLayer": "two attentions, two linear layers, three norms",
    "AdaptiveLogSoftmaxWithLoss": "linear layers for the frequent classes and for each cluster of rare ones",
}


def class_of(name: str) -> type:
    return getattr(nn, name)


def rule_of(cls: type, registry: Registry = REGISTRY):
    """The rule of an instance; a lazy layer's is that of the class that it becomes."""
    final = getattr(cls, "cls_to_become", None) or cls
    return registry.for_module(final.__new__(final))


@pytest.mark.parametrize("name", names)
def test_every_class_of_torch_nn_is_explained(name):
    cls = class_of(name)
    if name in CONTAINERS or name in COMPOSITES:
        assert not issubclass(cls, nn.Module) or rule_of(cls) is None, "it has a rule now"
    else:
        assert rule_of(cls) is not None


def test_the_table_names_nothing_that_torch_has_not():
    left_over = (set(CONTAINERS) | set(COMPOSITES)) - set(names)
    assert left_over <= {"LinearCrossEntropyOptions"}  # not in every torch that we support


def test_the_table_would_see_a_missing_rule():
    without = Registry(rule for rule in REGISTRY.rules if nn.PixelShuffle not in rule.modules)
    assert rule_of(nn.PixelShuffle, without) is None


def made(name: str) -> tuple[nn.Module, tuple[tuple[int, ...], ...]]:
    """A small composite and the shapes of its inputs."""
    shapes = ((3, 2, 8),) * 2
    layers = {
        "Transformer": lambda: nn.Transformer(8, 2, 1, 1, 16),
        "TransformerEncoder": lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2),
        "TransformerDecoder": lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2),
        "TransformerEncoderLayer": lambda: nn.TransformerEncoderLayer(8, 2, 16),
        "TransformerDecoderLayer": lambda: nn.TransformerDecoderLayer(8, 2, 16),
    }
    return layers[name](), shapes[:1] if "Encoder" in name else shapes


@pytest.mark.parametrize("name", [name for name in COMPOSITES if name.startswith("Transformer")])
def test_a_composite_is_explained_part_by_part(name):
    model, shapes = made(name)
    walk = walked(model, *shapes)
    assert walk.totals.explained == sum(p.numel() for p in model.parameters())
    assert all(layer.rule is not None for layer in walk.layers)
    assert {layer.shape_verdict.value for layer in walk.layers} == {"agrees"}


LAZY = {
    "LazyConv2d": (lambda: nn.LazyConv2d(4, 3), (2, 3, 6, 6)),
    "LazyLinear": (lambda: nn.LazyLinear(4), (2, 3)),
    "LazyBatchNorm1d": (lambda: nn.LazyBatchNorm1d(), (2, 3)),
    "LazyInstanceNorm3d": (lambda: nn.LazyInstanceNorm3d(affine=True), (2, 3, 4, 4, 4)),
}


@pytest.mark.parametrize(("build", "shape"), LAZY.values(), ids=LAZY)
def test_a_lazy_layer_that_has_its_sizes_is_explained(build, shape):
    layer = build()
    layer(torch.zeros(shape))
    walk = walked(layer, shape)
    assert walk.totals.explained == sum(p.numel() for p in layer.parameters()) > 0
