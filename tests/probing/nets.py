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


class ManyCaps(nn.Module):
    """Channels that double, never more than 512: at its own values two are at the cap."""

    def __init__(self, c=48, n=5, K=10):
        super().__init__()
        widths = [min(c * 2**i, 512) for i in range(n)]
        self.layers = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in zip([3, *widths], widths, strict=False)])
        self.out = nn.Linear(widths[-1], K)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return self.out(x.mean((2, 3)))


class MultipleOf(nn.Module):
    """Llama's first code: 8/3 of the width, rounded up to a multiple."""

    def __init__(self, d=96, multiple_of=32, L=3):
        super().__init__()
        inner = multiple_of * ((int(8 * d / 3) + multiple_of - 1) // multiple_of)
        self.layers = nn.Sequential(
            *[nn.Sequential(nn.Linear(d, inner, bias=False), nn.Linear(inner, d, bias=False)) for _ in range(L)]
        )

    def forward(self, x):
        return self.layers(x)


class AtLeast(nn.Module):
    """Heads of sixteen numbers at least: their number matters only where they would be narrower."""

    def __init__(self, d=64, h=4, K=10):
        super().__init__()
        inner = h * max(16, d // h)
        self.layers = nn.Sequential(nn.Linear(d, inner), nn.Linear(inner, K))

    def forward(self, x):
        return self.layers(x)


class Choices(nn.Module):
    """A bias below one width, a score for each class above another."""

    def __init__(self, w=32, K=5):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(w, w, bias=w < 100), nn.Linear(w, K if w > 20 else 1))

    def forward(self, x):
        return self.layers(x)


class SmallerFirst(nn.Module):
    """From the smaller number to the larger one."""

    def __init__(self, a=20, b=30, K=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(min(a, b), max(a, b)), nn.Linear(max(a, b), K))

    def forward(self, x):
        return self.layers(x)


class HeadsRoundDown(nn.Module):
    """Heads that need not divide the width: what is left over is dropped, and the model is another one."""

    def __init__(self, d=64, heads=4, L=3):
        super().__init__()
        inner = d // heads * heads
        self.layers = nn.ModuleList([nn.Linear(d, inner) for _ in range(L)])

    def forward(self, x):
        return sum(layer(x) for layer in self.layers)


class DenseFirst(nn.Module):
    """The first blocks are of one kind, all others of another."""

    def __init__(self, depth=8, first=2, w=16):
        super().__init__()
        wide = [nn.Sequential(nn.Linear(w, 4 * w), nn.Linear(4 * w, w)) for _ in range(depth - first)]
        self.layers = nn.ModuleList([*(nn.Linear(w, w) for _ in range(first)), *wide])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class OneHole(nn.Module):
    """No bias at one single width, far from the model's own."""

    def __init__(self, w=64, K=10):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(5, w, bias=w != 137), nn.Linear(w, K))

    def forward(self, x):
        return self.layers(x)


class KeyOfATable(nn.Module):
    """Twice the width, but for two that are in a table."""

    def __init__(self, w=64, K=10):
        super().__init__()
        inner = {96: 100, 300: 222}.get(w, 2 * w)
        self.layers = nn.Sequential(nn.Linear(w, inner), nn.Linear(inner, K))

    def forward(self, x):
        return self.layers(x)


class Nested(nn.Module):
    """One more layer where one number is large and another one small."""

    def __init__(self, a=8, b=8, K=5):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, a), nn.Linear(a, b), nn.Linear(b, K)])
        if a > 20 and b < 6:  # the second is asked only where the first is answered with yes
            self.layers.insert(2, nn.Linear(b, b))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Shortcut(nn.Module):
    """A projection beside a layer that changes the width; none where it does not."""

    def __init__(self, before=16, after=32, K=4):
        super().__init__()
        self.layer, self.out = nn.Linear(before, after), nn.Linear(after, K)
        self.beside = nn.Linear(before, after, bias=False) if before != after else nn.Identity()

    def forward(self, x):
        return self.out(self.layer(x) + self.beside(x))


class FewerKeys(nn.Module):
    """Keys of fewer heads; with as many as queries or more, they are as wide as these."""

    def __init__(self, d=64, heads=8, kv=2, L=3):
        super().__init__()
        inner = kv * (d // heads) if kv < heads else d
        self.layers = nn.ModuleList([nn.Linear(d, inner) for _ in range(L)])

    def forward(self, x):
        return sum(layer(x) for layer in self.layers)


class EveryThird(nn.Module):
    """A layer more where the depth is a multiple of three."""

    def __init__(self, n=4, w=16):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(w, w) for _ in range(n)], *([nn.Linear(w, w)] if n % 3 == 0 else []))

    def forward(self, x):
        return self.layers(x)


class StemOfTwo(nn.Module):
    """A patch of two needs another step down: the structure is another at one value that is next to the model's own."""

    def __init__(self, patch=4, c=24, K=5):
        super().__init__()
        self.stem = nn.Conv2d(3, c, patch, patch)
        self.down = nn.Conv2d(c, c, 2, 2) if patch == 2 else nn.Identity()
        self.out = nn.Linear(c, K)

    def forward(self, x):
        return self.out(self.down(self.stem(x)).mean((2, 3)))


class TakenApart(nn.Module):
    """Empties the list that it is given."""

    def __init__(self, stages=None, K=5):
        super().__init__()
        layers, before = [], 3
        while stages:
            stage = stages.pop(0)
            for _ in range(stage.pop("depth")):
                layers.append(nn.Linear(before, stage["width"]))
                before = stage["width"]
        self.layers = nn.Sequential(*layers, nn.Linear(before, K))

    def forward(self, x):
        return self.layers(x)
