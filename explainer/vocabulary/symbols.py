"""The symbols that rules share, with their names: one letter means one thing in the whole document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from explainer.formula.role import Role
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi, joined
from explainer.vocabulary.shape import Shape

N = Symbol("N", Bi("批量大小", "batch size"), Bi("批量", "batch"), role=Role.BATCH)
C = Symbol("C", Bi("通道数", "number of channels"), Bi("通道数", "channels"), role=Role.CHANNELS)
_CHANNELS = Bi("输入、输出通道数", "numbers of input and output channels")
C_in = Symbol(
    "C_in",
    Bi("输入通道数", "number of input channels"),
    Bi("输入通道", "input channels"),
    _CHANNELS,
    role=Role.CHANNELS_IN,
)
C_out = Symbol(
    "C_out",
    Bi("输出通道数", "number of output channels"),
    Bi("卷积核个数", "kernels"),
    _CHANNELS,
    role=Role.CHANNELS_OUT,
)
F_in = Symbol("F_in", Bi("输入特征数", "number of input features"), Bi("输入", "inputs"), role=Role.FEATURES_IN)
F_out = Symbol(
    "F_out",
    Bi("输出特征数，即神经元个数", "number of output features, that is, of neurons"),
    Bi("神经元个数", "neurons"),
    role=Role.FEATURES_OUT,
)
bias = Symbol(
    "b",
    Bi("偏置", "bias"),
    Bi("偏置", "bias"),
    neutral=0,
    literal=True,
    role=Role.BIAS,
    several=Bi("偏置数", "biases"),
)
groups = Symbol("g", Bi("分组数", "number of groups"), Bi("分组数", "groups"), neutral=1, role=Role.GROUPS)

# The spatial axes by their number: name of the size, index of the symbols, word.
AXES: dict[int, tuple[tuple[str, str, Bi], ...]] = {
    1: (("L", "", Bi("长度", "length")),),
    2: (("H", "h", Bi("高", "height")), ("W", "w", Bi("宽", "width"))),
    3: (("D", "d", Bi("深", "depth")), ("H", "h", Bi("高", "height")), ("W", "w", Bi("宽", "width"))),
}


def sizes(dims: int, out: bool = False) -> tuple[Symbol, ...]:
    """H, W of the input (H_out, W_out of the output), for 1, 2 or 3 spatial dimensions."""
    where, suffix = (Bi("输出特征图的", "output "), "_out") if out else (Bi("输入特征图的", "input "), "")
    role = Role.SIZE_OUT if out else Role.SIZE
    return tuple(
        Symbol(name + suffix, where + word, word, where + _together(dims), dims, role=role)
        for name, _, word in AXES[dims]
    )


def kernel(dims: int) -> tuple[Symbol, ...]:
    """k_h, k_w: always one a side, as 3·3."""
    return _sides_of(Bi("卷积核的", "kernel "), Bi("卷积核", "kernel"), dims, Role.KERNEL)


def window(dims: int) -> tuple[Symbol, ...]:
    """k_h, k_w of a pooling window."""
    return _sides_of(Bi("池化窗口的", "pooling window's "), Bi("窗口", "window"), dims, Role.WINDOW)


def _sides_of(what: Bi, label: Bi, dims: int, role: Role) -> tuple[Symbol, ...]:
    return tuple(
        Symbol(f"k_{index}" if index else "k", what + word, label, what + _together(dims), dims, role=role)
        for _, index, word in AXES[dims]
    )


def _together(dims: int) -> Bi:
    """高和宽; 深、高和宽: the words of all axes."""
    *words, last = (word for _, _, word in AXES[dims])
    return joined(words, "、", ", ") + Bi("和", " and ") + last if words else last


def _sided(name: str, meaning: Bi, values: Sequence[int], role: Role, neutral: int | None = None) -> tuple[Symbol, ...]:
    """s for both sides where they are the same, else s_h and s_w."""
    if len(set(values)) == 1:
        return (Symbol(name, meaning, neutral=neutral, role=role),) * len(values)
    return tuple(
        Symbol(f"{name}_{index}", word + Bi("度方向的", " ") + meaning, neutral=neutral, role=role)
        for _, index, word in AXES[len(values)]
    )


def stride(values: Sequence[int]) -> tuple[Symbol, ...]:
    """s: one for all sides, or one a side."""
    return _sided("s", Bi("步幅", "stride"), values, Role.STRIDE)


def padding(values: Sequence[int]) -> tuple[Symbol, ...]:
    """p, per side of the image."""
    return _sided("p", Bi("每侧填充", "padding per side"), values, Role.PADDING, neutral=0)


def dilation(values: Sequence[int]) -> tuple[Symbol, ...]:
    """d, the distance between kernel cells."""
    return _sided("d", Bi("膨胀率", "dilation"), values, Role.DILATION, neutral=1)


def output_padding(values: Sequence[int]) -> tuple[Symbol, ...]:
    """o, added to one side of a transposed convolution."""
    return _sided("o", Bi("输出填充", "output padding"), values, Role.OUTPUT_PADDING, neutral=0)


def both_sides(values: Sequence[int]) -> tuple[Symbol, ...]:
    """P: the padding of both sides together, for "same" where the two differ."""
    return _sided("P", Bi("两侧填充之和", "padding of both sides together"), values, Role.PADDING_TOGETHER, neutral=0)


def sized(symbols: Sequence[Symbol], values: Sequence[int]) -> dict[Symbol, int]:
    """Symbols with their numbers."""
    return dict(zip(symbols, values, strict=True))


def axis_names(shape: Shape) -> tuple[str, ...]:
    """The usual names of a tensor's dimensions: N, C, H, W for four, N, C, L for three, N, F for two."""
    usual = {1: "F", 2: "NF", 3: "NCL", 4: "NCHW", 5: "NCDHW"}.get(len(shape))
    return tuple(usual) if usual else tuple(f"d_{i + 1}" for i in range(len(shape)))


def axis_symbols(shape: Shape, reordered: bool = False) -> tuple[Symbol, ...]:
    """A symbol for each dimension of a tensor; after a permute the usual names would be wrong: d_1, d_2, …"""
    return _symbols_of(tuple(f"d_{i + 1}" for i in range(len(shape))) if reordered else axis_names(shape))


@cache  # the same symbols for the thousands of calls of a large model
def _symbols_of(names: tuple[str, ...]) -> tuple[Symbol, ...]:
    known = [_AXIS_WORDS.get(name, _AXIS_WORDS["d"]) for name in names]
    family = _FAMILIES.get("".join(names), ANY_SIZES if names[:1] == ("d_1",) else None)
    size = 0 if family is ANY_SIZES else len(names) - 1
    return tuple(
        Symbol(name, word, family=family if role is not Role.BATCH else None, family_size=size, role=role)
        for name, (word, role) in zip(names, known, strict=True)
    )


ANY_SIZES = Bi("输入各维的大小", "sizes of the input's dimensions")
_FAMILIES = {
    "NCHW": Bi("输入特征图的通道数、高和宽", "channels, height and width of the input"),
    "NCDHW": Bi("输入的通道数、深、高和宽", "channels, depth, height and width of the input"),
    "NCL": Bi("输入的通道数和长度", "channels and length of the input"),
}
_AXIS_WORDS = {
    "N": (Bi("批量大小", "batch size"), Role.BATCH),
    "C": (Bi("通道数", "number of channels"), Role.CHANNELS),
    "D": (Bi("深", "depth"), Role.SIZE),
    "H": (Bi("高", "height"), Role.SIZE),
    "W": (Bi("宽", "width"), Role.SIZE),
    "L": (Bi("长度", "length"), Role.SIZE),
    "F": (Bi("特征数", "number of features"), Role.FEATURES),
    "d": (Bi("各维大小", "sizes of the dimensions"), Role.DIMENSION),
}


# Sequences: tokens, time steps, vectors.
T = Symbol("T", Bi("序列长度", "sequence length"), Bi("长度", "length"), role=Role.TOKENS)
D = Symbol("D", Bi("特征维数", "number of features per position"), Bi("维数", "features"), role=Role.FEATURES)
V = Symbol(
    "V",
    Bi("表的行数（词嵌入中即词表大小）", "number of rows (for words, the size of the vocabulary)"),
    Bi("行数", "rows"),
    role=Role.ROWS,
)
hidden = Symbol("h", Bi("隐藏单元数", "number of hidden units"), Bi("单元", "units"), role=Role.HIDDEN)


LEADING_SIZES = Bi("特征维之前各维的大小", "sizes of the dimensions before the features")


def leading_axes(count: int) -> tuple[Symbol, ...]:
    """The dimensions before the features: none, N, or N and T; further ones by number."""
    if count <= 2:
        return (N, T)[:count]
    others = [
        Symbol(f"d_{i + 1}", LEADING_SIZES, family=LEADING_SIZES, family_size=0, role=Role.DIMENSION)
        for i in range(1, count)
    ]
    return (N, *others)
