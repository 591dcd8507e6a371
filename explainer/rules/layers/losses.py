"""Losses: one number for how far the output is from the target, or one a sample; nothing of the model's to learn."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import broadcast, fixed, step
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.case import Output

NOT_A_PART = Bi(
    zh="损失函数只衡量输出与目标的差距，没有可学习的参数，也不属于模型的预测部分。",
    en="A loss only measures how far the output is from the target; it has nothing to learn and is no part of the "
    "prediction.",
)
MEAN = Bi(zh="{does}再取平均，得1个数。", en="{does}; their mean is one number.")
SUM = Bi(zh="{does}再求和，得1个数。", en="{does}; their sum is one number.")
NONE = Bi(zh='{does}不再合并（reduction="none"）。', en='{does}; they are left as they are (reduction="none").')

VALUES = Bi("逐个比较输出与目标，每个值得一项损失，", "Output and target are compared value by value, one loss each")
CLASSES = Bi(
    "在每个位置上取正确类别的一项计算损失，类别这一维随之消失，",
    "At each position the loss looks at the right class, and the dimension of classes disappears: one loss a position",
)
SAMPLES = Bi("每个样本得一项损失，", "There is one loss a sample")

Unreduced = Callable[[Call], Shape]
_REDUCTIONS = ("mean", "sum", "none")


def _values(call: Call) -> Shape:
    return broadcast(*call.shapes[:2])


def _of_three(call: Call) -> Shape:
    return broadcast(*call.shapes[:3])


def _classes(call: Call) -> Shape:
    """N×C×d… → N×d…; a single sample has its classes first."""
    shape = call.shapes[0]
    return () if len(shape) == 1 else (shape[0], *shape[2:])


def _samples(call: Call) -> Shape:
    return call.shapes[0][:-1]


def _sequences(call: Call) -> Shape:
    """T×N×C → N."""
    return call.shapes[0][1:-1]


def _output(call: Call, unreduced: Unreduced, does: Bi) -> Output:
    if call.module is None and any(call.kwargs.get(old) is not None for old in ("size_average", "reduce")):
        return Output(None)  # the old way to ask for a reduction
    reduction = call.option("reduction", None, "mean")
    if reduction == "none":
        return fixed(unreduced(call), NONE.format(does=does))
    return Output((), why=((SUM if reduction == "sum" else MEAN).format(does=does),))


def _float(*shapes: Shape) -> tuple[tuple[Shape, ...], tuple[torch.dtype, ...]]:
    return shapes, (torch.float32,) * len(shapes)


def _drawn_values(random: Random) -> Any:
    shape = (random.randint(1, 9), random.randint(1, 9))
    return _float(shape, shape)


def _drawn_classes(random: Random) -> Any:
    n, c, image = random.randint(1, 9), random.randint(2, 20), random.choice([(), (4, 5)])
    return ((n, c, *image), (n, *image)), (torch.float32, torch.long)


def _drawn_labels(random: Random) -> Any:
    shape = (random.randint(1, 9), random.randint(2, 9))
    return (shape, shape), (torch.float32, torch.long)


def _drawn_three(random: Random) -> Any:
    shape = (random.randint(1, 9), random.randint(1, 9))
    return _float(shape, shape, shape)


def _drawn_margin(random: Random) -> Any:
    n = random.randint(1, 9)
    return _float((n,), (n,), (n,))


def _drawn_pair(random: Random) -> Any:
    n, d = random.randint(1, 9), random.randint(1, 9)
    return _float((n, d), (n, d), (n,))


def _drawn_single(random: Random) -> Any:
    n, c = random.randint(1, 9), random.randint(2, 9)
    return ((n, c), (n,)), (torch.float32, torch.long)


def _sample_sequences(random: Random) -> Sample:
    """Lengths as numbers: as tensors their values would be asked for."""
    t, n, c, reduction = random.randint(5, 9), random.randint(1, 4), random.randint(3, 9), random.choice(_REDUCTIONS)
    inputs: Any = (t,) * n
    targets: Any = (2,) * n
    return Sample(
        lambda: lambda x, target: F.ctc_loss(x, target, inputs, targets, reduction=reduction),
        ((t, n, c), (n, 2)),
        (torch.float32, torch.long),
    )


def _sample_gaussian(random: Random) -> Sample:
    """The variance as a number, for the same reason."""
    shape, reduction = (random.randint(1, 9), random.randint(1, 9)), random.choice(_REDUCTIONS)
    return Sample(lambda: lambda x, y: F.gaussian_nll_loss(x, y, 1.0, reduction=reduction), (shape, shape))


def _rule(
    module: type[nn.Module],
    function: str,
    title: Bi,
    unreduced: Unreduced,
    does: Bi,
    drawn: Callable[[Random], Any],
    own: Callable[[Random], Sample] | None = None,
) -> Rule:
    def sample(random: Random) -> Sample:
        reduction = random.choice(_REDUCTIONS)
        return Sample(lambda: module(reduction=reduction), *drawn(random))

    return step(
        module.__name__,
        title,
        Kind.LOSS,
        lambda call: _output(call, unreduced, does),
        own or sample,
        function,
        modules=(module,),
        reason=NOT_A_PART,
    )


RULES: tuple[Rule, ...] = (
    _rule(nn.L1Loss, "l1_loss", Bi("平均绝对误差", "absolute error"), _values, VALUES, _drawn_values),
    _rule(nn.MSELoss, "mse_loss", Bi("均方误差", "squared error"), _values, VALUES, _drawn_values),
    _rule(nn.SmoothL1Loss, "smooth_l1_loss", Bi("平滑L1损失", "smooth L1 loss"), _values, VALUES, _drawn_values),
    _rule(nn.HuberLoss, "huber_loss", Bi("Huber损失", "Huber loss"), _values, VALUES, _drawn_values),
    _rule(nn.BCELoss, "binary_cross_entropy", Bi("二元交叉熵", "binary cross-entropy"), _values, VALUES, _drawn_values),
    _rule(
        nn.BCEWithLogitsLoss,
        "binary_cross_entropy_with_logits",
        Bi("二元交叉熵（含Sigmoid）", "binary cross-entropy with sigmoid"),
        _values,
        VALUES,
        _drawn_values,
    ),
    _rule(nn.KLDivLoss, "kl_div", Bi("KL散度", "Kullback–Leibler divergence"), _values, VALUES, _drawn_values),
    _rule(
        nn.PoissonNLLLoss,
        "poisson_nll_loss",
        Bi("泊松负对数似然", "Poisson likelihood loss"),
        _values,
        VALUES,
        _drawn_values,
    ),
    _rule(
        nn.GaussianNLLLoss,
        "gaussian_nll_loss",
        Bi("高斯负对数似然", "Gaussian likelihood loss"),
        _values,
        VALUES,
        _drawn_values,
        _sample_gaussian,
    ),
    _rule(nn.SoftMarginLoss, "soft_margin_loss", Bi("软间隔损失", "soft margin loss"), _values, VALUES, _drawn_values),
    _rule(
        nn.HingeEmbeddingLoss,
        "hinge_embedding_loss",
        Bi("合页嵌入损失", "hinge embedding loss"),
        _values,
        VALUES,
        _drawn_values,
    ),
    _rule(
        nn.MarginRankingLoss, "margin_ranking_loss", Bi("排序损失", "ranking loss"), _of_three, VALUES, _drawn_margin
    ),
    _rule(
        nn.CrossEntropyLoss, "cross_entropy", Bi("交叉熵损失", "cross-entropy loss"), _classes, CLASSES, _drawn_classes
    ),
    _rule(nn.NLLLoss, "nll_loss", Bi("负对数似然损失", "negative log likelihood"), _classes, CLASSES, _drawn_classes),
    _rule(
        nn.MultiMarginLoss,
        "multi_margin_loss",
        Bi("多类间隔损失", "multi-class margin loss"),
        _samples,
        SAMPLES,
        _drawn_single,
    ),
    _rule(
        nn.MultiLabelMarginLoss,
        "multilabel_margin_loss",
        Bi("多标签间隔损失", "multi-label margin loss"),
        _samples,
        SAMPLES,
        _drawn_labels,
    ),
    _rule(
        nn.MultiLabelSoftMarginLoss,
        "multilabel_soft_margin_loss",
        Bi("多标签软间隔损失", "multi-label soft margin loss"),
        _samples,
        SAMPLES,
        _drawn_values,
    ),
    _rule(
        nn.CosineEmbeddingLoss,
        "cosine_embedding_loss",
        Bi("余弦嵌入损失", "cosine embedding loss"),
        _samples,
        SAMPLES,
        _drawn_pair,
    ),
    _rule(
        nn.TripletMarginLoss,
        "triplet_margin_loss",
        Bi("三元组损失", "triplet loss"),
        _samples,
        SAMPLES,
        _drawn_three,
    ),
    _rule(
        nn.TripletMarginWithDistanceLoss,
        "triplet_margin_with_distance_loss",
        Bi("三元组损失（自定距离）", "triplet loss with a distance of one's own"),
        _samples,
        SAMPLES,
        _drawn_three,
    ),
    _rule(nn.CTCLoss, "ctc_loss", Bi("CTC损失", "CTC loss"), _sequences, SAMPLES, _drawn_values, _sample_sequences),
)
