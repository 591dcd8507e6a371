"""Products of matrices and what comes near them: matmul, bmm, addmm, outer; triangular systems.

(m×r)·(r×n) is m×n, and each of its numbers takes r multiply-accumulates. torch's counter counts products of matrices,
not of a matrix with a vector (those stay unchecked).
"""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol, product
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import FIXED, broadcast, fixed, step, tensor
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.case import Axis, Output

m = Symbol("m", Bi("左矩阵的行数", "number of rows of the left matrix"), Bi("行数", "rows"), role=Role.ROWS)
n = Symbol("n", Bi("右矩阵的列数", "number of columns of the right matrix"), Bi("列数", "columns"), role=Role.COLUMNS)
r = Symbol(
    "r",
    Bi("左矩阵的列数，即右矩阵的行数", "number of columns of the left matrix, and of rows of the right one"),
    Bi("相乘的长度", "length"),
    role=Role.INNER,
)
_BATCH = Bi("并列的矩阵个数", "number of matrices side by side")

MULTIPLIED = Bi(
    zh="矩阵乘法：输出的每个数是左矩阵一行与右矩阵一列的内积，需{r}次乘加。",
    en="A product of matrices: each number of the output is a row of the left times a column of the right, "
    "{r:multiply-accumulate|multiply-accumulates}.",
)
VECTOR = Bi(
    zh="与向量相乘：输出的每个数是一个长度为{r}的内积。",
    en="A product with a vector: each number of the output is an inner product of length {r}.",
)
MANY = Bi(zh="共有{count}组这样的矩阵，各组分别相乘。", en="{count} such products are made side by side.")
ADDED = Bi(zh="再加上第一个张量，形状不变。", en="The first tensor is added, which keeps the shape.")
NOTHING = Bi(
    zh="相乘的两个矩阵都由前面算出，这一步没有可学习的参数。",
    en="The matrices come from elsewhere; the product itself has nothing to learn.",
)
OUTER = Bi(
    zh="外积：左向量的每个数与右向量的每个数相乘。",
    en="An outer product: every number of the one times every number of the other.",
)
SOLVED = Bi(
    zh="解线性方程组，解与右端形状相同。",
    en="A linear system is solved; the solution is shaped like the right-hand side.",
)


_ADDING = ("addmm", "baddbmm", "addmv")


def _pair(call: Call) -> tuple[Shape, Shape]:
    """The two matrices, in the order in which they are multiplied."""
    shapes = call.shapes
    if call.type in _ADDING:
        return shapes[1], shapes[2]
    return (shapes[1], shapes[0]) if call.type == "rmatmul" else (shapes[0], shapes[1])


def _product(call: Call) -> Output:
    left, right = _pair(call)
    lead: Shape = broadcast(left[:-2], right[:-2])
    many = [
        Symbol(f"B_{i + 1}" if len(lead) > 1 else "B", _BATCH, family=_BATCH, role=Role.MATRICES)
        for i in range(len(lead))
    ]
    values: dict[Symbol, int] = dict(zip(many, lead, strict=True)) | {r: left[-1]}
    axes = [Axis(symbol.name, symbol) for symbol in many]
    factors: list[Expr] = [*many]
    if len(left) > 1:
        values[m] = left[-2]
        axes.append(Axis("m", m))
        factors.append(m)
    factors.append(r)
    if len(right) > 1:
        values[n] = right[-1]
        axes.append(Axis("n", n))
        factors.append(n)
    why = [(MULTIPLIED if len(right) > 1 else VECTOR).format(r=left[-1])]
    count = torch.Size(lead).numel()
    why += [MANY.format(count=count)] if count > 1 else []
    why += [ADDED] if call.type in _ADDING else []
    form = "matrix" if len(right) > 1 else "vector"
    return Output(tuple(axes), values, why=tuple(why), macs=product(factors), form=form)


def _outer(call: Call) -> Output:
    left, right = call.shapes[:2]
    return fixed((left[0], right[0]), OUTER)


def _solved(call: Call) -> Output:
    """solve_triangular(A, B): B's shape, batches broadcast."""
    left, right = call.shapes[:2]
    lead = broadcast(left[:-2], right[:-2])
    return fixed((*lead, *right[-2:]), SOLVED)


def _sample(random: Random) -> Sample:
    a, b, c, batch = tensor(random, 4)
    left, right = (a, b), (b, c)
    drawn: list[tuple[Any, tuple[Shape, ...]]] = [
        (torch.mm, (left, right)),
        (torch.matmul, ((batch, *left), right)),
        (lambda x, y: x @ y, ((batch, 3, *left), (batch, 1, *right))),
        (lambda x, y: x @ y, ((b,), right)),
        (torch.mv, (left, (b,))),
        (lambda x, y: x.__rmatmul__(y), (right, left)),
        (torch.bmm, ((batch, *left), (batch, *right))),
        (torch.addmm, ((c,), left, right)),
        (torch.baddbmm, ((batch, a, c), (batch, *left), (batch, *right))),
        (torch.addmv, ((a,), left, (b,))),
    ]
    operation, shapes = random.choice(drawn)
    return Sample(lambda: operation, shapes)


def _sample_outer(random: Random) -> Sample:
    return Sample(lambda: torch.outer, (tensor(random, 1), tensor(random, 1)))


def _sample_solved(random: Random) -> Sample:
    batch, size, right = tensor(random, 3)
    shapes = random.choice([((batch, size, size), (batch, size, right)), ((size, size), (batch, size, right))])
    return Sample(lambda: lambda a, b: torch.linalg.solve_triangular(a, b, upper=False), shapes)


RULES: tuple[Rule, ...] = (
    step(
        "matmul",
        Bi("矩阵乘法", "matrix product"),
        Kind.MATRIX,
        _product,
        _sample,
        "matmul rmatmul mm bmm mv dot vdot addmm baddbmm addmv int_mm scaled_mm",
        reason=NOTHING,
    ),
    step("outer", Bi("外积", "outer product"), Kind.MATRIX, _outer, _sample_outer, "outer ger", reason=FIXED),
    step(
        "solve_triangular",
        Bi("解三角方程组", "triangular system"),
        Kind.MATRIX,
        _solved,
        _sample_solved,
        "linalg_solve_triangular linalg_solve",
        reason=FIXED,
    ),
)
