"""The symbols of a family: what each is, its value here, and for which values it was tested."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from explainer.document.builder import Page
from explainer.document.nodes import Code, Inline, Math, Table, Text, Words
from explainer.i18n.bilingual import Bi, joined, same
from explainer.lesson.family_values import setting_text
from explainer.walkthrough.family import (
    Family,
    Hyper,
    Range,
    exact,
)
from explainer.walkthrough.model import Walkthrough

SYMBOLS = (
    Bi("符号", "Symbol"),
    Bi("含义", "Meaning"),
    Bi("构造参数", "Argument"),
    Bi("本例", "Here"),
    Bi("核对过的范围", "Tested"),
)
RANGE = Bi(zh="{low}～{high}", en="{low} to {high}")
MULTIPLES = Bi(zh="{low}～{high}（{step}的倍数）", en="{low} to {high} (multiples of {step})")
RANGE_STEP = Bi(zh="{low}～{high}（每次加{step}）", en="{low} to {high} in steps of {step}")
ONE_SYMBOL = Bi(
    zh="式中{symbol}为{meaning}（{name}），本例为{value}，在{range}的范围内核对过。",
    en="Here {symbol} is the {meaning} ({name}), {value} in this model and tested from {range}.",
)
_ENTRY, _NUMBER = re.compile(r"(.*)\[(\d+)\]"), re.compile(r"\d+")
LISTED = Bi("、", ", ")


def family_symbols(page: Page, walk: Walkthrough) -> None:
    """The table of what the formulas are in."""
    if walk.family is not None:
        symbols_table(page, walk.family)


def symbols_table(page: Page, family: Family) -> None:
    """A row for each symbol, those of one list together."""
    ranges = {one.name: one for one in family.domain.ranges}
    rows = tuple(_symbol_row(page, run, ranges) for run in _side_by_side(page, family.free))
    page.blocks.append(Table(tuple(page.both(title) for title in SYMBOLS), "cllrl", rows))


def _side_by_side(page: Page, found: Sequence[Hyper]) -> list[list[Hyper]]:
    """On paper the numbers of one list that mean the same, stage by stage, are one row: layers[0], layers[1], …"""
    runs: list[list[Hyper]] = []
    for hyper in found:
        if runs and page.detail == "handout" and _goes_on(runs[-1][-1], hyper):
            runs[-1].append(hyper)
        else:
            runs.append([hyper])
    return runs


def _goes_on(before: Hyper, hyper: Hyper) -> bool:
    """Blocks of stage 2, blocks of stage 3: entries of one list, of the same words but for the next number."""
    one, other = (_ENTRY.fullmatch(each.name) for each in (before, hyper))
    if not (one and other) or one[1] != other[1]:
        return False
    numbers = [_NUMBER.findall(each.symbol.meaning.zh) for each in (before, hyper)]
    alike = _NUMBER.sub("#", before.symbol.meaning.zh) == _NUMBER.sub("#", hyper.symbol.meaning.zh)
    if not any(numbers):
        return alike and int(other[2]) == int(one[2]) + 1
    return alike and all(len(each) == 1 for each in numbers) and int(numbers[1][0]) == int(numbers[0][0]) + 1


def _symbol_row(page: Page, run: list[Hyper], ranges: Mapping[str, Range]) -> tuple[Text, ...]:
    """One symbol, or those of a list's numbers, with what was tested of each."""
    said, code = run[0].symbol.meaning, run[0].name
    if len(run) > 1:
        code = code.partition("[")[0]
    if len(run) > 1 and _NUMBER.search(said.zh):
        first, last = (_NUMBER.findall(each.symbol.meaning.zh)[0] for each in (run[0], run[-1]))
        zh = _NUMBER.sub(f"{first}～{last}", said.zh)
        en = said.en.replace(f"stage {first}", f"stages {first} to {last}")
        said = Bi(zh, en.replace(f"entry {first}", f"entries {first} to {last}"))
    names: list[Inline] = []
    for hyper in run:
        names += [LISTED[page.langs[0]], Math(hyper.symbol)] if names else [Math(hyper.symbol)]
    values = LISTED[page.langs[0]].join(setting_text(hyper.value) for hyper in run)
    tested = tested_for(page, [ranges[hyper.name] for hyper in run])
    return tuple(names), page.both(said), (Code(code),), (values,), tested


def tested_for(page: Page, found: Sequence[Range]) -> Text:
    """62～16,000: numbers alone are not said twice in a bilingual table."""
    text = joined([range_said(one) for one in found], "、", ", ")
    plain_numbers = all(one.step == 1 or one.only for one in found)
    return (text[page.langs[0]],) if plain_numbers else page.both(text)


def range_said(one: Range) -> Bi:
    """62～16,000, multiples of 8 where others were not tested."""
    if one.only:
        return joined([same(setting_text(value)) for value in one.only], "、", ", ")
    words = {"low": one.low, "high": one.high, "step": one.step}
    in_steps = RANGE_STEP if exact(one.low) % exact(one.step) else MULTIPLES
    text = RANGE if one.step == 1 else in_steps
    return text.format(**{name: same(setting_text(value)) for name, value in words.items()})


def only_symbol(page: Page, family: Family, hyper: Hyper) -> Words:
    """What the only symbol is, and where it was tested."""
    (tested,) = (one for one in family.domain.ranges if one.name == hyper.name)
    return page.words(
        ONE_SYMBOL,
        symbol=Math(hyper.symbol),
        meaning=hyper.symbol.meaning,
        name=Code(hyper.name),
        value=same(setting_text(hyper.value)),
        range=range_said(tested),
    )
