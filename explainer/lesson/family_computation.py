"""The multiply-accumulates of a family: the formula in its symbols and the input's sizes, and how it was tested."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.document.builder import Page, merge
from explainer.document.nodes import Code, Inline, Math, Table, Text
from explainer.formula.factors import taken_out
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Number, substitute, symbols
from explainer.i18n.bilingual import Bi, Lang, joined, same
from explainer.lesson.family_equation import WIDE, equation
from explainer.lesson.family_macs import (
    POSITIONS,
    SHORTER,
    growth,
    growth_with_positions,
    in_positions,
    smaller_patches,
)
from explainer.lesson.family_proof import OUTSIDE
from explainer.lesson.family_symbols import SYMBOLS, range_said, tested_for
from explainer.lesson.family_values import env_of, setting_text, value_at
from explainer.lesson.phrases import COMMA, EQUALS
from explainer.walkthrough.family import (
    Family,
    Hyper,
    Range,
)

COMPUTATION = Bi(zh="计算量", en="multiply-accumulates")
MACS = Bi(
    zh="一次前向传播的计算量也可写成公式，其中还含输入的大小：",
    en="The multiply-accumulates of a pass can be written in the same way, with the sizes of the input among the symbols:",
)
MACS_PROVED = Bi(
    zh="验证：先用{made}组取值做前向传播，求出公式；再用另外{held}组取值核对，完全相等；代入本例的值，与前面的计算量相等。",
    en="Checked: the formula was found from passes with {made} sets of numbers and agrees exactly with passes with {held} other sets; with the "
    "numbers of this model it gives the computation above.",
)
MACS_PROVED_SHORT = Bi(
    zh="验证：先用{made}组取值求出公式，再用另外{held}组取值的前向传播核对，完全相等；代入本例的值，得前面的计算量。",
    en="Checked: found from passes with {made} sets of numbers, it agrees exactly with {held} others; with the numbers of this model it gives the computation above.",
)
HERE_ARE = Bi(zh="式中{symbols}。", en="Here {symbols}.")
IS = Bi(zh="为{meaning}", en=" is the {meaning}")
TESTED_FOR = Bi(zh="{name}为{range}", en="{name} {range}")
RANGES = Bi(
    zh="核对过的范围：{ranges}；此外没有核对过。",
    en="It was tested with these values: {ranges}. Outside these ranges nothing was tested.",
)
MACS_CUT = Bi(
    zh="计算量没有写成公式：前向传播次数达到上限，查找在{passes}次后停止。",
    en="There is no formula for the computation: the search ended after {passes:pass|passes}, at its limit.",
)
INPUTS = ("batch", "tokens", "side")


def computation(page: Page, macs: Family, family: Family, attention: int) -> None:
    """The multiply-accumulates in the same symbols and in the input's sizes. attention: how many of them are attention's."""
    if macs.params is None:
        page.tell([MACS_CUT.format(passes=macs.builds)])
        return
    value = Number(value_at(macs, macs.params))
    own = [hyper.symbol for hyper in macs.free if hyper.name in INPUTS]
    shorter = in_positions(macs)
    if shorter is not None:
        formula, positions, many = shorter
        page.say(SHORTER, symbol=Math(POSITIONS), formula=Math(positions), value=many)
        equation(
            page, page.label(COMPUTATION), [taken_out(formula, [*own, POSITIONS], [POSITIONS, *macs.symbols]), value]
        )
        growth_with_positions(page, formula, macs)
        smaller_patches(page, family)
    else:
        page.tell([MACS])
        env = env_of(macs)
        whole = all(isinstance(number, int) for number in env.values())
        formula = taken_out(macs.params, own, macs.symbols)
        numbers = [substitute(formula, {symbol: int(n) for symbol, n in env.items()})] if whole else []
        short = [one for one in numbers if len(plain(one, Plain())) <= WIDE]
        equation(page, page.label(COMPUTATION), [formula, *short, value])
    if page.detail == "handout":
        _own_symbols(page, macs, family)
    growth(page, macs, family, attention)
    ranges = {one.name: one for one in macs.domain.ranges}
    made = len(macs.domain.tested) - macs.domain.held_out
    if page.detail == "handout":
        _computation_in_short(page, macs, ranges, made)
        return
    table = tuple(
        (
            (Math(h.symbol),),
            page.both(h.symbol.meaning),
            (Code(h.name),),
            (setting_text(h.value),),
            tested_for(page, [ranges[h.name]]),
        )
        for h in macs.free
        if h.symbol in set(symbols(macs.params))
    )
    page.blocks.append(Table(tuple(page.both(title) for title in SYMBOLS), "cllrl", table))
    page.tell([MACS_PROVED.format(made=made, held=macs.domain.held_out), OUTSIDE])


def _own_symbols(page: Page, macs: Family, family: Family) -> None:
    """The symbols that only the computation has, the input's sizes among them, right below its formula."""
    used = set(symbols(macs.params)) if macs.params is not None else set()
    told = {hyper.symbol for hyper in family.free}
    if own := [hyper for hyper in macs.free if hyper.symbol in used - told]:
        page.say(HERE_ARE, symbols={lang: _with_values(own, lang) for lang in page.langs})


def _computation_in_short(page: Page, macs: Family, ranges: dict[str, Range], made: int) -> None:
    """On paper: how it was checked, and the ranges, in a sentence."""
    used = set(symbols(macs.params)) if macs.params is not None else set()
    told_of = [hyper for hyper in macs.free if hyper.symbol in used]
    tested = [
        TESTED_FOR.format(name=same(f"{{s{i}}}"), range=range_said(ranges[h.name])) for i, h in enumerate(told_of)
    ]
    said = joined(tested, "、", ", ")
    names = {f"s{i}": Math(hyper.symbol) for i, hyper in enumerate(told_of)}
    proved = page.words(MACS_PROVED_SHORT, made=made, held=macs.domain.held_out)
    page.together([proved, page.words(RANGES.format(ranges=said), **names)])


def _with_values(found: Sequence[Hyper], lang: Lang) -> Text:
    """N=1为批量大小，T=128为序列长度."""
    parts: list[Inline] = []
    for hyper in found:
        meaning = IS.format(meaning=hyper.symbol.meaning)[lang]
        parts += [
            COMMA[lang] if parts else "",
            Math(hyper.symbol),
            f"{EQUALS[lang]}{setting_text(hyper.value)}{meaning}",
        ]
    return merge(tuple(parts))
