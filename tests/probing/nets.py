"""Networks whose numbers follow what they are built with in ways that are easy to get wrong."""

from torch import nn


class Capped(nn.Module):
    """4w, but never more than 512."""

    def __init__(self, i=7, w=64, K=10):
        super().__init__()
        inner = min(512, 4 * w)
        self.layers = nn.Sequential(nn.Linear(i, w), nn.Linear(w, inner), nn.Linear(inner, K))

    def forward(self, x):
        return self.layers(x)


def rounded(x):
    return max(8, int(x + 4) // 8 * 8)


class Rounded(nn.Module):
    """Widths are multiples of 8."""

    def __init__(self, mult=1.0, K=10):
        super().__init__()
        a, b = rounded(32 * mult), rounded(24 * mult)
        self.layers = nn.Sequential(nn.Linear(3, a), nn.Linear(a, b), nn.Linear(b, K))

    def forward(self, x):
        return self.layers(x)


class RoundedWidth(nn.Module):
    """A whole number, rounded to a multiple of 8."""

    def __init__(self, w=64, K=10):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, rounded(w)), nn.Linear(rounded(w), K))

    def forward(self, x):
        return self.layers(x)


class Deeper(nn.Module):
    """One more layer where there are more than six."""

    def __init__(self, depth=4, w=20):
        super().__init__()
        self.first = nn.Linear(3, w)
        self.layers = nn.Sequential(*[nn.Linear(w, w) for _ in range(depth)])
        self.extra = nn.Linear(w, w) if depth > 6 else nn.Identity()

    def forward(self, x):
        return self.extra(self.layers(self.first(x)))


class EvenBias(nn.Module):
    """A bias for even widths only."""

    def __init__(self, w=32):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, w), nn.Linear(w, w, bias=w % 2 == 0))

    def forward(self, x):
        return self.layers(x)


class Same(nn.Module):
    """A multilayer perceptron; at its own values all widths happen to be equal."""

    def __init__(self, i=8, w=8, D=3, K=8):
        super().__init__()
        inner = [layer for _ in range(D) for layer in (nn.ReLU(), nn.Linear(w, w))]
        self.layers = nn.Sequential(nn.Linear(i, w), *inner, nn.Linear(w, K))

    def forward(self, x):
        return self.layers(x)


class Heads(nn.Module):
    """Tied weights, a parameter of its own, heads that divide the width."""

    def __init__(self, vocab=50, dim=24, heads=3, length=16):
        super().__init__()
        self.table = nn.Embedding(vocab, dim)
        self.places = nn.Parameter(nn.init.zeros_(self.table.weight.new_empty(length, dim)))
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.out = nn.Linear(dim, vocab, bias=False)
        self.out.weight = self.table.weight

    def forward(self, x):
        x = self.table(x) + self.places
        return self.out(self.attention(x, x, x)[0])


class Nothing(nn.Module):
    """Built with no number."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, x):
        return self.layer(x)
