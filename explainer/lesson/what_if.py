"""What if it were built with other arguments: before, after, the difference and its working, as a document of its own."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code, Document, Equation, Math, Row, Strong, Table, Text
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number, Powers, Product, substitute, symbols, value_of
from explainer.i18n.bilingual import Bi, Lang, grouped, joined, same, shape_text
from explainer.lesson.architectures import proper_name
from explainer.lesson.difference import adds_up, counted, difference_table, grouped_sign, headline
from explainer.walkthrough.family import Family, Part, Setting, exact, flat, repeated
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.verdict import Verdict
from explainer.walkthrough.what_if import State, WhatIf

TITLE = Bi(zh="{name}：若 {changes}", en="{name}: what if {changes}")
CHANGED = Bi(
    zh="构造参数{changes}，其余不变；输入为{input}。",
    en="{changes}, all other arguments as they are; the input is {input}.",
)
ONE_CHANGE = Bi(zh="{name}由{before}改为{after}", en="{name} is {after} instead of {before}")
NEW_VALUE = Bi(zh="{name}改为{after}", en="{name} is {after}")
OTHER_INPUT = Bi(zh="{before}，改后为{after}", en="{before}, and {after} with the change")
HEADER = (Bi("", ""), Bi("原来", "Before"), Bi("改后", "After"), Bi("差", "Difference"))
PARAMS = Bi("参数量", "parameters")
MACS = Bi("计算量（乘加）", "multiply-accumulates")
OUTPUT = Bi("输出尺寸", "output size")
UNCHANGED = Bi("不变", "the same")
NOTHING = Bi(
    zh="参数量、计算量和输出尺寸都没有变。",
    en="The parameters, the computation and the output size stay as they are.",
)
MARKS = {Verdict.AGREES: " ✓", Verdict.DISAGREES: " ✗", Verdict.UNCHECKED: "", Verdict.NOT_REACHED: ""}
CHECKED = Bi(
    zh="✓表示与PyTorch对这样构造的模型的统计一致。",
    en="✓: PyTorch counts the same for the model built so.",
)
WRONG = Bi(
    zh="不一致 ✗　标有✗的数与PyTorch的统计不符。",
    en="DISAGREES ✗  PyTorch counts another number where there is a ✗.",
)
AT_LEAST = Bi("至少{n}", "at least {n}")
FORMULA = Bi(zh="由公式推出参数量之差", en="The difference of the parameters from the formula")
IN_SYMBOLS = Bi(
    zh="同系列模型的参数量公式（{names}），在这组取值下与实际构造的模型一致：",
    en="The formula of the family for the parameters ({names}); at these values it gives what the model built so has:",
)
MEANS = Bi(zh="{symbol}为{name}", en="{symbol} is {name}")
STAYS = Bi(zh="{symbol}为{name}（仍为{value}）", en="{symbol} is {name}, {value} as before")
STAYS_AS_NAMED = Bi(zh="{symbol}仍是{value}", en="{symbol} is {value} as before")
PARTS = (
    Bi("部分", "Part"),
    Bi("公式", "Formula"),
    Bi("原来", "Before"),
    Bi("改后", "After"),
    Bi("差", "Difference"),
)
OTHERS = Bi("其余部分（不变）", "the rest (unchanged)")
SUM = Bi("合计", "in all")
LAYERS = Bi(zh="逐层的差", en="The difference layer by layer")
PARTLY = Bi(
    zh="前向传播没有全部推导出来，所以不逐层比较。",
    en="The forward pass is known in part only, so that the layers are not compared.",
)
THE_MODEL, THE_CHANGED = Bi("原模型", "the model"), Bi("改后的模型", "the changed one")
WIDE = 84


def what_if_document(walk: Walkthrough, langs: tuple[Lang, ...], times: str = "·") -> Document:
    """The page; `walk.what_if` must be there."""
    found = walk.what_if
    assert found is not None
    page = Page(langs, "standard")
    _said(page, found)
    _figures(page, found)
    if found.settings and walk.family is not None:
        _formula(page, walk.family, found)
    if counted(found.terms):
        page.heading(2, LAYERS)
        line = headline(found.terms)
        if line is not None:
            page.tell([line])
        difference_table(page, found.terms)
        page.tell([adds_up(found.before.amount, found.after.amount)])
    elif found.before.at_least or found.after.at_least:
        page.tell([PARTLY])
    elif found.before.output_shapes == found.after.output_shapes:
        page.tell([NOTHING])
    name = proper_name(walk.name, walk.source)
    changes = joined([same(f"{one.name}={one.after}") for one in found.changes])
    title = TITLE.format(name=name, changes=changes)
    under = (title[langs[1]],) if len(langs) > 1 else ()
    return Document(langs, (title[langs[0]],), under, tuple(page.blocks), times)


def _said(page: Page, found: WhatIf) -> None:
    parts = [
        (ONE_CHANGE if one.before else NEW_VALUE).format(
            name=same(one.name), before=same(one.before), after=same(one.after)
        )
        for one in found.changes
    ]
    before, after = (_shapes(shapes) for shapes in found.input_shapes)
    given = before if before == after else OTHER_INPUT.format(before=before, after=after)
    page.tell([CHANGED.format(changes=joined(parts, "，", ", "), input=given)])


def _shapes(shapes: tuple[tuple[int, ...], ...]) -> Bi:
    return joined([same(shape_text(shape) if shape else "1") for shape in shapes])


def _figures(page: Page, found: WhatIf) -> None:
    """Before, after, difference; a tick where torch counts the same."""
    more, before, after = found.difference, found.before, found.after
    rows: list[tuple[Text, ...]] = [
        (page.both(PARAMS), _params(before), _params(after), (grouped_sign(more.params),)),
        (page.both(MACS), _macs(page, before), _macs(page, after), (grouped_sign(more.macs),)),
        (
            page.both(OUTPUT),
            page.both(_shapes(before.output_shapes)),
            page.both(_shapes(after.output_shapes)),
            page.both(UNCHANGED) if before.output_shapes == after.output_shapes else (),
        ),
    ]
    page.blocks.append(Table(tuple(page.both(title) for title in HEADER), "lrrr", tuple(rows)))
    page.tell([CHECKED] if found.agrees else [CHECKED, WRONG])


def _params(state: State) -> Text:
    return (f"{grouped(state.amount.params)}{MARKS[state.verdict]}",)


def _macs(page: Page, state: State) -> Text:
    text = f"{grouped(state.amount.macs)}{MARKS[state.macs_verdict]}"
    return page.both(AT_LEAST.format(n=same(text))) if state.at_least else (text,)


def _formula(page: Page, family: Family, found: WhatIf) -> None:
    """The family's formula with the numbers before and after, part by part."""
    assert family.params is not None
    page.heading(2, FORMULA)
    new = {**family.settings, **found.settings}
    short = len(plain(family.params, Plain())) <= WIDE
    page.tell([IN_SYMBOLS.format(names=joined(_legend(family, found, new, short), "，", ", "))])
    if short:
        page.blocks.append(Equation((Row(page.label(PARAMS), (family.params,)),)))
    rows: list[tuple[Text, ...]] = []
    rest = whole_before = whole_after = 0
    for part in flat(family.parts):
        formula = repeated(part, [symbol.name for symbol in family.symbols])
        before, after = _value(family, formula, family.settings), _value(family, formula, new)
        whole_before, whole_after = whole_before + before, whole_after + after
        if before == after:
            rest += before
            continue
        name = part.path if part.times == Number(1) else f"{part.path} …"
        worked = [_worked(family, part, formula, values, n) for values, n in ((family.settings, before), (new, after))]
        rows.append(((Code(name),), (Math(formula),), *((text,) for text in worked), (grouped_sign(after - before),)))
    if rest:
        rows.append((page.both(OTHERS), (), (grouped(rest),), (grouped(rest),), ("0",)))
    ends = (grouped(whole_before), grouped(whole_after), grouped_sign(whole_after - whole_before))
    rows.append(((Strong(page.label(SUM)),), (), *((Strong(text),) for text in ends)))
    page.blocks.append(Table(tuple(page.both(title) for title in PARTS), "llrrr", tuple(rows)))


def _legend(family: Family, found: WhatIf, new: dict[str, Setting], whole: bool) -> list[Bi]:
    """Every symbol of the formulas that are shown, those that change first. whole: the family's formula is shown too."""
    shown = [repeated(part, [symbol.name for symbol in family.symbols]) for part in flat(family.parts)]
    shown = [one for one in shown if whole or _value(family, one, family.settings) != _value(family, one, new)]
    used = {symbol for formula in shown for symbol in symbols(formula)}
    changed = [h for h in family.free if h.name in found.settings]
    others = [h for h in family.free if h.symbol in used and h not in changed]
    said = [MEANS.format(symbol=same(h.symbol.name), name=same(h.name)) for h in changed if h.symbol.name != h.name]
    return said + [
        (STAYS if h.symbol.name != h.name else STAYS_AS_NAMED).format(
            symbol=same(h.symbol.name),
            name=same(h.name),
            value=same(grouped(h.value) if isinstance(h.value, int) else f"{h.value:g}"),
        )
        for h in others
    ]


def _worked(family: Family, part: Part, formula: Expr, values: dict[str, Setting], value: int) -> str:
    """`23·1,117,184=25,695,232` for what is repeated, else the numbers in the formula where they are short."""
    if not isinstance(part.times, Number):
        times, one = _value(family, part.times, values), _value(family, part.whole(), values)
        return f"{grouped(times)}·{grouped(one)}={grouped(value)}"
    env = {h.symbol: values[h.name] for h in family.free}
    if not isinstance(formula, Product | Powers) or any(not isinstance(number, int) for number in env.values()):
        return grouped(value)
    text = plain(substitute(formula, {symbol: int(number) for symbol, number in env.items()}), Plain())
    return f"{text}={grouped(value)}" if len(text) <= 30 else grouped(value)


def _value(family: Family, formula: Expr, settings: dict[str, Setting]) -> int:
    values = {hyper.symbol: exact(settings[hyper.name]) for hyper in family.free}
    return int(value_of(formula, values))  # type: ignore[arg-type]
