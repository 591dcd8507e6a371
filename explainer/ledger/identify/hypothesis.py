"""One thing that a number about a model may be."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.i18n.bilingual import Bi
from explainer.ledger.identify.number_reader import Family
from explainer.walkthrough.counted import Line

BATCHES = (2, 4, 8, 12, 16, 32, 64, 128, 256, 512)


@dataclass(frozen=True)
class Hypothesis:
    """label: what the figure is; value: exactly; cost: how odd it is. lines: the ledger's lines that say so.

    working: how the value comes about (`138,357,544·4`), where that is more than a sum over the layers.
    """

    label: Bi
    value: int
    family: Family
    cost: int
    lines: tuple[Line, ...] = ()
    working: str = ""


def family_of(quantity: str) -> Family:
    """What a ledger's quantity counts."""
    if quantity in ("params", "trainable"):
        return "params"
    if quantity in ("macs", "flops", "madd", "mult_adds"):
        return "operations"
    return "bytes" if any(word in quantity for word in ("byte", "mem", "size", "mib")) else "elements"
