"""What a block does inside each of its residual connections, in order: attention, a feed-forward network, a convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from explainer.formula.role import Role
from explainer.i18n.bilingual import Bi, joined
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.parts import Layer

Work = Literal["attention", "channel_attention", "feed_forward", "mixture", "convolution", "mixed"]
ATTENTION = ("attention", "linear_attention")
FEED_FORWARD = ("mlp", "gated_mlp")
SAYS: dict[Work, Bi] = {
    "attention": Bi("注意力让每个位置从其他位置取信息", "attention lets every position gather from others"),
    "channel_attention": Bi(
        "通道间注意力让每个通道从其他通道取信息", "attention between channels lets every channel gather from others"
    ),
    "feed_forward": Bi("前馈网络对每个位置单独变换", "a feed-forward network transforms each position by itself"),
    "mixture": Bi("混合专家层为每个位置选用几个专家", "a mixture of experts picks a few experts for each position"),
    "convolution": Bi("卷积从邻近的位置取信息", "a convolution gathers from neighbouring positions"),
    "mixed": Bi(
        "带深度卷积的前馈网络变换每个位置，中间的深度卷积从邻近的位置取信息",
        "a feed-forward network with a depthwise convolution in its middle transforms each position, and the convolution gathers from neighbouring ones",
    ),
}
_NUMBERS = {2: Bi("两", "two"), 3: Bi("三", "three"), 4: Bi("四", "four"), 5: Bi("五", "five"), 6: Bi("六", "six")}
EACH = Bi(
    zh="每块依次做{n}件事，各带一条残差连接：{works}。",
    en="A block does {n} things in turn, each inside a residual connection: {works}.",
)


def works_of(steps: Sequence[Layer], ideas: Sequence[Idea], adds: Sequence[int]) -> list[set[Work]]:
    """For each addition of a residual connection what stands between it and the one before; adds: the calls' indexes in order."""
    found: list[set[Work]] = []
    start = 0
    for end in adds:
        found.append(_works([layer for layer in steps if start < layer.index < end], ideas))
        start = end
    return found


def _works(steps: Sequence[Layer], ideas: Sequence[Idea]) -> set[Work]:
    here = {layer.index for layer in steps}
    inside = [idea for idea in ideas if here.intersection(idea.calls)]
    proven = {index for idea in inside for index in idea.calls}
    works: set[Work] = set()
    if any(idea.kind in ATTENTION for idea in inside) or any(layer.kind is Kind.ATTENTION for layer in steps):
        works.add("attention")
    if any(idea.kind == "channel_attention" for idea in inside):
        works.add("channel_attention")
    if any(idea.kind in FEED_FORWARD for idea in inside):
        works.add("feed_forward")
    if any(idea.kind == "mixture_of_experts" for idea in inside):
        works.add("mixture")
    left = [layer for layer in steps if layer.index not in proven]
    if _mixes(left):
        works.add("mixed")
    elif any(layer.kind is Kind.CONVOLUTION and _reaches(layer) for layer in left):
        works.add("convolution")
    elif not works and sum(layer.kind is Kind.LINEAR or layer.kind is Kind.CONVOLUTION for layer in left) > 1:
        works.add("feed_forward")
    return works


def _mixes(left: Sequence[Layer]) -> bool:
    """SegFormer's Mix-FFN: a fully connected layer, a depthwise convolution that reaches further, a fully connected layer."""
    learned = [layer for layer in left if layer.value and layer.kind is not Kind.NORMALIZATION]
    if [layer.kind for layer in learned] != [Kind.LINEAR, Kind.CONVOLUTION, Kind.LINEAR]:
        return False
    middle = learned[1]
    return _reaches(middle) and middle.output is not None and middle.output.form == "depthwise"


def _reaches(layer: Layer) -> bool:
    """Whether a convolution sees more than its own position."""
    sides = [
        value for symbol, value in (layer.params.values if layer.params else {}).items() if symbol.role is Role.KERNEL
    ]
    return any(value != 1 for value in sides)


def each_of(works: Sequence[set[Work]]) -> list[Bi]:
    """The sentence, if there is exactly one thing in each."""
    if len(works) not in _NUMBERS or any(len(one) != 1 for one in works):
        return []
    return [EACH.format(n=_NUMBERS[len(works)], works=joined([SAYS[next(iter(one))] for one in works], "；", "; "))]
