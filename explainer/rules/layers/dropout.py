"""Dropout in all its forms, and stochastic depth: random in training, absent in evaluation."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from random import Random

from torch import nn

from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample, no_parameters
from explainer.rules.layers.activation import same_shape
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.case import Output

NOTHING_TO_LEARN = Bi(
    zh="丢弃层只在训练时起作用：随机把一部分值置零，并放大其余的值；它没有可学习的参数，也不改变其他层的参数量。",
    en="Dropout works in training only: it sets some values to zero at random and scales up the others; it has nothing to learn and does not "
    "change the count of other layers.",
)
DEPTH_NOTHING = Bi(
    zh="随机深度只在训练时随机跳过整条支路，没有可学习的参数。",
    en="Stochastic depth only skips whole branches at random during training; there is nothing to learn.",
)
TRAINING = Bi(
    zh="训练模式下，每个值以概率{p}置零，其余的放大为原来的1/(1−p)，输出形状不变。",
    en="In training mode each value is set to zero with probability {p} and the others are scaled up by 1/(1−p); the shape "
    "stays the same.",
)
EVALUATION = Bi(
    zh="评估模式下，输入原样通过，输出形状不变。",
    en="In evaluation mode the input passes unchanged; the shape stays the same.",
)


def _training(call: Call) -> bool:
    """A module's mode; F.dropout's argument, which is True unless given."""
    return call.training if call.module is not None else bool(call.option("training", 2, True))


def _output(call: Call) -> Output:
    axes, values = same_shape(call)
    return Output(axes, values, why=(TRAINING.format(p=call.option("p", 1, 0.5)) if _training(call) else EVALUATION,))


def _class(module: type[nn.Module] | str) -> Callable[..., nn.Module]:
    """The class itself; one named as text belongs to torchvision, which is imported only here."""
    if not isinstance(module, str):
        return module
    from explainer.source import torchvision_models as zoo

    zoo.torchvision()
    path, _, name = module.rpartition(".")
    found: Callable[..., nn.Module] = getattr(importlib.import_module(path), name)
    return found


def _rule(name: str, title: Bi, module: type[nn.Module] | str, rank: int, reason: Bi = NOTHING_TO_LEARN) -> Rule:
    def sample(random: Random) -> Sample:
        p = round(random.random(), 2)
        shape = tuple(random.randint(1, 9) for _ in range(rank))
        return Sample(lambda: _class(module)(p, *(["row"] if isinstance(module, str) else [])), (shape,))

    function = {"Dropout": "dropout", "AlphaDropout": "alpha_dropout", "FeatureAlphaDropout": "feature_alpha_dropout"}
    return Rule(
        name=name,
        title=title,
        kind=Kind.DROPOUT,
        modules=(module,),
        functions=(function.get(name, name.lower()),),
        parameters=no_parameters(reason),
        output=_output,
        sample=sample,
    )


_DROPOUT = Bi("丢弃层", "dropout layer")

RULES = (
    _rule("Dropout", _DROPOUT, nn.Dropout, 2),
    _rule("Dropout1d", _DROPOUT, nn.Dropout1d, 3),
    _rule("Dropout2d", _DROPOUT, nn.Dropout2d, 4),
    _rule("Dropout3d", _DROPOUT, nn.Dropout3d, 5),
    _rule("AlphaDropout", _DROPOUT, nn.AlphaDropout, 2),
    _rule("FeatureAlphaDropout", _DROPOUT, nn.FeatureAlphaDropout, 4),
    _rule(
        "StochasticDepth",
        Bi("随机深度", "stochastic depth"),
        "torchvision.ops.stochastic_depth.StochasticDepth",
        4,
        DEPTH_NOTHING,
    ),
)
