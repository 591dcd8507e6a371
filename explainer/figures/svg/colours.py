"""What each colour means, in every figure of every document.

Kinds of layers differ in lightness or in hatching as well as in hue, so that a grey printer and a colour-blind eye keep
them apart; each is named in a legend all the same.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

INK, SOFT, RULE, FAINT = "#1a1a1a", "#555555", "#b4b4ae", "#e4e4df"
ACCENT = "#1f4e79"  # the window of a kernel
SKIP = "#7a5f0c"  # what is carried past layers
LIMIT = "#a3391d"  # a bound, a peak
PAPER = "#ffffff"

# Roles of numbers: the factor of a formula and the length in the picture that it measures.
ROLES = {"kernel": ACCENT, "in": "#a3391d", "out": "#2b6a4c", "bias": INK, "place": "#6a3f94"}

Hatch = Literal["", "/", "\\", "-", "x", "."]


class Paint(Struct, frozen=True):
    """How a kind of layer looks: its front, its lit top and shaded side, the ink on it, and its hatching."""

    front: str
    top: str
    side: str
    ink: str = INK
    hatch: Hatch = ""


INPUT = Paint("#ffffff", "#f4f4f1", "#e6e6e1")
OTHER = Paint("#ecece8", "#f4f4f1", "#d6d6d0")
PAINTS: dict[Kind, Paint] = {
    Kind.CONVOLUTION: Paint("#b8d3ea", "#d7e6f3", "#8fb5d8"),
    Kind.TRANSPOSED: Paint("#cdbde4", "#e2d8f0", "#a894c8", hatch="/"),
    Kind.LINEAR: Paint("#4a7a63", "#7fa492", "#365c49", ink="#ffffff"),
    Kind.EMBEDDING: Paint("#8cc4bd", "#b6dbd6", "#64a59d", hatch="-"),
    Kind.RECURRENT: Paint("#c07a89", "#d7a7b1", "#985362"),
    Kind.ATTENTION: Paint("#4f4482", "#8379b0", "#393062", ink="#ffffff"),
    Kind.NORMALIZATION: Paint("#f2e7c9", "#f8f1de", "#dccb9c"),
    Kind.ACTIVATION: Paint("#fbfbf9", "#fdfdfc", "#e4e4df"),
    Kind.POOLING: Paint("#d98a48", "#e8ae7e", "#b56c2e"),
    Kind.JOIN: Paint("#f1cf63", "#f7e3a1", "#d3ad35", hatch="\\"),
    Kind.ELEMENTWISE: Paint("#f1cf63", "#f7e3a1", "#d3ad35", hatch="\\"),
    Kind.MATRIX: Paint("#8e86bd", "#b3acd4", "#6b629f", hatch="x"),
}


def paint(kind: Kind) -> Paint:
    """How this kind looks; kinds that are rarely drawn share one grey."""
    return PAINTS.get(kind, OTHER)


NAMES: dict[Kind, Bi] = {
    Kind.CONVOLUTION: Bi("卷积层", "convolution"),
    Kind.TRANSPOSED: Bi("转置卷积层", "transposed convolution"),
    Kind.LINEAR: Bi("全连接层", "fully connected"),
    Kind.EMBEDDING: Bi("嵌入层", "embedding"),
    Kind.RECURRENT: Bi("循环层", "recurrent"),
    Kind.ATTENTION: Bi("注意力层", "attention"),
    Kind.NORMALIZATION: Bi("归一化层", "normalization"),
    Kind.ACTIVATION: Bi("激活层", "activation"),
    Kind.POOLING: Bi("池化层", "pooling"),
    Kind.JOIN: Bi("拼接", "concatenation"),
    Kind.ELEMENTWISE: Bi("逐元素相加或相乘", "element-wise sum or product"),
    Kind.MATRIX: Bi("矩阵乘法", "matrix product"),
}


def name_of(kind: Kind) -> Bi:
    """A kind's name as a legend has it: in the singular."""
    return NAMES.get(kind, kind.value)
