"""Products of tensors over several dimensions at once: tensordot, inner; sums of products: addbmm; matrices in groups.

Each is m rows by n columns, and each number an inner product of length r: what is summed over is r, whatever the number
of its dimensions.
"""

from __future__ import annotations

from math import prod
from random import Random
from typing import Any

import torch

from explainer.formula.role import Role
from explainer.formula.tree import Symbol, product
from explainer.i18n.bilingual import Bi
from explainer.rules.base import DoesNotApply, Rule, Sample
from explainer.rules.functional import axes_of, neutral, step, tensor
from explainer.rules.functions.matrix import NOTHING, m, n, r
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import sized
from explainer.walkthrough.case import Output

B = Symbol("B", Bi("并列的矩阵个数", "number of matrices side by side"), role=Role.MATRICES)
CONTRACTED = Bi(
    zh="左边的{left}个位置与右边的{right}个位置两两做内积，对共有的维求和，长度为{r}。",
    en="Each of {left:place|places} on the left makes an inner product with each of {right:place|places} on the right, over the dimensions that "
    "they share, of length {r}.",
)
SUMMED = Bi(
    zh="{B}组矩阵分别相乘，所得的{B}个矩阵再相加，并加上第一个张量。",
    en="{B:pair|pairs} of matrices are multiplied, and the results added up, with the first tensor.",
)
GROUPED = Bi(
    zh="分组矩阵乘法：各行按组与本组的矩阵相乘；每行只遇到一个矩阵，所以不论怎样分组，都是{m}行，每行{r}×{n}次乘加。",
    en="A grouped product of matrices: every row is multiplied by the matrix of its group only, so that however they are grouped "
    "there are {m:row|rows}, each of {r}×{n} multiply-accumulates.",
)
SPLIT = Bi(
    zh="分组矩阵乘法：相乘的长度{r}分成{B}段，每段各得一个{m}×{n}的矩阵。",
    en="A grouped product of matrices: the length {r} is cut into {B:piece|pieces}, and each makes a matrix of {m}×{n}.",
)
SIDE_BY_SIDE = Bi(
    zh="{B}组矩阵分别相乘，每组是{m}×{r}乘以{r}×{n}。",
    en="{B:pair|pairs} of matrices are multiplied side by side, each {m}×{r} by {r}×{n}.",
)


def _contracted(shape: Shape, rows: int, length: int, columns: int) -> Output:
    symbols = neutral(shape)
    return Output(
        tuple(axes_of(symbols)),
        {**sized(symbols, shape), m: rows, r: length, n: columns},
        why=(CONTRACTED.format(left=rows, right=columns, r=length),),
        macs=product([m, r, n]),
    )


def _tensordot(call: Call) -> Output:
    left, right = call.shapes[:2]
    from_left, from_right = _summed(call, len(left))
    kept_left = [size for dim, size in enumerate(left) if dim not in {at % len(left) for at in from_left}]
    kept_right = [size for dim, size in enumerate(right) if dim not in {at % len(right) for at in from_right}]
    length = prod(max(left[a], right[b]) for a, b in zip(from_left, from_right, strict=True))
    return _contracted((*kept_left, *kept_right), prod(kept_left), length, prod(kept_right))


def _summed(call: Call, rank: int) -> tuple[list[int], list[int]]:
    """The dimensions summed over, of both: `dims=2` are the last two of the left and the first two of the right."""
    dims = call.option("dims", 2, 2)
    if isinstance(dims, TensorRef):
        raise DoesNotApply("the dimensions are a tensor's values")
    if isinstance(dims, int):
        return list(range(rank - dims, rank)), list(range(dims))
    left, right = dims
    return ([left], [right]) if isinstance(left, int) else (list(left), list(right))


def _inner(call: Call) -> Output:
    left, right = call.shapes[:2]
    if not left or not right:
        raise DoesNotApply("a product with a number")
    return _contracted((*left[:-1], *right[:-1]), prod(left[:-1]), left[-1], prod(right[:-1]))


def _addbmm(call: Call) -> Output:
    left, right = call.shapes[1:3]
    symbols = (m, n)
    return Output(
        tuple(axes_of(symbols)),
        {B: left[0], m: left[1], r: left[2], n: right[2]},
        why=(SUMMED.format(B=left[0]),),
        macs=product([B, m, r, n]),
    )


def _grouped(call: Call) -> Output:
    left, right = call.shapes[:2]
    rows, length, columns = left[-2], left[-1], right[-1]
    values: dict[Symbol, int] = {m: rows, r: length, n: columns}
    words = {"m": rows, "r": length, "n": columns}
    if len(left) == len(right) == 3:
        said = SIDE_BY_SIDE.format(B=left[0], **words)
        return Output(tuple(axes_of((B, m, n))), {B: left[0], **values}, why=(said,), macs=product([B, m, r, n]))
    if len(left) == len(right) == 2:
        groups = _groups(call)
        said = SPLIT.format(B=groups, **words)
        return Output(tuple(axes_of((B, m, n))), {B: groups, **values}, why=(said,), macs=product([m, r, n]))
    return Output(tuple(axes_of((m, n))), values, why=(GROUPED.format(**words),), macs=product([m, r, n]))


def _groups(call: Call) -> int:
    """How many groups there are: as many as offsets."""
    offsets = call.tensor_shape("offs", 2)
    if offsets is None:
        raise DoesNotApply("no offsets")
    return offsets[0]


def _sample_contraction(random: Random) -> Sample:
    a, b, c, d = tensor(random)
    drawn: list[tuple[Any, tuple[Shape, ...]]] = [
        (lambda x, y: torch.tensordot(x, y, dims=1), ((a, b, c), (c, d))),
        (lambda x, y: torch.tensordot(x, y, dims=2), ((a, b, c), (b, c, d))),
        (lambda x, y: torch.tensordot(x, y, dims=([0, -1], [1, 2])), ((a, b, c), (d, a, c))),
        (lambda x, y: torch.tensordot(x, y, dims=0), ((a, b), (c,))),
    ]
    operation, shapes = random.choice(drawn)
    return Sample(lambda: operation, shapes)


def _sample_inner(random: Random) -> Sample:
    a, b, c, d = tensor(random)
    return Sample(lambda: torch.inner, ((a, b, d), (c, d)))


def _sample_addbmm(random: Random) -> Sample:
    a, b, c, batch = tensor(random)
    return Sample(lambda: torch.addbmm, ((a, c), (batch, a, b), (batch, b, c)))


def _sample_grouped(random: Random) -> Sample:
    a, b, c, groups = (16 * size for size in tensor(random))
    offsets = torch.empty(groups, dtype=torch.int32, device="meta")
    half = torch.bfloat16
    drawn: list[tuple[Any, tuple[Shape, ...]]] = [
        (lambda x, y: torch._grouped_mm(x.to(half), y.to(half)), ((groups, a, b), (groups, b, c))),
        (lambda x, y: torch._grouped_mm(x.to(half), y.to(half), offs=offsets), ((a, b), (groups, b, c))),
        (lambda x, y: torch._grouped_mm(x.to(half), y.to(half), offs=offsets), ((a, b), (b, c))),
    ]
    operation, shapes = random.choice(drawn)
    return Sample(lambda: operation, shapes)


RULES: tuple[Rule, ...] = (
    step(
        "tensordot",
        Bi("张量缩并", "tensor contraction"),
        Kind.MATRIX,
        _tensordot,
        _sample_contraction,
        "tensordot",
        reason=NOTHING,
    ),
    step("inner", Bi("内积", "inner product"), Kind.MATRIX, _inner, _sample_inner, "inner", reason=NOTHING),
    step(
        "addbmm",
        Bi("矩阵乘积之和", "sum of matrix products"),
        Kind.MATRIX,
        _addbmm,
        _sample_addbmm,
        "addbmm",
        reason=NOTHING,
    ),
)

if hasattr(torch, "_grouped_mm"):
    RULES += (
        step(
            "grouped_mm",
            Bi("分组矩阵乘法", "grouped matrix product"),
            Kind.MATRIX,
            _grouped,
            _sample_grouped,
            "grouped_mm scaled_grouped_mm",
            reason=NOTHING,
        ),
    )
