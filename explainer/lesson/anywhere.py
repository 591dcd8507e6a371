"""The rules behind the figures in their general form, so that a reader can work out another network by this page alone."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.document.builder import Page
from explainer.document.nodes import Bullets, Heading, Math, Words
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Rounded, Symbol, evaluate, product
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import (
    C,
    C_in,
    C_out,
    F_in,
    F_out,
    N,
    T,
    dilation,
    groups,
    kernel,
    padding,
    sizes,
    stride,
)
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.receptive_field.recurrence import d, j_in, k, r_in, s

HEADING = Bi(zh="换一个网络", en="For another network")
CONVOLUTION = Bi(
    zh="卷积层的参数量：{formula}。{g}为分组数，不分组时为1，深度卷积时等于输入通道数；有偏置时{b}=1，写明bias=False时{b}=0。",
    en="Parameters of a convolution: {formula}. {g} is the number of groups (1 by default, the input "
    "channels for a depthwise convolution); {b} = 1 with a bias, {b} = 0 with bias=False.",
)
LINEAR = Bi(
    zh="全连接层的参数量：{formula}，有偏置时{b}=1，写明bias=False时{b}=0。",
    en="Parameters of a fully connected layer: {formula}, where {b} = 1 with a bias, {b} = 0 with bias=False.",
)
REST = Bi(
    zh="归一化层对每个通道（特征）有缩放、平移2个参数；池化、激活、丢弃、展平没有参数。一层用几次，参数都只计一次，计算量按次数计。",
    en="A normalization has two parameters for each channel or feature, scale and shift; pooling, activations, dropout and flatten have none. "
    "A layer used twice has its parameters once, its computation twice.",
)
SIZE = Bi(
    zh="输出尺寸：{left}={formula}，宽度用{W}、{p}、{d}、{k}、{s}同样计算。⌊ ⌋表示舍去小数，如⌊{top}/2⌋={half}。步幅s默认为1，每侧填充p默认为0，膨胀率d默认为1；"
    "池化也用此式，但步幅默认等于窗口的边长。",
    en="Output size: {left} = {formula}; the width likewise, with {W}, {p}, {d}, {k} and {s}. The brackets ⌊ ⌋ drop the fraction: ⌊{top}/2⌋ = {half}. By default "
    "s = 1, p = 0 (on each side) and d = 1; pooling follows the same formula, but its stride is by default the side of its window.",
)
COMPUTATION = Bi(
    zh="计算量：输出的元素个数{elements}，乘以每个元素的乘加次数{each}；1次乘加是2次浮点运算（FLOPs）。",
    en="Computation: the elements of the output, {elements}, times the multiply-accumulates of each, {each}. One multiply-accumulate is two "
    "floating-point operations (FLOPs).",
)
FLOPS = Bi(zh="1次乘加是2次浮点运算（FLOPs）。", en="One multiply-accumulate is two floating-point operations (FLOPs).")
TOKENS = Bi(
    zh="序列长度加倍时，参数量不变，全连接层的计算量加倍，注意力分数和加权求和的计算量变为4倍。",
    en="Twice the sequence length leaves the parameters as they are, doubles the computation of fully connected layers, and makes that of "
    "attention's scores and weighted sums four times as much.",
)
STEPS = Bi(
    zh="序列长度加倍时，参数量不变，循环层的计算量加倍。",
    en="Twice the sequence length leaves the parameters as they are and doubles the computation of a recurrent layer.",
)
BATCH = Bi(
    zh="批量：批量大小为{n}时，参数量不变，计算量和特征图所占的字节数都变为{n}倍。所以不能凭参数量选择批量大小，要看内存能否放下各层的特征图。",
    en="Batch: with a batch of {n} the parameters stay, and the computation and the bytes of the feature maps become {n} times as many. The parameters "
    "say nothing of a suitable batch size; the feature maps have to fit into memory.",
)
BYTES = Bi(
    zh="字节数：特征图占{formula}字节，参数占参数量×{size}字节；{size}是每个数的字节数，float32为4，float16为2，int8为1。",
    en="Bytes: a feature map takes {formula}, the parameters their number × {size}; {size} is the bytes of one number, 4 in float32, 2 in float16, 1 in int8.",
)
BYTES_TOKENS = Bi(
    zh="字节数：一步的输出占{formula}字节（{T}为序列长度，{D}为每个位置的特征数），参数占参数量×{size}字节；{size}是每个数的字节数，float32为4，float16为2，int8为1。",
    en="Bytes: the output of a step takes {formula}, with {T} positions of {D} features; the parameters take their number × {size}, where {size} is the bytes of "
    "one number, 4 in float32, 2 in float16, 1 in int8.",
)
RECEPTIVE = Bi(
    zh="感受野（输出的一点取决于原图上多大的区域）：逐层计算{r_out}={field}、{j_out}={jump}，池化也一样；输入图像处两者都是1。如两个步幅为1的3×3卷积：1+2+2={two}，与一个5×5卷积相同，而每对输入、输出通道的权重由25个减为18个。",
    en="Receptive field (how large a region of the image one point depends on): layer by layer {r_out} = {field} and {j_out} = {jump}, pooling likewise; "
    "both are 1 at the image. Two 3×3 convolutions of stride 1: 1 + 2 + 2 = {two}, as one of 5×5, with 18 weights for a pair of channels instead of 25.",
)
_BOTH = (1, 2)  # two different values: a symbol for each side
_ODD = 25  # a number to be halved and rounded down
b = Symbol("b", Bi("偏置", "bias"), Bi("偏置", "bias"), role=Role.BIAS)
B = Symbol("B", Bi("每个数的字节数", "bytes of each number"), role=Role.BYTES)
D = Symbol("D", Bi("特征数", "number of features"), role=Role.FEATURES)
r_out = Symbol("r_out", Bi("感受野", "receptive field"))
j_out = Symbol("j_out", Bi("累计步幅", "effective stride"))


def parameters_of_a_convolution() -> Expr:
    """(k_h·k_w·C_in/g+b)·C_out, with everything that a layer may or may not have."""
    high, wide = kernel(2)
    return (high * wide * C_in / groups + b) * C_out


def size_of_the_output() -> Expr:
    """⌊(H+2p_h−d_h(k_h−1)−1)/s_h⌋+1."""
    high, along, between = padding(_BOTH)[0], stride(_BOTH)[0], dilation(_BOTH)[0]
    return Rounded(sizes(2)[0] + 2 * high - between * (kernel(2)[0] - 1) - 1, along) + 1


def _of_the_width() -> tuple[Symbol, ...]:
    return sizes(2)[1], padding(_BOTH)[1], dilation(_BOTH)[1], kernel(2)[1], stride(_BOTH)[1]


def anywhere(page: Page, walk: Walkthrough, in_blocks: bool = False) -> None:
    """The section, as far as it goes with this network's kinds of layers.

    A network of images told in blocks teaches its blocks: the rules of a single layer are for one told layer by layer.
    """
    if in_blocks and _on_images(walk):
        page.say(BATCH, n=Math(N))
        return
    page.blocks.append(Heading(3, page.both(HEADING)))
    page.blocks.append(Bullets(tuple(_rules(page, walk))))


def _on_images(walk: Walkthrough) -> bool:
    return any(layer.kind is Kind.CONVOLUTION and _flat(layer) for layer in walk.layers)


def _rules(page: Page, walk: Walkthrough) -> Iterator[Words]:
    images = _on_images(walk)
    if "params" in page.show:
        formula = parameters_of_a_convolution() if images else (F_in + b) * F_out
        first = page.words(CONVOLUTION if images else LINEAR, formula=Math(formula), g=Math(groups), b=Math(b))
        yield first
        yield page.words(REST)
    if images and "shape" in page.show:
        left, formula = sizes(2, out=True)[0], size_of_the_output()
        wide = dict(zip("Wpdks", map(Math, _of_the_width()), strict=True))
        yield page.words(SIZE, left=Math(left), formula=Math(formula), top=_ODD, half=_ODD // 2, **wide)
    if "macs" in page.show:
        yield _computation(page) if images else page.words(FLOPS)
        kinds = {layer.kind for layer in walk.layers}
        if Kind.ATTENTION in kinds or any(idea.kind == "attention" for idea in walk.ideas):
            yield page.words(TOKENS)
        elif Kind.RECURRENT in kinds:
            yield page.words(STEPS)
    yield page.words(BATCH, n=Math(N))
    if images:
        yield page.words(BYTES, formula=Math(product([N, C, *sizes(2), B])), size=Math(B))
    else:
        yield page.words(BYTES_TOKENS, formula=Math(product([N, T, D, B])), T=Math(T), D=Math(D), size=Math(B))
    if images and "shape" in page.show:
        field, jump = r_in + d * (k - 1) * j_in, j_in * s
        two = evaluate(field, {r_in: 3, d: 1, k: 3, j_in: 1})  # 3 is the field of the first
        values = {"r_out": Math(r_out), "field": Math(field), "j_out": Math(j_out), "jump": Math(jump)}
        yield page.words(RECEPTIVE, **values, two=two)


def _flat(layer: Layer) -> bool:
    """Whether it works on images: batch, channels, height, width."""
    return len(layer.call.output_shapes[0]) == 4 if layer.call.output_shapes else False


def _computation(page: Page) -> Words:
    elements = product([C_out, *sizes(2, out=True)])
    each = product([*kernel(2), C_in]) / groups
    return page.words(COMPUTATION, elements=Math(elements), each=Math(each))
