"""For which values a family's formula was tested, what it needs, and where it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explainer.document.builder import Page, codes
from explainer.document.nodes import Code, Words
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.lesson.family_gathered import gathered
from explainer.lesson.family_idle import without_effect
from explainer.lesson.family_symbols import only_symbol
from explainer.lesson.family_terms import origins
from explainer.lesson.family_values import setting_text
from explainer.walkthrough.family import (
    Counterexample,
    Family,
    Hyper,
    Setting,
)

CUT = Bi(
    zh="构造次数达到上限，查找在{builds}次后停止。",
    en="The search ended after {builds:build|builds}, at its limit.",
)
STAYS = Bi(
    zh="公式只对{names}成立（取别的值时结构改变、无法构造，或没有找到公式）。",
    en="The formula is for {names} only (at other values the structure is another, the model cannot be built, or no formula was "
    "found).",
)
PROVED = Bi(
    zh="验证：由{made}组取值构造的模型求出公式，再用另外{held}组取值构造的模型核对，参数量完全相等。",
    en="Checked: the formula was found from models built with {made} sets of numbers, and gives exactly the parameters of {held} others.",
)
NEEDS = Bi(zh="{a}必须整除{b}。", en="{a} must divide {b}.")
RELATION = Bi(zh="须满足{a} {sign} {b}。", en="It needs {a} {sign} {b}.")
WHOLE = Bi(
    zh="宽度与{names}的乘积须为整数（否则模型会舍去小数部分）。",
    en="A width times {names} must be a whole number (else the model cuts the fraction off).",
)
FAILS = Bi(
    zh="反例：{values}时，公式给出{formula}，模型实有{model}个参数，所以公式不能用到表中范围以外。",
    en="A counterexample: with {values} the formula gives {formula}, but the model has {model} parameters; so it must not be used "
    "outside the ranges in the table.",
)
FAILS_BY_ROUNDING = Bi(
    zh="反例：{values}时，公式给出{formula}，不是整数，而模型中有取整，实有{model}个参数，所以公式不能用到表中范围以外。",
    en="A counterexample: with {values} the formula gives {formula}, no whole number; the model rounds, and has {model} parameters; so "
    "the formula must not be used outside the ranges in the table.",
)
ABOUT = Bi(zh="约{value}", en="≈{value}")
ONLY_TESTED = Bi(
    zh="公式在表中范围以内也有不成立的取值，所以只可用于验证过的{n}组取值。",
    en="It fails within the ranges too, so it may be used at the {n} settings only where it was tested.",
)
OUTSIDE = Bi(zh="表中范围以外没有核对过。", en="Outside the ranges in the table nothing was tested.")
OUTSIDE_IT = Bi(zh="这一范围以外没有核对过。", en="Outside that range nothing was tested.")


def proof(page: Page, family: Family, verdict: Bi, alone: Hyper | None = None) -> None:
    """alone: the formula's only symbol, told here and in no table."""
    domain = family.domain
    by_role: dict[str, list[str]] = {}
    for hyper in family.hypers:
        by_role.setdefault(hyper.role, []).append(hyper.name)
    said: list[Words] = [
        *([only_symbol(page, family, alone)] if alone else []),
        *(gathered(page, family) or origins(page, family)),
        page.words(verdict),
    ]
    said += without_effect(page, family)
    settings = family.settings
    stays = [name for role in ("structural", "fixed", "no_formula") for name in by_role.get(role, ())]
    if stays:
        said.append(page.words(STAYS, names=codes(_as_written(stays, settings))))
    made = len(domain.tested) - domain.held_out
    said.append(page.words(PROVED, made=made, held=domain.held_out))
    said += _divisors(page, [pair for pair in domain.divides if not {*pair}.intersection(stays)])
    said += [page.words(RELATION, a=Code(a), sign=same(sign), b=Code(b)) for a, sign, b in domain.relations]
    if ratios := [hyper.name for hyper in family.ratios]:
        said.append(page.words(WHOLE, names=codes(ratios)))
    failed = domain.counterexamples[:1]
    said += [_counterexample(page, one) for one in failed] or [page.words(OUTSIDE_IT if alone else OUTSIDE)]
    said += [page.words(ONLY_TESTED, n=len(domain.tested))] if domain.only_tested else []
    said += [page.words(CUT, builds=family.builds)] if family.cut else []
    page.together(said)


def _divisors(page: Page, divides: Sequence[tuple[str, str]]) -> list[Words]:
    """`patch_size` must divide `height` and `width`: a sentence for each divisor."""
    of: dict[str, list[str]] = {}
    for divisor, number in divides:
        of.setdefault(divisor, []).append(number)
    return [page.words(NEEDS, a=Code(divisor), b=codes(numbers)) for divisor, numbers in of.items()]


def _as_written(names: Sequence[str], settings: Mapping[str, Setting]) -> list[str]:
    """block_config=[6, 12, 24, 16], where all numbers of a list are named, one by one."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        found.setdefault(name.partition("[")[0], []).append((name, setting_text(settings[name])))
    said = []
    for whole, entries in found.items():
        listed = [entry for entry, _ in entries] == [f"{whole}[{i}]" for i in range(len(entries))]
        values = [value for _, value in entries]
        said += [f"{whole}=[{', '.join(values)}]"] if listed else [f"{name}={value}" for name, value in entries]
    return said


def tested(page: Page, family: Family) -> None:
    """How many models it was found from, and how many others it was checked on."""
    made = len(family.domain.tested) - family.domain.held_out
    page.tell([PROVED.format(made=made, held=family.domain.held_out)])


def _counterexample(page: Page, failed: Counterexample) -> Words:
    values = codes([f"{name}={setting_text(value)}" for name, value in failed.values])
    top, _, bottom = failed.formula.partition("/")
    shown = same(grouped(int(top)) if top.isdigit() else top)
    if bottom.isdigit() and top.isdigit():
        shown = ABOUT.format(value=same(f"{int(top) / int(bottom):,.2f}"))
    text = FAILS_BY_ROUNDING if bottom.isdigit() and top.isdigit() else FAILS
    return page.words(text, values=values, formula=shown, model=same(grouped(failed.model or 0)))
