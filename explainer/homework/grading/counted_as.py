"""The right figure with the unit of another quantity: a shape's product of "parameters", multiply-accumulates of "weights"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import prod

from explainer.homework.answers.units import unit_named
from explainer.homework.expressions import expression
from explainer.homework.grading.per_one import MOST, ungrouped
from explainer.vocabulary.quantity import Quantity

_NOUNS: dict[str, str] = {
    "params": r"(?:learnable |trainable )?param(?:eter)?s?|可?(?:学习|训练)?的?(?:权重参数|参数量?)",
    "weights": r"weights?|权重",
    "bias": r"bias(?:es)?|偏置项?",
    "macs": r"[KMGT]?MACs?|multiply-?\s?(?:accumulate|add)s?|mult-adds|次?乘加(?:运算)?|乘加次数",
    "flops": r"[KMGT]?FLOPs?|次?浮点(?:运算)?|计算量",
    "bytes": r"[KMGT]i?B|bytes?|字节",
}
_PARAMS, _OPERATIONS = ("params", "weights", "bias"), ("macs", "flops")
_NEVER: dict[Quantity, tuple[str, ...]] = {
    "shape": (*_PARAMS, *_OPERATIONS, "bytes"),
    "activations": (*_PARAMS, *_OPERATIONS, "bytes"),
    "params": ("bias", *_OPERATIONS, "bytes"),
    "weights": ("bias", *_OPERATIONS, "bytes"),
    "bias": ("weights", *_OPERATIONS, "bytes"),
    "macs": (*_PARAMS, "bytes"),
    "flops": (*_PARAMS, "bytes"),
    "bytes": (*_PARAMS, *_OPERATIONS),
}
# Behind the noun nothing goes on: 参数共享, "weight multiplications", "params: 23296" speak of something else.
_ENDS = r"(?![\w-])(?!\s*[:：=])(?=\s*(?:$|[^\w\s]|\n|(?:in|of|for|per|here|there|all|total)\b))"
_ENDS_ZH = r"(?=\s*(?:$|[^\w\s]|\n))(?!\s*[:：=])"
_NAMES = r"(?:^|[,，;；。:：\n(（]|\b(?:number|count|amount)\s+of|\btotal)\s*"
_ABOUT = expression(r"(?<![\d.])(?P<n>\d{1,18}(?:\.\d{1,18})?)\s*(?P<times>[kKMGT]|[a-z]{2,8}|[十百千]?[万亿])\s*$")
_NEAR = 0.02  # how far a rounded figure may be from the exact one


def counted_as_another(text: str, quantity: Quantity, value: int, sizes: Sequence[int] = ()) -> bool:
    """Whether the figure is said to count what was not asked for. sizes: of a shape, whose product is the figure.

    >>> [counted_as_another(text, "shape", 0, (64, 5, 5)) for text in ("64*5*5=1600 个参数", "64×5×5=1600 个元素")]
    [True, False]
    >>> [counted_as_another(f"363*40 = {said}", "macs", 14520) for said in ("14520 weights", "14.5K params", "14520")]
    [True, True, False]
    """
    nouns = "|".join(_NOUNS[name] for name in _NEVER[quantity])
    said = ungrouped(text[-MOST:])
    figure = "|".join(_written(sizes) if quantity == "shape" else [str(value)])
    mention = rf"(?<![\d.])(?:{figure})(?![\d.]*\d)[\])）】]?"
    counted = rf"(?:{nouns})(?:{_ENDS}|{_ENDS_ZH})"
    if re.search(rf"{mention}\s*个?\s*{counted}", said, re.IGNORECASE):
        return True
    if quantity == "shape":
        return bool(
            re.search(rf"{_NAMES}(?:{nouns})\s*(?:is|are|[:：=]|是|为|有)\s*[\[(（]?{mention}", said, re.IGNORECASE)
        )
    ends = (match.start() for match in re.finditer(counted, said, re.IGNORECASE))
    return any(abs(number - value) <= _NEAR * value for number in _rounded_before(said, ends))


def _written(sizes: Sequence[int]) -> list[str]:
    """Patterns of a shape: its product, and its sizes one after the other, with the channels or without."""
    lists = [sizes, sizes[1:]] if len(sizes) > 2 else [sizes]
    return [str(prod(sizes)), *(r"\D{1,3}".join(map(str, some)) for some in lists)]


def _rounded_before(said: str, ends: Iterator[int]) -> Iterator[float]:
    """The numbers with a multiple, such as 70.28M, that stand just before these places."""
    for end in ends:
        found = _ABOUT.search(said[max(0, end - 50) : end].rstrip("个"))
        unit = unit_named(found["times"]) if found is not None else None
        if found is not None and unit is not None and not unit.of:
            yield float(found["n"]) * unit.factor
