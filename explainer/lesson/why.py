"""Why the network is built as it is: what would go wrong without its main idea. Said of what was proven or computed, never of a name."""

from __future__ import annotations

from math import prod

from explainer.formula.role import Role
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.lesson.miniature import first_convolution
from explainer.lesson.overview import about
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.model import Layer, Walkthrough

EXPERTS = Bi(
    zh="为什么用混合专家：参数越多，模型能记住的内容越多，但计算量也随之增加。这里每个词元只经过{experts}个专家中的{used}个，"
    "所以参数量随专家数增加，一个词元的计算量基本不变。",
    en="Why experts: with more parameters a network can remember more, but it also has more to compute. Here a token passes through {used} of {experts} experts only: the "
    "parameters grow with the number of experts, the computation of a token hardly does.",
)
ATTENTION = Bi(
    zh="为什么用注意力：要让相距很远的两个位置互相影响，循环层须逐步传递，卷积层须叠加很多层；注意力只用一步，就让每个位置取得其他任何位置的信息，各位置还可以同时计算。{price}",
    en="Why attention: for distant positions to influence each other, a recurrent layer passes information on step by step and convolutions have to be stacked; attention lets "
    "every position gather from any other in one step, and all positions are computed at once. {price}",
)
CAUSAL = Bi(
    zh="为什么用注意力：要用到很早以前的内容，循环层须逐步传递；注意力只用一步，就让每个位置取得之前任何位置的信息，训练时各位置还可以同时计算。{price}",
    en="Why attention: to use what came long before, a recurrent layer passes it on step by step; attention lets every position gather from any earlier one in one "
    "step, and in training all positions are computed at once. {price}",
)
PRICE = Bi(
    zh="代价是注意力分数的个数与序列长度的平方成正比：这里每个头有{queries}·{keys}={scores}个分数。",
    en="The price is a number of scores that grows with the square of the length: {queries}·{keys} = {scores} for each head here.",
)
PATCHES = Bi(
    zh="位置共{t}个：{high}×{wide}={patches}个图像块，再加{more}个可学习的向量。",
    en="The {t} positions are {high}×{wide} = {patches} patches and {more:learned vector|learned vectors} besides.",
)
PRICE_UNSAID = Bi(
    zh="代价是注意力分数的个数与序列长度的平方成正比。",
    en="The price is a number of scores that grows with the square of the length.",
)
WINDOW = Bi(
    zh="为什么只在窗口内计算注意力：若每个位置都与其他所有位置计算分数，分数的个数与位置数的平方成正比；限于固定大小的窗口，只与位置数成正比，远处的信息则经多层逐步传来。",
    en="Why attention within windows: if every position had a score with every other, their number would grow with the square of the positions; within "
    "windows of a fixed size it grows with the positions only, and what is far away arrives through several layers.",
)
LINEAR = Bi(
    zh="为什么用线性注意力：普通注意力给每两个位置算一个分数，个数与序列长度的平方成正比；去掉对分数的softmax，就可以先算φ(K)ᵀV，它的大小与序列长度无关，所以计算量只与序列长度成正比。",
    en="Why linear attention: ordinary attention has a score for every two positions, and their number grows with the square of the length; without a softmax of the scores "
    "φ(K)ᵀV can come first, whose size does not depend on the length, and the computation grows with the length only.",
)
CHANNELS = Bi(
    zh="为什么在通道之间计算注意力：若在位置之间计算，分数的个数与位置数的平方成正比，图像越大代价越高；在通道之间计算，分数表的大小只由通道数决定，计算量与位置数成正比。",
    en="Why attention between channels: between positions the number of scores grows with the square of the positions, and large images are dear; between channels the table "
    "of scores has the size of the channels, and the computation grows with the positions only.",
)
RECURRENT = Bi(
    zh="为什么用循环层：文本、语音等序列长短不一，全连接层的输入长度却是固定的。循环层在每个时间步使用同一组参数，把前面的内容记在隐藏状态里，所以序列可长可短，参数量不变。",
    en="Why a recurrent layer: texts and sounds differ in length, while a fully connected layer takes a fixed length. A recurrent layer uses the same parameters at each time "
    "step and keeps what came before in its state, so that the length may vary and the parameters stay.",
)
GATES = Bi(
    zh="门决定状态保留多少、更新多少，使较早的内容和梯度不致很快消失。",
    en="Gates decide how much of the state is kept and how much renewed, so that early content and gradients do not vanish soon.",
)
GROUPED = Bi(
    zh="为什么分组计算注意力：若每个位置都与其他所有位置计算分数，分数的个数与位置数的平方成正比；把位置平分成{m}组，只在组内计算，分数就只有1/{m}。",
    en="Why attention within groups: if every position were compared with all others, the scores would grow with the square of the number of positions; cut into {m} groups "
    "of equal size, they are one in {m}.",
)
CONVOLUTION = Bi(
    zh="为什么用卷积：若用全连接层把输入的{sizes}={given}个数连到第一个卷积层输出的{sizes_out}={out}个数，需要{given}·{out}={dense}个权重{about}。"
    "卷积的每个输出只取决于邻近的{kernel}个位置，各位置共用同一组权重，所以这一层只有{params}个参数。",
    en="Why convolutions: a fully connected layer from the {sizes} = {given} numbers of the input to the {sizes_out} = {out} numbers that the first convolution puts out would take {given}·{out} = {dense} weights{about}. "
    "Each output of a convolution looks at {kernel} neighbouring positions only, and all positions share the same weights: this layer has {params} parameters.",
)
TRANSPOSED = Bi(
    zh="为什么用转置卷积：普通卷积使特征图不变或变小，要由小图生成大图，就得让图变大。转置卷积把输入的每个数分别乘以整个卷积核，按步幅依次放到输出上，重叠处相加："
    "如输入1、2，卷积核3、4，步幅2，输出为3、4、6、8。",
    en="Why transposed convolutions: an ordinary convolution keeps the map's size or shrinks it; to make a large map of a small one it must grow. Each number of the "
    "input is multiplied by the whole kernel and laid on the output, one stride further each time, and what overlaps is added: the input 1, 2 with the kernel 3, 4 and "
    "stride 2 gives 3, 4, 6, 8.",
)
ACTIVATION = Bi(
    zh="为什么要有激活层：没有激活函数，接连几个全连接层合起来仍是一个线性变换，等于一个全连接层；有了非线性的激活函数，网络才能表示更复杂的函数。",
    en="Why activations: without them several fully connected layers in a row are still one linear map, no more than a single layer; a function that is not linear "
    "between them lets the network represent more.",
)
SKIPS = Bi(
    zh="为什么要跳跃连接：逐级缩小使每一点看到更大的范围，却丢失了细节的位置；跳跃连接把编码器的细节直接交给解码器。",
    en="Why skip connections: shrinking the maps lets each point see more of the image but loses where the details are; the skip connections hand the encoder's details to the decoder.",
)
_BETWEEN = 2  # linear layers in a row that an activation keeps apart


def why(walk: Walkthrough, u_shaped: bool = False) -> list[Bi]:
    """The reasons, that of the main idea first; at most two."""
    found = _experts(walk) or [
        *_attention(walk),
        *_recurrent(walk),
    ]  # of a mixture its own reason alone: attention is older
    found += [] if found else _convolution(walk)
    found += [TRANSPOSED] if not found and any(one.kind is Kind.TRANSPOSED for one in walk.layers) else []
    found += [SKIPS] if u_shaped else []
    return (found or _activation(walk))[:2]


def _ideas(walk: Walkthrough, kind: str) -> list[Idea]:
    return [idea for idea in walk.ideas if idea.kind == kind]


def _experts(walk: Walkthrough) -> list[Bi]:
    for idea in _ideas(walk, "mixture_of_experts"):
        experts, used = idea.settings.get("experts"), idea.settings.get("used")
        if isinstance(experts, int) and isinstance(used, int):
            return [EXPERTS.format(experts=experts, used=used)]
    return []


def _attention(walk: Walkthrough) -> list[Bi]:
    ideas = [
        idea for idea in _ideas(walk, "attention") if idea.settings.get("queries") != 1
    ]  # not of one position alone
    layer = next((layer for layer in walk.layers if layer.kind is Kind.ATTENTION), None)
    others = {LINEAR: _ideas(walk, "linear_attention"), CHANNELS: _ideas(walk, "channel_attention")}
    for words, found in others.items():
        if len(found) > len(ideas):
            return [words]
    if not ideas and layer is None:
        return []
    masks = {idea.settings.get("mask") for idea in ideas}
    narrow = [idea for idea in ideas if idea.settings.get("windows") or idea.settings.get("mask") == "window"]
    if 2 * len(narrow) > len(ideas):
        groups = next((idea.settings["windows"] for idea in narrow if "windows" in idea.settings), 0)
        spread = any(idea.settings.get("partition") == "grid" for idea in narrow)
        return [GROUPED.format(m=groups) if spread else WINDOW]
    inside = {call for idea in ideas if idea not in narrow for call in idea.calls}
    sizes = next(
        (_tokens(one) for one in walk.layers if (one.index in inside if ideas else one is layer) and _tokens(one)), None
    )
    price = PRICE.format(queries=sizes[0], keys=sizes[1], scores=sizes[0] * sizes[1]) if sizes else PRICE_UNSAID
    said = [(CAUSAL if masks == {"causal"} else ATTENTION).format(price=price)]
    patches = _patches(walk, sizes[0]) if sizes else None
    return said if patches is None else [said[0] + Bi("", " ") + patches]


def _patches(walk: Walkthrough, positions: int) -> Bi | None:
    """Where an image's positions come from: its patches, and what is learned beside them, as a class token."""
    if not any(idea.settings.get("of") == "patches" for idea in _ideas(walk, "stem")):
        return None
    layer = next((layer for layer in walk.layers if layer.kind is Kind.CONVOLUTION), None)
    if layer is None or len(layer.call.output_shapes[0]) != 4:
        return None
    high, wide = layer.call.output_shapes[0][2:]
    learned = sum(
        prod(raw.shape[:-1]) for raw in walk.raw_parameters if len(raw.shape) > 1 and prod(raw.shape[:-1]) < high * wide
    )
    if not 0 < learned == positions - high * wide:
        return None
    return PATCHES.format(t=positions, high=high, wide=wide, patches=high * wide, more=learned)


def _tokens(layer: Layer) -> tuple[int, int] | None:
    """Queries and keys of an attention; None where the rule does not say them."""
    if layer.output is None or not layer.macs:
        return None
    found = [value for symbol, value in layer.output.values.items() if symbol.role is Role.TOKENS]
    return (found[0], found[1]) if len(found) > 1 else None


def _recurrent(walk: Walkthrough) -> list[Bi]:
    layer = next((layer for layer in walk.layers if layer.kind is Kind.RECURRENT and layer.parameters), None)
    if layer is None or layer.parameters is None:
        return []
    gates = [value for symbol, value in layer.parameters.values.items() if symbol.role is Role.GATES]
    return [RECURRENT + Bi("", " ") + GATES if gates and gates[0] > 1 else RECURRENT]


def _convolution(walk: Walkthrough) -> list[Bi]:
    layer = first_convolution(walk)
    if layer is None or layer.output is None or layer.params is None:
        return []
    given, out = prod(layer.call.input_shapes[0][1:]), prod(layer.call.output_shapes[0][1:])
    kernel = [value for symbol, value in layer.output.values.items() if symbol.role is Role.KERNEL]
    if layer.index != walk.layers[0].index or prod(kernel) == 1 or given * out <= layer.value:
        return []
    values = {"given": given, "out": out, "dense": given * out, "about": about(given * out)}
    sides = same("×".join(map(str, kernel)))
    shapes = {
        name: same("·".join(map(grouped, shape[1:])))
        for name, shape in (("sizes", layer.call.input_shapes[0]), ("sizes_out", layer.call.output_shapes[0]))
    }
    return [CONVOLUTION.format(kernel=sides, params=layer.value, **values, **shapes)]


def _activation(walk: Walkthrough) -> list[Bi]:
    linear = sum(layer.kind is Kind.LINEAR for layer in walk.layers)
    return [ACTIVATION] if linear >= _BETWEEN and any(one.kind is Kind.ACTIVATION for one in walk.layers) else []
