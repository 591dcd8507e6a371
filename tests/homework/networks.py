"""Questions for the tests on mistakes: random layers of all rules, and small random networks for what needs a context."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import torch
from nets import walked
from random_questions import random_question
from torch import nn

from explainer.homework.question import QUANTITIES, Question
from explainer.homework.questions import questions
from explainer.rules import default_registry
from explainer.vocabulary.kind import Kind

TEACHING = (
    Kind.CONVOLUTION,
    Kind.TRANSPOSED,
    Kind.LINEAR,
    Kind.EMBEDDING,
    Kind.RECURRENT,
    Kind.ATTENTION,
    Kind.NORMALIZATION,
    Kind.POOLING,
)


class Chain(nn.Module):
    """Convolutions with batch normalization and pooling, flattened, and fully connected layers."""

    def __init__(self, random: Random):
        super().__init__()
        widths = [random.choice([1, 3]), *(random.randint(2, 24) for _ in range(3))]
        self.stem = nn.Conv2d(widths[0], widths[1], 3, padding=1)
        self.norm = nn.BatchNorm2d(widths[1])
        self.pool = nn.MaxPool2d(2)
        self.mid = nn.Conv2d(widths[1], widths[2], random.choice([3, 5]), padding=random.choice([1, 2]))
        self.again = nn.Conv2d(widths[2], widths[2], 3, padding=1)
        self.twin = nn.Conv2d(widths[2], widths[2], 3, padding=1)
        self.last = nn.Conv2d(widths[2], widths[3], 3, stride=random.choice([1, 2]), padding=1)
        self.act = nn.ReLU()
        self.drop = nn.Dropout()
        self.fc1 = nn.LazyLinear(random.randint(5, 64))
        self.fc2 = nn.Linear(self.fc1.out_features, random.randint(2, 12))
        self.unused = nn.Linear(random.randint(2, 9), 3) if random.random() < 0.5 else nn.Identity()

    def forward(self, x):
        x = self.pool(self.act(self.norm(self.stem(x))))
        x = self.twin(self.again(self.act(self.mid(x))))
        x = self.pool(self.act(self.last(x)))
        x = self.drop(torch.flatten(x, 1))
        return self.fc2(self.act(self.fc1(x)))


class Joined(nn.Module):
    """Two maps joined along the channels, then a convolution; global averaging and a fully connected layer."""

    def __init__(self, random: Random):
        super().__init__()
        a, b, c = (random.randint(2, 32) for _ in range(3))
        self.left, self.right = nn.Conv2d(3, a, 3, padding=1), nn.Conv2d(3, b, 1)
        self.norm = nn.BatchNorm2d(a + b)
        self.mix = nn.Conv2d(a + b, c, 3, padding=1)
        self.head = nn.Linear(c, random.randint(2, 20))
        if random.random() < 0.5:
            self.stem = self.left
            for parameter in self.left.parameters():
                parameter.requires_grad = False

    def forward(self, x):
        x = self.norm(torch.cat([self.left(x), self.right(x)], dim=1))
        return self.head(torch.relu(self.mix(x)).mean((2, 3)))


class Sentences(nn.Module):
    """An embedding whose table is the last layer's weight too, position vectors, attention."""

    def __init__(self, random: Random):
        super().__init__()
        words, width = random.randint(20, 200), 4 * random.randint(2, 8)
        self.table = nn.Embedding(words, width, padding_idx=0)
        self.place = nn.Parameter(torch.zeros(1, 7, width))
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.out = nn.Linear(width, words, bias=False)
        self.out.weight = self.table.weight

    def forward(self, x):
        x = self.table(x) + self.place
        return self.out(self.attention(x, x, x)[0])


def in_networks(random: Random) -> Iterator[Question]:
    """The questions on one small random network, with a batch of one or several."""
    batch = random.choice([1, 2, 3])
    kind = random.choice([Chain, Chain, Joined, Sentences])
    if kind is Sentences:
        from nets import meta

        from explainer.derive.pipeline import walk_model

        tokens = meta(batch, 7, dtype=torch.int64)
        walk = walk_model(kind(random), (tokens,), {}, name="net", source="test", train=False)
        yield from questions(walk)
        return
    side = random.choice([16, 20, 28, 32])
    channels = 3
    model = kind(random)
    if isinstance(model, Chain):
        channels = model.stem.in_channels
    yield from questions(walked(model, (batch, channels, side, side)))


def many(random: Random, layers: int, networks: int) -> list[Question]:
    """Questions over all rules; layers that are taught, with parameters and sizes, three times as often as others."""
    taught = [rule for rule in default_registry().rules if rule.kind in TEACHING]
    found = [
        random_question(random, QUANTITIES, None if i % 4 == 0 else taught, trivial=i % 8 == 0) for i in range(layers)
    ]
    for _ in range(networks):
        found += in_networks(random)
    return found
