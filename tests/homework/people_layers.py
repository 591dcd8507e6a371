"""Answers of all kinds of people for the parameters of layers: fully connected, normalization, recurrent, embedding, attention.

As in `people.py`, every word and notation stands here and is not taken from the parser's tables. A kind draws a layer and gives a
`Case`: the module, what is asked, and makers of right and of wrong answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from torch import nn

Write = Callable[[Random], str]
TIMES = ["*", "×", " x ", " × ", "·", " * "]
SO = ["so ", "therefore ", "total: ", "in total ", "Total = ", "altogether: ", "sum: "]
ZH_SO = ["共", "所以共", "合计", "总共", "一共", "总计：", "故参数量为", "因此参数总数为", "加起来是"]
BEHIND = ["", "", "", " parameters", " params", " trainable parameters", " in total", "."]
ZH_BEHIND = ["", "", "", "个", "个参数", "。", "（个）"]


@dataclass(frozen=True)
class Case:
    """One question with its right value, and writers of answers to it."""

    module: Callable[[], nn.Module]
    size: tuple[int, ...]
    question: str
    right: tuple[Write, ...]
    wrong: tuple[Write, ...]
    whole_numbers: bool = False  # the input holds indices


class Recurrent(nn.Module):
    """One recurrent layer that gives its outputs."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.rnn = layer

    def forward(self, x):
        return self.rnn(x)[0]


class SelfAttention(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x):
        return self.attn(x, x, x)[0]


def times(random: Random, *factors: object) -> str:
    """`3*3*64`, with some sign."""
    return random.choice(TIMES).join(map(str, factors))


def ending(random: Random, value: int, zh: bool) -> str:
    """A number and what people put behind it; with its thousands or not."""
    number = f"{value:,}" if random.random() < 0.2 and not zh else str(value)
    return number + random.choice(ZH_BEHIND if zh else BEHIND)


def rounded(value: int) -> Write:
    """The number to three digits, in some unit; exact where it is short."""

    def write(random: Random) -> str:
        if value < 2000:
            return random.choice([f"{value}", f"= {value}", f"**{value}**", f"answer: {value}", f"答案：{value}"])
        zh = random.random() < 0.5
        if zh and value >= 100_000:
            return random.choice(["约", "大约", "≈", ""]) + f"{value / 1e4:.1f}万" + random.choice(["", "个", "个参数"])
        unit, by = ("M", 1e6) if value >= 1_000_000 else ("K", 1e3)
        word = random.choice([unit, f" {unit}", " million" if unit == "M" else " thousand"])
        return (
            random.choice(["about ", "~", "≈ ", "approximately ", ""])
            + f"{value / by:.2f}{word}"
            + random.choice(["", " params"])
        )

    return write


def linear(random: Random) -> Case:
    """A fully connected layer."""
    n, m = random.choice([20, 84, 120, 256, 300, 784]), random.choice([8, 10, 64, 100, 128])
    weights, value = n * m, n * m + m

    def en(r: Random) -> str:
        return r.choice(
            [
                f"weights {times(r, n, m)} = {weights}, biases {m}, {r.choice(SO)}{ending(r, value, False)}",
                f"Each of the {m} neurons has {n} weights and 1 bias, {r.choice(SO)}{times(r, n + 1, m)} = {value}",
                f"{n} inputs {r.choice(['x', '*', '×'])} {m} outputs = {weights}; plus {m} biases = {value}",
                f"({n} + 1) * {m} = {ending(r, value, False)}",
                f"W has {n}x{m} = {weights} entries, b has {m}, so {value}",
                f"W: {weights}\nb: {m}\nW + b = {value}",
                f"{weights} weights + {m} biases = {value}",
                f"input size {n}, output size {m}: {n}*{m} + {m} = {value}",
                f"I get {n}*{m} + {m} = {value}.",
                f"{m} neurons, {n} inputs each, plus one bias per neuron: {m}*({n}+1) = {value}",
                f"params = in_features * out_features + out_features = {n}*{m}+{m} = {value}",
                f"(n_in + 1) * n_out = {n + 1} * {m} = {value}",
                f"n_prev*n + n = {n}*{m}+{m} = {value}",
                f"`{n} * {m} + {m}`",
                f"D*M + M, D={n}, M={m}: {value}",
            ]
        )

    def zh(r: Random) -> str:
        return r.choice(
            [
                f"权重{times(r, n, m)}={weights}，偏置{m}，{r.choice(ZH_SO)}{ending(r, value, True)}",
                f"每个神经元有{n}个权重和1个偏置，共{m}个神经元，{r.choice(ZH_SO)}({n}+1)×{m}={value}",
                f"输入{n}，输出{m}，参数量为{n}×{m}+{m}={ending(r, value, True)}",
                f"权重：{weights}\n偏置：{m}\n合计：{value}",
                f"权重矩阵{n}×{m}，有{weights}个元素；偏置{m}个；{r.choice(ZH_SO)}{value}",
                f"输入神经元数×输出神经元数+偏置数={n}×{m}+{m}={value}",
                f"（{n}＋1）×{m}＝{value}",
                f"全连接层参数：{n}*{m}={weights}，再加偏置{m}，得{value}",
                f"因为有偏置，所以是{n}×{m}+{m}={value}",
                f"解：{n}×{m}+{m}\n={weights}+{m}\n={value}",
            ]
        )

    def no_bias(r: Random) -> str:
        return r.choice(
            [
                f"{times(r, n, m)} = {weights}",
                f"{n} inputs, {m} outputs, so {weights}",
                f"权重{n}×{m}={weights}，{r.choice(ZH_SO)}{weights}",
                f"the weights: {weights}, {r.choice(SO)}{weights}",
                f"W: {weights}\nb: {n}\ntotal: {weights + n}",
                f"{n}*{m}+{n} = {weights + n}",
                f"{n}*{m}+1 = {weights + 1}",
                f"{n}+{m} = {n + m}",
                f"{value} or {weights}",
                f"{value} neurons",
                f"每个神经元{value}个参数",
                f"{weights} weights + {m} biases = {value + 10}",
                f"W has {weights} entries, b has {m}, so {value - 1}",
                f"between {weights} and {value}",
            ]
        )

    return Case(lambda: nn.Sequential(nn.Linear(n, m)), (1, n), "0.params", (en, zh, rounded(value)), (no_bias,))


def norm(random: Random) -> Case:
    """Batch or layer normalization."""
    c = random.choice([16, 48, 64, 128, 320, 512, 768])
    batch = random.random() < 0.5
    module = (lambda: nn.Sequential(nn.BatchNorm2d(c))) if batch else (lambda: nn.Sequential(nn.LayerNorm(c)))
    size = (1, c, 6, 6) if batch else (1, 9, c)

    def right(r: Random) -> str:
        a, b = r.choice([("gamma", "beta"), ("γ", "β"), ("scale", "shift"), ("weight", "bias")])
        return r.choice(
            [
                f"{a} {c} + {b} {c} = {2 * c}",
                f"{a}: {c}, {b}: {c}, total {2 * c}",
                f"{a}: {c}\n{b}: {c}\n{r.choice(['total', 'sum', '合计'])}: {2 * c}",
                f"{c} {a}s and {c} {b}s, so {2 * c}" if len(a) > 1 else f"{c} for {a}, {c} for {b}: {2 * c}",
                f"2 * {c} = {2 * c}",
                f"one {a} and one {b} for each of the {c} features: {2 * c}",
                f"γ和β各{c}个，共{2 * c}个参数",
                f"缩放{c}个，平移{c}个，{r.choice(ZH_SO)}{2 * c}",
                f"每个通道2个参数（γ、β），{c}×2={2 * c}" if batch else f"每个特征2个参数（γ、β），{c}×2={2 * c}",
                f"2×{c}={2 * c}，分别是缩放和平移",
                f"{2 * c} ({a} and {b})",
                f"{c}*2 = {2 * c} learnable parameters",
                f"{2 * c}",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"{c}",
                f"gamma {c}, total {c}",
                f"4*{c} = {4 * c}",
                f"γ {c}, β {c}, mean {c}, var {c}: total {4 * c}",
                f"γ和β各{c}个，均值和方差各{c}个，共{4 * c}个",
                "2",
                "2*6*6 = 72" if batch else f"2*9*{c} = {18 * c}",
                f"每个通道{2 * c}个参数",
                f"{c} gammas and {c} betas, so {3 * c}",
                f"not {2 * c}",
            ]
        )

    return Case(module, size, "0.params", (right,), (wrong,))


def recurrent(random: Random) -> Case:
    """LSTM, GRU or a plain recurrent layer."""
    gates, name, layer = random.choice([(4, "LSTM", nn.LSTM), (3, "GRU", nn.GRU), (1, "RNN", nn.RNN)])
    d, h = random.choice([10, 28, 50, 100]), random.choice([16, 20, 32, 64])
    one = d * h + h * h + 2 * h
    value = gates * one
    zh_gates = {4: "四", 3: "三", 1: "一"}[gates]

    def right(r: Random) -> str:
        mul = r.choice(["*", "×", " * "])
        head = f"{gates}{mul}" if gates > 1 else ""
        return r.choice(
            [
                f"{head}({d}{mul}{h}+{h}{mul}{h}+2{mul}{h}) = {value}",
                f"{head}({d}{mul}{h} + {h}{mul}{h} + {h} + {h}) = {ending(r, value, False)}",
                f"{head}[({d}+{h}){mul}{h} + 2{mul}{h}] = {value}",
                f"W_ih: {gates * d * h}, W_hh: {gates * h * h}, b_ih: {gates * h}, b_hh: {gates * h}, total {value}",
                f"weight_ih_l0: {gates * h}x{d} = {gates * d * h}\nweight_hh_l0: {gates * h}x{h} = {gates * h * h}\n"
                f"bias_ih_l0: {gates * h}\nbias_hh_l0: {gates * h}\nsum: {value}",
                f"{gates} gates with {one} parameters each: {gates}*{one} = {value}" if gates > 1 else f"{one}",
                f"{name}有{zh_gates}个门，每个门{d}×{h}+{h}×{h}+2×{h}={one}，共{gates}×{one}={value}"
                if gates > 1
                else f"{d}×{h}+{h}×{h}+2×{h}={one}",
                f"输入到隐藏{gates * d * h}，隐藏到隐藏{gates * h * h}，偏置{2 * gates * h}，{r.choice(ZH_SO)}{value}",
                f"input weights {gates * d * h} + recurrent weights {gates * h * h} + biases {2 * gates * h} = {value}",
                f"{gates}*h*(d+h+2) = {gates}*{h}*{d + h + 2} = {value}"
                if gates > 1
                else f"h*(d+h+2) = {h}*{d + h + 2} = {value}",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"{gates}*({d}*{h}+{h}*{h}+{h}) = {gates * (one - h)}",
                f"{gates}*({d}*{h}+{h}*{h}) = {gates * (one - 2 * h)}",
                f"{gates + 1}*({d}*{h}+{h}*{h}+2*{h}) = {(gates + 1) * one}",
                f"W_ih: {gates * d * h}, W_hh: {gates * h * h}, total {gates * (one - 2 * h)}",
                f"{d}*{h}+{h} = {d * h + h}",
                f"输入{gates * d * h}，偏置{gates * h}，合计{gates * (d * h + h)}",
                f"{value} per gate",
                f"h*(d+h+1) = {h * (d + h + 1)}",
                f"{gates}*{one} = {value + 4}",
            ]
        )

    return Case(
        lambda: Recurrent(layer(d, h, batch_first=True)), (1, 5, d), "rnn.params", (right, rounded(value)), (wrong,)
    )


def embedding(random: Random) -> Case:
    """A table of vectors."""
    v, d = random.choice([1000, 5000, 30522, 10000]), random.choice([64, 100, 128, 300])
    value = v * d

    def right(r: Random) -> str:
        return r.choice(
            [
                f"{times(r, v, d)} = {value}",
                f"{v} words with {d} numbers each: {value}",
                f"vocab_size * embedding_dim = {v} * {d} = {value}",
                f"{v} tokens, each a {d}-dimensional vector, {r.choice(SO)}{value}",
                f"词表大小{v}，维度{d}，{r.choice(ZH_SO)}{v}×{d}={value}",
                f"每个词{d}维，{v}个词，共{value}个参数",
                f"词表大小×嵌入维度={v}×{d}={value}",
                f"V × D = {v} × {d} = {value}",
                f"{v} rows × {d} columns = {value}",
                f"the table has {v} rows of {d}: {value}",
                f"{value} (no bias)",
                f"没有偏置，{v}×{d}={value}",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"{v}+{d} = {v + d}",
                f"{v}*{d}+{d} = {value + d}",
                f"7*{d} = {7 * d}",
                f"{v} words, so {v}",
                f"每个词{d}维，共{d}个参数",
                f"词表大小{v}，维度{d}，共{v}×{d}={value + 100}",
                f"{d}*{d} = {d * d}",
                f"at least {value}",
            ]
        )

    module = lambda: nn.Sequential(nn.Embedding(v, d))  # noqa: E731
    return Case(module, (1, 7), "0.params", (right, rounded(value)), (wrong,), whole_numbers=True)


def attention(random: Random) -> Case:
    """Attention with four projections, all with biases."""
    d, heads = random.choice([(64, 4), (128, 8), (256, 8), (512, 8), (768, 12)])
    one, value = d * d + d, 4 * (d * d + d)

    def right(r: Random) -> str:
        mul = r.choice(["*", "×", "·"])
        return r.choice(
            [
                f"4{mul}({d}{mul}{d}+{d}) = {value}",
                f"Q: {one}, K: {one}, V: {one}, O: {one}, total {value}",
                f"W_q, W_k, W_v, W_o: {d}x{d}+{d} = {one} each, 4*{one} = {value}",
                f"four projections with {one} parameters each: 4*{one} = {value}",
                f"Q、K、V和输出共4个投影，每个{d}×{d}+{d}={one}，{r.choice(ZH_SO)}4×{one}={value}",
                f"QKV: 3×({d}×{d}+{d})={3 * one}，输出投影：{one}，合计：{value}",
                f"in_proj {3 * one} + out_proj {one} = {value}",
                f"4d^2 + 4d = 4{mul}{d}^2 + 4{mul}{d} = {value}",
                f"4·d_model² + 4·d_model = {value}",
                f"weights: 4*{d}*{d} = {4 * d * d}, biases: 4*{d} = {4 * d}, total: {value}",
                f"权重{4 * d * d}，偏置{4 * d}，{r.choice(ZH_SO)}{value}",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"4*{d}*{d} = {4 * d * d}",
                f"3*({d}*{d}+{d}) = {3 * one}",
                f"Q: {one}, K: {one}, V: {one}, total {3 * one}",
                f"{heads}*4*({d}*{d}+{d}) = {heads * value}",
                f"QKV共3个投影，每个{one}，共{3 * one}",
                f"in_proj {3 * one} + out_proj {one} = {value - d}",
                f"4d^2 = {4 * d * d}",
                f"{value} per head",
                f"每个头{value}个参数",
            ]
        )

    return Case(lambda: SelfAttention(d, heads), (1, 6, d), "attn.params", (right, rounded(value)), (wrong,))


KINDS: tuple[Callable[[Random], Case], ...] = (linear, norm, recurrent, embedding, attention)
