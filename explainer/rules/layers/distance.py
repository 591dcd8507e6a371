"""Distances and similarities between vectors; vectors brought to length 1."""

from __future__ import annotations

from math import inf, prod
from random import Random
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, product
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import axes_of, broadcast, neutral, step, tensor, unchanged
from explainer.rules.functions.contraction import B
from explainer.rules.functions.matrix import m, n, r
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import sized
from explainer.walkthrough.case import Axis, Output

P = Symbol("P", Bi("向量的对数", "pairs of vectors"), Bi("对数", "pairs"), role=Role.ROWS)
COSINE = Bi(
    zh="沿一维把两个向量的内积除以各自的长度，得夹角的余弦；该维随之消失。",
    en="Along one dimension the inner product of two vectors is divided by their lengths, the cosine of their angle; the "
    "dimension disappears.",
)
PAIRWISE = Bi(
    zh="沿最后一维求两个向量之差的范数，即它们的距离；该维随之消失。",
    en="Along the last dimension the norm of the difference of two vectors is taken, their distance; the dimension "
    "disappears.",
)
PAIRWISE_KEPT = Bi(
    zh="沿最后一维求两个向量之差的范数，即它们的距离；该维的大小变为1。",
    en="Along the last dimension the norm of the difference of two vectors is taken, their distance; the dimension "
    "becomes 1.",
)
EACH_PAIR = Bi(
    zh="左边{left}个向量与右边{right}个向量两两求距离。",
    en="The distance of each of the {left} vectors on the left to each of the {right} on the right.",
)
AMONG = Bi(
    zh="{count}个向量中每两个求一次距离，共{pairs}对。",
    en="The distance of each pair among {count:vector|vectors}, {pairs:pair|pairs} in all.",
)
AS_A_PRODUCT = Bi(
    zh="距离的平方是|x|²+|y|²−2x·y，其中全部的内积x·y就是一次矩阵乘法，每个内积需{r}次乘加；两个平方和与开方不计。",
    en="The square of a distance is |x|² + |y|² − 2x·y, and all the inner products x·y are one product of matrices: "
    "{r:multiply-accumulate|multiply-accumulates} each. The sums of squares and the roots are left out.",
)
NO_PRODUCT = Bi(
    zh="这种距离只用到差的绝对值，没有内积，所以没有乘加。",
    en="This distance takes absolute differences only: there is no inner product, and no multiply-accumulate.",
)
UNIT = Bi(
    zh="把沿某一维的每个向量除以它的范数，使长度为1；输出形状不变。",
    en="Each vector along one dimension is divided by its norm and so has length 1; the shape stays the same.",
)


def _along(call: Call, dim: int, keep: bool, why: Bi) -> Output:
    shape = broadcast(*call.shapes[:2])
    symbols = neutral(shape)
    at = dim % len(shape)
    axes = axes_of(symbols)
    axes[at : at + 1] = [Axis("1", Number(1))] if keep else []
    return Output(tuple(axes), sized(symbols, shape), why=(why,))


def _cosine(call: Call) -> Output:
    return _along(call, call.option("dim", 2, 1), False, COSINE)


def _pairwise(call: Call) -> Output:
    keep = bool(call.option("keepdim", 4, False))
    return _along(call, -1, keep, PAIRWISE_KEPT if keep else PAIRWISE)


def _each_pair(call: Call) -> Output:
    left, right = call.shapes[:2]
    lead = broadcast(left[:-2], right[:-2])
    values = {B: prod(lead), m: left[-2], r: left[-1], n: right[-2]}
    why = EACH_PAIR.format(left=left[-2], right=right[-2])
    return _distances(call, 2, (*lead, left[-2], right[-2]), product([B, m, r, n] if lead else [m, r, n]), values, why)


def _among(call: Call) -> Output:
    count, length = call.shapes[0]
    pairs = count * (count - 1) // 2
    return _distances(call, 1, (pairs,), P * r, {P: pairs, r: length}, AMONG.format(count=count, pairs=pairs))


def _distances(call: Call, place: int, shape: Shape, macs: Expr, values: dict[Symbol, int], why: Bi) -> Output:
    """place: where the norm stands among the arguments. Of another norm than these no product is known."""
    symbols, norm = neutral(shape), float(call.option("p", place, 2.0))
    axes, sizes = tuple(axes_of(symbols)), sized(symbols, shape)
    if norm == 2.0:
        return Output(axes, {**sizes, **values}, why=(why, AS_A_PRODUCT.format(r=values[r])), macs=macs)
    if norm in (1.0, inf):
        return Output(axes, sizes, why=(why, NO_PRODUCT), macs=Number(0))
    return Output(axes, sizes, why=(why,))


def _unit(call: Call) -> Output:
    output = unchanged(call)
    return Output(output.axes, output.values, why=(UNIT,))


def _sample_cosine(random: Random) -> Sample:
    dim, shape = random.choice([0, 1, -1]), tensor(random, 3)
    build: Any = random.choice(
        [lambda: nn.CosineSimilarity(dim), lambda: lambda x, y: F.cosine_similarity(x, y, dim=dim)]
    )
    return Sample(build, (shape, shape))


def _sample_pairwise(random: Random) -> Sample:
    keep, shape = random.random() < 0.5, tensor(random, 2)
    build: Any = random.choice(
        [lambda: nn.PairwiseDistance(keepdim=keep), lambda: lambda x, y: F.pairwise_distance(x, y, keepdim=keep)]
    )
    return Sample(build, (shape, shape))


def _sample_each_pair(random: Random) -> Sample:
    batch, left, right, length = tensor(random)
    norm, lead = random.choice([1.0, 2.0, 3.0]), random.choice([(batch,), ()])
    return Sample(lambda: lambda x, y: torch.cdist(x, y, p=norm), ((*lead, left, length), (*lead, right, length)))


def _sample_among(random: Random) -> Sample:
    norm = random.choice([1.0, 2.0, 3.0])
    return Sample(lambda: lambda x: F.pdist(x, norm), (tensor(random, 2),))


def _sample_unit(random: Random) -> Sample:
    dim = random.choice([1, -1])
    return Sample(lambda: lambda x: F.normalize(x, dim=dim), (tensor(random, 3),))


RULES: tuple[Rule, ...] = (
    step(
        "cosine_similarity",
        Bi("余弦相似度", "cosine similarity"),
        Kind.REDUCTION,
        _cosine,
        _sample_cosine,
        "cosine_similarity",
        modules=(nn.CosineSimilarity,),
    ),
    step(
        "pairwise_distance",
        Bi("逐对距离", "pairwise distance"),
        Kind.REDUCTION,
        _pairwise,
        _sample_pairwise,
        "pairwise_distance",
        modules=(nn.PairwiseDistance,),
    ),
    step("cdist", Bi("两两距离", "distances of all pairs"), Kind.MATRIX, _each_pair, _sample_each_pair, "cdist"),
    step("pdist", Bi("每两个之间的距离", "distances among all"), Kind.MATRIX, _among, _sample_among, "pdist"),
    step("normalize", Bi("单位化", "unit length"), Kind.NORMALIZATION, _unit, _sample_unit, "normalize"),
)
