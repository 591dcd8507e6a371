"""Steps that are several products of matrices at once: chains, powers, gradients inside a forward."""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from explainer.i18n.bilingual import Bi
from explainer.rules.base import DoesNotApply, Rule, Sample
from explainer.rules.by_operators import FORM, MADE_OF, multiplied, products_known
from explainer.rules.functional import FIXED, step, tensor
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.case import Output

GRADIENT = Bi(
    zh="反向传播：沿计算图由输出往回求导，每个矩阵乘法或卷积要对它的每个需要导数的输入再乘一次。",
    en="A backward pass: the derivatives are followed from the output back through the graph, and each product of matrices or "
    "convolution is made once more for each of its inputs that needs one.",
)
CHAINED = Bi(
    zh="几个矩阵连乘：先乘哪两个不影响结果，却影响次数，PyTorch选次数最少的次序。",
    en="A chain of matrices: the order in which they are multiplied does not change the result but the cost, and PyTorch takes "
    "the cheapest.",
)
POWER = Bi(zh="矩阵的幂：反复平方，再相乘。", en="A power of a matrix: squared again and again, and multiplied.")
_WHY = {
    "grad": GRADIENT,
    "backward": GRADIENT,
    "chain_matmul": CHAINED,
    "linalg_multi_dot": CHAINED,
    "linalg_matrix_power": POWER,
    "matrix_power": POWER,
}

__all__ = ["MADE_OF", "RULES"]


def _output(call: Call) -> Output:
    why = _WHY.get(call.type)
    if why is None and not products_known(call):
        raise DoesNotApply("torch multiplied nothing that has sizes")
    said = (why,) if why else ()
    if not products_known(call):
        return Output(None, why=said, form=FORM)
    formula, values, made_of = multiplied(call)
    return Output(None, values, why=said, macs=formula, macs_why=(made_of,), form=FORM)


def _sample(random: Random) -> Sample:
    (a, b, c, d), power = tensor(random), random.randint(2, 9)
    drawn: list[tuple[Any, tuple[Any, ...]]] = [
        (lambda x, y, z: torch.linalg.multi_dot([x, y, z]), ((a, b), (b, c), (c, d))),
        (lambda x: torch.linalg.matrix_power(x, power), ((a, a),)),
    ]
    operation, shapes = random.choice(drawn)
    return Sample(lambda: operation, shapes)


RULES: tuple[Rule, ...] = (
    step(
        "operators",
        Bi("由矩阵乘法组成的一步", "a step of products of matrices"),
        Kind.MATRIX,
        _output,
        _sample,
        "grad backward chain_matmul linalg_multi_dot linalg_matrix_power matrix_power",
        reason=FIXED,
    ),
)
