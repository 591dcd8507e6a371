"""What a caption says of opened blocks: what stands in their boxes, and what the short names on their tags mean."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.figures.blocks.graph import Chain, Node, nodes_of
from explainer.figures.blocks.labels import SHORT
from explainer.figures.reading import window_of
from explainer.i18n.bilingual import Bi, joined
from explainer.vocabulary.kind import Kind

BELOW = Bi(
    "下：每种块展开一次；方框里是{inside}。{short}",
    "Below: each kind of block is opened once; a box has {inside}. {short}",
)
KERNELS, SIZES, NAMES = (
    Bi("卷积核、输出通道数", "its kernel and output channels"),
    Bi("输入→输出的特征数", "inputs→outputs"),
    Bi("名称", "its name"),
)
EITHER, AND_PARAMETERS = Bi("或", " or "), Bi("{what}和参数量", "{what} and its parameters")
AND_PARAMETERS_TOO = Bi("{what}和参数量", "{what}, and its parameters")  # behind an “and” or an “or”
MEANS = {
    "BN": Bi("BN是批归一化", "BN is batch normalization"),
    "LN": Bi("LN是层归一化", "LN is layer normalization"),
    "GN": Bi("GN是组归一化", "GN is group normalization"),
    "RMS": Bi("RMS是RMSNorm", "RMS is RMSNorm"),
    "DW": Bi("DW是深度卷积", "DW is depthwise convolution"),
}


def below(chains: Sequence[Chain]) -> Bi:
    """The sentence on the opened blocks, with what these have and nothing else."""
    nodes = [node for chain in chains for node in nodes_of(chain)]
    boxes = [node for node in nodes if not node.tag and not node.norm]
    named = [node for node in boxes if node.name and len(node.layers) > 2]
    single = [node for node in boxes if node not in named]
    has = {
        KERNELS: any(node.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED) for node in single),
        SIZES: any(node.kind is Kind.LINEAR for node in single),
    }
    inside = [text for text, there in has.items() if there] or [NAMES]
    short = [text for name, text in MEANS.items() if name in _short(nodes)]
    return BELOW.format(
        inside=(AND_PARAMETERS if inside in ([NAMES], [SIZES]) else AND_PARAMETERS_TOO).format(
            what=joined(inside, EITHER.zh, EITHER.en)
        ),
        short=Bi(joined(short, "，").zh + "。", joined(short, en=", ").en + ".") if short else Bi("", ""),
    )


def _short(nodes: Sequence[Node]) -> set[str]:
    """The short names that stand in the picture."""
    found = {node.norm for node in nodes}
    for node in nodes:
        found |= {SHORT.get(layer.type, "") for layer in (*node.tags, *([node.layer] if node.tag else []))}
        window = window_of(node.layer)
        if window is not None and window.depthwise and not (node.name and len(node.layers) > 2):
            found.add("DW")
    return found
