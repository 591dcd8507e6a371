"""Of layers that only some blocks have nothing is said of all: squeeze and excitation, sums, equal numbers, what is added where."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explainer.document.builder import Page
from explainer.lesson.block import block_section
from explainer.lesson.block_words import described
from tests.recognition.nets import ideas_of


class Squeezed(nn.Module):
    def __init__(self, squeezes):
        super().__init__()
        self.a, self.b = nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)
        self.down, self.up = (nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)) if squeezes else (None, None)

    def forward(self, x):
        y = F.relu(self.a(x))
        if self.down is not None:
            y = y * torch.sigmoid(self.up(F.relu(self.down(y.mean((2, 3), keepdim=True)))))
        return x + self.b(y)


class Within(nn.Module):
    """A residual connection inside, and none round the block."""

    def __init__(self):
        super().__init__()
        self.first, self.a, self.b = (nn.Conv2d(8, 8, 3, padding=1) for _ in range(3))

    def forward(self, x):
        y = F.relu(self.first(x))
        return y + self.b(F.relu(self.a(y)))


class Masked(nn.Module):
    """As Swin's: attention and a feed-forward network, and in some blocks a mask of the differences of fresh tensors."""

    def __init__(self, masks):
        super().__init__()
        self.norm, self.other, self.qkv = nn.LayerNorm(8), nn.LayerNorm(8), nn.Linear(8, 24)
        self.out, self.up, self.down, self.masks = nn.Linear(8, 8), nn.Linear(8, 32), nn.Linear(32, 8), masks

    def forward(self, x):
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        mask = None
        if self.masks:
            region = q.new_zeros(6)
            mask = region.unsqueeze(0) - region.unsqueeze(1)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, attn_mask=mask))
        return x + self.down(F.gelu(self.up(self.other(x))))


class Extra(nn.Module):
    """As T5's blocks: equal but for a table of the first."""

    def __init__(self, table):
        super().__init__()
        self.a, self.b = nn.Linear(8, 16), nn.Linear(16, 8)
        self.table = nn.Linear(8, 3, bias=False) if table else None

    def forward(self, x):
        y = F.relu(self.a(x))
        more = self.table(x).mean() if self.table is not None else 0
        return x + self.b(y) + more


def words_of(walk):
    name, said = described(walk.story.blocks[0])
    return name.en, " ".join(text.format(**values).en for text, values in said)


def page_of(walk, lang="en"):
    page = Page((lang,), "standard")
    block_section(page, walk, walk.story.blocks[0])
    return str(page.blocks)


def test_squeeze_and_excitation_of_some_blocks_names_none_of_the_others():
    some = ideas_of(nn.Sequential(Squeezed(True), Squeezed(False), Squeezed(True)), torch.zeros(1, 16, 8, 8))
    name, said = words_of(some)
    assert name == "residual block" and "In 2 blocks there is squeeze and excitation too. Squeeze" in said
    every = ideas_of(nn.Sequential(Squeezed(True), Squeezed(True)), torch.zeros(1, 16, 8, 8))
    name, said = words_of(every)
    assert name == "squeeze-and-excitation residual block" and "In 2" not in said


def test_a_residual_connection_inside_is_not_called_one_of_the_blocks_input():
    _, said = words_of(ideas_of(nn.Sequential(Within(), Within(), Within()), torch.zeros(1, 8, 8, 8)))
    assert said.startswith("Within the block what some layers compute is added to their own input")


def test_a_mask_that_some_blocks_build_is_no_residual_connection():
    walk = ideas_of(nn.Sequential(*map(Masked, (False, True, False, True))), torch.zeros(2, 6, 8))
    _, said = words_of(walk)
    assert said.startswith("A block does two things, each inside a residual connection")


@pytest.mark.parametrize(("lang", "apart"), [("en", "These 3 blocks differ only in the layers that some of them have"), ("zh", "这3块只有表中注明“部分块才有”的层不同")])  # fmt: skip
def test_blocks_that_differ_in_a_layer_are_not_called_equal_and_sums_keep_apart(lang, apart):
    walk = ideas_of(nn.Sequential(Extra(True), Extra(False), Extra(False)), torch.zeros(2, 6, 8))
    page = page_of(walk, lang)
    assert apart in page
    common, option = 9 * 16 + 17 * 8, 24
    assert f"Strong(text='{common}')" in page and f"Strong(text='{option}')" in page
    assert f"Strong(text='{common + option}')" not in page


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)

    def forward(self, x):
        return F.relu(self.norm(self.conv(F.relu(self.conv(x)))))


def test_a_layers_second_use_is_no_step_without_parameters():
    page = page_of(ideas_of(nn.Sequential(Twice(), Twice(), Twice()), torch.zeros(1, 8, 6, 6)))
    assert "2 more steps without parameters" in page and "conv@2" not in page
