"""What the model is built with and its number of parameters does not depend on, with the reason where that is known."""

from __future__ import annotations

import re

from explainer.document.builder import Page, codes
from explainer.document.nodes import Code, Words
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.family import Family, Hyper

IDLE = Bi(
    zh="{names}不影响参数量。",
    en="{names} do not change the number of parameters.",
)
IDLE_ONE = Bi(zh="{names}不影响参数量。", en="{names} does not change the number of parameters.")
HEADS = Bi(
    zh="{name}不影响参数量：各头平分{width}的{d}维，每头{d}/{h}={each}维，合起来仍是{d}维，所以投影矩阵的大小与头数无关。",
    en="{name} does not change the number of parameters: the heads share the {d} dimensions of {width}, {d}/{h} = {each} each, which are "
    "{d} together again, so the projections are as large for any number of heads.",
)
EXPERTS = Bi(
    zh="{name}不影响参数量：无论每个词元用到几个专家，全部{n}个专家的参数都在模型中。",
    en="{name} does not change the number of parameters: however many experts a token uses, the parameters of all {n} are in the model.",
)
DROPPED = Bi(
    zh="{names}不影响参数量：丢弃只在训练时把一部分值置零，没有可学习的参数。",
    en="{names} does not change the number of parameters: dropout only sets some values to zero in training and learns nothing.",
)
_HEADS = re.compile(r"n_[hd](_.+)?")
_DROPPED = re.compile(r"(.*[._])?(\w*_)?(dropout|drop_rate|dropout_rate|pdrop)")


def without_effect(page: Page, family: Family) -> list[Words]:
    """A sentence for those of each reason, and one for all others."""
    said: list[Words] = []
    rest: list[str] = []
    dropped: list[str] = []
    for hyper in family.hypers:
        if hyper.role != "without_effect":
            continue
        known = _heads(page, family, hyper) or _experts(page, family, hyper)
        if known is not None:
            said.append(known)
        else:
            (dropped if _DROPPED.fullmatch(hyper.name) else rest).append(hyper.name)
    said += [page.words(DROPPED, names=codes(dropped))] if dropped else []
    return said + ([page.words(IDLE_ONE if len(rest) == 1 else IDLE, names=codes(rest))] if rest else [])


def _heads(page: Page, family: Family, hyper: Hyper) -> Words | None:
    """Heads that divide one width: d = h·(d/h)."""
    widths = {number for divisor, number in family.domain.divides if divisor == hyper.name}
    if not _HEADS.fullmatch(hyper.symbol.name) or len(widths) != 1:
        return None
    name = widths.pop()
    width, heads = family.settings[name], hyper.value
    if not isinstance(width, int) or not isinstance(heads, int) or width % heads:
        return None
    return page.words(HEADS, name=Code(hyper.name), width=Code(name), d=width, h=heads, each=width // heads)


def _experts(page: Page, family: Family, hyper: Hyper) -> Words | None:
    """How many of the experts a token uses."""
    experts = [one.value for one in family.free if one.symbol.name == "E"]
    if hyper.symbol.name != "k" or len(experts) != 1 or not isinstance(experts[0], int):
        return None
    return page.words(EXPERTS, name=Code(hyper.name), n=experts[0])
