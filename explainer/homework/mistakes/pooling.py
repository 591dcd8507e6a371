"""Weights given to what has none: pooling, activation, dropout, reshaping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from explainer.formula.rewrite import times
from explainer.formula.tree import Number
from explainer.homework.mistakes.base import Mistake, Way, either, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind


def _nothing(facts: Facts) -> bool:
    return facts.layer is not None and facts.right == 0


def _pools(facts: Facts) -> bool:
    return _nothing(facts) and facts.kind is Kind.POOLING


def _window(form: Form, facts: Facts) -> Iterator[Way]:
    """A pooling window taken for a kernel: k·k·C·C, k·k·C or k·k, with a bias or without."""
    channels = facts.get("C")
    if not facts.kernel or not channels:
        return
    sides = [facts.symbols[name] for name in facts.kernel]
    c = facts.symbols["C"]
    square = times(*sides, c)
    for new in ((square + 1) * c, times(square, c), (times(*sides) + 1) * c, square, times(*sides)):
        yield Way(replace(form, parts=(new,)))


def _each_element(form: Form, facts: Facts) -> Iterator[Way]:
    """One for each element of a sample's output, or one for each channel."""
    layer = facts.layer
    if layer is None or not layer.call.output_shapes:
        return
    shape = layer.call.output_shapes[0]
    counts = [prod(shape[1:]), shape[1] if len(shape) > 1 else 0, prod(shape)]
    for fit, count in zip((1.0, 0.6, 0.5), counts, strict=True):
        if count > 0:
            yield Way(replace(form, parts=(Number(count),)), fit=fit)


MISTAKES = (
    Mistake(
        "none.pooling",
        "roles",
        Bi("给池化层算了权重", "weights given to pooling"),
        Bi(
            "池化层没有权重，只取窗口内的最大值或平均值，参数量是0。",
            "pooling has no weights. It only takes the largest value, or the mean, of each window: it has 0 parameters.",
        ),
        Bi("池化时，窗口里的数乘以权重吗？", "Does pooling multiply the values in its window by weights?"),
        0.6,
        only(_pools, either(_window, _each_element)),
        ("params",),
        whole=True,
    ),
    Mistake(
        "none.outputs",
        "roles",
        Bi("没有参数的层也计了参数", "parameters counted where there are none"),
        Bi(
            "这一层没有可学习的参数，参数量是0；数据有多少个元素、多少个通道，都与参数量无关。",
            "this layer has nothing to learn, so it has 0 parameters, however many elements or channels pass through it.",
        ),
        Bi("这一层有什么是训练出来的吗？", "Is there anything in this layer that is learned?"),
        0.3,
        only(lambda facts: _nothing(facts) and not _pools(facts), _each_element),
        ("params",),
        whole=True,
    ),
)
