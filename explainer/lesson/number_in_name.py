"""The number in a model's name, as the 16 of VGG16: which layers it counts."""

from __future__ import annotations

import re

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.call import Source
from explainer.walkthrough.model import Layer, Walkthrough

NUMBER = Bi(
    zh="名称中的{number}是带权重的层数：{convs}个卷积层和{linears}个全连接层；{rest}没有权重，不计在内。",
    en="The {number} in the name counts the layers with weights: {convs} convolutional and {linears} fully connected. "
    "{rest} have no weights and are not counted.",
)
NUMBER_SHORTCUTS = Bi(
    zh="名称中的{number}是主干上带权重的层数：{convs}个卷积层和{linears}个全连接层；"
    "捷径上另有{shortcuts}个1×1卷积层，按惯例不计在内。",
    en="The {number} in the name counts the layers with weights on the main path: {convs} convolutional and {linears} "
    "fully connected. The shortcuts add 1×1 convolutions, {shortcuts} in all, which by convention are not counted.",
)
REST = Bi("池化层、激活层等", "Pooling, activation and the like")


def number_in_name(walk: Walkthrough) -> list[Bi]:
    """Why VGG16 is called 16: said only where the count comes out exactly."""
    found = re.search(r"[a-z](\d+)(?:$|_)", walk.name)
    if not found:
        return []
    convs = [layer for layer in walk.layers if layer.kind is Kind.CONVOLUTION]
    linears = sum(1 for layer in walk.layers if layer.kind is Kind.LINEAR)
    shortcuts = len(_shortcuts(walk, convs))
    number = int(found[1])
    values = {"number": number, "linears": linears, "shortcuts": shortcuts, "rest": REST}
    if len(convs) + linears == number and convs:
        return [NUMBER.format(convs=len(convs), **values)]
    if shortcuts and len(convs) - shortcuts + linears == number:
        return [NUMBER_SHORTCUTS.format(convs=len(convs) - shortcuts, **values)]
    return []


def _shortcuts(walk: Walkthrough, convs: list[Layer]) -> list[Layer]:
    """1×1 convolutions that lead, through a normalization at most, from a block's input straight to an addition."""
    by_index = {layer.index: layer for layer in walk.layers}
    users: dict[Source, int] = {}
    for layer in walk.layers:
        for source in layer.call.inputs:
            users[source] = users.get(source, 0) + 1
    found = []
    for layer in walk.layers:
        if layer.type != "add":
            continue
        for source in layer.call.inputs:
            end = by_index.get(source) if isinstance(source, int) else None
            if end and end.kind is Kind.NORMALIZATION:
                before = end.call.inputs[0]
                end = by_index.get(before) if isinstance(before, int) else None
            if end in convs and _is_pointwise(end) and users.get(end.call.inputs[0], 0) > 1:
                found.append(end)
    return found


def _is_pointwise(layer: Layer) -> bool:
    weight = layer.call.tensor_shape("weight", 1)
    return weight is not None and set(weight[2:]) == {1}
