"""Figures that papers and pages print of well-known models, as meanings of a number, and why they are not quite what is counted."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.cost.published import COUNTED, Explained, explained, published
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


OTHER_MODEL = Bi(zh="另一个模型{name}的参数量", en="parameters of another model, {name}")
PRINTED_OF_OTHER = Bi(zh="{place}给另一个模型{name}写的{says}", en="{says} in {place}, of another model, {name}")


def of_others(walk: Walkthrough) -> Iterator[Hypothesis]:
    """The parameters of other well-known models, as they are and as they are printed: a number may be of a neighbour."""
    for one in published():
        if one.params == walk.totals.params:
            continue
        yield Hypothesis(OTHER_MODEL.format(name=one.name), one.params, "params", 3)
        for figure in one.figures:
            if figure.of == "params":
                said = PRINTED_OF_OTHER.format(place=figure.source.place, name=one.name, says=figure.says)
                yield Hypothesis(said, figure.value, "params", 4)


def _working(walk: Walkthrough, one: Explained) -> str:
    """Of the older ResNet: what the moved stride takes off."""
    macs = walk.macs.value
    if one.figure.of != "macs_v1" or macs is None or one.own is None:
        return ""
    return f"{macs:,}−{macs - one.own:,}"
