"""What is said of blocks and of the way through a network: as many things as are done, in the order in which they are."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explainer.document.builder import Page
from explainer.i18n.bilingual import Bi
from explainer.lesson.block_maps import joined_from_outside
from explainer.lesson.block_words import described
from explainer.lesson.idea import idea
from tests.recognition.nets import ideas_of

WIDTH = 16


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        return self.out((q @ k.transpose(1, 2) * WIDTH**-0.5).softmax(-1) @ v)


def feed_forward():
    return nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.SiLU(), nn.Linear(4 * WIDTH, WIDTH))


class Along(nn.Module):
    """A convolution along the positions."""

    def __init__(self):
        super().__init__()
        self.one = nn.Conv1d(WIDTH, WIDTH, 1)
        self.deep = nn.Conv1d(WIDTH, WIDTH, 5, padding=2, groups=WIDTH)

    def forward(self, x):
        return self.deep(F.silu(self.one(x.transpose(1, 2)))).transpose(1, 2)


class Block(nn.Module):
    def __init__(self, *makers):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in makers)
        self.works = nn.ModuleList(make() for make in makers)

    def forward(self, x):
        for norm, work in zip(self.norms, self.works, strict=True):
            x = x + work(norm(x))
        return x


class Side(nn.Module):
    """Attention and a feed-forward network side by side in one residual connection."""

    def __init__(self):
        super().__init__()
        self.norm, self.attention, self.mlp = nn.LayerNorm(WIDTH), Attention(), feed_forward()

    def forward(self, x):
        y = self.norm(x)
        return x + (self.attention(y) + self.mlp(y))


FF, AT, CO = feed_forward, Attention, Along
TRANSFORMER = ("Transformer block", "Transformer块", "A block does two things, each inside")
SAID = {
    "a Transformer": (lambda: Block(AT, FF), *TRANSFORMER),
    "attention alone": (lambda: Block(AT), "attention block", "注意力块", "Attention lets every position gather from others; the"),
    "a Conformer": (lambda: Block(FF, AT, CO, FF), "convolution-augmented Transformer block", "卷积增强的Transformer块", "four things in turn"),
    "side by side": (Side, "Transformer block", "Transformer块", "the block's input is added to what the two make"),
    "the feed-forward network first": (lambda: Block(FF, AT), "Transformer block", "Transformer块", "two things in turn, each inside a residual connection: a feed-forward"),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_a_block_with_attention_is_told_by_what_it_does(case):
    make, english, chinese, sentence = SAID[case]
    walk = ideas_of(nn.Sequential(*[make() for _ in range(3)]), torch.zeros(2, 6, WIDTH))
    name, said = described(walk.story.blocks[0])
    assert (name.en, name.zh) == (english, chinese)
    assert sentence in said[0][0].en
    if "four" in sentence:
        order = [said[0][0].zh.index(word) for word in ("前馈网络", "注意力", "卷积", "前馈网络对每个位置单独变换。")]
        assert "四件事" in said[0][0].zh and order == sorted(order)


class Residual(nn.Module):
    def __init__(self, shortcut, active=True):
        super().__init__()
        self.a, self.b = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.skip, self.active = shortcut(), active

    def forward(self, x):
        y = self.a(x)
        return self.b(F.relu(y) if self.active else y) + self.skip(x)


SHORTCUTS = {
    "an identity": (lambda: Residual(nn.Identity), "The block's input is added to what its layers compute"),
    "a 1×1 convolution": (lambda: Residual(lambda: nn.Conv2d(8, 8, 1)), "brought to the right size by a shortcut"),
    "with a normalization": (
        lambda: Residual(lambda: nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8))),
        "brought to the right size by a shortcut",
    ),
    "two linear branches": (lambda: Residual(lambda: nn.Conv2d(8, 8, 1), active=False), None),
    "an equal branch": (lambda: Residual(lambda: nn.Sequential(nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1))), None),
    "an active branch": (lambda: Residual(lambda: nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU())), None),
}


@pytest.mark.parametrize("case", SHORTCUTS)
def test_a_shortcut_through_layers_is_a_residual_connection_and_a_branch_is_none(case):
    make, sentence = SHORTCUTS[case]
    walk = ideas_of(nn.Sequential(*[make() for _ in range(3)]), torch.zeros(1, 8, 6, 6))
    name, said = described(walk.story.blocks[0])
    assert (name.en == "residual block") == (sentence is not None)
    assert not said if sentence is None else sentence in said[0][0].en


class Inverted(nn.Module):
    """Wide and depthwise, with a residual connection where the stride is 1: MobileNet's."""

    def __init__(self, stride, adds=True):
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(8, 32, 1), nn.Conv2d(32, 8, 1)
        self.deep = nn.Conv2d(32, 32, 3, stride, 1, groups=32)
        self.adds = adds and stride == 1

    def forward(self, x):
        y = self.narrow(F.relu(self.deep(F.relu(self.wide(x)))))
        return x + y if self.adds else y


@pytest.mark.parametrize(("strides", "sentence"), [((2, 1, 2, 1, 1), "In 3 of the 5 blocks the block's input is added"), ((1, 1, 1), "The block's input is added")])  # fmt: skip
def test_a_residual_connection_is_said_of_the_blocks_that_have_one(strides, sentence):
    walk = ideas_of(nn.Sequential(*map(Inverted, strides)), torch.zeros(1, 8, 24, 24))
    name, said = described(walk.story.blocks[0])
    assert name.en == "inverted residual block"
    text, values = said[1]
    assert text.format(**values).en.startswith(sentence)


def way(model, *inputs, lang):
    page = Page((lang,), "standard")
    idea(page, ideas_of(model, *inputs))
    return str(page.blocks[1])


class Turns(nn.Module):
    """Blocks of two kinds in turn; two inputs, one of them a number a sample; as many outputs as asked for."""

    def __init__(self, turns, outputs):
        super().__init__()
        first = [Block(AT), Block(AT), Block(FF), Block(FF)]
        self.blocks, self.outputs = nn.ModuleList(first[::2] + first[1::2] if turns else first), outputs

    def forward(self, x, t):
        for block in self.blocks:
            x = block(x)
        return [x, (x * t[:, None, None]).sum((1, 2))][: self.outputs] if self.outputs < 3 else [x] * self.outputs


@pytest.mark.parametrize(
    ("turns", "outputs", "there"),
    [
        (False, 1, ["依次经过", "输入为6×16和每个样本1个数", "输出为6×16；"]),
        (True, 2, ["各部分交错排列", "输出为6×16和每个样本1个数"]),
        (False, 5, ["输出为6×16等5个张量"]),
    ],
)
def test_the_way_says_all_inputs_and_outputs_and_whether_blocks_alternate(turns, outputs, there):
    said = way(Turns(turns, outputs), torch.zeros(2, 6, WIDTH), torch.zeros(2), lang="zh")
    assert all(words in said for words in there), said
    assert ("依次" in said) != turns


class Timed(nn.Module):
    """A U whose maps get a number of each sample."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList(nn.Conv2d(4, 4, 3, 2, 1) for _ in range(2))
        self.up = nn.ModuleList(nn.Conv2d(8, 4, 3, padding=1) for _ in range(2))
        self.first, self.time = nn.Conv2d(4, 4, 3, padding=1), nn.Linear(1, 4)

    def forward(self, x, t):
        x, kept = self.first(x), []
        for layer in self.down:
            kept.append(x)
            x = layer(x) + self.time(t)[:, :, None, None]
        for layer in self.up:
            x = layer(torch.cat([F.interpolate(x, scale_factor=2.0), kept.pop()], 1))
        return x


def test_a_vector_added_to_the_maps_is_not_the_bottom_of_a_u():
    said = way(Timed(), torch.zeros(1, 4, 16, 16), torch.zeros(1, 1), lang="en")
    assert "The network is U-shaped" in said and "16×16 to 4×4" in said


class Joins(nn.Module):
    """Blocks that begin by joining: all maps before them, as a DenseNet's, or two of their own, as a cell's input and state."""

    def __init__(self, dense):
        super().__init__()
        self.first, self.dense = nn.Conv2d(4, 4, 3, padding=1), dense
        self.blocks = nn.ModuleList(Joined(4 * (i + 1) if dense else 8) for i in range(4))

    def forward(self, x):
        maps = [self.first(x)]
        for block in self.blocks:
            maps.append(block(maps if self.dense else [maps[0], maps[-1]]))
        return maps[-1]


class Joined(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(width), nn.Conv2d(width, 4, 3, padding=1)

    def forward(self, maps):
        return self.conv(F.relu(self.norm(torch.cat(maps, 1))))


@pytest.mark.parametrize(("dense", "name"), [(True, "densely connected block"), (False, "convolutional block")])
def test_only_blocks_that_take_all_before_are_densely_connected(dense, name):
    walk = ideas_of(Joins(dense), torch.zeros(1, 4, 6, 6))
    assert described(walk.story.blocks[0])[0].en == name


class Growing(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.narrow = nn.BatchNorm2d(width), nn.Conv2d(width, 16, 1)
        self.conv = nn.Conv2d(16, 4, 3, padding=1)

    def forward(self, maps):
        return self.conv(F.relu(self.narrow(F.relu(self.norm(torch.cat(maps, 1))))))


class Dense(nn.Module):
    """Two stages of densely connected blocks with a bottleneck, and what lies behind each."""

    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList(
            nn.ModuleList(Growing(width) for width in range(first, first + 12, 4)) for first in (8, 10)
        )
        self.between = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(w), nn.ReLU(), nn.Conv2d(w, w // 2, 1), nn.AvgPool2d(2)) for w in (20, 22)
        )

    def forward(self, x):
        for stage, behind in zip(self.stages, self.between, strict=True):
            maps = [x]
            for block in stage:
                maps.append(block(maps))
            x = behind(torch.cat(maps, 1))
        return x


def said(part):
    """The sentences on a block, formulas left out."""
    found = [
        words.format(**{name: value if isinstance(value, Bi | int) else "…" for name, value in values.items()})
        for words, values in described(part)[1]
    ]
    return {lang: " ".join(words[lang] for words in found) for lang in ("zh", "en")}


def test_growth_and_transition_are_told():
    walk = ideas_of(Dense(), torch.zeros(1, 8, 16, 16))
    names = {described(part)[0].en: said(part) for part in walk.story.blocks}
    dense = names["densely connected block"]
    assert "only 4 channels" in dense["en"] and "to 4·4 = 16, 4 times the growth rate" in dense["en"]
    assert "增长率" in dense["zh"] and "3×3卷积" in dense["zh"]
    assert "pooling makes the map smaller" in names["transition block"]["en"]


class Decoder(nn.Module):
    def __init__(self, width, joins=True):
        super().__init__()
        self.up = nn.ConvTranspose2d(width, width // 2, 2, 2)
        self.conv, self.joins = nn.Conv2d(width if joins else width // 2, width // 2, 3, padding=1), joins

    def forward(self, x, skip):
        x = self.up(x)
        return F.relu(self.conv(torch.cat((skip, x), 1) if self.joins else x + skip))


class Shaped(nn.Module):
    def __init__(self, joins):
        super().__init__()
        self.down = nn.ModuleList(nn.Conv2d(w, 2 * w, 3, 2, 1) for w in (4, 8))
        self.up = nn.ModuleList(Decoder(w, joins) for w in (16, 8))

    def forward(self, x):
        maps = [x]
        for one in self.down:
            maps.append(one(maps[-1]))
        x = maps[-1]
        for one, skip in zip(self.up, maps[-2::-1], strict=True):
            x = one(x, skip)
        return x


@pytest.mark.parametrize("joins", [True, False])
def test_why_a_decoder_has_the_same_channels_again(joins):
    walk = ideas_of(Shaped(joins), torch.zeros(1, 4, 16, 16))
    blocks = [part for part in walk.story.blocks if part.template.cls.endswith("Decoder")]
    told = [" ".join(text.en for text, _ in joined_from_outside(part)) for part in blocks]
    assert blocks and all(("comes from outside" in text) is joins for text in told)


class Routed(nn.Module):
    """Scores that are added to by agreement (capsules), or by what a layer learns."""

    def __init__(self, learned):
        super().__init__()
        self.layer = nn.Linear(6, 6) if learned else nn.Identity()

    def forward(self, x):
        scores = x.mean(-1)
        for _ in range(2):
            votes = (scores.softmax(-1)[..., None] * x).sum(1, keepdim=True)
            scores = scores + self.layer((x * votes).sum(-1))
        return scores


@pytest.mark.parametrize("learned", [True, False])
def test_an_account_of_scores_is_no_residual_connection(learned):
    walk = ideas_of(Routed(learned), torch.zeros(2, 6, 8))
    adds = [layer.call.bypass for layer in walk.layers if layer.type == "add"]
    assert adds == [learned, learned]


def test_a_branch_that_learns_nothing_but_reads_that_tensor_alone_is_one():
    class Pooled(nn.Module):
        def forward(self, x):
            return x + F.avg_pool2d(x, 3, 1, 1)

    walk = ideas_of(Pooled(), torch.zeros(1, 4, 8, 8))
    assert [layer.call.bypass for layer in walk.layers if layer.type == "add"] == [True]
