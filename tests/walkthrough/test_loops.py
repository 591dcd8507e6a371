"""What runs again and again is told once: steps in time, a shared block, a head for several levels; parallel lists and growing dilation fold."""

import pytest
import torch
from nets import meta
from recognition.nets import ideas_of
from recognition.test_random_names import renamed
from torch import nn
from torch.nn import functional as F

import explainer
from explainer.walkthrough.loops import again_of


def ids(*shape):
    return torch.zeros(shape, dtype=torch.int64, device="meta")


class Cells(nn.Module):
    """A cell of torch's in a loop over eight words."""

    def __init__(self):
        super().__init__()
        self.qa, self.zz, self.oo = nn.Embedding(50, 10), nn.LSTMCell(10, 24), nn.Linear(24, 5)

    def forward(self, x):
        x = self.qa(x)
        h = x.new_zeros(x.shape[0], 24)
        c, out = torch.zeros_like(h), []
        for t in range(x.shape[1]):
            h, c = self.zz(x[:, t], (h, c))
            out.append(self.oo(h))
        return torch.stack(out, 1)


class ByHand(nn.Module):
    """An RNN of two matrices that are no layers."""

    def __init__(self):
        super().__init__()
        self.u, self.w = nn.Parameter(torch.randn(10, 24)), nn.Parameter(torch.randn(24, 24))
        self.last = nn.Linear(24, 3)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], 24)
        for t in range(x.shape[1]):
            h = torch.tanh(x[:, t] @ self.u + h @ self.w)
        return self.last(h)


class Step(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.g, self.q, self.o = nn.Embedding(40, 16), nn.GRUCell(32, 16), nn.Linear(16, 16), nn.Linear(32, 40)

    def forward(self, y, h, m):
        w = torch.softmax((m @ self.q(h)[:, :, None]).squeeze(-1), -1)
        c = (w[:, None] @ m).squeeze(1)
        h = self.g(torch.cat((self.e(y), c), -1), h)
        return self.o(torch.cat((h, c), -1)), h


class Decoder(nn.Module):
    """A decoder with attention: a module that runs once for each word."""

    def __init__(self):
        super().__init__()
        self.r, self.s = nn.GRU(16, 16, batch_first=True), Step()

    def forward(self, x, y):
        m, h = self.r(x)
        h, out = h[0], []
        for t in range(y.shape[1]):
            o, h = self.s(y[:, t], h, m)
            out.append(o)
        return torch.stack(out, 1)


class Levels(nn.Module):
    """Features of five sizes, and one head for all of them."""

    def __init__(self):
        super().__init__()
        self.a = nn.ModuleList(
            nn.Sequential(nn.Conv2d(i, o, 3, 2, 1), nn.ReLU()) for i, o in ((3, 12), *[(12, 12)] * 4)
        )
        self.b = nn.Sequential(nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 20, 3, padding=1))

    def forward(self, x):
        found = []
        for stage in self.a:
            x = stage(x)
            found.append(x)
        return torch.cat([self.b(one).flatten(2) for one in found], -1)


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.n, self.m = nn.LayerNorm(d), nn.LayerNorm(d)
        self.a, self.b, self.c = nn.MultiheadAttention(d, 4, batch_first=True), nn.Linear(d, 48), nn.Linear(48, d)

    def forward(self, x):
        y = self.n(x)
        x = x + self.a(y, y, y, need_weights=False)[0]
        return x + self.c(F.gelu(self.b(self.m(x))))


class Shared(nn.Module):
    """ALBERT: the same block six times."""

    def __init__(self):
        super().__init__()
        self.e, self.w, self.h = nn.Embedding(50, 16), Block(16), nn.Linear(16, 5)

    def forward(self, x):
        x = self.e(x)
        for _ in range(6):
            x = self.w(x)
        return self.h(x)


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.i, self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 32), nn.Linear(32, 8)

    def forward(self, x):
        x = self.i(x)
        for _ in range(10):  # Heun's method: the same field twice in each step
            k = self.b(torch.tanh(self.a(x)))
            x = x + 0.05 * (k + self.b(torch.tanh(self.a(x + 0.1 * k))))
        return x


BLOCK = 2 * 2 * 16 + 4 * 16 * 17 + 17 * 48 + 49 * 16
LOOPS = {
    "a cell": (Cells, (ids(1, 8),), 8, 4 * (10 * 24 + 24 * 24 + 48) + 25 * 5, 8 * (4 * (10 * 24 + 24 * 24) + 24 * 5)),
    "by hand": (ByHand, (meta(1, 7, 10),), 7, 34 * 24, 7 * 34 * 24),
    "a decoder": (
        Decoder,
        (meta(1, 7, 16), ids(1, 9)),
        9,
        40 * 16 + 3 * (32 * 16 + 16 * 16 + 32) + 17 * 16 + 33 * 40,
        9 * (3 * (32 + 16) * 16 + 16 * 16 + 32 * 40 + 2 * 7 * 16),
    ),
    "five levels": (
        Levels,
        (meta(1, 3, 64, 64),),
        5,
        (9 * 12 + 1) * (12 + 20),
        9 * 12 * 32 * (1024 + 256 + 64 + 16 + 4),
    ),
    "a shared block": (
        Shared,
        (ids(1, 9),),
        6,
        BLOCK,
        6 * (4 * 9 * 16 * 16 + 2 * 9 * 9 * 16 + 2 * 9 * 16 * 48),
    ),
    "a field twice": (Field, (meta(1, 4),), 10, 9 * 32 + 33 * 8, 10 * 2 * 2 * 8 * 32),
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("names", ["own", "random"])
def test_a_loop_is_one_part(name, names):
    cls, inputs, times, params, macs = LOOPS[name]
    model = cls()
    walk = ideas_of(renamed(model) if names == "random" else model, *inputs)
    (loop,) = walk.story.all("loop")
    assert (loop.times, loop.params, loop.macs) == (times, params, macs)
    assert len(loop.layers) == times * len(loop.once)
    assert loop.template is not None
    assert [row.params for row in loop.template.rows] == [params]
    assert len(walk.story.parts) <= 6
    assert sum(len(part.layers) for part in walk.story.parts) == len(walk.layers)


def test_the_ideas_of_a_shared_block_are_told_once():
    walk = ideas_of(Shared(), ids(1, 9))
    (loop,) = walk.story.all("loop")
    assert [idea.kind for idea in loop.ideas] == ["attention", "mlp"]
    assert [part.what for part in walk.story.parts] == ["stem", "loop", "head"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_lesson_says_that_parameters_count_once(lang):
    text = explainer.explain(Shared(), inputs=(ids(1, 9),), lang=lang, detail="handout").to_markdown()
    said = {"zh": ("（执行6次）", "参数只计1次", "6·"), "en": (", run 6 times", "counted once", "6·")}[lang]
    assert all(one in text for one in said)
    assert f"{BLOCK}" in text.replace(",", "")


class Branch(nn.Module):
    def __init__(self, i, o, k):
        super().__init__()
        self.a, self.b, self.n = nn.Conv2d(i, o, 1), nn.Conv2d(o, o, k, padding=k // 2), nn.BatchNorm2d(o)

    def forward(self, x):
        return F.relu(self.n(self.b(self.a(x))))


class Parallel(nn.Module):
    def __init__(self):
        super().__init__()
        self.s, self.z = nn.Conv2d(3, 16, 3), nn.ModuleList(Branch(16, o, k) for o, k in ((8, 1), (12, 3), (6, 5)))

    def forward(self, x):
        x = self.s(x)
        return torch.cat([branch(x) for branch in self.z], 1)


class Wider(nn.Module):
    """A convolution in time that looks further back from block to block."""

    def __init__(self, i, o, d):
        super().__init__()
        self.a = nn.Conv1d(i, o, 3, padding=2 * d, dilation=d)
        self.b = nn.Conv1d(o, o, 3, padding=2 * d, dilation=d)

    def forward(self, x):
        y = F.relu(self.a(x)[..., : x.shape[-1]])
        return x + F.relu(self.b(y)[..., : x.shape[-1]])


class Alternating(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.ModuleList([Block(16) if n % 2 == 0 else Wider(9, 9, 1) for n in range(8)])

    def forward(self, x):
        for one in self.l:
            x = one(x)
        return x


FOLDED = {
    "parallel": (Parallel, meta(1, 3, 16, 16), {3}),
    "dilation": (lambda: nn.Sequential(*[Wider(12, 12, 2**n) for n in range(6)]), meta(1, 12, 90), {6}),
    "alternating": (Alternating, meta(1, 9, 16), {4}),
}


@pytest.mark.parametrize("name", FOLDED)
@pytest.mark.parametrize("names", ["own", "random"])
def test_lists_fold(name, names):
    make, x, times = FOLDED[name]
    walk = ideas_of(renamed(make()) if names == "random" else make(), x)
    assert {part.times for part in walk.story.blocks} == times
    assert not walk.story.all("loop")
    inside = sum(part.params for part in walk.story.blocks)
    assert inside >= 0.8 * walk.totals.params


def test_a_row_of_different_layers_is_no_loop():
    walk = ideas_of(
        nn.Sequential(*[nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8)) for _ in range(5)]), meta(1, 8)
    )
    assert not walk.loops
    assert again_of(walk.loops) == {}
