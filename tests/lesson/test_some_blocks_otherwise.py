"""Of blocks that do things otherwise each is said of those alone: windows, fewer keys, one query, optional layers in groups."""

import torch
from torch import nn
from torch.nn import functional as F

from explainer.document.builder import Page
from explainer.formula.expansion import added_up, multiplied_out
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi
from explainer.lesson.architectures import proper_name
from explainer.lesson.block import block_section
from explainer.lesson.network_rows import chunks
from tests.recognition.nets import ideas_of

D = 16


class Attention(nn.Module):
    """way: "windows" of four neighbours, "all", "fewer" keys (a strided convolution), "first" (only the first position asks)."""

    def __init__(self, way):
        super().__init__()
        self.way, self.q, self.kv, self.out = way, nn.Linear(D, D), nn.Linear(D, 2 * D), nn.Linear(D, D)
        self.less = nn.Conv2d(D, D, 2, stride=2) if way == "fewer" else None

    def forward(self, x):
        if self.way == "windows":
            n, t, d = x.shape
            side = int(t**0.5)
            x = x.view(n, side // 2, 2, side // 2, 2, d).transpose(2, 3).reshape(-1, 4, d)
            return self.attend(x, x).view(n, side // 2, side // 2, 2, 2, d).transpose(2, 3).reshape(n, t, d)
        if self.less is not None:
            side = int(x.shape[1] ** 0.5)
            return self.attend(x, self.less(x.transpose(1, 2).view(-1, D, side, side)).flatten(2).transpose(1, 2))
        return self.attend(x[:, :1] if self.way == "first" else x, x)

    def attend(self, x, y):
        k, v = self.kv(y).chunk(2, -1)
        return self.out((self.q(x) @ k.transpose(1, 2) * D**-0.5).softmax(-1) @ v)


class Block(nn.Module):
    def __init__(self, way):
        super().__init__()
        self.norm, self.other, self.attn = nn.LayerNorm(D), nn.LayerNorm(D), Attention(way)
        self.up, self.down = nn.Linear(D, 64), nn.Linear(64, D)

    def forward(self, x):
        x = x + self.attn(self.norm(x))
        return x + self.down(F.gelu(self.up(self.other(x))))


def told(net, shape=(2, 64, D), lang="zh"):
    """The section of the only kind of block."""
    walk = ideas_of(net, torch.zeros(shape))
    (part,) = walk.story.blocks
    page = Page((lang,), "handout")
    block_section(page, walk, part)
    return " ".join(str(block) for block in page.blocks)


def test_windows_and_fewer_keys_are_said_of_the_blocks_that_have_them():
    text = told(nn.Sequential(*(Block(way) for way in ("windows", "fewer", "windows", "fewer"))))
    assert "2块" in text and "另外2块不分组" in text and "2块中键和值的位置比查询少" in text
    assert "每个位置关注所有位置" not in text and "每个位置关注同一组" not in text
    every = told(nn.Sequential(Block("windows"), Block("windows")))
    assert "每个位置关注同一组的所有位置" in every and "不分组" not in every
    assert "每个位置关注所有位置" in told(nn.Sequential(Block("all"), Block("all")))


def test_only_the_first_position_asks():
    class First(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.attn = nn.LayerNorm(D), Attention("first")
            self.up, self.down = nn.Linear(D, 64), nn.Linear(64, D)

        def forward(self, x):
            y = x[:, :1] + self.attn(self.norm(x))
            return torch.cat((y + self.down(F.gelu(self.up(y))), x[:, 1:]), 1)

    text = told(nn.Sequential(First(), First()), (2, 9, D))
    assert "只有1个位置作查询，它从9个位置取信息" in text


class Widened(nn.Module):
    """A residual block with a shortcut of its own where the channels change."""

    def __init__(self, before, after):
        super().__init__()
        self.a, self.b = nn.Conv2d(before, after, 3, padding=1), nn.Conv2d(after, after, 3, padding=1)
        self.side = nn.Conv2d(before, after, 1) if before != after else None

    def forward(self, x):
        y = self.b(F.relu(self.a(x)))
        return y + (x if self.side is None else self.side(x))


def test_the_layers_of_a_shortcut_are_called_so():
    text = told(nn.Sequential(Widened(4, 8), Widened(8, 8), Widened(8, 16), Widened(16, 16)), (1, 4, 8, 8))
    assert "捷径：1×1卷积层" in text and "主路，合计" in text and "捷径，合计" in text


def test_optional_layers_that_never_meet_are_not_summed():
    text = told(nn.Sequential(*(Split(one) for one in (True, False, True, False))), (1, 6, D))
    assert "部分块才有：A" in text and "部分块才有：B" in text and "A，合计" in text and "B，合计" in text


class Split(nn.Module):
    def __init__(self, fused):
        super().__init__()
        self.norm, self.other, self.out = nn.LayerNorm(D), nn.LayerNorm(D), nn.Linear(D, D)
        self.up, self.down, self.last = nn.Linear(D, 64), nn.Linear(64, D), nn.Linear(D, D)
        self.both = nn.Linear(D, 2 * D) if fused else None
        self.k, self.v = (None, None) if fused else (nn.Linear(D, D), nn.Linear(D, D))

    def forward(self, x):
        y = self.norm(x)
        k, v = self.both(y).chunk(2, -1) if self.both is not None else (self.k(y), self.v(y))
        x = x + self.out(torch.tanh(k) * v)
        return x + self.last(torch.sigmoid(self.down(F.gelu(self.up(self.other(x))))))


def test_what_stands_in_a_list_of_blocks_and_is_none_is_one_row():
    class Inverted(nn.Module):
        def __init__(self, channels, wide):
            super().__init__()
            self.wide = nn.Conv2d(channels, wide, 1) if wide > channels else None
            self.deep = nn.Conv2d(wide, wide, 3, padding=1, groups=wide)
            self.norm, self.narrow = nn.BatchNorm2d(wide), nn.Conv2d(wide, channels, 1)

        def forward(self, x):
            y = x if self.wide is None else F.relu(self.wide(x)).tanh().relu()
            return x + self.narrow(F.relu(self.norm(self.deep(y))))

    walk = ideas_of(nn.Sequential(Inverted(8, 8), Inverted(8, 24), Inverted(8, 32)), torch.zeros(1, 8, 6, 6))
    rows = chunks(walk)
    assert [row.beside for row in rows if row.beside] in ([], ["0"])
    assert len([row for row in rows if any(layer.path.startswith("0.") for layer in row.layers)]) == 1


def test_a_sum_reads_as_its_rows_do():
    d, f, n = (Symbol(name, Bi(name, name)) for name in "dfn")
    rows = [4 * ((d + 1) * d), d * n, (d + 1) * f, 2 * d]
    whole = multiplied_out(rows[0] + rows[1] + rows[2] + rows[3], ["f", "d", "n"])
    assert plain(whole, Plain()) == "4d²+d·n+f·d+6d+f"
    assert plain(added_up([2 * d * d, 9 * d * d / 32, 8 * d, d / 8], ["d"]), Plain()).count("/") == 2


def test_timms_names_are_written_as_papers_do():
    names = ["mobilevit_s", "resnet50", "coatnext_nano_rw_224", "of_my_own"]
    assert [proper_name(name, "timm") for name in names] == [
        "MobileViT-S",
        "ResNet-50",
        "CoAtNeXt-Nano-rw-224",
        "of_my_own",
    ]


def test_layers_one_after_another_are_no_parallel_branches():
    class Joined(nn.Module):
        def __init__(self, chain, last):
            super().__init__()
            self.parts = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(3))
            self.chain, self.last = chain, nn.Conv2d(24, 8, 1) if last else None

        def forward(self, x):
            made = []
            for part in self.parts:
                made.append(F.relu(part(made[-1] if self.chain and made else x)))
            y = torch.cat(made, 1)
            return self.last(y) if self.last is not None else y[:, :8]

    for chain, last, words in ((True, True, "先后得到的3个结果"), (False, True, "后面的层由拼接的结果算出输出")):
        text = told(nn.Sequential(Joined(chain, last), Joined(chain, last)), (1, 8, 6, 6))
        assert words in text and "输出通道数是各路之和" not in text


class Narrow(nn.Module):
    def __init__(self, before, middle, after):
        super().__init__()
        self.a, self.c = nn.Conv2d(before, middle, 1), nn.Conv2d(middle, after, 1)
        self.b = nn.Conv2d(middle, middle, 3, padding=1)
        self.side = nn.Conv2d(before, after, 1) if before != after else None

    def forward(self, x):
        y = self.c(F.relu(self.b(F.relu(self.a(x)))))
        return y + (x if self.side is None else self.side(x))


def test_an_input_is_said_to_go_through_a_shortcut_where_it_does_so_in_every_block():
    some = told(
        nn.Sequential(*(Narrow(*sizes) for sizes in ((8, 4, 16), (16, 4, 16), (16, 8, 32), (32, 8, 32)))), (1, 8, 6, 6)
    )
    assert "块的输入绕过块中各层" in some and "输入先经过捷径上的1×1卷积" in some
    every = told(nn.Sequential(*(Narrow(*sizes) for sizes in ((8, 4, 16), (16, 8, 32), (32, 16, 64)))), (1, 8, 6, 6))
    assert "块的输入经过一条捷径" in every and "瓶颈残差块" in every


def test_channels_are_called_those_of_the_input_only_where_they_are():
    class Standardised(nn.Module):
        def __init__(self, before, after):
            super().__init__()
            self.weight, self.bias = nn.Parameter(torch.ones(after, before, 1, 1)), nn.Parameter(torch.ones(after))

        def forward(self, x):
            weight = (self.weight - self.weight.mean((1, 2, 3), keepdim=True)) * 2
            return F.relu(F.conv2d(x, weight, self.bias))

    text = told(nn.Sequential(*(Standardised(*sizes) for sizes in ((4, 8), (8, 16), (16, 24)))), (1, 4, 6, 6))
    assert "块的输入通道数" not in text and "1×1卷积层" not in text
