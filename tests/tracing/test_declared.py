"""A layer's formula is made of what the layer declares, and its tensors are a check of it."""

import pytest
import torch
from nets import walked
from torch import nn

from explainer.api import Explanation
from explainer.tracing.declared import declared_shape
from explainer.walkthrough.verdict import Verdict

LAYERS = [
    nn.Conv1d(4, 6, 3, groups=2),
    nn.Conv2d(3, 8, (3, 5)),
    nn.Conv3d(2, 4, 1, bias=False),
    nn.ConvTranspose2d(6, 4, 2, groups=2),
    nn.Linear(5, 7),
    nn.Bilinear(2, 3, 4),
    nn.Embedding(10, 4, padding_idx=0),
    nn.EmbeddingBag(10, 4),
    nn.BatchNorm2d(6),
    nn.InstanceNorm1d(6, affine=True),
    nn.GroupNorm(2, 6),
    nn.LayerNorm((3, 4)),
    nn.RMSNorm(5),
    nn.PReLU(3),
    nn.MultiheadAttention(8, 2),
    nn.MultiheadAttention(8, 2, kdim=5, vdim=3),
]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_what_torch_s_layers_declare_is_what_they_have(layer):
    declared = {name: declared_shape(layer, name) for name, _ in layer.named_parameters(recurse=False)}
    assert any(declared.values())
    for name, tensor in layer.named_parameters(recurse=False):
        assert declared[name] in (None, tuple(tensor.shape)), name


def swapped(layer, **tensors):
    for name, shape in tensors.items():
        setattr(layer, name, nn.Parameter(torch.zeros(shape)))
    return layer


def declares_otherwise(layer, **settings):
    for name, value in settings.items():
        setattr(layer, name, value)
    return layer


WRONG = {
    "a 5×5 kernel that is called 3×3": (
        swapped(nn.Conv2d(3, 8, 3), weight=(8, 3, 5, 5)),
        (1, 3, 9, 9),
        3 * 3 * 3 * 8 + 8,
    ),
    "in_features": (declares_otherwise(nn.Linear(192, 5), in_features=100), (1, 192), 100 * 5 + 5),
    "out_features": (swapped(nn.Linear(4, 5), weight=(6, 4), bias=(6,)), (1, 4), 4 * 5 + 5),
    "num_features": (declares_otherwise(nn.BatchNorm1d(6), num_features=4), (2, 6), 2 * 4),
    "num_embeddings": (declares_otherwise(nn.Embedding(10, 4), num_embeddings=8), None, 8 * 4),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_layer_that_is_not_what_it_says_disagrees(case):
    layer, shape, declared = WRONG[case]
    net = nn.Sequential(layer)
    if shape is None:
        from explainer.derive.pipeline import walk_model

        walk = walk_model(net, (torch.zeros(1, 3, dtype=torch.long),), {}, name="net", source="test")
    else:
        walk = walked(net, shape)
    assert walk.layers[0].value == declared
    assert walk.layers[0].params_verdict is Verdict.DISAGREES
    assert not walk.agrees
    english, chinese = (Explanation(walk, (lang,)).to_markdown() for lang in ("en", "zh"))
    assert "settings do not fit its tensors" in english
    assert "设置与它的张量不符" in chinese


def test_a_module_not_called_is_checked_too():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.spare = nn.Linear(4, 2), declares_otherwise(nn.Linear(7, 3), in_features=5)

        def forward(self, x):
            return self.used(x)

    walk = walked(Net(), (1, 4))
    assert walk.uncalled[0].verdict is Verdict.DISAGREES


def test_a_subclass_that_computes_in_its_own_way_is_taken_as_it_is():
    class Stored(nn.Linear):
        def __init__(self):
            super().__init__(4, 2)
            self.weight = nn.Parameter(torch.zeros(4, 2))

        def forward(self, x):
            return x @ self.weight + self.bias

    assert declared_shape(Stored(), "weight") is None


def test_the_command_is_loud(run, tmp_path):
    (tmp_path / "net.py").write_text(
        "from torch import nn, zeros\n\n\ndef net():\n    layer = nn.Conv2d(3, 8, 3)\n"
        "    layer.weight = nn.Parameter(zeros(8, 3, 5, 5))\n    return nn.Sequential(layer)\n"
    )
    ran = run(f"{tmp_path / 'net.py'}:net", "--input", "1,3,9,9", "--lang", "en")
    assert ran.code == 1
    assert "DISAGREES" in ran.err
    assert "by its settings weight is 8×3×3×3, and it is 8×3×5×5" in ran.out
