"""Networks in unusual style, each with what it must be told to be."""

import math

import torch
from torch import nn
from torch.nn import functional as F

D, T = 32, 10
TOKENS, MAPS = torch.zeros(2, T, D), torch.zeros(1, 16, 12, 12)


class Einsum(nn.Module):
    """Attention of parameters and einsum alone, QK-normed by RMS, the heads never split by a view."""

    def __init__(self, heads=4):
        super().__init__()
        self.q, self.k, self.v, self.o = (
            nn.Parameter(torch.randn(*shape) / 6)
            for shape in ((D, heads, 8), (D, heads, 8), (D, heads, 8), (heads, 8, D))
        )

    def forward(self, x):
        q, k, v = (torch.einsum("btd,dhe->bthe", x, w) for w in (self.q, self.k, self.v))
        weights = torch.einsum("bqhe,bkhe->bhqk", q, k).div(8**0.5).softmax(-1)
        return torch.einsum("bqhe,hed->bqd", torch.einsum("bhqk,bkhe->bqhe", weights, v), self.o)


class TimeFirst(nn.Module):
    """torch's own layer, positions before the batch."""

    def __init__(self):
        super().__init__()
        self.mix = nn.MultiheadAttention(D, 4)

    def forward(self, x):
        y = x.transpose(0, 1)
        late = torch.ones(T, T, dtype=torch.bool).triu(1)
        return self.mix(y, y, y, attn_mask=late, need_weights=False)[0].transpose(0, 1)


class Grouped(nn.Module):
    """Two key-value heads for eight queries, repeated by `way`; rows of queries and keys normalised to length 1 with a learned scale (QK-norm)."""

    def __init__(self, way="repeat_interleave", normed=False):
        super().__init__()
        self.way, self.normed = way, normed
        self.q, self.kv, self.o = nn.Linear(D, 32), nn.Linear(D, 16), nn.Linear(32, D)
        self.gq, self.gk = nn.Parameter(torch.ones(4)), nn.Parameter(torch.ones(4))

    def forward(self, x):
        b, t, _ = x.shape
        q = self.q(x).view(b, t, 8, 4).transpose(1, 2)
        k, v = self.kv(x).view(b, t, 2, 2, 4).permute(2, 0, 3, 1, 4)
        if self.normed:
            q = q * torch.rsqrt(q.pow(2).mean(-1, keepdim=True) + 1e-6) * self.gq
            k = k * torch.rsqrt(k.pow(2).mean(-1, keepdim=True) + 1e-6) * self.gk
        if self.way == "repeat_interleave":
            k, v = k.repeat_interleave(4, 1), v.repeat_interleave(4, 1)
        elif self.way == "expand":
            k, v = (one[:, :, None].expand(b, 2, 4, t, 4).reshape(b, 8, t, 4) for one in (k, v))
        elif self.way == "grouped queries":
            q = q.reshape(b, 2, 4, t, 4)
            k, v = k[:, :, None], v[:, :, None]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o(y.reshape(b, 8, t, 4).transpose(1, 2).reshape(b, t, 32))


class Alibi(nn.Module):
    """Slopes a head, causal, by hand."""

    def __init__(self):
        super().__init__()
        self.qkv, self.o = nn.Linear(D, 3 * D, bias=False), nn.Linear(D, D)
        self.register_buffer("slopes", torch.tensor([2.0**-n for n in range(1, 5)]))

    def forward(self, x):
        t = x.shape[1]
        q, k, v = (one.unflatten(-1, (4, 8)).transpose(1, 2) for one in self.qkv(x).chunk(3, -1))
        place = torch.arange(t)
        near = (place[None] - place[:, None]).clamp(max=0)
        s = torch.matmul(q, k.mT) * 8**-0.5 + self.slopes[:, None, None] * near
        s = s + torch.full((t, t), float("-inf")).triu(1)
        return self.o((torch.softmax(s, dim=3) @ v).permute(0, 2, 1, 3).flatten(2))


class RelativeTable(nn.Module):
    """T5's and Swin's way: a learned number for each distance and head is added."""

    def __init__(self):
        super().__init__()
        self.qkv, self.o = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.table = nn.Embedding(2 * T - 1, 4)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).reshape(b, t, 3, 4, 8).permute(2, 0, 3, 1, 4).unbind(0)
        place = torch.arange(t)
        bias = self.table(place[None] - place[:, None] + T - 1).permute(2, 0, 1)
        s = (q @ k.transpose(-1, -2)) / math.sqrt(8) + bias
        return self.o((s.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))


class Parallel(nn.Module):
    """GPT-J: attention and feed-forward of the same normalised input, summed once."""

    def __init__(self):
        super().__init__()
        self.n, self.a = nn.LayerNorm(D), Alibi()
        self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x):
        y = self.n(x)
        return x + self.a(y) + self.down(F.gelu(self.up(y), approximate="tanh"))


class Fused(nn.Module):
    """Gate and value out of one matrix, limited to nothing."""

    def __init__(self, function=F.silu, first=True):
        super().__init__()
        self.up, self.down = nn.Linear(D, 96, bias=False), nn.Linear(48, D, bias=False)
        self.function, self.first = function, first

    def forward(self, x):
        a, b = self.up(x).split(48, -1)
        return self.down(self.function(a) * b if self.first else a * self.function(b))


class ConvMlp(nn.Module):
    """A feed-forward network of 1×1 convolutions; `norm` behind each, an idle layer between, layer scale."""

    def __init__(self, norm=False, function=None, scale=True, groups=1):
        super().__init__()
        self.up, self.down = nn.Conv2d(16, 64, 1, groups=groups), nn.Conv2d(64, 16, 1)
        self.n1, self.n2 = (nn.BatchNorm2d(64), nn.BatchNorm2d(16)) if norm else (nn.Identity(), nn.Identity())
        self.function, self.drop = function or nn.GELU(), nn.Dropout(0.1)
        self.gamma = nn.Parameter(1e-5 * torch.ones(16)) if scale else None

    def forward(self, x):
        y = self.n2(self.down(self.drop(self.function(self.n1(self.up(x))))))
        return x + (y if self.gamma is None else y * self.gamma.view(1, -1, 1, 1))


class StarReLU(nn.Module):
    def __init__(self):
        super().__init__()
        self.s, self.b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.s * F.relu(x) ** 2 + self.b


class MapAttention(nn.Module):
    """Attention over the places of a map: 1×1 convolutions, channels first, keys never transposed to the end."""

    def __init__(self, way="full", d=16, heads=2):
        super().__init__()
        self.qkv, self.o, self.heads, self.way = nn.Conv2d(d, 3 * d, 1), nn.Conv2d(d, d, 1), heads, way
        self.t = nn.Parameter(torch.ones(heads, 1, 1))

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(x).view(b, self.heads, 3 * c // self.heads, h * w).chunk(3, 2)
        if self.way == "channels":  # XCiT: channels attend to channels
            q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
            y = ((q @ k.transpose(-2, -1)) * self.t).softmax(-1) @ v
        elif self.way == "channels, not normalised":
            y = ((q @ k.transpose(-2, -1)) * (h * w) ** -0.5).softmax(-1) @ v
        elif self.way == "linear":  # EfficientViT: ReLU for the softmax, the sum of the values first
            q, k = F.relu(q), F.relu(k)
            v = F.pad(v, (0, 0, 0, 1), value=1.0)
            y = (v @ k.transpose(-1, -2)) @ q
            y = y[:, :, :-1] / (y[:, :, -1:] + 1e-15)
        else:
            y = v @ (q.transpose(-2, -1) @ k * (c // self.heads) ** -0.5).softmax(-1).transpose(-2, -1)
        return self.o(y.reshape(b, c, h, w))


class Linear(nn.Module):
    """Linear attention over tokens: φ(Q)·(φ(K)ᵀ·V), over φ(Q)·Σφ(K)."""

    def __init__(self, way="elu", heads=4):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(D, D) for _ in range(4))
        self.way, self.heads = way, heads

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (one(x).view(b, t, self.heads, -1).transpose(1, 2) for one in (self.q, self.k, self.v))
        if self.way == "softmaxes":  # efficient attention: queries over features, keys over positions
            y = q.softmax(-1) @ (k.softmax(-2).transpose(-1, -2) @ v)
        else:
            phi = (lambda z: F.elu(z) + 1) if self.way == "elu" else F.relu
            q, k = phi(q), phi(k)
            norm = 1 / (torch.einsum("bhtd,bhd->bht", q, k.sum(-2)) + 1e-6)
            y = torch.einsum("bhtd,bhde,bht->bhte", q, torch.einsum("bhtd,bhte->bhde", k, v), norm)
        return self.o(y.transpose(1, 2).reshape(b, t, d))


class Excited(nn.Module):
    """Squeeze and excitation by hardsigmoid, by fully connected layers."""

    def __init__(self, way="mean"):
        super().__init__()
        self.a, self.b, self.way = nn.Linear(16, 4), nn.Linear(4, 16), way

    def forward(self, x):
        z = {
            "mean": lambda: x.mean((2, 3)),
            "max": lambda: x.amax((2, 3)),
            "sum": lambda: x.sum((2, 3)),
            "pool": lambda: F.adaptive_avg_pool2d(x, 1).flatten(1),
            "one row": lambda: x[:, :, 0].mean(-1),
        }[self.way]()
        g = F.hardsigmoid(self.b(F.relu(self.a(z))))
        return x * g[:, :, None, None]


class Unfolded(nn.Module):
    """Patches by unfold and a fully connected layer."""

    def __init__(self, way="unfold"):
        super().__init__()
        self.cut, self.way = nn.Linear(48, D), way

    def forward(self, x):
        if self.way == "unfold":
            return self.cut(F.unfold(x, 4, stride=4).transpose(1, 2))
        b, c, h, w = x.shape
        if self.way == "view":
            return self.cut(x.view(b, c, h // 4, 4, w // 4, 4).permute(0, 2, 4, 3, 5, 1).reshape(b, -1, 48))
        return self.cut(F.unfold(x, 4, stride=2, padding=1).transpose(1, 2))


class Rooted(nn.Module):
    """RMSNorm by a norm over √d."""

    def __init__(self, way="norm"):
        super().__init__()
        self.g, self.a, self.b, self.way = nn.Parameter(torch.ones(D)), nn.Linear(D, D), nn.Linear(D, D), way

    def forward(self, x):
        y = self.a(x)
        if self.way == "norm":
            z = y / (y.norm(2, dim=-1, keepdim=True) * D**-0.5 + 1e-8)
        elif self.way == "normalize":
            z = F.normalize(y, dim=-1) * D**0.5
        elif self.way == "clamp":
            z = y / y.square().mean(-1, keepdim=True).sqrt().clamp(min=1e-8)
        else:
            z = y / (y.square().sum(-1, keepdim=True) / D + 1e-6).sqrt()
        return self.b(z * self.g)


class Experts(nn.Module):
    """Each expert on all tokens, then weighted: top-k with the softmax before or after; a shared expert."""

    def __init__(self, k=2, before=False, shared=False):
        super().__init__()
        self.router, self.k, self.before = nn.Linear(D, 4, bias=False), k, before
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(D, 48), nn.GELU(), nn.Linear(48, D)) for _ in range(4))
        self.shared = nn.Sequential(nn.Linear(D, 48), nn.GELU(), nn.Linear(48, D)) if shared else None

    def forward(self, x):
        s = self.router(x)
        if self.before:
            w, i = s.softmax(-1).topk(self.k, -1)
        else:
            w, i = s.topk(self.k, -1)
            w = w.softmax(-1)
        y = 0 if self.shared is None else self.shared(x)
        weights = torch.zeros_like(s).scatter(-1, i, w)
        for number, expert in enumerate(self.experts):
            y = y + weights[..., number : number + 1] * expert(x)
        return y


class Wrapped(nn.Module):
    """A net with a block three times, each scaled and dropped at random as a whole (stochastic depth in evaluation)."""

    def __init__(self, make, image=False):
        super().__init__()
        self.blocks = nn.ModuleList(make() for _ in range(3))
        self.scales = nn.ParameterList(torch.full((D,), 1e-4) for _ in range(3))

    def forward(self, x):
        for block, scale in zip(self.blocks, self.scales, strict=True):
            y = block(x) * scale
            if self.training:
                y = y * torch.bernoulli(torch.full((x.shape[0], 1, 1), 0.9)) / 0.9
            x = x + y
        return x


class WeightNormed(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.utils.parametrizations.weight_norm(nn.Linear(D, 4 * D))
        self.b = nn.utils.parametrizations.weight_norm(nn.Linear(4 * D, D))

    def forward(self, x):
        return x + self.b(F.relu(self.a(x)))


class Grouping(nn.Module):
    """GroupNorm by hand."""

    def __init__(self, groups=4):
        super().__init__()
        self.a, self.b, self.groups = nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1), groups
        self.w, self.c = nn.Parameter(torch.ones(16)), nn.Parameter(torch.zeros(16))

    def forward(self, x):
        y = self.a(x)
        b, c, h, w = y.shape
        z = y.reshape(b, self.groups, -1)
        z = (z - z.mean(-1, keepdim=True)) / torch.sqrt(z.var(-1, keepdim=True, unbiased=False) + 1e-5)
        return self.b(z.reshape(b, c, h, w) * self.w[:, None, None] + self.c[:, None, None])


class Bent(nn.Module):
    """What looks like one of these and is not."""

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.q, self.k, self.v, self.o = (nn.Linear(D, D) for _ in range(4))
        self.a, self.b = nn.Conv2d(16, 64, 1), nn.Conv2d(64, 16, 1)
        self.wide = nn.Conv2d(16, 64, 3, padding=1)
        self.many, self.norm = nn.Parameter(torch.ones(64, 1, 1)), nn.GroupNorm(4, 64)
        self.one, self.two = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))
        self.s, self.e = nn.Linear(16, 4), nn.Linear(4, 16)
        self.g = nn.Parameter(torch.ones(D))

    def forward(self, x):
        return getattr(self, "_" + self.way)(x)

    def _heads(self, x):
        return [one(x).view(*x.shape[:2], 4, 8).transpose(1, 2) for one in (self.q, self.k, self.v)]

    def _merged(self, y):
        return self.o(y.transpose(1, 2).flatten(2))

    def _sums_over_queries(self, x):
        q, k, v = self._heads(x)
        w = (q @ k.mT * 8**-0.5).softmax(-1)
        return self._merged((v.mT @ w).mT)  # Vᵀ·W sums over the queries, W's rows sum to 1 over the keys

    def _table_first(self, x):
        q, k, v = self._heads(x)
        return self._merged((q @ k.mT) @ v)  # the same numbers as linear attention, but the table is computed

    def _only_queries_bent(self, x):
        q, k, v = self._heads(x)
        return self._merged(F.elu(q) @ (k.mT @ v))

    def _divided_by_values(self, x):
        q, k, v = self._heads(x)
        q, k = F.relu(q), F.relu(k)
        return self._merged(q @ (k.mT @ v) / (v.square().sum(-1, keepdim=True) + 1))

    def _channels_over_positions(self, x):
        q, k, v = (one.mT for one in self._heads(x))
        return self._merged(((q @ k.mT).softmax(-2) @ v).mT)

    def _conv_between(self, x):
        return self.b(F.gelu(self.wide(x)))

    def _group_norm_between(self, x):
        return self.b(F.gelu(self.norm(self.a(x))))

    def _star_by_channel(self, x):
        return self.b(self.many * F.relu(self.a(x)) ** 2)

    def _star_not_squared(self, x):
        return self.b(self.one * F.relu(self.a(x)) ** 3 + self.two)

    def _two_functions(self, x):
        y = self.a(x)
        return self.b(torch.cat((F.gelu(y[:, :32]), F.relu(y[:, 32:])), 1))

    def _shuffled(self, x):
        y = F.gelu(self.a(x))
        return self.b(y.unflatten(1, (4, 16)).transpose(1, 2).flatten(1, 2))

    def _gate_of_another(self, x):
        z = self.wide(x)[:, :16]
        return z * torch.sigmoid(self.e(F.relu(self.s(x.mean((2, 3))))))[:, :, None, None]

    def _gate_by_softmax(self, x):
        return x * torch.softmax(self.e(F.relu(self.s(x.mean((2, 3))))), -1)[:, :, None, None]

    def _gate_from_a_row(self, x):
        return x * torch.sigmoid(self.e(F.relu(self.s(x[:, :, 0].mean(-1)))))[:, :, None, None]

    def _added_gate(self, x):
        return x + torch.sigmoid(self.e(F.relu(self.s(x.mean((2, 3))))))[:, :, None, None]

    def _rms_over_positions(self, x):
        y = self.q(x)
        return self.o(F.normalize(y, dim=1) * D**0.5 * self.g)

    def _rms_cubed(self, x):
        y = self.q(x)
        return self.o(y / (y.abs().pow(3).mean(-1, keepdim=True) + 1e-6).pow(1 / 3) * self.g)

    def _norm_with_a_wrong_width(self, x):
        y = self.q(x)
        return self.o(F.normalize(y, dim=-1) * 8**0.5 * self.g)

    def _groups_across(self, x):
        y = self.a(x)
        z = y.reshape(y.shape[0], 16, 4, *y.shape[2:])  # neighbours are in different groups
        z = (z - z.mean((1, 3, 4), keepdim=True)) / (z.var((1, 3, 4), keepdim=True, unbiased=False) + 1e-5).sqrt()
        return self.b(z.reshape(y.shape))
