"""The table of the network: its working gives what stands beside it; equal layers side by side are one row."""

import torch
from torch import nn

from explainer.api import Explanation
from explainer.document.builder import Page
from explainer.lesson.block import block_section
from explainer.lesson.idea import kinds_of
from explainer.lesson.network import network_table
from explainer.walkthrough.model import Walkthrough
from tests.recognition.nets import ideas_of


def rows(walk: Walkthrough):
    page = Page(("en",), "handout")
    network_table(page, walk)
    table = next(one for one in page.blocks if hasattr(one, "rows"))
    plain = ["".join(getattr(part, "text", None) or str(part) for part in cell) for row in table.rows for cell in row]
    width = len(table.rows[0])
    return [plain[i : i + width] for i in range(0, len(plain), width)]


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.out = nn.Embedding(50, 8), nn.Linear(8, 50)
        self.out.weight = self.table.weight

    def forward(self, ids):
        return self.out(self.table(ids))


def test_a_tied_layer_takes_off_what_was_counted_before():
    walk = ideas_of(Tied(), torch.zeros(1, 4, dtype=torch.int64))
    (row,) = [row for row in rows(walk) if "`out`" in row[0] or "out" in row[0]]
    assert row[2:4] == ["(8+1)·50−400", "50"]


class Capsules(nn.Module):
    def __init__(self, count=4):
        super().__init__()
        self.first = nn.Conv2d(1, 6, 3)
        self.caps = nn.ModuleList(nn.Conv2d(6, 5, 3) for _ in range(count))
        self.other = nn.Conv2d(6, 7, 3)

    def forward(self, x):
        x = self.first(x)
        return torch.stack([layer(x) for layer in self.caps]), self.other(x)


def test_equal_layers_of_one_input_are_one_row_and_an_other_one_is_not():
    table = rows(ideas_of(Capsules(), torch.zeros(1, 1, 8, 8)))
    assert [row[3] for row in table] == ["60", "1100", "385", "1545"]
    assert table[1][0].endswith("×4") and table[1][2] == "4·(3·3·6+1)·5"


class Twice(nn.Module):
    """One trunk for two images, and a recurrent cell called in a loop."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten())
        self.cell, self.out = nn.GRUCell(144, 8), nn.Linear(8, 2)

    def forward(self, x, y):
        h = None
        for image in (x, y):
            h = self.cell(self.trunk(image), h)
        return self.out(h)


def test_a_layer_that_is_used_again_is_still_one_layer():
    walk = ideas_of(Twice(), torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8))
    assert kinds_of(walk).zh == "1个卷积层、1个循环层、1个全连接层和1个激活层"


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class Inline(nn.Module):
    """Attention written into the block's own forward, so that its path is the block's; norms hold a tensor each."""

    def __init__(self, width=16, experts=3):
        super().__init__()
        self.one, self.two = Norm(width), Norm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.heads = nn.ModuleList(nn.Linear(width, width) for _ in range(experts))

    def forward(self, x):
        q, k, v = self.qkv(self.one(x)).chunk(3, -1)
        x = x + self.out((q @ k.transpose(1, 2) * q.shape[-1] ** -0.5).softmax(-1) @ v)
        y = self.two(x)
        return x + sum(head(y) for head in self.heads)


def test_a_tensor_belongs_to_what_uses_it_and_a_list_of_equal_layers_is_one_row():
    walk = ideas_of(nn.Sequential(Inline(), Inline(), Inline()), torch.zeros(1, 6, 16))
    page = Page(("en",), "handout")
    block_section(page, walk, walk.story.blocks[0])
    names = [
        "".join(getattr(part, "text", None) or str(part) for part in row[0])
        for one in page.blocks
        for row in getattr(one, "rows", ())
    ]
    assert [name for name in names if "weight" in name] == ["RMSNorm one.weight", "RMSNorm two.weight"]
    assert sum("heads" in name for name in names) == 1


class Loop(nn.Module):
    """A cell that is called step by step: a loop's table, and the kinds of layers behind it."""

    def __init__(self):
        super().__init__()
        self.table, self.mix = nn.Embedding(20, 8), nn.Linear(16, 8)
        self.cell, self.out = nn.GRUCell(8, 8), nn.Linear(8, 20)

    def forward(self, ids):
        h = self.table(ids).mean(1)
        said = []
        for t in range(4):
            h = self.cell(torch.relu(self.mix(torch.cat([self.table(ids[:, t]), h], 1))), h)
            said.append(self.out(h))
        return torch.stack(said, 1)


def test_the_small_example_is_told_once_and_a_layer_called_again_has_no_section():
    said = Explanation(
        ideas_of(Loop(), torch.zeros(2, 4, dtype=torch.int64)), ("en",), "handout", pictures=False
    ).to_markdown()
    assert said.count("First with small numbers") == 1
    assert "`table@2`" not in "".join(line for line in said.splitlines() if line.startswith("###"))


class Thin(nn.Module):
    def __init__(self, inputs, growth):
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, growth, 3, padding=1, bias=False)

    def forward(self, x):
        return self.conv(self.norm(x).relu())


class Inside(nn.Sequential):
    """What a dense block is: every layer takes all before it, and all are handed on."""

    def forward(self, x):
        found = [x]
        for layer in self:
            found.append(layer(torch.cat(found, 1)))
        return torch.cat(found, 1)


def test_dense_blocks_hand_on_all_that_they_joined_and_long_sums_are_told_by_their_ends():
    blocks = Inside(*(Thin(16 + 8 * at, 8) for at in range(9)))
    net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), blocks, nn.Conv2d(88, 4, 1))
    table = rows(ideas_of(net, torch.zeros(1, 3, 8, 8)))
    (row,) = [row for row in table if row[0].endswith("×9")]
    assert row[1] == "88×8×8"
    assert row[2] == "1184+1776+…+5920"


class Down(nn.Sequential):
    pass


def test_a_lone_block_has_its_layers_for_a_working():
    def down(inputs, outputs):
        return Down(
            nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()
        )

    net = nn.Sequential(
        nn.Sequential(*(down(2**at, 2 ** (at + 1)) for at in range(6))),
        nn.MaxPool2d(2),
        down(64, 32),
        nn.Conv2d(32, 2, 1),
    )
    assert all(row[2] for row in rows(ideas_of(net, torch.zeros(1, 1, 16, 16)))[:-1])
