"""The rules behind the figures in their general form, so that a reader can work out another network by this page alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from explainer.document.builder import Page, merge
from explainer.document.nodes import Bullets, Code, Heading, Inline, Math, Words
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Rounded, Symbol, evaluate, product
from explainer.i18n.bilingual import Bi, Lang
from explainer.lesson.recurrent_anywhere import recurrent_macs, recurrent_parameters
from explainer.lesson.rounding import rounding
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import (
    AXES,
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
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.receptive_field.recurrence import d, j_in, k, r_in, s

HEADING = Bi(zh="换一个网络", en="For another network")
CONVOLUTION = Bi(
    zh="卷积层的参数量：{formula}。{g}为分组数，不分组时为1，深度卷积时等于输入通道数；有偏置时{b}=1，写明{off}时{b}=0。",
    en="Parameters of a convolution: {formula}. {g} is the number of groups (1 by default, the input "
    "channels for a depthwise convolution); {b} = 1 with a bias, {b} = 0 with {off}.",
)
TRANSPOSED = Bi(
    zh="转置卷积层的参数量：{formula}。{g}为分组数，不分组时为1；有偏置时{b}=1，写明{off}时{b}=0。",
    en="Parameters of a transposed convolution: {formula}. {g} is the number of groups (1 by default); {b} = 1 with a bias, "
    "{b} = 0 with {off}.",
)
LINEAR = Bi(
    zh="全连接层的参数量：{formula}，有偏置时{b}=1，写明{off}时{b}=0。",
    en="Parameters of a fully connected layer: {formula}, where {b} = 1 with a bias, {b} = 0 with {off}.",
)
REST = Bi(
    zh="归一化层对每个通道（特征）有缩放、平移2个参数（RMSNorm只有缩放）；池化、激活（PReLU除外）、丢弃、展平没有参数。同一层无论用几次，参数只计一次，计算量按次数计。",
    en="A normalization has two parameters for each channel or feature, scale and shift (RMSNorm has the scale alone); pooling, activations (PReLU apart), dropout and flatten have none. "
    "A layer used twice has its parameters once, its computation twice.",
)
SIZE = Bi(zh="输出尺寸：{left}={formula}", en="Output size: {left} = {formula}")
BETWEEN, LAST = Bi("、", ", "), Bi("、", " and ")
OTHER = Bi(zh="，{axis}度用…同样计算", en="; the {axis} likewise, with …")
DEFAULTS = Bi(
    zh="。步幅{s}默认为1，每侧填充{p}默认为0，膨胀率{d}（卷积核相邻两个元素的间距）默认为1；池化也用此式，但步幅默认等于窗口的边长。",
    en=". By default the stride {s} is 1, the padding {p} on each side 0 and the dilation {d} (the step from one element of the kernel to the next) 1; pooling follows the same "
    "formula, but its stride is by default the side of its window.",
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
    zh="批量：批量大小为{n}时，参数量不变，计算量和特征图所占的字节数都乘以{n}。所以不能凭参数量选择批量大小，要看内存能否放下各层的特征图。",
    en="Batch: with a batch of {n} the parameters stay the same; the computation and the bytes of the feature maps become {n} times as "
    "many. The memory for these maps limits the batch, not the parameters.",
)
BATCH_TOKENS = Bi(
    zh="批量：批量大小为{n}时，参数量不变，计算量和各步输出所占的字节数都乘以{n}。所以不能凭参数量选择批量大小，要看内存能否放下各步的输出。",
    en="Batch: with a batch of {n} the parameters stay the same; the computation and the bytes of every step's output become {n} times as many. "
    "The memory for these outputs limits the batch, not the parameters.",
)
BYTES = Bi(
    zh="字节数：特征图有{elements}个数，乘以每个数的字节数（float32为4，float16为2，int8为1），就是它占的字节数；参数所占的字节数同理。",
    en="Bytes: a feature map has {elements} numbers, each of 4 bytes in float32, 2 in float16, 1 in int8; each parameter takes as "
    "many.",
)
BYTES_TOKENS = Bi(
    zh="字节数：一步的输出有{elements}个数（{T}为序列长度，{D}为每个位置的特征数），乘以每个数的字节数（float32为4，float16为2，int8为1），就是它占的字节数；"
    "参数所占的字节数同理。",
    en="Bytes: the output of a step has {elements} numbers ({T} positions of {D} features), each of 4 bytes in float32, 2 in float16, 1 in "
    "int8; each parameter takes as many.",
)
RECEPTIVE = Bi(
    zh="感受野{r}（输出的一点取决于原图上边长多大的区域）和累计步幅{j}（相邻两点在原图上相距多远）：逐层计算{r_out}={field}、{j_out}={jump}，池化也一样；输入图像处两者都是1。如两个步幅为1的3×3卷积：1+2+2={two}，与一个5×5卷积相同，而每对输入、输出通道的权重由25个减为18个。",
    en="Receptive field {r} (how many pixels of the image, along a side, one point depends on), with {j}, how far neighbouring points are apart on the image: layer by layer "
    "{r_out} = {field} and {j_out} = {jump}, pooling likewise; both are 1 at the image. Two 3×3 convolutions of stride 1: 1 + 2 + 2 = {two}, as one of 5×5, with 18 weights for a pair of channels instead of 25.",
)
RECEPTIVE_OTHER = Bi(
    zh="感受野{r}（输出的一点取决于输入上多长的一段）和累计步幅{j}（相邻两点在输入上相距多远）：逐层计算{r_out}={field}、{j_out}={jump}，池化也一样；输入处两者都是1。如两个步幅为1、边长为3的卷积：1+2+2={two}，与一个边长为5的卷积相同。",
    en="Receptive field {r} (how long a stretch of the input one point depends on), with {j}, how far neighbouring points are apart on the input: layer by layer "
    "{r_out} = {field} and {j_out} = {jump}, pooling likewise; both are 1 at the input. Two convolutions of side 3 and stride 1: 1 + 2 + 2 = {two}, as one of side 5.",
)
b = Symbol("b", Bi("偏置", "bias"), Bi("偏置", "bias"), role=Role.BIAS)
D = Symbol("D", Bi("特征数", "number of features"), role=Role.FEATURES)
r = Symbol("r", Bi("感受野", "receptive field"))
j = Symbol("j", Bi("累计步幅", "effective stride"))
r_out = Symbol("r_out", Bi("感受野", "receptive field"))
j_out = Symbol("j_out", Bi("累计步幅", "effective stride"))


def parameters_of_a_convolution(dims: int = 2) -> Expr:
    """(k_h·k_w·C_in/g+b)·C_out, with everything that a layer may or may not have."""
    return (product([*kernel(dims), C_in]) / groups + b) * C_out


def size_of_the_output(dims: int = 2) -> Expr:
    """⌊(H+2p_h−d_h(k_h−1)−1)/s_h⌋+1, of the first side."""
    size, around, between, window, along = _of_side(0, dims)
    return Rounded(size + 2 * around - between * (window - 1) - 1, along) + 1


def _of_side(at: int, dims: int) -> tuple[Symbol, ...]:
    """Size, padding, dilation, kernel and stride of a side."""
    different = tuple(range(1, dims + 1))  # different values: a symbol for each side
    letters = (sizes(dims), padding(different), dilation(different), kernel(dims), stride(different))
    return tuple(each[at] for each in letters)


def anywhere(page: Page, walk: Walkthrough, in_blocks: bool = False) -> None:
    """The section, as far as it goes with this network's kinds of layers.

    A network told in blocks teaches its blocks: the rules of a single layer are for one told layer by layer.
    """
    dims = _dimensions(walk)
    if in_blocks:
        longer = [page.words(TOKENS)] if _of_tokens(walk) and not dims and "macs" in page.show else []
        page.together([*longer, page.words(BATCH if dims else BATCH_TOKENS, n=Math(N))])
        return
    page.blocks.append(Heading(3, page.both(HEADING)))
    page.blocks.append(Bullets(tuple(_rules(page, walk, dims))))


def _dimensions(walk: Walkthrough) -> int:
    """Of how many dimensions its convolutions are; 0 where it has none of batch and channels."""
    shapes = [
        one.call.output_shapes[0]
        for one in walk.layers
        if one.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED) and one.call.output_shapes
    ]
    found = Counter(len(shape) - 2 for shape in shapes if 3 <= len(shape) <= 5)
    return 2 if found[2] else max(found, key=lambda dims: found[dims], default=0)


def _rules(page: Page, walk: Walkthrough, dims: int) -> Iterator[Words]:
    transposed = not any(
        one.kind is Kind.CONVOLUTION for one in walk.layers
    )  # as in a generator: what is said is of its layers
    recurrent = any(layer.kind is Kind.RECURRENT for layer in walk.layers)
    if "params" in page.show:
        formula = parameters_of_a_convolution(dims) if dims else (F_in + b) * F_out
        text = (TRANSPOSED if transposed else CONVOLUTION) if dims else LINEAR
        yield page.words(text, formula=Math(formula), g=Math(groups), b=Math(b), off=Code("bias=False"))
        if recurrent:
            yield recurrent_parameters(page)
        yield page.words(REST)
    if dims and not transposed and "shape" in page.show:
        yield _size(page, dims)
    if "macs" in page.show:
        yield _computation(page, dims) if dims and not transposed else page.words(FLOPS)
        if _of_tokens(walk):
            yield page.words(TOKENS)
        elif recurrent:
            yield recurrent_macs(page)
            yield page.words(STEPS)
    yield page.words(BATCH if dims else BATCH_TOKENS, n=Math(N))
    if dims:
        yield page.words(BYTES, elements=Math(product([N, C, *sizes(dims)])))
    else:
        yield page.words(BYTES_TOKENS, elements=Math(product([N, T, D])), T=Math(T), D=Math(D))
    if dims and not transposed and "shape" in page.show:
        field, jump = r_in + d * (k - 1) * j_in, j_in * s
        two = evaluate(field, {r_in: 3, d: 1, k: 3, j_in: 1})  # 3 is the field of the first
        values = {
            "r": Math(r),
            "j": Math(j),
            "r_out": Math(r_out),
            "field": Math(field),
            "j_out": Math(j_out),
            "jump": Math(jump),
        }
        yield page.words(RECEPTIVE if dims == 2 else RECEPTIVE_OTHER, **values, two=two)


def _of_tokens(walk: Walkthrough) -> bool:
    """Whether positions attend to each other."""
    kinds = ("attention", "linear_attention", "channel_attention")
    return any(one.kind is Kind.ATTENTION for one in walk.layers) or any(i.kind in kinds for i in walk.ideas)


def _size(page: Page, dims: int) -> Words:
    """The first side's formula, the letters of the others, and what is usual."""
    left, formula = sizes(dims, out=True)[0], size_of_the_output(dims)
    others = {lang: list(_others(dims, lang)) for lang in page.langs}
    once = {"s": Math(s), "p": Math(padding((1, 1))[0]), "d": Math(d)}
    said = page.words(SIZE, left=Math(left), formula=Math(formula))
    rest = page.run_together([page.words(DEFAULTS, **once), *rounding(page, [formula])])
    return {lang: merge((*text, *others[lang], *rest[lang])) for lang, text in said.items()}


def _others(dims: int, lang: Lang) -> Iterator[Inline]:
    """；宽度用W、p_w、d_w、k_w、s_w同样计算."""
    for at in range(1, dims):
        before, after = OTHER.format(axis=AXES[dims][at][2])[lang].split("…")
        yield before
        letters = _of_side(at, dims)
        for i, letter in enumerate(letters):
            gap = BETWEEN if i < len(letters) - 1 else LAST
            yield from ((gap[lang], Math(letter)) if i else (Math(letter),))
        yield after


def _computation(page: Page, dims: int) -> Words:
    elements = product([C_out, *sizes(dims, out=True)])
    each = product([*kernel(dims), C_in]) / groups
    return page.words(COMPUTATION, elements=Math(elements), each=Math(each))
