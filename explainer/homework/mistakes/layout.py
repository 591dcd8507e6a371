"""Mistakes with the order of dimensions, with flattening and joining."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from explainer.formula.rewrite import role, times
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, symbols
from explainer.homework.mistakes.base import SIZE, Mistake, Way
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind


def _is_side(part: Expr) -> bool:
    """One side of an image: its formula has one size in it."""
    return sum(symbol.role in (Role.SIZE, Role.SIZE_OUT) for symbol in symbols(part)) == 1


def _turned(form: Form, facts: Facts) -> Iterator[Way]:
    """Height and width exchanged."""
    if form.how == "shape" and len(form.parts) > 3 and all(_is_side(part) for part in form.parts[-2:]):
        yield Way(replace(form, parts=(*form.parts[:-2], form.parts[-1], form.parts[-2])), shown=False)


def _channels_last(form: Form, facts: Facts) -> Iterator[Way]:
    if form.how != "shape" or len(form.parts) < 4:
        return
    heads = [part.role if isinstance(part, Symbol) else None for part in form.parts[:2]]
    if heads[0] is Role.BATCH and heads[1] in (Role.CHANNELS, Role.CHANNELS_OUT):
        first, channels, *image = form.parts
        yield Way(replace(form, parts=(first, *image, channels)), shown=False)


def _flattened_batch(form: Form, facts: Facts) -> Iterator[Way]:
    """flatten(start_dim=0): all in one vector."""
    layer = facts.layer
    if (
        layer is None
        or facts.kind is not Kind.RESHAPE
        or len(form.parts) != 2
        or form.how != "shape"
        or facts.batch < 2
    ):
        return
    before = layer.call.input_shapes[0] if layer.call.input_shapes else ()
    if len(before) > 2 and facts.right == (before[0], prod(before[1:])):
        yield Way(replace(form, parts=(times(*form.parts),), names=("F",)))


def _flattened(form: Form, facts: Facts) -> Iterator[Way]:
    """Flattening that forgets the image, or the channels."""
    layer = facts.layer
    if layer is None or facts.kind is not Kind.RESHAPE or len(form.parts) != 2:
        return
    before = layer.call.input_shapes[0] if layer.call.input_shapes else ()
    if len(before) == 4 and facts.right in ((before[0], prod(before[1:])), prod(before)):
        for sizes in (before[1:2], before[2:], before[1:3]):
            yield Way(replace(form, parts=(form.parts[0], times(*(Number(size) for size in sizes)))))


def _added(form: Form, facts: Facts) -> Iterator[Way]:
    """cat as if the maps were added: the size of one of them."""
    layer = facts.layer
    if layer is None or layer.type not in ("cat", "concat", "concatenate", "hstack") or form.how != "shape":
        return
    for shape in dict.fromkeys(layer.call.input_shapes):
        if len(shape) == len(form.parts):
            yield Way(replace(form, parts=tuple(Number(size) for size in shape)))


def _fewer(form: Form, facts: Facts) -> Iterator[Way]:
    """The elements of one channel, or of the channels without the image."""
    if form.how == "product" and len(form.parts) > 2:
        leaves = [i for i, part in enumerate(form.parts) if role(part) in ("C", "C_out", "D", "F_out")]
        for i in leaves[:1]:
            yield Way(replace(form, parts=form.parts[:i] + form.parts[i + 1 :]), shown=False)


MISTAKES = (
    Mistake(
        "shape.turned",
        "slip",
        Bi("高和宽弄反", "height and width exchanged"),
        Bi("高和宽写反了，顺序是先高后宽。", "height and width are exchanged: the height comes first."),
        Bi("先写高，还是先写宽？", "Which comes first, height or width?"),
        0.1,
        _turned,
        ("shape",),
    ),
    Mistake(
        "shape.channels_last",
        "slip",
        Bi("通道写在最后", "channels last"),
        Bi(
            "各维数值正确，但维度顺序有误：PyTorch约定通道在高、宽之前。",
            "the numbers are right, but the channels stand last. PyTorch's order is batch, channels, height, width.",
        ),
        Bi("PyTorch中各维按什么顺序排列？", "In which order does PyTorch have the dimensions?"),
        0.35,
        _channels_last,
        ("shape",),
    ),
    Mistake(
        "shape.flatten_batch",
        "roles",
        Bi("展平时连批量一起展平", "batch flattened too"),
        Bi(
            "把批量那一维也展平了。展平从第1维开始，每个样本各成一个向量，批量{N}保留。",
            "the batch is flattened too. Flattening starts at dimension 1: each sample becomes a vector, and the batch of {N} stays.",
        ),
        Bi("不同样本的数据能拼成一个向量吗？", "May the values of different samples end up in one vector?"),
        0.5,
        _flattened_batch,
        ("shape",),
        whole=True,
    ),
    Mistake(
        "shape.flatten_part",
        "roles",
        Bi("展平时漏了通道或高、宽", "flattening only a part"),
        Bi(
            "展平要把通道数、高、宽全部相乘，这里漏了一部分。",
            "flattening multiplies channels, height and width; a part is missing here.",
        ),
        Bi("展平后的长度是哪几个数的乘积？", "Which numbers make up the length after flattening?"),
        0.45,
        _flattened,
        SIZE,
        whole=True,
    ),
    Mistake(
        "shape.concat_added",
        "roles",
        Bi("把拼接当成相加", "concatenation taken as addition"),
        Bi(
            "拼接不是逐元素相加，而是各路沿一维首尾相接，这一维的大小要相加。",
            "joining is not adding element by element: the parts stand end to end along one dimension, whose sizes add up.",
        ),
        Bi("拼接后，哪一维会变大？", "Which dimension grows when maps are joined?"),
        0.6,
        _added,
        ("shape",),
        whole=True,
    ),
    Mistake(
        "shape.one_channel",
        "roles",
        Bi("只数了一个通道的元素", "the elements of one channel"),
        Bi(
            "漏乘了通道数，这只是一个通道的元素个数。",
            "the channels are left out: these are the elements of one channel only.",
        ),
        Bi("输出只有一个通道吗？", "Does the output have one channel only?"),
        0.2,
        _fewer,
        ("activations",),
    ),
)
