"""What all normalizations share: a scale and a shift that are learned, both, one or none."""

from __future__ import annotations

import inspect
from random import Random
from typing import Any

from torch import nn

from explainer.formula.tree import Expr, Number, Symbol, product
from explainer.i18n.bilingual import Bi
from explainer.tracing.call import Call

NOT_GIVEN = Bi(
    zh="调用时没有给出缩放和平移的参数，只做归一化，没有可学习参数。",
    en="It is called without a scale and a shift, so it only normalizes; there is nothing to learn.",
)
ANY_BATCH = Bi(
    zh="均值和方差与批量中的其他样本无关，训练和评估时算法相同，所以没有滑动均值和滑动方差。",
    en="Mean and variance do not depend on the other samples of the batch and are computed alike in training and in "
    "evaluation, so there are no running statistics.",
)
KEEPS_SHAPE = Bi(zh="输出形状不变。", en="The shape stays the same.")


def scale_and_shift(call: Call, position: int) -> tuple[bool, bool]:
    """Whether there is a scale, and a shift. position: of the scale, among a function's arguments."""
    return call.option("weight", position) is not None, call.option("bias", position + 1) is not None


def learned(call: Call, position: int, *sizes: Symbol) -> Expr:
    """2·C for a scale and a shift, C for a scale alone."""
    count = sum(scale_and_shift(call, position))
    return product([*([Number(2)] if count == 2 else []), *sizes]) if count else Number(0)


def with_or_without_bias(random: Random, kind: type[nn.Module], **options: Any) -> dict[str, Any]:
    """With bias=False now and then, where this torch knows it (2.13)."""
    if "bias" in inspect.signature(kind.__init__).parameters and random.random() < 0.3:
        options["bias"] = False
    return options
