"""The family that the model belongs to: its parameters as one formula in what it is built with, and where that holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from explainer.document.builder import Page, codes, merge
from explainer.document.nodes import Code, Equation, Heading, Inline, Math, Row, Strong, Table, Text, Words
from explainer.errors import UserError
from explainer.formula.expansion import Monomial, multiplied_out, summed, terms_of
from explainer.formula.factors import taken_out
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number, Product, Sum, Symbol, evaluate, steps, substitute, symbols, value_of
from explainer.i18n.bilingual import Bi, Lang, grouped, joined, same
from explainer.lesson.family_macs import (
    POSITIONS,
    SHORTER,
    growth,
    growth_with_positions,
    in_positions,
    smaller_patches,
)
from explainer.lesson.family_terms import origins
from explainer.lesson.phrases import COMMA, EQUALS, share
from explainer.walkthrough.family import (
    Counterexample,
    Family,
    Hyper,
    Part,
    Range,
    Setting,
    exact,
    flat,
    has_repetition,
    repeated,
)
from explainer.walkthrough.model import Walkthrough

HEADING = Bi(zh="同系列模型的公式", en="The formula of the family")
NOT_HERE = Bi(
    zh="这份讲义里没有同系列模型的公式：它需要由模型重新生成。",
    en="This lesson has no formula of the family: that must be made from the model.",
)
INTRODUCED = Bi(
    zh="参数量可用构造参数表示：换一组取值，就得到同系列的另一个模型。",
    en="Here the number of parameters is written in the numbers that the model is built with; other numbers give other models of the family.",
)
NO_FORMULA = Bi(
    zh="用别的取值构造了{builds}次，没有找到能通过验证的公式。",
    en="The model was built {builds:time|times} with other values, and no formula passed the tests.",
)
CUT = Bi(
    zh="构造次数达到上限，查找在{builds}次后停止。",
    en="The search ended after {builds:build|builds}, at its limit.",
)
SYMBOLS = (
    Bi("符号", "Symbol"),
    Bi("含义", "Meaning"),
    Bi("构造参数", "Argument"),
    Bi("本例", "Here"),
    Bi("核对过的范围", "Tested"),
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
TOTAL = Bi(zh="合计", en="Total")
PARAMETERS = Bi(zh="参数量", en="parameters")
IDLE = Bi(
    zh="{names}不影响参数量。",
    en="{names} do not change the number of parameters.",
)
IDLE_ONE = Bi(zh="{names}不影响参数量。", en="{names} does not change the number of parameters.")
STAYS = Bi(
    zh="公式只对{names}成立（取别的值时结构改变、无法构造，或没有找到公式）。",
    en="The formula is for {names} only (at other values the structure is another, the model cannot be built, or no formula was "
    "found).",
)
PROVED = Bi(
    zh="验证：由{made}组取值构造的模型求出公式，再用另外{held}组取值构造的模型核对，参数量完全相等。",
    en="Checked: the formula was found from models built with {made} sets of numbers, and gives exactly the parameters of {held} others.",
)
RANGE = Bi(zh="{low}～{high}", en="{low} to {high}")
MULTIPLES = Bi(zh="{low}～{high}（{step}的倍数）", en="{low} to {high} (multiples of {step})")
RANGE_STEP = Bi(zh="{low}～{high}（每次加{step}）", en="{low} to {high} in steps of {step}")
NEEDS = Bi(zh="{a}必须整除{b}。", en="{a} must divide {b}.")
RELATION = Bi(zh="须满足{a} {sign} {b}。", en="It needs {a} {sign} {b}.")
WHOLE = Bi(
    zh="宽度与{names}的乘积须为整数（否则模型会舍去小数部分）。",
    en="A width times {names} must be a whole number (else the model cuts the fraction off).",
)
EXPANDED = Bi(zh="展开：{formula}", en="Multiplied out: {formula}")
FAILS = Bi(
    zh="反例：{values}时，公式给出{formula}，模型实有{model}个参数，所以公式不能用到表中范围以外。",
    en="A counterexample: with {values} the formula gives {formula}, but the model has {model} parameters; so it must not be used "
    "outside the ranges in the table.",
)
ABOUT = Bi(zh="约{value}", en="≈{value}")
ONLY_TESTED = Bi(
    zh="公式在表中范围以内也有不成立的取值，所以只可用于验证过的{n}组取值。",
    en="It fails within the ranges too, so it may be used at the {n} settings only where it was tested.",
)
OUTSIDE = Bi(zh="表中范围以外没有核对过。", en="Outside the ranges in the table nothing was tested.")
OUTSIDE_IT = Bi(zh="这一范围以外没有核对过。", en="Outside that range nothing was tested.")
ONE_SYMBOL = Bi(
    zh="式中{symbol}为{meaning}（{name}），本例为{value}，在{range}的范围内核对过。",
    en="Here {symbol} is the {meaning} ({name}), {value} in this model and tested from {range}.",
)
COMPUTATION = Bi(zh="计算量", en="multiply-accumulates")
MACS = Bi(
    zh="一次前向传播的计算量也可写成公式，其中还含输入的大小：",
    en="The multiply-accumulates of a pass in the same way, the sizes of the input among the symbols:",
)
MACS_PROVED = Bi(
    zh="验证：先用{made}组取值做前向传播，求出公式；再用另外{held}组取值核对，完全相等；代入本例的值，与前面的计算量相等。",
    en="Checked: the formula was found from passes with {made} sets of numbers and agrees exactly with passes with {held} other sets; with the "
    "numbers of this model it gives the computation above.",
)
MACS_PROVED_SHORT = Bi(
    zh="验证：先用{made}组取值求出公式，再用另外{held}组取值的前向传播核对，完全相等；代入本例的值，得前面的计算量。",
    en="Checked: found from passes with {made} sets of numbers, it agrees exactly with {held} others, and gives the computation above here.",
)
HERE_ARE = Bi(zh="式中{symbols}。", en="Here {symbols}.")
IS = Bi(zh="为{meaning}", en=" is the {meaning}")
TESTED_FOR = Bi(zh="{name}为{range}", en="{name} {range}")
RANGES = Bi(
    zh="核对过的范围：{ranges}；此外没有核对过。", en="Tested for: {ranges}. Outside these ranges nothing was tested."
)
MACS_CUT = Bi(
    zh="计算量没有写成公式：前向传播次数达到上限，查找在{passes}次后停止。",
    en="There is no formula for the computation: the search ended after {passes:pass|passes}, at its limit.",
)
GATHERED = Bi(zh="其中{term}={parts}。", en="There {term} is {parts}.")
OF_PART = Bi(zh="（{path}）", en=" ({path})")
TOO_LONG = Bi(
    zh="参数量也可以写成{n}个数（构造参数{names}）的公式，但太长，讲义里不写：explain MODEL --symbols 逐部分列出，并注明核对过的范围。",
    en="The number of parameters is also one formula in {n} numbers (the arguments {names}), too long for a handout: 'explain MODEL "
    "--symbols' has it part by part, with the ranges in which it was tested.",
)
_ENTRY, _NUMBER = re.compile(r"(.*)\[(\d+)\]"), re.compile(r"\d+")
LISTED = Bi("、", ", ")
INPUTS = ("batch", "tokens", "side")
MOST_ROWS = 24
LONGEST = 600  # signs of a formula that stands in a handout: about six lines
WIDE, EASILY = 84, 64  # signs of a formula on one line, and of one that is read at a glance
MOST_BLOCKS = 3
FEWEST, MOST_GATHERED = 3, 6  # parts that one term of the total comes from


def family_section(page: Page, walk: Walkthrough) -> None:
    """The formula with its parts, its working, and for which values it was tested. Raises UserError if nobody asked for it."""
    family = walk.family
    if family is None and not walk.measured.has("family"):
        raise UserError(NOT_HERE)
    page.heading(2, HEADING)
    if family is None:
        page.tell([walk.measured.unknown["family"]])
        return
    if family.params is None:
        page.tell(
            [NO_FORMULA.format(builds=family.builds), *([CUT.format(builds=family.builds)] if family.cut else [])]
        )
        return
    page.tell([INTRODUCED])
    _symbols(page, family)
    _parts(page, family)
    _blocks(page, family)
    _proof(page, family, _total(page, family, walk.totals.torch_params))
    if family.macs is not None and "macs" in page.show:
        _computation(page, family.macs, family)


def closed_form(page: Page, walk: Walkthrough, symbols_told: bool) -> None:
    """The handout's: the whole network as one formula, with its proof, where that was found.

    symbols_told: the table of symbols stands further up.
    """
    family = walk.family
    if family is None or family.params is None:
        return
    page.blocks.append(Heading(3, page.both(HEADING)))
    if len(plain(family.params, Plain())) > LONGEST and not symbols_told:
        names = dict.fromkeys(hyper.name.partition("[")[0] for hyper in family.free)
        page.tell([TOO_LONG.format(n=len(family.free), names=joined([same(name) for name in names], "、", ", "))])
        page.tell([CHECKED if _value(family, family.params) == walk.totals.torch_params else DISAGREES])
        _tested(page, family)
        return
    alone = family.free[0] if len(family.free) == 1 and not symbols_told else None  # one symbol needs no table
    if alone is None and not symbols_told:
        page.tell([INTRODUCED])
    if not symbols_told and alone is None:
        _symbols(page, family)
    verdict = _total(page, family, walk.totals.torch_params)
    _proof(page, family, verdict, alone)
    if family.macs is not None and "macs" in page.show:
        _computation(page, family.macs, family)


def family_symbols(page: Page, walk: Walkthrough) -> None:
    """The table of what the formulas are in."""
    if walk.family is not None:
        _symbols(page, walk.family)


def _computation(page: Page, macs: Family, family: Family) -> None:
    """The multiply-accumulates in the same symbols and in the input's sizes."""
    if macs.params is None:
        page.tell([MACS_CUT.format(passes=macs.builds)])
        return
    value = Number(_value(macs, macs.params))
    own = [hyper.symbol for hyper in macs.free if hyper.name in INPUTS]
    shorter = in_positions(macs)
    if shorter is not None:
        formula, positions, many = shorter
        page.say(SHORTER, symbol=Math(POSITIONS), formula=Math(positions), value=many)
        _equation(
            page, page.label(COMPUTATION), [taken_out(formula, [*own, POSITIONS], [POSITIONS, *macs.symbols]), value]
        )
        growth_with_positions(page, formula, macs)
        smaller_patches(page, family)
    else:
        page.tell([MACS])
        env = _env(macs)
        whole = all(isinstance(number, int) for number in env.values())
        formula = taken_out(macs.params, own, macs.symbols)
        numbers = [substitute(formula, {symbol: int(n) for symbol, n in env.items()})] if whole else []
        short = [one for one in numbers if len(plain(one, Plain())) <= WIDE]
        _equation(page, page.label(COMPUTATION), [formula, *short, value])
    if page.detail == "handout":
        _own_symbols(page, macs, family)
    growth(page, macs)
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
            (_setting(h.value),),
            _tested_for(page, [ranges[h.name]]),
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
    tested = [TESTED_FOR.format(name=same(f"{{s{i}}}"), range=_range(ranges[h.name])) for i, h in enumerate(told_of)]
    said = joined(tested, "、", ", ")
    names = {f"s{i}": Math(hyper.symbol) for i, hyper in enumerate(told_of)}
    proved = page.words(MACS_PROVED_SHORT, made=made, held=macs.domain.held_out)
    page.together([proved, page.words(RANGES.format(ranges=said), **names)])


def _with_values(found: Sequence[Hyper], lang: Lang) -> Text:
    """N=1为批量大小，T=128为序列长度."""
    parts: list[Inline] = []
    for hyper in found:
        meaning = IS.format(meaning=hyper.symbol.meaning)[lang]
        parts += [COMMA[lang] if parts else "", Math(hyper.symbol), f"{EQUALS[lang]}{_setting(hyper.value)}{meaning}"]
    return merge(tuple(parts))


def _symbols(page: Page, family: Family) -> None:
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
    values = LISTED[page.langs[0]].join(_setting(hyper.value) for hyper in run)
    tested = _tested_for(page, [ranges[hyper.name] for hyper in run])
    return tuple(names), page.both(said), (Code(code),), (values,), tested


def _tested_for(page: Page, found: Sequence[Range]) -> Text:
    """62～16,000: numbers alone are not said twice in a bilingual table."""
    text = joined([_range(one) for one in found], "、", ", ")
    plain_numbers = all(one.step == 1 or one.only for one in found)
    return (text[page.langs[0]],) if plain_numbers else page.both(text)


def _range(one: Range) -> Bi:
    if one.only:
        return joined([same(_setting(value)) for value in one.only], "、", ", ")
    words = {"low": one.low, "high": one.high, "step": one.step}
    in_steps = RANGE_STEP if exact(one.low) % exact(one.step) else MULTIPLES
    text = RANGE if one.step == 1 else in_steps
    return text.format(**{name: same(_setting(value)) for name, value in words.items()})


def _parts(page: Page, family: Family) -> None:
    """What the total is made of, in the model's order; single layers side by side are one row where there are too many."""
    parts = list(flat(family.parts))
    whole = _value(family, family.params)
    if len(parts) > MOST_ROWS:
        parts = [part for part in parts if not isinstance(part.times, Number)]
    rows: list[tuple[Text, ...]] = []
    for part in parts:
        formula = repeated(part, [symbol.name for symbol in family.symbols])
        value = _value(family, formula)
        numbers = f"{grouped(_value(family, part.times))}·{grouped(_value(family, part.whole()))}"
        shown = numbers if part.times != Number(1) else _numbers(family, formula)
        name = part.path if part.times == Number(1) else f"{part.path} …"
        rows.append(((Code(name),), (Math(formula),), (shown,), (grouped(value),), (share(value, whole),)))
    if rows:
        page.blocks.append(Table(tuple(page.both(title) for title in PARTS), "lllrr", tuple(rows)))


def _blocks(page: Page, family: Family) -> None:
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
            value = _value(family, leaf.formula)
            rows.append(((*factor, Code(name)), (Math(leaf.formula),), (Math(expanded),), (grouped(value),)))
        whole = part.whole()
        value = _value(family, whole)
        rows.append(((Strong(page.label(BLOCK)),), (), (Math(_expanded(family, whole)),), (Strong(grouped(value)),)))
        page.blocks.append(Table(tuple(page.both(title) for title in LAYERS), "lllr", tuple(rows)))


def _total(page: Page, family: Family, torch_params: int) -> Bi:
    """The formula, its numbers, its value. Returns torch's word on it."""
    assert family.params is not None
    value = Number(_value(family, family.params))
    chain: list[Expr] = [family.params]
    env = _env(family)
    if all(isinstance(number, int) for number in env.values()):
        numbers = substitute(family.params, {symbol: int(number) for symbol, number in env.items()})
        if page.detail != "handout":
            chain += [numbers, *steps(numbers)[-2:]]
        else:
            chain += _numbers_on_paper(numbers)
    _equation(page, page.label(PARAMETERS), [*chain, value])
    expanded = family.expanded
    if (
        expanded is not None
        and page.detail != "handout"
        and not _expanded_already(family.params, expanded)
        and len(plain(expanded, Plain())) <= WIDE
    ):
        page.say(EXPANDED, formula=Math(expanded))
    return CHECKED if value.value == torch_params else DISAGREES


def _gathered(page: Page, family: Family) -> list[Words]:
    """5d = d (class_token) + d (conv_proj) + …: the term of the total that most parts add to, three or more."""
    found: dict[Monomial, list[tuple[str, Fraction]]] = {}
    for part in flat(family.parts):
        if isinstance(part.times, Number):
            for key, c in (terms_of(part.whole()) or {}).items():
                found.setdefault(key, []).append((part.path, c * int(part.times.value)))
    several = [key for key, of in found.items() if key and FEWEST <= len(of) <= MOST_GATHERED]
    if not several:
        return []
    key = max(several, key=lambda one: len(found[one]))
    told = [(summed({key: c}, family.symbols), path) for path, c in found[key]]
    term = summed({key: sum((c for _, c in found[key]), Fraction(0))}, family.symbols)
    return [page.words(GATHERED, term=Math(term), parts={lang: _sum_of_parts(told, lang) for lang in page.langs})]


def _sum_of_parts(told: Sequence[tuple[Expr, str]], lang: Lang) -> Text:
    parts: list[Inline] = []
    for expr, path in told:
        before, after = OF_PART.format(path=same("|"))[lang].split("|")
        parts += ["+" if lang == "zh" else " + "] if parts else []
        parts += [Math(expr), before, Code(path), after]
    return merge(tuple(parts))


def _numbers_on_paper(numbers: Expr) -> list[Expr]:
    """The formula with its numbers on a line, what stands in brackets worked out where it does not fit, and the sum.

    2·32,000·4096+32·1,451,270,144+4096: one block has been derived before.
    """
    last = [one for one in steps(numbers)[-1:] if len(plain(one, Plain())) <= WIDE]
    for written in (numbers, _brackets_worked_out(numbers)):
        if len(plain(written, Plain())) <= EASILY:
            return [written, *(one for one in last if one != written)]
    sums = _brackets_worked_out(numbers, products=True)
    return [sums] if len(plain(sums, Plain())) <= WIDE else last


def _brackets_worked_out(expr: Expr, products: bool = False) -> Expr:
    """32·(3·4096+4096) → 32·16,384; with products, terms without brackets are worked out too."""
    if not isinstance(expr, Sum):
        return expr
    terms: list[tuple[bool, Expr]] = []
    for plus, term in expr.parts:
        inner = isinstance(term, Product) and any(isinstance(factor, Sum) for _, factor in term.parts)
        if inner and isinstance(term, Product):
            factors = [(up, Number(evaluate(f)) if isinstance(f, Sum) else f) for up, f in term.parts]
            terms.append((plus, Product(tuple(factors))))
        else:
            terms.append((plus, Number(evaluate(term)) if products else term))
    return Sum(tuple(terms))


def _expanded_already(formula: Expr, expanded: Expr) -> bool:
    """Whether expanding only puts the terms into another order."""
    return formula == expanded or (
        isinstance(formula, Sum) and isinstance(expanded, Sum) and len(formula.parts) == len(expanded.parts)
    )


CHECKED = Bi(zh="与PyTorch的统计一致 ✓。", en="PyTorch counts the same ✓.")
DISAGREES = Bi(zh="不一致 ✗　PyTorch的统计是另一个数。", en="DISAGREES ✗  PyTorch counts another number.")


def _equation(page: Page, left: str, chain: list[Expr]) -> None:
    """left = … = …, on one line where it fits; what is wider goes on in the next lines."""
    if sum(len(plain(expr, Plain())) for expr in chain) <= WIDE:
        page.blocks.append(Equation((Row(left, tuple(chain)),)))
        return
    page.blocks.append(Equation(tuple(Row(None if i else left, (expr,)) for i, expr in enumerate(chain))))


def _meaning(page: Page, family: Family, hyper: Hyper) -> Words:
    """What the only symbol is, and where it was tested."""
    (tested,) = (one for one in family.domain.ranges if one.name == hyper.name)
    return page.words(
        ONE_SYMBOL,
        symbol=Math(hyper.symbol),
        meaning=hyper.symbol.meaning,
        name=Code(hyper.name),
        value=same(_setting(hyper.value)),
        range=_range(tested),
    )


def _proof(page: Page, family: Family, verdict: Bi, alone: Hyper | None = None) -> None:
    """alone: the formula's only symbol, told here and in no table."""
    domain = family.domain
    by_role: dict[str, list[str]] = {}
    for hyper in family.hypers:
        by_role.setdefault(hyper.role, []).append(hyper.name)
    said: list[Words] = [
        *([_meaning(page, family, alone)] if alone else []),
        *(_gathered(page, family) or origins(page, family)),
        page.words(verdict),
    ]
    if idle := by_role.get("without_effect"):
        said.append(page.words(IDLE_ONE if len(idle) == 1 else IDLE, names=codes(idle)))
    settings = family.settings
    stays = [name for role in ("structural", "fixed", "no_formula") for name in by_role.get(role, ())]
    if stays:
        said.append(page.words(STAYS, names=codes(_as_written(stays, settings))))
    made = len(domain.tested) - domain.held_out
    said.append(page.words(PROVED, made=made, held=domain.held_out))
    said += [page.words(NEEDS, a=Code(a), b=Code(b)) for a, b in domain.divides if not {a, b}.intersection(stays)]
    said += [page.words(RELATION, a=Code(a), sign=same(sign), b=Code(b)) for a, sign, b in domain.relations]
    if ratios := [hyper.name for hyper in family.ratios]:
        said.append(page.words(WHOLE, names=codes(ratios)))
    failed = domain.counterexamples[:1]
    said += [_counterexample(page, one) for one in failed] or [page.words(OUTSIDE_IT if alone else OUTSIDE)]
    said += [page.words(ONLY_TESTED, n=len(domain.tested))] if domain.only_tested else []
    said += [page.words(CUT, builds=family.builds)] if family.cut else []
    page.together(said)


def _as_written(names: Sequence[str], settings: Mapping[str, Setting]) -> list[str]:
    """block_config=[6, 12, 24, 16], where all numbers of a list are named, one by one."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        found.setdefault(name.partition("[")[0], []).append((name, _setting(settings[name])))
    said = []
    for whole, entries in found.items():
        listed = [entry for entry, _ in entries] == [f"{whole}[{i}]" for i in range(len(entries))]
        values = [value for _, value in entries]
        said += [f"{whole}=[{', '.join(values)}]"] if listed else [f"{name}={value}" for name, value in entries]
    return said


def _tested(page: Page, family: Family) -> None:
    made = len(family.domain.tested) - family.domain.held_out
    page.tell([PROVED.format(made=made, held=family.domain.held_out)])


def _counterexample(page: Page, failed: Counterexample) -> Words:
    values = codes([f"{name}={_setting(value)}" for name, value in failed.values])
    top, _, bottom = failed.formula.partition("/")
    shown = same(grouped(int(top)) if top.isdigit() else top)
    if bottom.isdigit() and top.isdigit():
        shown = ABOUT.format(value=same(f"{int(top) / int(bottom):,.2f}"))
    return page.words(FAILS, values=values, formula=shown, model=same(grouped(failed.model or 0)))


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


def _env(family: Family) -> dict[Symbol, Setting]:
    return {hyper.symbol: hyper.value for hyper in family.free}


def _value(family: Family, formula: Expr | None) -> int:
    values = {symbol: exact(value) for symbol, value in _env(family).items()}
    return int(value_of(formula, values)) if formula is not None else 0  # type: ignore[arg-type]


def _expanded(family: Family, formula: Expr) -> Expr:
    return multiplied_out(formula, [symbol.name for symbol in family.symbols]) or formula


def _numbers(family: Family, formula: Expr) -> str:
    env = _env(family)
    if any(not isinstance(value, int) for value in env.values()):
        return ""
    text = plain(substitute(formula, {symbol: int(value) for symbol, value in env.items()}), Plain())
    return text if len(text) <= 60 else ""


def _setting(value: Setting) -> str:
    return grouped(value) if isinstance(value, int) else f"{value:g}"
