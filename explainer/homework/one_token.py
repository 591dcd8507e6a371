"""What one token uses of a mixture of experts, as a figure that can be asked for."""

from __future__ import annotations

import math

from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Expr, Number, Product, Sum
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity
from explainer.walkthrough.idea import E, Experts, K
from explainer.walkthrough.model import Walkthrough

ACTIVE: dict[str, Quantity] = {"total.active": "params", "total.active.macs": "macs"}
OF_ONE_TOKEN: dict[str, Bi] = {
    "total.active": Bi("一个词元用到的参数量", "number of parameters that one token uses"),
    "total.active.macs": Bi(
        "每个词元只经过选中的专家时的计算量（乘加）",
        "number of multiply-accumulates if each token meets only the experts that it chooses",
    ),
}
MET = Bi(
    zh="无法判定：从这次前向传播看不出每个词元经过了几个专家。",
    en="This cannot be decided: the forward pass does not show how many experts each token met.",
)


def macs_of_one_token(walk: Walkthrough) -> Derivation | None:
    """The pass with each token sent to its own experts only: all, less those that it does not choose, for every token.

    One number where the pass does so already, or experts have more parameters than multiply (biases). None where nobody knows.
    """
    active = walk.active
    if active is None or active.macs is None:
        return None
    whole, tokens = walk.macs.value or 0, tokens_of(walk)
    if whole == active.macs or whole - tokens * sum(group.idle for group in active.experts) != active.macs:
        return derive(Number(active.macs), {})
    terms: list[tuple[bool, Expr]] = [(True, Number(whole))]
    return derive(Sum((*terms, *((False, _idle(group, tokens)) for group in active.experts))), {})


def tokens_of(walk: Walkthrough) -> int:
    """How many tokens the pass takes."""
    shape = walk.run.input_shapes[0] if walk.run.input_shapes else ()
    floats = bool(walk.run.input_dtypes) and walk.run.input_dtypes[0].startswith(("float", "bfloat"))
    return math.prod(shape[:-1] if floats else shape)


def _idle(group: Experts, tokens: int) -> Expr:
    rest = Sum(((True, Number(group.experts, E)), (False, Number(group.used, K))))
    factors: tuple[Expr, ...] = (Number(tokens), Number(group.mixtures), rest, Number(group.params))
    return Product(tuple((True, factor) for factor in factors))
