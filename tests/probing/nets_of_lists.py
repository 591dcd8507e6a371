"""Networks built with many numbers, in lists, whose sizes follow them in ways that are easy to get wrong."""

import math

import torch
from torch import nn


class Stages(nn.Module):
    """Groups must divide the widths of their own stage; nothing else divides anything for a reason."""

    def __init__(self, c=4, depths=(2, 2, 4), widths=(16, 32, 64), groups=(2, 4, 8), ratios=(4, 4, 2), K=8):
        super().__init__()
        self.stages, before = nn.ModuleList(), c
        for depth, width, group, ratio in zip(depths, widths, groups, ratios, strict=True):
            blocks = [
                nn.Sequential(nn.Conv2d(width, ratio * width, 3, groups=group), nn.Conv2d(ratio * width, width, 1))
                for _ in range(depth)
            ]
            self.stages.append(nn.Sequential(nn.Conv2d(before, width, 1), *blocks))
            before = width
        self.head = nn.Linear(before, K)


class Squeezed(nn.Module):
    """Each stage is squeezed to a quarter, to no less than 8, and cut to a whole number."""

    def __init__(self, c=3, depths=(2, 2, 2, 4), widths=(32, 32, 64, 64), K=4):
        super().__init__()
        self.stages, before = nn.ModuleList(), c
        for depth, width in zip(depths, widths, strict=True):
            less = max(8, width // 4)
            blocks = [nn.Sequential(nn.Linear(width, less), nn.Linear(less, width)) for _ in range(depth)]
            self.stages.append(nn.Sequential(nn.Linear(before, width), *blocks))
            before = width
        self.head = nn.Linear(before, K)


class HeadsOfStages(nn.Module):
    """Where heads do not divide a width, what is left over is dropped."""

    def __init__(self, c=3, depths=(2, 2, 2), dims=(24, 48, 96), heads=(2, 4, 8), K=4):
        super().__init__()
        self.stages, before = nn.ModuleList(), c
        for depth, width, head in zip(depths, dims, heads, strict=True):
            inner = head * (width // head)
            self.stages.append(
                nn.Sequential(nn.Linear(before, width), *[nn.Linear(width, inner, bias=False) for _ in range(depth)])
            )
            before = width
        self.head = nn.Linear(before, K)


class TiedWhereEqual(nn.Module):
    """The last layer is the table's where the widths are the same."""

    def __init__(self, vocab=60, widths=(16, 24, 32), depths=(2, 4, 2), extra=(8, 8, 4), last=48):
        super().__init__()
        self.table = nn.Embedding(vocab, widths[0])
        self.stages = nn.ModuleList(
            nn.Sequential(*[nn.Linear(width, width) for _ in range(depth)], nn.Linear(width, more))
            for width, depth, more in zip(widths, depths, extra, strict=True)
        )
        self.up = nn.Linear(widths[-1], last)
        self.out = nn.Linear(last, vocab, bias=False)
        if last == widths[0]:
            self.out.weight = self.table.weight


class OddInAll(nn.Module):
    """One more layer where the number of blocks is odd in all; a bias above a width only."""

    def __init__(self, depths=(2, 2, 3, 3), widths=(8, 16, 24, 32), K=8, i=3):
        super().__init__()
        pairs = zip((i, *widths), widths, depths, strict=False)
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Linear(a, b), *[nn.Linear(b, b, bias=b > 20) for _ in range(depth)])
            for a, b, depth in pairs
        )
        self.more = nn.Linear(widths[-1], widths[-1]) if sum(depths) % 2 else nn.Identity()
        self.head = nn.Linear(widths[-1], K)


class Snapped(nn.Module):
    """Widths times a factor, to multiples of 8; a table says how wide the last layer is."""

    def __init__(self, widths=(16, 24, 32, 64), depths=(1, 2, 3, 4), ratio=2, kind="large", K=4):
        super().__init__()
        last = {2: 64, 3: 96}.get(depths[1], 128) if kind == "large" else 32
        sizes = [max(8, (ratio * width + 4) // 8 * 8) for width in widths]
        self.stages = nn.ModuleList(
            nn.Sequential(*[nn.Linear(size, size) for _ in range(depth)])
            for size, depth in zip(sizes, depths, strict=True)
        )
        self.head = nn.Sequential(nn.Linear(sizes[-1], last), nn.Linear(last, K))


class Windows(nn.Module):
    """A position for each window that fits, (I−p)/s+1 along each side, cut to a whole number."""

    def __init__(self, image=64, patch=16, step=8, d=12, depths=(2, 2, 4), widths=(8, 8, 16), K=4):
        super().__init__()
        along = (image - patch) // step + 1
        self.places = nn.Parameter(torch.zeros(along * along, d))
        self.patches = nn.Conv2d(3, d, patch, stride=step)
        self.stages = nn.ModuleList(
            nn.Sequential(*[nn.Linear(width, width) for _ in range(depth)])
            for width, depth in zip(widths, depths, strict=True)
        )
        self.head = nn.Linear(d, K)


class Shrinking(nn.Module):
    """The map's side after all strides, rounded up at each, times the last width."""

    def __init__(self, side=32, strides=(2, 2, 2), widths=(8, 16, 32), kernels=(3, 3, 3), K=4):
        super().__init__()
        before = (3, *widths)
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, k, stride=s) for a, b, k, s in zip(before, widths, kernels, strides, strict=False)
        )
        for stride in strides:
            side = math.ceil(side / stride)
        self.head = nn.Linear(widths[-1] * side * side, K)


class LargestOfAll(nn.Module):
    """The largest and the smallest width decide, wherever they stand."""

    def __init__(self, widths=(16, 64, 32, 8), depths=(2, 2, 2, 2), K=4):
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(*[nn.Linear(width, width) for _ in range(depth)])
            for width, depth in zip(widths, depths, strict=True)
        )
        self.head = nn.Sequential(nn.Linear(max(widths), min(widths)), nn.Linear(min(widths), K))


class EqualInside(nn.Module):
    """A shortcut of its own only between different widths, and two are equal here; a reduction of 1 is no layer."""

    def __init__(self, i=5, widths=(8, 16, 16), reductions=(4, 2, 1), kernel=3, K=4):
        super().__init__()
        self.stages = nn.ModuleList()
        for a, b, by in zip((i, *widths), widths, reductions, strict=False):
            parts = {"one": nn.Conv1d(a, b, kernel), "two": nn.Conv1d(b, b, kernel)}
            parts |= {"short": nn.Conv1d(a, b, 1)} if a != b else {}
            parts |= {"less": nn.Conv1d(b, b, by, stride=by)} if by > 1 else {}
            self.stages.append(nn.ModuleDict(parts))
        self.out = nn.Linear(widths[-1], K)
