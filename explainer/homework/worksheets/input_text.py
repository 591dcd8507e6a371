"""The input of a layer in words, by one convention: sizes are those of one example, without the batch; a batch of more than one
is said beside. Of several inputs each is named.
"""

from __future__ import annotations

from explainer.homework.question import Part, Question
from explainer.i18n.bilingual import Bi, shape_text, words_in_a_row
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Layer

IMAGES = {Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING}
INPUT = Bi(zh="输入尺寸为{shape}", en="input size {shape}")
INDICES = Bi(zh="输入为{shape}个索引", en="input: {shape} indices")
INDICES_OF_BAGS = Bi(
    zh="输入为{shape}个索引，另有{n}个起始位置（offsets）",
    en="input: {shape} indices, and {n:offset|offsets} where the bags begin",
)
ATTENTION_ALIKE = Bi(zh="查询、键和值的尺寸都是{shape}", en="query, key and value of size {shape}")
ATTENTION = Bi(zh="查询的尺寸为{query}，键和值的尺寸都是{key}", en="query of size {query}, key and value of size {key}")
ATTENTION_APART = Bi(
    zh="查询的尺寸为{query}，键的尺寸为{key}，值的尺寸为{value}",
    en="query of size {query}, key of size {key}, value of size {value}",
)
TWO = Bi(zh="第一个输入的尺寸为{one}，第二个为{two}", en="first input of size {one}, second of size {two}")
BATCH = Bi(zh="，批量大小为{n}", en=", batch of {n}")
OF_IMAGES = Bi(zh="图像写作“通道×高×宽”，例如64×112×112", en="images are written channels×height×width, as 64×112×112")
OF_SEQUENCES = Bi(zh="序列写作“序列长度×特征数”，例如10×512", en="sequences are written length×features, as 10×512")
CONVENTION = Bi(
    zh="尺寸都不含批量{forms}；没有写明批量大小时，批量大小为1。",
    en="Sizes are those of one example, without the batch{forms}; where no batch is given, it is 1.",
)


def given(question: Question) -> Bi:
    """`input size 3×224×224, batch of 2`; empty where the layer has no input that is known."""
    layer = question.layer
    if not isinstance(layer, Layer) or not layer.call.input_shapes:
        return Bi("", "")
    axis = batch_axis(layer)
    shapes = [_without(shape, axis) for shape in layer.call.input_shapes]
    batch = layer.call.input_shapes[0][axis] if axis is not None else 1
    said = _said(layer, shapes)
    return said + BATCH.format(n=batch) if batch > 1 else said


def convention(parts: list[Part]) -> Bi | None:
    """How sizes are written on a sheet about these layers; None where no size stands on it."""
    layers = [part for part in parts if isinstance(part, Layer) and part.call.input_shapes]
    if not layers:
        return None
    forms = [OF_IMAGES] if any(_is_image(layer) for layer in layers) else []
    forms += [OF_SEQUENCES] if any(layer.kind in (Kind.RECURRENT, Kind.ATTENTION) for layer in layers) else []
    listed = Bi("：" + "，".join(form.zh for form in forms), ": " + ", ".join(form.en for form in forms))
    return CONVENTION.format(forms=listed if forms else Bi("", ""))


def batch_axis(layer: Layer) -> int | None:
    """Where the batch stands among the input's dimensions: where it does in the output. None where there is none."""
    names = [name for name, _ in layer.shape]
    if "N" not in names or not layer.call.input_shapes:
        return None
    axis, size = names.index("N"), layer.shape[names.index("N")][1].value
    first = layer.call.input_shapes[0]
    rank_left = len(first) > 1 and axis < len(first)
    return axis if rank_left and first[axis] == size else None


def shown_shape(question: Question, shape: Shape) -> Shape:
    """An output's shape as the sheet prints sizes: without the batch."""
    layer = question.layer
    axis = batch_axis(layer) if isinstance(layer, Layer) else None
    if axis is None or not isinstance(layer, Layer) or len(shape) != len(layer.shape) or len(shape) < 2:
        return shape
    return _without(shape, axis)


def _without(shape: Shape, axis: int | None) -> Shape:
    return shape if axis is None or axis >= len(shape) or len(shape) < 2 else (*shape[:axis], *shape[axis + 1 :])


def _is_image(layer: Layer) -> bool:
    return layer.kind in IMAGES or len(layer.call.input_shapes[0]) == 4


def _said(layer: Layer, shapes: list[Shape]) -> Bi:
    texts = [shape_text(shape) for shape in shapes]
    if layer.kind is Kind.ATTENTION and len(texts) >= 3:
        query, key, value = texts[:3]
        if query == key == value:
            return ATTENTION_ALIKE.format(shape=query)
        if key == value:
            return ATTENTION.format(query=query, key=key)
        return ATTENTION_APART.format(query=query, key=key, value=value)
    if layer.kind is Kind.EMBEDDING:
        bags = len(shapes) > 1
        return INDICES_OF_BAGS.format(shape=texts[0], n=shapes[1][0]) if bags else INDICES.format(shape=texts[0])
    if len(texts) == 2:
        return TWO.format(one=texts[0], two=texts[1])
    each = list(dict.fromkeys(texts))
    return INPUT.format(shape=words_in_a_row(each))
