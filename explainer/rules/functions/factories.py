"""New tensors, and tensors written over: zeros_like, new_full, fill_; no value of the input is used, only its shape."""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import fixed, sizes_given, step, tensor
from explainer.rules.functions.repeat import shaped_like
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.case import Output

NEW = Bi(
    zh="新建一个张量，填入固定值或随机数，没有可学习的参数。",
    en="A new tensor is filled with a fixed value or with random numbers; there is nothing to learn.",
)
LIKE = Bi(zh="形状与给定的张量相同。", en="It has the shape of the tensor given.")
AS_WRITTEN = Bi(zh="形状由调用时给出的数值决定。", en="Its shape is written in the call.")
OVERWRITTEN = Bi(zh="原地改写数值，形状不变。", en="The values are overwritten in place; the shape stays the same.")


def _new(call: Call) -> Output:
    """new_zeros(2, 3), new_full((2, 3), 0.5)."""
    asked: Any = sizes_given(call, "size")
    if call.type == "new_full":
        asked = call.option("size", 1)
    if not isinstance(asked, list | tuple) or not all(isinstance(size, int) for size in asked):
        return Output(None)
    return fixed(tuple(asked), AS_WRITTEN)


def _sample_like(random: Random) -> Sample:
    name: str = random.choice(["zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"])
    return Sample(lambda: getattr(torch, name), (tensor(random),))


def _sample_new(random: Random) -> Sample:
    size = tensor(random, 2)
    operation: Any = random.choice(
        [lambda x: x.new_zeros(size), lambda x: x.new_ones(*size), lambda x: x.new_full(size, 0.5)]
    )
    return Sample(lambda: operation, (tensor(random, 3),))


def _sample_filled(random: Random) -> Sample:
    operation: Any = random.choice([lambda x: x.fill_(1.0), lambda x: x.zero_(), lambda x: x.copy_(x)])
    return Sample(lambda: operation, (tensor(random),))


RULES: tuple[Rule, ...] = (
    step(
        "like",
        Bi("新建张量", "new tensor"),
        Kind.OTHER,
        shaped_like(LIKE),
        _sample_like,
        "zeros_like ones_like empty_like full_like rand_like randn_like randint_like bernoulli",
        reason=NEW,
    ),
    step(
        "new",
        Bi("新建张量", "new tensor"),
        Kind.OTHER,
        _new,
        _sample_new,
        "new_zeros new_ones new_empty new_full",
        reason=NEW,
    ),
    step(
        "fill",
        Bi("改写数值", "overwrite"),
        Kind.OTHER,
        shaped_like(OVERWRITTEN),
        _sample_filled,
        "fill zero copy normal uniform exponential trunc_normal kaiming_uniform kaiming_normal xavier_uniform xavier_normal",
        reason=NEW,
    ),
)
