"""What is said of totals in symbols: how they were proved, and how the computation goes with a size."""

from __future__ import annotations

from collections.abc import Mapping

from explainer.i18n.bilingual import Bi, same
from explainer.walkthrough.measured import InSymbols

PROVED = Bi(
    zh="公式由{count}组尺寸下的运行结果求得，并用另外{proof}组尺寸验证，完全相符。",
    en="The formulas come from runs of the model at {count} sizes and were checked by running it at {proof} others: equal to "
    "the unit.",
)
DEGREES: Mapping[int, Bi] = {
    0: Bi("与{name}无关", "does not depend on {name}"),
    1: Bi("是{name}的一次函数", "is linear in {name}"),
    2: Bi("是{name}的二次函数", "is quadratic in {name}"),
}


def proof_sentence(found: InSymbols) -> Bi | None:
    """How the formulas were proved, in a sentence; None where there are none."""
    return PROVED.format(count=len(found.bases), proof=len(found.proof)) if found.proof else None


def dependence(found: InSymbols, name: str) -> Bi | None:
    """How the MACs go with a size: 'is quadratic in T'; None where it does not occur or the power is higher."""
    if found.macs is None or name not in [variable.name for variable in found.macs.variables]:
        return None
    degree = found.macs.degree(name)
    return DEGREES[degree].format(name=same(name)) if degree in DEGREES else None
