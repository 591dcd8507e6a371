"""The input and output stages: run, and what only stands in their place is not said to be one."""

import pytest
import torch
from recognition.nets import ideas_of
from torch import nn


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.conv, self.norm, self.act = nn.Conv2d(d, d, 3, padding=1), nn.BatchNorm2d(d), nn.ReLU()

    def forward(self, x):
        return x + self.act(self.norm(self.conv(x)))


class Net(nn.Module):
    """stem: what comes first; pool: what makes a vector of the features, and the width that it has."""

    def __init__(self, stem, pool, width=8):
        super().__init__()
        self.stem, self.pool, self.fc = stem, pool, nn.Linear(width, 5)
        self.blocks = nn.Sequential(Block(8), Block(8), Block(8))

    def forward(self, x):
        return self.fc(self.pool(self.blocks(self.stem(x))))


class ByPlace(nn.Module):
    """A convolution, and a number for each place: places are not alike."""

    def __init__(self):
        super().__init__()
        self.conv, self.scale = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.Parameter(torch.ones(1, 1, 16, 16))

    def forward(self, x):
        return self.conv(x) * self.scale


class Half(nn.Module):
    """The mean of the upper half: no mean over all places."""

    def forward(self, x):
        return x[:, :, : x.shape[2] // 2].mean((2, 3))


MEAN = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
STEM = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())


def ends(net, side=32):
    walk = ideas_of(net, torch.zeros(1, 3, side, side))
    return {idea.kind: dict(idea.settings) for idea in walk.ideas if idea.kind in ("stem", "head")}


def test_a_convolution_and_an_average():
    assert ends(Net(STEM, MEAN)) == {"stem": {"of": "image", "stride": 2}, "head": {"reads": "mean"}}


@pytest.mark.parametrize(
    ("stem", "pool", "width"),
    [
        (ByPlace(), nn.Flatten(), 8 * 16 * 16),
        (nn.Sequential(ByPlace(), nn.ReLU()), nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten()), 8),
        (nn.Sequential(ByPlace()), Half(), 8),
        (ByPlace(), nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), 8 * 4),
    ],
)
def test_look_alikes_are_refused(stem, pool, width):
    assert ends(Net(stem, pool, width)) == {}


class Encoder(nn.Module):
    """Rows of patches or tokens; the output reads one, or each."""

    def __init__(self, reads):
        super().__init__()
        self.table, self.position = nn.Embedding(11, 8), nn.Parameter(torch.randn(6, 8))
        self.blocks = nn.ModuleList([nn.TransformerEncoderLayer(8, 2, 16, batch_first=True) for _ in range(3)])
        self.reads, self.fc = reads, nn.Linear(8, 4)

    def forward(self, ids):
        x = self.table(ids) + self.position
        for block in self.blocks:
            x = block(x)
        return self.fc(self.reads(x))


@pytest.mark.parametrize(
    ("reads", "said"),
    [
        (lambda x: x[:, -1], {"reads": "one", "position": 5}),
        (lambda x: x, {"reads": "each"}),
        (lambda x: x.mean(1), {"reads": "mean"}),
        (lambda x: x.amax(1), None),
    ],
)
def test_what_the_output_reads(reads, said):
    walk = ideas_of(Encoder(reads), torch.zeros(2, 6, dtype=torch.int64, device="meta"))
    found = {idea.kind: dict(idea.settings) for idea in walk.ideas if idea.kind in ("stem", "head")}
    assert found.get("stem") == {"of": "tokens"} and found.get("head") == said


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(50, 16)
        self.b = nn.ModuleList(nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 16)) for _ in range(3))

    def forward(self, x):
        x = self.e(x)
        for block in self.b:
            x = x + block(x)
        return x


def test_whole_numbers_written_down_are_an_input():
    """They keep their values, since they may be lengths; an embedding is given them on the meta device."""
    walk = ideas_of(Words(), torch.tensor([[1, 2, 3, 4, 5]]))
    assert walk.layers[0].call.inputs == ("input",)
    assert [idea.settings for idea in walk.ideas if idea.kind == "stem"] == [{"of": "tokens"}]


def wide(kernel=1):
    """A convolution before the mean, as in a MobileNet."""
    convolution = nn.Conv2d(8, 12, kernel, padding=kernel // 2)
    return nn.Sequential(convolution, nn.BatchNorm2d(12), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Scored(nn.Module):
    """Scores of each place, put together by `pool`: SqueezeNet's way."""

    def __init__(self, pool):
        super().__init__()
        self.blocks = nn.Sequential(Block(3), Block(3), Block(3))
        self.score = nn.Sequential(nn.Dropout(), nn.Conv2d(3, 5, 1), nn.ReLU(), pool, nn.Flatten())

    def forward(self, x):
        return self.score(self.blocks(x))


def test_an_output_stage_may_work_at_each_place_first():
    assert ends(Net(STEM, wide(), 12))["head"] == {"reads": "mean"}
    assert ends(Scored(nn.AdaptiveAvgPool2d(1)))["head"] == {"reads": "mean"}
    walk = ideas_of(Scored(nn.AdaptiveAvgPool2d(1)), torch.zeros(1, 3, 32, 32))
    (words,) = [idea.proof.words for idea in walk.ideas if idea.kind == "head"]
    assert "fully connected" not in words.en and "scores each place" in words.en


def test_an_output_stage_of_neighbourhoods_or_of_a_maximum_is_none():
    assert "head" not in ends(Net(STEM, wide(3), 12))
    assert "head" not in ends(Scored(nn.AdaptiveMaxPool2d(1)))
    assert "head" not in ends(Scored(nn.AdaptiveAvgPool2d((1, 2))))


def test_a_convolution_costs_its_own_multiply_accumulates():
    """SqueezeNet's last layer, 512 → 1000 at 13×13 places, was counted as 77 times what it is (its width taken for its channels), and was not run."""
    net = Scored(nn.AdaptiveAvgPool2d(1))
    net.blocks, net.score[1] = nn.Sequential(*(Block(512) for _ in range(2))), nn.Conv2d(512, 1000, 1)
    walk = ideas_of(net, torch.zeros(1, 512, 13, 13))
    assert "head" in {idea.kind for idea in walk.ideas}
