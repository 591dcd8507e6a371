"""Answers of all kinds of people for shapes, cost, memory and totals. Words and notations are written out here, as in `people.py`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from people_layers import SO, ZH_SO, Case, ending, rounded, times
from torch import nn


def pooled(random: Random) -> Case:
    """The output of a pooling layer that halves."""
    c, side = random.choice([6, 18, 64, 96]), random.choice([16, 28, 32, 56])
    h = side // 2

    def right(r: Random) -> str:
        x = r.choice(["x", "×", " x ", " × ", "*"])
        return r.choice(
            [
                f"{c}{x}{h}{x}{h}",
                f"({side}-2)/2+1 = {h}, so {c}{x}{h}{x}{h}",
                f"({side}-2)/2+1={h}，所以输出为{c}{x}{h}{x}{h}",
                f"{side}/2 = {h}, channels stay {c}: {c}{x}{h}{x}{h}",
                f"{c} channels, {h}{x}{h}",
                f"{h}x{h} with {c} channels",
                f"{h} by {h} by {c} channels",
                f"[{c}, {h}, {h}]",
                f"(1, {c}, {h}, {h})",
                f"[batch, {c}, {h}, {h}]",
                f"torch.Size([1, {c}, {h}, {h}])",
                f"(None, {c}, {h}, {h})",
                f"C={c}, H={h}, W={h}",
                f"H = W = {h}, C = {c}",
                f"高{h}，宽{h}，通道{c}",
                f"通道数{c}，高和宽都是{h}",
                f"通道不变，为{c}；高宽减半为{h}：{c}{x}{h}{x}{h}",
                f"{c}个{h}×{h}的特征图",
                f"{c}张{h}×{h}的特征图",
                f"{c}@{h}×{h}",
                f"{c} feature maps of {h}x{h}",
                f"height {h}, width {h}, depth {c}",
                f"the output is {c}{x}{h}{x}{h}",
                f"floor(({side}-2)/2)+1 = {h} -> {c}{x}{h}{x}{h}",
                f"H_out = ({side}-2)/2+1 = {h}\nW_out = {h}\nC = {c}",
                rf"$\lfloor\frac{{{side}-2}}{{2}}\rfloor+1={h}$, ${c}\times{h}\times{h}$",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"{c}x{h - 1}x{h - 1}",
                f"({side}-2)/2 = {h - 1}, so {c}x{h - 1}x{h - 1}",
                f"{c}x{side}x{side}",
                f"{h}x{h}",
                f"{2 * c} channels, {h}x{h}",
                f"高{h}，宽{h}",
                f"高{h}，宽{h}，通道{h}",
                f"{c}个{h + 1}×{h + 1}的特征图",
                f"{c}x{h}x{h} or {c}x{side}x{side}",
                f"{c}x{h}x{h}x{c}",
                f"{h}x{h}x{h}",
                f"H = W = {h}, C = {c + 1}",
                f"{c * h * h}",
                f"the output is half of {c}x{h}x{h}",
            ]
        )

    return Case(lambda: nn.Sequential(nn.MaxPool2d(2)), (1, c, side, side), "0.shape", (right,), (wrong,))


def convolved(random: Random) -> Case:
    """The output of a convolution."""
    k, s, p = random.choice([(3, 1, 1), (5, 1, 2), (3, 2, 1), (5, 1, 0), (7, 2, 3)])
    c, n, side = random.choice([1, 3, 8]), random.choice([6, 16, 32, 64]), random.choice([28, 32, 64, 100])
    h = (side + 2 * p - k) // s + 1
    whole = (side + 2 * p - k) % s == 0
    even = "" if whole else "floor"

    def right(r: Random) -> str:
        x = r.choice(["x", "×", " x ", " × "])
        worked = r.choice(
            [
                f"{even}(({side}-{k}+2*{p})/{s})+1 = {h}",
                f"{even}(({side}+2×{p}-{k})/{s})+1={h}",
                f"⌊({side}-{k}+2·{p})/{s}⌋+1={h}",
            ]
        )
        return r.choice(
            [
                f"{n}{x}{h}{x}{h}",
                f"{worked}, so {n}{x}{h}{x}{h}",
                f"{worked}，{n}个卷积核，所以{n}{x}{h}{x}{h}",
                f"{worked}\n{n}{x}{h}{x}{h}",
                f"({n}, {h}, {h})",
                f"the output volume is {n}{x}{h}{x}{h}",
                f"{n} filters, so {n} channels of {h}{x}{h}",
                f"输出通道{n}，高{h}，宽{h}",
                f"H_out = W_out = {h}, C_out = {n}",
                f"(W-F+2P)/S+1 = ({side}-{k}+{2 * p})/{s}+1 = {h}, {n} filters: {n}{x}{h}{x}{h}"
                if whole
                else f"[{n}, {h}, {h}]",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"{n}x{h - 1}x{h - 1}",
                f"{n}x{h + 1}x{h + 1}",
                f"{c}x{h}x{h}" if c != n else f"{h}x{h}",
                f"{n} filters of {k}x{k}",
                f"输出通道{n}，高{h + 2}，宽{h + 2}",
                f"H_out = W_out = {h}, C_out = {n + 1}",
                f"{n}x{k}x{k}" if k != h else f"{h}",
                f"({side}-{k})/{s}+1 = {h - 2}, so {n}x{h - 2}x{h - 2}",
            ]
        )

    module = lambda: nn.Sequential(nn.Conv2d(c, n, k, stride=s, padding=p))  # noqa: E731
    return Case(module, (1, c, side, side), "0.shape", (right,), (wrong,))


def cost(random: Random) -> Case:
    """Multiply-accumulates of a convolution that keeps the size."""
    k, c, n, h = (
        random.choice([1, 3, 5]),
        random.choice([3, 16, 32]),
        random.choice([8, 24, 64]),
        random.choice([14, 28, 56]),
    )
    each, outputs = k * k * c, n * h * h
    value = each * outputs

    def right(r: Random) -> str:
        return r.choice(
            [
                f"{times(r, k, k, c, n, h, h)} = {ending(r, value, False).split(' ')[0]}",
                f"each output needs {k}*{k}*{c} = {each} MACs, there are {n}*{h}*{h} = {outputs} outputs: {each}*{outputs} = {value}",
                f"每个输出需要{k}×{k}×{c}={each}次乘加，共{n}×{h}×{h}={outputs}个输出，{r.choice(ZH_SO[:5])}{value}次乘加",
                f"{outputs} outputs × {each} = {value}",
                f"{each} multiplications per output, {outputs} outputs, {r.choice(SO)}{value}",
                f"MACs = K*K*Cin*Cout*H*W = {k}*{k}*{c}*{n}*{h}*{h} = {value}",
                f"D_K·D_K·M·N·D_F·D_F = {value}",
                f"k*k*C_in*C_out*H_out*W_out = {value}",
                "Cin*Cout*K^2*Hout*Wout",
                f"{value / 1e6:.2f} M MACs" if value >= 1e6 else f"{value / 1e3:.1f}K MACs",
                f"{value / 1e6:.2f} million" if value >= 1e6 else f"{value}",
                f"{value / 1e4:.1f}万次乘加" if value >= 1e5 else f"{value}次乘加",
                f"参数量×输出尺寸={each * n}×{h}×{h}={value}",
                f"{value} multiply-adds",
                f"{value} multiply-accumulate operations",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"{2 * value}",
                f"{times(r, k, k, c, h, h)} = {each * h * h}",
                f"{times(r, k, k, c, n)} = {each * n}",
                f"each output needs {each} MACs, there are {h}*{h} = {h * h} outputs: {each * h * h}",
                f"每个输出需要{each}次乘加，共{h * h}个输出，共{each * h * h}次",
                f"{value} FLOPs",
                f"{value} parameters",
                f"({each}+1)*{outputs} = {(each + 1) * outputs}",
                f"{value} per output",
                "D_K·D_K·M·D_F·D_F",
                "k*k*C_in*C_out",
                f"{2 * value / 1e6:.2f} M",
            ]
        )

    module = lambda: nn.Sequential(nn.Conv2d(c, n, k, padding=k // 2))  # noqa: E731
    return Case(module, (1, c, h, h), "0.macs", (right,), (wrong,))


def memory(random: Random) -> Case:
    """Bytes of a fully connected layer's parameters."""
    n, m = random.choice([256, 1000, 4096]), random.choice([10, 100, 512, 1000])
    params = n * m + m
    value = 4 * params

    def right(r: Random) -> str:
        return r.choice(
            [
                f"{params}*4 = {value} bytes",
                f"{params} parameters × 4 bytes = {value} bytes",
                f"{params}个参数，每个4字节，共{value}字节",
                f"({n}*{m}+{m})*4 = {value}",
                f"{value} B",
                f"{value}字节",
                f"{value / 1e3:.1f} KB" if value < 1e6 else f"{value / 1e6:.2f} MB",
                f"{value / 2**10:.1f} KiB" if value < 2**20 else f"{value / 2**20:.2f} MiB",
                f"float32 has 4 bytes, so {params}*4 = {value} bytes",
                f"float32每个4字节：{params}×4={value}字节",
                f"{8 * value} bits",
                f"{value} bytes ({value / 2**10:.1f} KiB)"
                if value < 2**20
                else f"{value} bytes ({value / 2**20:.2f} MiB)",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"{params}",
                f"{params} bytes",
                f"{8 * params} bytes",
                f"{2 * params}字节",
                f"{value} bits",
                f"{value / 2**10:.1f} KB" if value < 2**20 else f"{value / 2**20:.2f} MB",
                f"{value} MB",
                f"{4 * n * m} bytes",
                f"{params}个参数，每个8字节，共{8 * params}字节",
            ]
        )

    return Case(lambda: nn.Sequential(nn.Linear(n, m)), (1, n), "0.bytes", (right,), (wrong,))


def elements(random: Random) -> Case:
    """How many numbers a layer gives."""
    c, h = random.choice([6, 16, 64]), random.choice([14, 28, 56])
    value = c * h * h

    def right(r: Random) -> str:
        return r.choice(
            [
                f"{times(r, c, h, h)} = {value}",
                f"{c} channels of {h}x{h}, {r.choice(SO)}{value}",
                f"{c}个通道，每个{h}×{h}={h * h}个元素，共{value}个",
                f"输出为{c}×{h}×{h}，共{value}个元素",
                f"{value} elements",
                f"{value}个元素",
                f"C*H*W = {c}*{h}*{h} = {value}",
                f"{h}*{h} = {h * h} per channel, {c} channels: {value}",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"{h}*{h} = {h * h}",
                f"{c}+{h}+{h}",
                f"{c}*{h} = {c * h}",
                f"{value} per channel",
                f"每个通道{value}个元素",
            ]
        )

    return Case(lambda: nn.Sequential(nn.ReLU()), (1, c, h, h), "0.activations", (right,), (wrong,))


def whole(random: Random) -> Case:
    """All parameters of a small network."""
    n, m, out = random.choice([20, 64, 784]), random.choice([16, 30, 256]), random.choice([2, 5, 10])
    first, second = n * m + m, m * out + out
    value = first + second

    def right(r: Random) -> str:
        a, b = r.choice(
            [("fc1", "fc2"), ("hidden", "output"), ("layer 1", "layer 2"), ("第一层", "第二层"), ("隐藏层", "输出层")]
        )
        joint, end = r.choice([": ", " = ", " ", "："]), r.choice(["\n", ", ", "; ", "，", "；"])
        so = r.choice(["total", "sum", "Total params", "合计", "总共", "一共", "all together", "in total"])
        return r.choice(
            [
                f"{a}{joint}{first}{end}{b}{joint}{second}{end}{so}{joint if joint != ' = ' else ' '}{value}",
                f"{a}{joint}{times(r, n, m)}+{m}={first}{end}{b}{joint}{times(r, m, out)}+{out}={second}{end}{so} {value}",
                f"({n}+1)*{m}+({m}+1)*{out} = {value}",
                f"{n}*{m}+{m}+{m}*{out}+{out} = {first}+{second} = {value}",
                f"1. {first}\n2. {second}\n{so}: {value}",
                f"- {a}: {first}\n- {b}: {second}\n- {so}: {value}",
                f"1) {a}: {first}\n2) {b}: {second}\n{so}: {value}",
                f"| {a} | {first} |\n| {b} | {second} |\n| total | {value} |",
                f"{first} + {second} = {value}",
                f"{first} ({a}) + {second} ({b}) = {value}",
                f"{n * m} weights and {m} biases in {a}, {m * out} weights and {out} biases in {b}: {value} altogether",
                f"weights: {n * m} + {m * out} = {n * m + m * out}; biases: {m} + {out} = {m + out}; total: {value}",
                f"权重{n * m}+{m * out}={n * m + m * out}，偏置{m}+{out}={m + out}，共{value}",
                f"{a}有{first}个参数，{b}有{second}个参数，共{value}个参数",
                f"Linear({n},{m}) has {first}, Linear({m},{out}) has {second}, so {value}",
            ]
        )

    def wrong(r: Random) -> str:
        return r.choice(
            [
                f"fc1: {first}, fc2: {m * out}, total {first + m * out}",
                f"{n}*{m}+{m}*{out} = {n * m + m * out}",
                f"1. {first}\n2. {second}",
                f"- {first}\n- {value}",
                f"{first} + {second} = {value + 1}",
                f"第一层{first}，第二层{second}",
                f"第一层{n * m}，第二层{m * out}，一共{n * m + m * out}",
                f"weights: {n * m + m * out}, total: {n * m + m * out}",
                f"{value} in each layer",
                f"每层{value}个参数",
                f"hidden: {first}, output: {second}, total: {first}",
            ]
        )

    module = lambda: nn.Sequential(nn.Linear(n, m), nn.ReLU(), nn.Linear(m, out))  # noqa: E731
    return Case(module, (1, n), "total.params", (right, rounded(value)), (wrong,))


KINDS: tuple[Callable[[Random], Case], ...] = (pooled, convolved, cost, memory, elements, whole)
