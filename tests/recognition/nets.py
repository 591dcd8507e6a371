"""Networks written by hand for what must be recognised, and look-alikes for what must not."""

import math
from random import Random

import torch
from torch import nn
from torch.nn import functional as F

from explainer.derive.pipeline import walk_model
from explainer.recognition.recognise import with_ideas
from explainer.rules import default_registry


def ideas_of(model, *inputs, **options):
    """The walkthrough of a model with its ideas."""
    walk = walk_model(model, inputs, {}, name="net", source="test", **options)
    return with_ideas(walk, walk.trace, None, default_registry())


def kinds(walk):
    return [(idea.kind, idea.settings.get("function")) for idea in walk.ideas]


class Norm(nn.Module):
    """One way of writing a normalisation between two linear layers."""

    def __init__(self, way, d=32):
        super().__init__()
        self.way, self.w, self.b = way, nn.Parameter(torch.ones(d)), nn.Parameter(torch.zeros(d))
        self.first, self.last = nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x):
        return self.last(WAYS[self.way](self.first(x), self.w, self.b))


WAYS = {
    "rms": lambda x, w, b: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * w,
    "rms with sqrt": lambda x, w, b: w * (x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5)),
    "rms 1+w": lambda x, w, b: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * (1 + w),
    "layer norm": lambda x, w, b: (
        (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5) * w + b
    ),
    "l2": lambda x, w, b: x * torch.rsqrt(x.pow(2).sum(-1, keepdim=True) + 1e-6) * w,
    "unbiased": lambda x, w, b: w * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-6) + b,
    "over the sequence": lambda x, w, b: x * torch.rsqrt(x.pow(2).mean(-2, keepdim=True) + 1e-6) * w,
    "tanh GELU": lambda x, w, b: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x.pow(3)))),
    "almost tanh GELU": lambda x, w, b: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.0447 * x.pow(3)))),
    "GELU": lambda x, w, b: x * 0.5 * (1 + torch.erf(x / math.sqrt(2))),
    "SiLU": lambda x, w, b: x / (1 + torch.exp(-x)),
    "steeper SiLU": lambda x, w, b: x * torch.sigmoid(1.5 * x),
    "QuickGELU": lambda x, w, b: x * torch.sigmoid(1.702 * x),
    "Mish": lambda x, w, b: x * torch.tanh(F.softplus(x)),
}


class Attention(nn.Module):
    """Attention by hand; `way` says how its scores become weights."""

    def __init__(self, way="causal", d=32, heads=4, channels=False):
        super().__init__()
        self.way, self.heads, self.channels = way, heads, channels
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        n, t, d = x.shape
        width = d // self.heads
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, width).permute(2, 0, 3, 1, 4)
        if self.channels:
            q, k, v = q.transpose(-1, -2), k.transpose(-1, -2), v.transpose(-1, -2)
        scores = q @ k.transpose(-1, -2) / math.sqrt(width)
        size = scores.shape[-1]
        if self.way == "causal":
            scores = scores.masked_fill(torch.ones(size, size, device=x.device).triu(1).bool(), float("-inf"))
        if self.way == "window":
            near = torch.ones(size, size, device=x.device)
            scores = scores.masked_fill((near.triu(1) + near.tril(-3)).bool(), float("-inf"))
        if self.way == "cap":
            scores = 30.0 * torch.tanh(scores / 30.0)
        if self.way == "squared":
            scores = scores * scores
        found = scores.softmax(-1) @ v
        if self.channels:
            found = found.transpose(-1, -2)
        return self.out(found.transpose(1, 2).reshape(n, t, d))


class Experts(nn.Module):
    """A mixture in plain PyTorch: a loop over a list. always: the same experts for each token."""

    def __init__(self, d=16, f=24, experts=6, used=2, always=False):
        super().__init__()
        self.used, self.always = used, always
        self.router = nn.Linear(d, experts, bias=False)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(d, f), nn.SiLU(), nn.Linear(f, d)) for _ in range(experts))

    def forward(self, x):
        weights, chosen = self.router(x).softmax(-1).topk(self.used, -1)
        if self.always:
            chosen = torch.arange(self.used).expand_as(chosen)
        made = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            token, place = torch.where(chosen == number)
            if len(token):
                made[token] += weights[token, place, None] * expert(x[token])
        return made


class Packed(nn.Module):
    """All experts in two tensors, every one of them computed, those that are not chosen weighted by 0."""

    def __init__(self, d=16, f=24, experts=5, used=2):
        super().__init__()
        self.used = used
        self.gate = nn.Parameter(torch.randn(experts, d))
        self.up, self.down = nn.Parameter(torch.randn(experts, d, f)), nn.Parameter(torch.randn(experts, f, d))

    def forward(self, x):
        scores = F.linear(x, self.gate)
        best, chosen = scores.topk(self.used, -1)
        weights = torch.zeros_like(scores).scatter(-1, chosen, best.softmax(-1))
        hidden = F.silu(torch.einsum("td,edf->tef", x, self.up))
        return torch.einsum("tef,efd,te->td", hidden, self.down, weights)


def renamed(model, seed=0):
    """The same network; each class and each module has another name."""
    random = Random(seed)

    def word():
        return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=9))

    for module in list(model.modules()):
        cls = type(module)
        if not cls.__module__.startswith("torch."):
            module.__class__ = type(word(), (cls,), {"__module__": word()})
    return model
