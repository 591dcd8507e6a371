"""Parameters that a forward uses directly: those alike but for a layer's number stand together."""

from __future__ import annotations

import re

from explainer.document.builder import Page
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.lesson.phrases import share, tensor_text
from explainer.walkthrough.model import RawParameter, Walkthrough

MANY_ALIKE = Bi(
    zh="{first}至{last}，每个{each}，共{n}个，{sum}", en="{first} to {last}, each {each}, {n} of them, {sum}"
)
USED_BY = Bi(zh="（用于第{steps}步）", en=" (used in step {steps})")
UNUSED = Bi(zh="（这次没有用到）", en=" (not used in this pass)")


def alike(page: Page, walk: Walkthrough) -> list[list[RawParameter]]:
    """Raw parameters that differ in a layer's number alone, together: `layers.0.norm.weight`, `layers.1.norm.weight`."""
    found: dict[object, list[RawParameter]] = {}
    for raw in walk.raw_parameters:
        key = raw.name if page.detail == "full" else (re.sub(r"\d+", "*", raw.name), raw.shape)
        found.setdefault(key, []).append(raw)
    return list(found.values())


def raw_row(alike: list[RawParameter], whole: int) -> tuple[str, str, str, str]:
    """Name, formula, how many and the share, for a table."""
    total = sum(raw.params for raw in alike)
    name = alike[0].name if len(alike) == 1 else f"{alike[0].name} … {alike[-1].name}"
    each = tensor_text(alike[0].shape, alike[0].params).zh.split("=")[0]
    formula = each if len(alike) == 1 else f"{len(alike)}·{each}"
    return name, formula, grouped(total), share(total, whole)


def raw_text(alike: list[RawParameter], walk: Walkthrough) -> Bi:
    """`pos 1×12×32=384（用于第2步）`; many alike: the first and the last, and how many."""
    first, last = alike[0], alike[-1]
    each = tensor_text(first.shape, first.params)
    if len(alike) > 1:
        total = grouped(sum(raw.params for raw in alike))
        many = f"{len(alike)}·{grouped(first.params)}"
        return MANY_ALIKE.format(
            first=same(first.name),
            last=same(last.name),
            each=each,
            n=len(alike),
            sum=Bi(f"{many}={total}", f"{many} = {total}"),
        )
    return same(f"{first.name} ") + each + _users(first, walk)


def _users(raw: RawParameter, walk: Walkthrough) -> Bi:
    """Where it is used; that it is not is said only of a pass that is all there."""
    if not raw.used_by:
        return UNUSED if walk.complete and walk.layers else same("")
    steps = ", ".join(map(str, raw.used_by[:4]))
    return USED_BY.format(steps=Bi(steps.replace(", ", "、"), steps))
