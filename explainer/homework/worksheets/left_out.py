"""What a students' edition leaves out as a whole: sections that are answers, or nothing but results and formulas."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from explainer.document.nodes import Block, Heading
from explainer.i18n.bilingual import Bi
from explainer.lesson.exercises import ANSWERS, EXERCISES, PITFALLS
from explainer.lesson.formula_card import CARD
from explainer.lesson.published import HEADING as PUBLISHED


def kept(blocks: Sequence[Block], steps: Collection[str]) -> Iterator[tuple[Block, bool]]:
    """The blocks that stay, each with whether it is an exercise, whose numbers are given and no results.

    The answers and the pitfalls (right and wrong working side by side) never stay; what papers print of the model goes with the
    results, of which it is a rounding, and the formula card with the formulas.
    """
    gone = [ANSWERS, PITFALLS]
    gone += [PUBLISHED] if {"last", "values"} & set(steps) else []
    gone += [CARD] if "formula" in steps else []
    leaving = asking = False
    for block in blocks:
        if isinstance(block, Heading) and (block.level <= 2 or not leaving):
            leaving = any(_is(block, one) for one in gone)
            asking = _is(block, EXERCISES)
        if not leaving:
            yield block, asking


def _is(heading: Heading, title: Bi) -> bool:
    text = "".join(map(str, heading.text))
    return text in (title.zh, title.en, f"{title.zh} {title.en}", f"{title.en} {title.zh}")
