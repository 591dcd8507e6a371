"""What is nearly an idea, and is none: each beside the real thing, which must be recognised."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explainer.lesson.block_words import described
from tests.recognition.nets import ideas_of

TOKENS = torch.zeros(2, 6, 32)
MAPS = torch.zeros(1, 16, 12, 12)


def names(walk):
    return {idea.kind for idea in walk.ideas}


class Attention(nn.Module):
    """softmax(s·QKᵀ)·V, bent by `way`."""

    def __init__(self, way, d=32, heads=4):
        super().__init__()
        self.way, self.heads = way, heads
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        n, t, d = x.shape
        width, place = d // self.heads, torch.arange(t, device=x.device)
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, width).permute(2, 0, 3, 1, 4)
        later = place[None, :] > place[:, None]
        scores = q @ k.transpose(-1, -2) * {"no scale": 1, "1/d": 1 / width}.get(self.way, width**-0.5)
        if self.way == "one ahead":
            scores = scores.masked_fill(place[None, :] > place[:, None] + 1, float("-inf"))
        if self.way == "backwards":
            scores = scores.masked_fill(place[None, :] < place[:, None], float("-inf"))
        if self.way == "zeros for a mask":
            scores = scores * ~later
        weights = scores.softmax(-2 if self.way == "over the queries" else -1)
        weights = 2 * weights if self.way == "twice" else weights
        weights = weights * ~later if self.way == "masked after" else weights
        if self.way == "sigmoid":
            weights = scores.sigmoid()
        if self.way == "without softmax":
            weights = scores.relu() / t
        return self.out((weights @ v).transpose(1, 2).reshape(n, t, d))


@pytest.mark.parametrize(("way", "scale"), [("as it is", 8**-0.5), ("no scale", 1.0), ("1/d", 1 / 8)])
def test_the_scale_is_read_off(way, scale):
    (idea,) = [idea for idea in ideas_of(Attention(way), TOKENS).ideas if idea.kind == "attention"]
    assert math.isclose(idea.settings["scale"], scale, rel_tol=1e-9)


@pytest.mark.parametrize("way", ["one ahead", "backwards"])
def test_a_mask_that_is_nearly_causal_is_not_called_so(way):
    (idea,) = [idea for idea in ideas_of(Attention(way), TOKENS).ideas if idea.kind == "attention"]
    assert idea.settings["mask"] == "other"


@pytest.mark.parametrize(
    "way", ["zeros for a mask", "over the queries", "twice", "masked after", "sigmoid", "without softmax"]
)
def test_what_is_no_attention(way):
    assert "attention" not in names(ideas_of(Attention(way), TOKENS))


class Rotated(nn.Module):
    """Rotary embedding by halves, bent by `way`."""

    def __init__(self, way, d=32, heads=4):
        super().__init__()
        self.way, self.heads = way, heads
        self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x):
        n, t, d = x.shape
        width, place = d // self.heads, torch.arange(t, device=x.device)[:, None]
        q, k, v = (layer(x).view(n, t, self.heads, width).transpose(1, 2) for layer in (self.q, self.k, self.v))
        angles = place * 10000 ** (-torch.arange(0, width, 2, device=x.device) / width)
        angles = angles * place if self.way == "squares of the position" else angles
        cos, sin = angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)
        sign = 1 if self.way == "no rotation" else -1

        def turned(y, way=1):
            first, second = y[..., : width // 2], y[..., width // 2 :]
            return y * cos + way * torch.cat([sign * second, first], -1) * sin

        q = turned(q)
        k = k if self.way == "queries only" else turned(k, -1 if self.way == "the other way" else 1)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d))


@pytest.mark.parametrize(
    ("way", "is_one"),
    [
        ("as it is", True),
        ("queries only", False),
        ("the other way", False),
        ("squares of the position", False),
        ("no rotation", False),
    ],
)
def test_queries_and_keys_are_turned_alike(way, is_one):
    assert ("rotary" in names(ideas_of(Rotated(way), TOKENS))) is is_one


class Gated(nn.Module):
    def __init__(self, way, d=32):
        super().__init__()
        self.way, self.first = way, nn.Linear(d, d)
        self.gate, self.value, self.out = nn.Linear(d, 64), nn.Linear(d, 64), nn.Linear(64, d)

    def forward(self, x):
        x = self.first(x)
        gate, value = self.gate(x), self.value(x)
        return self.out(
            {
                "SiLU": lambda: F.silu(gate) * value,
                "GELU (tanh)": lambda: F.gelu(gate, approximate="tanh") * value,
                "both": lambda: F.silu(gate) * F.silu(value),
                "sum": lambda: F.silu(gate) + value,
                "softmax": lambda: gate.softmax(-1) * value,
                "steeper": lambda: gate * torch.sigmoid(2 * gate) * value,
                "nothing": lambda: gate * value,
            }[self.way]()
        )


@pytest.mark.parametrize("way", ["SiLU", "GELU (tanh)"])
def test_a_gate_is_named_by_its_function(way):
    assert [idea.settings["function"] for idea in ideas_of(Gated(way), TOKENS).ideas if idea.kind == "gated_mlp"] == [
        way
    ]


@pytest.mark.parametrize("way", ["both", "sum", "softmax", "steeper", "nothing"])
def test_what_is_no_gate(way):
    assert "gated_mlp" not in names(ideas_of(Gated(way), TOKENS))


class Squeezed(nn.Module):
    def __init__(self, way, c=32):
        super().__init__()
        self.way, self.first, self.last = way, nn.Conv2d(16, c, 3), nn.Conv2d(c, 5, 1)
        self.down, self.up = nn.Conv2d(c, 8, 1), nn.Conv2d(8, c, 1)

    def forward(self, x):
        x = self.first(x)
        pool = {"sum": torch.sum, "max": torch.amax}.get(self.way, torch.mean)
        scores = self.up(F.relu(self.down(pool(x, (2, 3), keepdim=True))))
        gate = scores.softmax(1) if self.way == "softmax" else scores.sigmoid()
        gate = 2 * gate if self.way == "twice" else gate
        return self.last(x + gate if self.way == "added" else x * gate)


@pytest.mark.parametrize("way", ["as it is", "sum", "max", "softmax", "added", "twice"])
def test_what_is_no_squeeze_and_excitation(way):
    assert ("squeeze_excitation" in names(ideas_of(Squeezed(way), MAPS))) is (way == "as it is")


class Residual(nn.Module):
    def __init__(self, way="+", c=16, dilation=1):
        super().__init__()
        self.way, self.norm = way, nn.BatchNorm2d(c)
        self.first = nn.Conv2d(c, c, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(c, c, 1)

    def forward(self, x):
        y = self.second(F.relu(self.norm(self.first(x))))
        ways = {
            "+": lambda: x + y,
            "−": lambda: x - y,
            "·": lambda: x * y,
            "y+y": lambda: y + y,
            "2x": lambda: 2 * x + y,
        }
        return ways[self.way]()


def blocks(model):
    return [(described(part)[0].en, part.times, part.template.cls) for part in ideas_of(model, MAPS).story.blocks]


@pytest.mark.parametrize("way", ["+", "−", "·", "y+y", "2x"])
def test_only_a_sum_of_the_input_is_a_residual(way):
    found = blocks(nn.Sequential(*[Residual(way) for _ in range(3)]))
    assert found == [("residual block" if way == "+" else "convolutional block", 3, "Residual")]


def test_blocks_that_differ_in_their_dilation_are_not_called_equal():
    import explainer

    model = nn.Sequential(*[Residual(dilation=d) for d in (1, 2, 4)])
    page = explainer.explain(model, (1, 16, 12, 12), lang="zh,en", detail="handout").to_markdown()
    assert "only" in page and "the dilation (1, 2 or 4)" in page and "膨胀率（1、2或4）" in page
    assert "have the same structure and sizes" not in page


def test_two_classes_of_one_name_are_two_blocks():
    def widening():
        class Residual(nn.Module):
            def __init__(self, c=16):
                super().__init__()
                self.first, self.second = nn.Conv2d(c, 2 * c, 1), nn.Conv2d(2 * c, c, 1)
                self.middle = nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)

            def forward(self, x):
                return x + self.second(self.middle(F.relu(self.first(x))))

        return Residual

    other = widening()
    assert blocks(nn.Sequential(*[Residual() for _ in range(3)], *[other() for _ in range(3)])) == [
        ("residual block", 3, "Residual"),
        ("inverted residual block", 3, "Residual′"),
    ]


def by_hand(make):
    """Two linear layers with what `make` does between them to a tensor and a vector of weights."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.w, self.first, self.last = nn.Parameter(torch.ones(32)), nn.Linear(32, 32), nn.Linear(32, 32)

        def forward(self, x):
            return self.last(make(self.first(x), self.w))

    return ideas_of(Net(), TOKENS)


def square_mean(x):
    return x.pow(2).mean(-1, keepdim=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda x, w: (x - x.mean(-1, keepdim=True)) * torch.rsqrt(square_mean(x) + 1e-6) * w,
        lambda x, w: x / (square_mean(x).sqrt() + 1e-2 * square_mean(x)) * w,
        lambda x, w: x * torch.rsqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-6) * w,
        lambda x, w: (x - x.mean(-1, keepdim=True)) * torch.rsqrt(x.var(-1, keepdim=True) + 1e-5) * w,
        lambda x, w: 2 * x * torch.rsqrt(square_mean(x) + 1e-6) * w,
        lambda x, w: x / (x.abs().mean(-1, keepdim=True) + 1e-6) * w,
        lambda x, w: x * torch.rsqrt(x[..., :16].pow(2).mean(-1, keepdim=True) + 1e-6) * w,
        lambda x, w: 0.5 * x * (1 + torch.erf(x)),
        lambda x, w: 0.5 * x * (1 - torch.erf(x / math.sqrt(2))),
        lambda x, w: x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        lambda x, w: x * torch.sigmoid(1.7 * x),
        lambda x, w: x.clamp(0, 5),
    ],
)
def test_what_is_no_norm_and_no_activation(make):
    assert not names(by_hand(make))


@pytest.mark.parametrize("eps", [0.0, 1e-12, 1e-8, 1e-5])
def test_the_eps_is_the_one_that_is_there(eps):
    kept = torch.tensor(eps)  # no number of the code
    (idea,) = by_hand(lambda x, w: x * torch.rsqrt(square_mean(x) + (kept if eps else 0)) * w).ideas
    assert (idea.kind, idea.settings["eps"]) == ("rms_norm", pytest.approx(eps))


class Scores(nn.Module):
    """Attention whose weights are made in the way that `way` says."""

    def __init__(self, way, d=32, heads=4):
        super().__init__()
        self.way, self.heads = way, heads
        self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x):
        q, k, v = (layer(x).view(2, -1, self.heads, 8).transpose(1, 2) for layer in (self.q, self.k, self.v))
        scores = q @ k.transpose(-1, -2) / math.sqrt(8)
        weights = {
            "over the heads": lambda: scores.softmax(1),
            "over all": lambda: scores.flatten(2).softmax(-1).view_as(scores),
            "sums for products": lambda: (q.unsqueeze(3) + k.unsqueeze(2)).sum(-1).softmax(-1),
            "cut off": lambda: F.relu(scores.softmax(-1) - 0.1),
            "logarithms": lambda: scores.log_softmax(-1),
            "columns of 1": lambda: scores.softmax(-1) / scores.softmax(-1).sum(-2, keepdim=True),
            "turned over": lambda: scores.softmax(-1).transpose(-1, -2),
            "another scale a head": lambda: (scores * torch.tensor([1.0, 2, 3, 4]).view(1, 4, 1, 1)).softmax(-1),
        }[self.way]()
        return self.out((weights @ v).transpose(1, 2).flatten(2))


@pytest.mark.parametrize(
    "way",
    [
        *("over the heads", "over all", "sums for products", "cut off", "logarithms", "columns of 1", "turned over"),
        "another scale a head",
    ],
)
def test_weights_of_another_kind_are_no_attention(way):
    assert "attention" not in names(ideas_of(Scores(way), TOKENS))


class Ahead(Rotated):
    """Keys are turned as queries are, but by the angle of the next position, or by another base."""

    def forward(self, x):
        n, t, d = x.shape
        width, place = d // self.heads, torch.arange(t, device=x.device)[:, None]
        q, k, v = (layer(x).view(n, t, self.heads, width).transpose(1, 2) for layer in (self.q, self.k, self.v))

        def turned(y, place, base=100.0):
            angles = place * base ** (-torch.arange(0, width, 2, device=x.device) / width)
            cos, sin = angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)
            return y * cos + torch.cat([-y[..., width // 2 :], y[..., : width // 2]], -1) * sin

        k = turned(k, place + (self.way == "a position ahead"), 1000.0 if self.way == "another base" else 100.0)
        return self.out(F.scaled_dot_product_attention(turned(q, place), k, v).transpose(1, 2).reshape(n, t, d))


@pytest.mark.parametrize("way", ["as it is", "a position ahead", "another base"])
def test_keys_that_are_turned_further_are_refused(way):
    assert ("rotary" in names(ideas_of(Ahead(way), TOKENS))) is (way == "as it is")


class OneLayer(Gated):
    """Gate and value are what one layer gives, run twice."""

    def forward(self, x):
        x = self.first(x)
        return self.out(F.silu(self.value(x)) * self.value(x))


def test_a_layer_is_not_its_own_gate():
    assert "gated_mlp" not in names(ideas_of(OneLayer("SiLU"), TOKENS))


def test_where_the_norm_has_its_epsilon_is_said():
    (idea,) = [
        one for one in by_hand(lambda x, w: x / (square_mean(x).sqrt() + 1e-6) * w).ideas if one.kind == "rms_norm"
    ]
    assert idea.settings["eps_at"] == "root"
    assert "not under it" in idea.proof.words.en and "根号外" in idea.proof.words.zh
