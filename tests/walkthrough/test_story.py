"""The story's parts divide the network: nothing is told twice, nothing is lost, and what is told sums to the totals."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from nets import walked
from torch import nn

from explainer.targets import walk_target
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain

ROOT = Path(__file__).parents[2]
ZOO = [
    "alexnet",
    "vgg11",
    "resnet18",
    "densenet121",
    "googlenet",
    "mobilenet_v3_small",
    "efficientnet_b0",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "convnext_tiny",
    "swin_t",
    "vit_b_16",
    "maxvit_t",
]


class Loop(nn.Module):
    """Steps in time: one cell, called again and again."""

    def __init__(self):
        super().__init__()
        self.cell, self.out = nn.GRUCell(5, 7), nn.Linear(7, 3)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], 7)
        made = []
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
            made.append(self.out(h))
        return torch.stack(made, 1)


class Parallel(nn.Module):
    """Lists side by side, with growing dilation: each step takes one of each."""

    def __init__(self, depth=5):
        super().__init__()
        self.a = nn.ModuleList([nn.Conv1d(8, 8, 3, dilation=2**i, padding=2**i) for i in range(depth)])
        self.b = nn.ModuleList([nn.Conv1d(8, 8, 3, dilation=2**i, padding=2**i) for i in range(depth)])
        self.c = nn.ModuleList([nn.Conv1d(8, 8, 1) for i in range(depth)])

    def forward(self, x):
        for a, b, c in zip(self.a, self.b, self.c, strict=True):
            x = x + c(torch.tanh(a(x)) * torch.sigmoid(b(x)))
        return x


class One(nn.Sequential):
    def __init__(self, n):
        super().__init__(nn.Linear(n, n), nn.ReLU(), nn.Linear(n, n))


class Other(nn.Sequential):
    def __init__(self, n):
        super().__init__(nn.LayerNorm(n), nn.Linear(n, n, bias=False), nn.GELU())


class Stops(nn.Module):
    """A pass that ends in the middle, and a module that it does not come to."""

    def __init__(self):
        super().__init__()
        self.first, self.behind = nn.Linear(4, 4), nn.Linear(4, 2)
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        x = self.first(x) * self.scale
        if x.sum() > 0:
            return self.behind(x)
        return x


NETS = {
    "loop": lambda: walked(Loop(), (2, 6, 5)),
    "parallel": lambda: walked(Parallel(), (1, 8, 40)),
    "alternating": lambda: walked(nn.Sequential(*[(One, Other)[i % 2](6) for i in range(8)]), (1, 6)),
    "stops": lambda: walked(Stops(), (1, 4), values=False),
    "one layer": lambda: walked(nn.Linear(3, 4), (1, 3)),
    "nothing": lambda: walked(nn.Sequential(), (1, 3)),
    "unet": lambda: walk_target(f"{ROOT}/examples/unet.py:UNet"),
    **{name: (lambda name=name: walk_target(name)) for name in ZOO},
}


@pytest.mark.parametrize("name", NETS)
def test_the_parts_divide_the_network(name):
    walk = NETS[name]()
    story = walk.story
    calls = sorted(layer.index for part in story.parts for layer in part.layers)
    assert calls == [layer.index for layer in walk.layers]
    assert sorted(one.path for part in story.parts for one in part.uncalled) == sorted(
        one.path for one in walk.uncalled
    )
    assert sorted(one.name for part in story.parts for one in part.raw) == sorted(
        one.name for one in walk.raw_parameters
    )
    assert sum(part.params for part in story.parts) == walk.totals.params
    assert sum(part.macs for part in story.parts) == walk.macs.value
    assert [part.first for part in story.parts] == sorted(part.first for part in story.parts)
    assert all(story.of_call[layer.index] in story.parts for layer in walk.layers)
    for part in story.blocks:
        inside = [row.path for row in part.template.rows]
        assert all(any(layer.path.startswith(path + ".") for path in inside) for layer in part.layers)
    again = from_plain(to_plain(walk)).story
    assert [(part.what, part.params, part.macs) for part in again.parts] == [
        (part.what, part.params, part.macs) for part in story.parts
    ]


@pytest.mark.parametrize(
    ("name", "most"),
    [("loop", 7), ("parallel", 6), ("alternating", 2)],  # x[:, t], cell, out; zeros; stack …; lists side by side
)
def test_repetition_folds(name, most):
    """Steps in time, parallel lists with growing dilation, alternating blocks: as many parts as there are different ones."""
    assert len(NETS[name]().story.parts) <= most


def test_a_block_with_its_tensors():
    """ConvNeXt's scale belongs to the block: 18·(8C²+58C) is all that the blocks have."""
    walk = walk_target("convnext_tiny")
    blocks = next(part for part in walk.story.blocks if part.times == 18)
    assert blocks.params == sum(row.params for row in blocks.template.rows)
    assert len(blocks.raw) == 18


def test_what_leads_to_the_blocks_and_from_them():
    walk = walk_target("resnet18")
    (stem,), (head,) = walk.story.all("stem"), walk.story.all("head")
    assert [layer.type for layer in stem.layers] == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]
    assert [layer.type for layer in head.layers] == ["AdaptiveAvgPool2d", "flatten", "Linear"]


@pytest.mark.parametrize(
    "name",
    [
        "resnet50",
        "densenet121",
        "mobilenet_v2",
        "mobilenet_v3_small",
        "efficientnet_b0",
        "swin_t",
        "maxvit_t",
        "convnext_tiny",
        "googlenet",
        str(ROOT / "examples/unet.py:UNet"),
    ],
)
def test_nearly_all_is_told_by_what_is_proven(name):
    """Blocks and kinds of two instances or more, and ideas; an input or output stage counts only where it was run."""
    spec = importlib.util.spec_from_file_location("story_table", ROOT / "benchmarks" / "story.py")
    table = importlib.util.module_from_spec(spec)
    sys.modules["story_table"] = table
    spec.loader.exec_module(table)
    walk = walk_target(name, ideas=True)
    told = table.shares(walk, table.told(walk.story))
    assert min(float(share) for share in told.split()) >= 95
