"""Figures that papers and pages print of well-known models, as meanings of a number, and why they are not quite what is counted."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.cost.published import COUNTED, Explained, explained
from explainer.i18n.bilingual import Bi
from explainer.ledger.identify.hypothesis import Hypothesis
from explainer.ledger.identify.number_reader import Family
from explainer.walkthrough.model import Walkthrough

PRINTED = Bi(zh="{place}写作{says}：{why}", en="{says} in {place}: {why}")


def documented(walk: Walkthrough) -> Iterator[Hypothesis]:
    """The printed figures of this model; and what they count as we count it, where that is odder than the totals."""
    for one in explained(walk):
        figure = one.figure
        family: Family = "operations" if figure.of.startswith("macs") else "params"
        said = PRINTED.format(place=figure.source.place, says=figure.says, why=one.why)
        yield Hypothesis(said, figure.value, family, 1)
        if one.own is not None and figure.of not in ("params", "macs"):
            yield Hypothesis(COUNTED[figure.of], one.own, family, 2, working=_working(walk, one))


def _working(walk: Walkthrough, one: Explained) -> str:
    """Of the older ResNet: what the moved stride takes off."""
    macs = walk.macs.value
    if one.figure.of != "macs_v1" or macs is None or one.own is None:
        return ""
    return f"{macs:,}−{macs - one.own:,}"
