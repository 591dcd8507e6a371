"""Answers as people write them: labelled parts, sentences, units, notations of textbooks, run-on working.

The words and the notations are written out here and not taken from the parser's tables: what it does not know must come out
as not understood, never as wrong. Every maker takes the numbers of a layer, right or with a mistake put in, and writes them down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from torch import nn


@dataclass(frozen=True)
class Conv:
    """A convolution with a bias: kernel, channels in and out, side of the output."""

    k: int
    c_in: int
    c_out: int
    side: int

    @property
    def weights(self) -> int:
        return self.k * self.k * self.c_in * self.c_out

    @property
    def params(self) -> int:
        return self.weights + self.c_out

    def module(self) -> nn.Module:
        return nn.Sequential(nn.Conv2d(self.c_in, self.c_out, self.k))

    @property
    def size(self) -> tuple[int, ...]:
        return (1, self.c_in, self.side + self.k - 1, self.side + self.k - 1)


TIMES = ["*", "×", " x ", " × ", "·", " * "]
WEIGHTS = [
    "weights",
    "Weights",
    "W",
    "w",
    "kernel weights",
    "权重",
    "权重数",
    "卷积核权重",
    "权重参数",
    "weight params",
]
BIASES = ["bias", "biases", "b", "Bias", "B", "偏置", "偏置项", "bias terms", "bias"]
TOTALS = [
    "total",
    "Total",
    "sum",
    "in total",
    "so",
    "therefore",
    "共",
    "合计",
    "总共",
    "一共",
    "所以",
    "总参数量",
    "total params",
]
JOINTS = [": ", " = ", "=", ":", " "]
BREAKS = ["\n", ", ", "; ", "，", "。", "；"]
THINK = [
    "I think it is",
    "It should be",
    "The answer is",
    "answer:",
    "答案是",
    "我觉得是",
    "参数量为",
    "结果为",
    "So we get",
    "应该是",
    "P =",
]
BEHIND = [
    " parameters",
    " params",
    " learnable parameters",
    " trainable parameters in total",
    "个参数",
    "个",
    " (with bias)",
    "（含偏置）",
    "?",
    " ✓",
]
COUNTED = [
    ("weights", "biases"),
    ("weight params", "bias params"),
    ("个权重", "个偏置"),
    ("weights", "bias terms"),
    (" (weights)", " (biases)"),
    ("（权重）", "（偏置）"),
]
NOTATIONS = [  # kernel, channels in, channels out
    ("F", "D", "K"),
    ("F", "D1", "K"),
    ("f", "n_c_prev", "n_c"),
    ("f", r"n_C^{[l-1]}", r"n_C^{[l]}"),
    ("D_K", "M", "N"),
    ("K", "Cin", "Cout"),
    ("k", "C_{in}", "C_{out}"),
    ("kernel_size", "in_channels", "out_channels"),
    ("卷积核大小", "输入通道数", "输出通道数"),
    ("卷积核边长", "输入图像通道数", "卷积核数目"),
    ("k", "c", "n"),
    ("filter_size", "channel_in", "num_filters"),
]


def labelled(conv: Conv, w: int, b: int, total: int, random: Random) -> str:
    """`weights: 3*3*3*64 = 1728, bias: 64, total: 1792`."""
    joint, end = random.choice(JOINTS), random.choice(BREAKS)
    name_w, name_b, name_t = random.choice(WEIGHTS), random.choice(BIASES), random.choice(TOTALS)
    times = random.choice(TIMES)
    worked = times.join(map(str, (conv.k, conv.k, conv.c_in, conv.c_out))) + " = "
    worked = worked if w == conv.weights and random.random() < 0.6 and joint.strip() != "=" else ""
    total_text = random.choice([f"{w}+{b}={total}", f"{w} + {b} = {total}", str(total)])
    return f"{name_w}{joint}{worked}{w}{end}{name_b}{joint}{b}{end}{name_t}{joint if joint != '=' else ' '}{total_text}"


def summed(conv: Conv, w: int, b: int, total: int, random: Random) -> str:
    """`1728 weights + 64 biases = 1792`."""
    name_w, name_b = random.choice(COUNTED)
    space = "" if "个" in name_w or "（" in name_w else " "
    plus = random.choice(["+", " + ", " plus ", "加"]) if "个" in name_w else random.choice([" + ", "+", " plus "])
    equals = random.choice([" = ", "=", ", total ", "，共", " -> "])
    return f"{w}{space}{name_w}{plus}{b}{space}{name_b}{equals}{total}"


def sentence(conv: Conv, w: int, b: int, total: int, random: Random) -> str:
    """Prose working."""
    k, c, n = conv.k, conv.c_in, conv.c_out
    one = w // n
    return random.choice(
        [
            f"Each filter has {k}*{k}*{c} = {one} weights and 1 bias, so {n}*{one + 1} = {total}",
            f"There are {n} filters with {one} weights each plus 1 bias: {one + 1}*{n} = {total}",
            f"{one + 1} parameters per filter, {n} filters, so {one + 1}*{n} = {total}",
            f"each kernel: {k}x{k}x{c} + 1 = {one + 1}. {n} kernels. total: {one + 1}x{n} = {total}",
            f"每个卷积核有{k}×{k}×{c}={one}个权重，加1个偏置，共{n}个卷积核，所以参数量为({one}+1)×{n}={total}",
            f"一个卷积核有{one}个权重和1个偏置，{n}个卷积核共{n}×{one + 1}={total}个参数",
            f"卷积核大小{k}×{k}，输入通道{c}，输出通道{n}：({k}*{k}*{c}+1)*{n}={total}",
            f"∵ 每个卷积核参数为{k}×{k}×{c}+1={one + 1}，∴ 总参数={one + 1}×{n}={total}",
            f"kernel {k}x{k}, in {c}, out {n} -> ({k}*{k}*{c}+1)*{n} = {total}",
            f"First the weights: {k}*{k}*{c}*{n} = {w}. Then the biases: {b}. Together {w}+{b} = {total}.",
            f"{random.choice(THINK)} {total}{random.choice(BEHIND)}",
            f"{random.choice(THINK)} ({k}*{k}*{c}+1)*{n} = {total}{random.choice(BEHIND)}",
        ]
    )


def run_on(conv: Conv, w: int, b: int, total: int, random: Random) -> str:
    """`27*64 = 1728+64 = 1792`."""
    k, c, n = conv.k, conv.c_in, conv.c_out
    one = w // n
    return random.choice(
        [
            f"{k}*{k}*{c}*{n}={w}+{b}={total}",
            f"{one}×{n}={w}+{b}={total}",
            f"{k}*{k}*{c}={one}+1={one + 1}*{n}={total}",
            f"{k}×{k}×{c} = {one} × {n} = {w} + {b} = {total}",
        ]
    )


def table(conv: Conv, w: int, b: int, total: int, random: Random) -> str:
    """A table in the answer."""
    rows = [
        (random.choice(WEIGHTS), w),
        (random.choice(BIASES), b),
        (random.choice(["total", "合计", "sum", "Total"]), total),
    ]
    head = random.choice(["", "| part | params |\n|---|---|\n", "| | |\n|---|---|\n", "|名称|参数|\n|:-|-:|\n"])
    return head + "\n".join(f"| {name} | {value} |" for name, value in rows)


def in_notation(conv: Conv, w: int, b: int, total: int, random: Random) -> str:
    """A formula in a textbook's letters, with its numbers behind it if they belong to it."""
    k, c, n = random.choice(NOTATIONS)
    times = random.choice(["*", "×", " * "])
    formula = random.choice([f"({k}{times}{k}{times}{c}+1){times}{n}", f"{k}{times}{k}{times}{c}{times}{n}+{n}"])
    return formula if random.random() < 0.5 else f"{formula} = {total}"


def in_latex(conv: Conv, w: int, b: int, total: int, random: Random) -> str:
    """LaTeX with its wrappers."""
    k, c, n = conv.k, conv.c_in, conv.c_out
    return random.choice(
        [
            rf"\boxed{{{total}}}",
            rf"$({k} \times {k} \times {c} + 1) \times {n} = \boxed{{{total}}}$",
            rf"$\underbrace{{{k}\cdot{k}\cdot{c}\cdot{n}}}_{{\text{{weights}}}} + \underbrace{{{b}}}_{{\text{{biases}}}} = {total}$",
            rf"\[ {w} + {b} = \mathbf{{{total}}} \]",
            f"**{total}**",
            f"**答案：{total}**",
            rf"$$({k}\times{k}\times{c}+1)\times{n}={total}$$ ✓",
        ]
    )


MAKERS: tuple[Callable[[Conv, int, int, int, Random], str], ...] = (
    labelled,
    labelled,
    summed,
    sentence,
    sentence,
    run_on,
    table,
    in_latex,
)


def convs(random: Random, count: int) -> Iterator[Conv]:
    for _ in range(count):
        yield Conv(
            random.choice([3, 5, 7]),
            random.choice([3, 6, 16, 20, 32, 50]),
            random.choice([8, 10, 12, 24, 64, 100]),
            random.choice([8, 14, 28]),
        )


def right(conv: Conv, random: Random) -> str:
    """One right answer for the parameters of a convolution."""
    maker = random.choice((*MAKERS, in_notation))
    return maker(conv, conv.weights, conv.c_out, conv.params, random)


def wrong(conv: Conv, random: Random) -> str:
    """One answer with a mistake in it: biases or channels forgotten, one bias in all, a slip of the sum, channels swapped."""
    k, c, n = conv.k, conv.c_in, conv.c_out
    kind = random.choice(["no bias", "channels", "one bias", "slip", "swapped"])
    if kind == "no bias":
        return random.choice(
            [
                f"{random.choice(THINK)} {conv.weights}{random.choice(BEHIND[:6])}",
                f"each filter has {k}*{k}*{c} = {k * k * c} weights, {n} filters, so {n}*{k * k * c} = {conv.weights}",
                f"weights: {conv.weights}, total {conv.weights}",
                f"{k}*{k}*{c}={k * k * c}*{n}={conv.weights}",
                f"| weights | {conv.weights} |\n| total | {conv.weights} |",
            ]
        )
    if kind == "channels":
        return random.choice(MAKERS[:3])(conv, k * k * n, n, k * k * n + n, random)
    if kind == "one bias":
        return random.choice(MAKERS[:3])(conv, conv.weights, 1, conv.weights + 1, random)
    if kind == "slip":
        off = random.choice([-10, 10, 100, -2, 9])
        return random.choice(MAKERS)(conv, conv.weights, n, conv.params + off, random)
    low, high, other = random.choice(NOTATIONS)
    return f"({low}*{low}*{other}+1)*{high}"
