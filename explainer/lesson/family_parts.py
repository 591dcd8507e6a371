"""What a family's total is made of: part by part, and a repeated block opened once."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code, Math, Strong, Table, Text
from explainer.formula.expansion import multiplied_out
from explainer.formula.tree import Expr, Number
from explainer.i18n.bilingual import Bi, grouped
from explainer.lesson.family_values import expanded_in, numbers_text, value_at
from explainer.lesson.phrases import share
from explainer.walkthrough.family import (
    Family,
    Part,
    flat,
    has_repetition,
    repeated,
)

PARTS = (
    Bi("部分", "Part"),
    Bi("公式", "Formula"),
    Bi("代入", "Numbers"),
    Bi("参数量", "Parameters"),
    Bi("占比", "Share"),
)
LAYERS = (Bi("层", "Layer"), Bi("公式", "Formula"), Bi("展开", "Expanded"), Bi("参数量", "Parameters"))
ONE_BLOCK = Bi(zh="其中一块{path}由下面各层组成：", en="One block, {path}, consists of these layers:")
BLOCK = Bi(zh="一块合计", en="One block")
MOST_ROWS = 24
MOST_BLOCKS = 3


def parts_table(page: Page, family: Family) -> None:
    """What the total is made of, in the model's order; single layers side by side are one row where there are too many."""
    parts = list(flat(family.parts))
    whole = value_at(family, family.params)
    if len(parts) > MOST_ROWS:
        parts = [part for part in parts if not isinstance(part.times, Number)]
    rows: list[tuple[Text, ...]] = []
    for part in parts:
        formula = repeated(part, [symbol.name for symbol in family.symbols])
        value = value_at(family, formula)
        numbers = f"{grouped(value_at(family, part.times))}·{grouped(value_at(family, part.whole()))}"
        shown = numbers if part.times != Number(1) else numbers_text(family, formula)
        name = part.path if part.times == Number(1) else f"{part.path} …"
        rows.append(((Code(name),), (Math(formula),), (shown,), (grouped(value),), (share(value, whole),)))
    if rows:
        page.blocks.append(Table(tuple(page.both(title) for title in PARTS), "lllrr", tuple(rows)))


def blocks_opened(page: Page, family: Family) -> None:
    """What stands there several times, opened once for each class."""
    told: set[str] = set()
    for part in _repeated(family.parts):
        if part.type in told or part.formula is not None or len(told) == MOST_BLOCKS:
            continue
        told.add(part.type)
        page.say(ONE_BLOCK, path=Code(part.path))
        rows: list[tuple[Text, ...]] = []
        for leaf, times in _leaves(part):
            assert leaf.formula is not None
            name = leaf.path.removeprefix(part.path + ".")
            factor = () if times == Number(1) else (Math(times), "×")
            expanded = multiplied_out(leaf.formula, [symbol.name for symbol in family.symbols]) or leaf.formula
            value = value_at(family, leaf.formula)
            rows.append(((*factor, Code(name)), (Math(leaf.formula),), (Math(expanded),), (grouped(value),)))
        whole = part.whole()
        value = value_at(family, whole)
        rows.append(((Strong(page.label(BLOCK)),), (), (Math(expanded_in(family, whole)),), (Strong(grouped(value)),)))
        page.blocks.append(Table(tuple(page.both(title) for title in LAYERS), "lllr", tuple(rows)))


def _repeated(parts: tuple[Part, ...]) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        if not isinstance(part.times, Number):
            found.append(part)
        elif has_repetition(part):
            found += _repeated(part.parts)
    return found


def _leaves(part: Part) -> list[tuple[Part, Expr]]:
    """The layers of a block, each with how often it stands there."""
    if part.formula is not None:
        return [(part, Number(1))]
    found = []
    for inner in part.parts:
        for leaf, times in _leaves(inner):
            found.append((leaf, inner.times if inner.times != Number(1) else times))
    return found
