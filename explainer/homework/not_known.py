"""Figures that nobody can say, because the forward pass is known in part only: an answer to them is undecided."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity
from explainer.walkthrough.model import Layer, Uncalled, Walkthrough

NOT_REACHED = Bi(
    zh="无法判定：前向传播没有走完，{path}未执行到，这个数不得而知。",
    en="This cannot be decided: the forward pass did not reach its end, and not {path}, so that the figure is not known.",
)
UNKNOWN_STEP = Bi(
    zh="无法判定：没有规则能说明{path}这一步做了多少乘加。",
    en="This cannot be decided: no rule says how much is multiplied in {path}.",
)
A_PART = Bi(
    zh="无法判定：前向传播没有全部推导出来，这里只知道至少是{least}。",
    en="This cannot be decided: not the whole forward pass is derived, and all that is known is that it is at least {least}.",
)
COSTS = ("macs", "flops")
OF_A_CALL = (*COSTS, "shape", "activations")


def of_part(walk: Walkthrough, part: Layer | Uncalled, quantity: Quantity) -> Bi | None:
    """Why a layer's figure is not known; None where it is."""
    if isinstance(part, Uncalled):
        stopped = walk.completeness.stopped is not None
        return NOT_REACHED.format(path=part.path) if stopped and quantity in OF_A_CALL else None
    if quantity in COSTS and not part.macs_known:
        return UNKNOWN_STEP.format(path=part.path or part.type)
    return None


def of_sum(walk: Walkthrough, parts: Sequence[Layer | Uncalled], quantity: Quantity, *, whole: bool) -> Bi | None:
    """Why a container's or the network's figure is not known; parameters are, wherever the pass stopped."""
    if quantity not in COSTS or walk.complete:
        return None
    layers = [part for part in parts if isinstance(part, Layer)]
    missing = walk.completeness
    elsewhere = not (missing.stopped or missing.unseen or missing.unseen_flops)
    if elsewhere and not whole and all(layer.macs_known for layer in layers):
        return None  # what is missing is missing in another part
    least = sum(layer.macs.value for layer in layers if layer.macs) * (2 if quantity == "flops" else 1)
    return A_PART.format(least=least)
