"""A block derived once in symbols of its own: what it is, its layers, its formula, an example, and its instances."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from explainer.document.builder import Page, merge
from explainer.document.nodes import Code, Equation, Heading, Inline, Math, Paragraph, Row, Strong, Table, Text
from explainer.formula.expansion import added_up, multiplied_out, terms_of
from explainer.formula.printing import Plain, plain
from explainer.formula.rewrite import rewritten
from explainer.formula.tree import Expr, Number, Product, Sum, steps, substitute, symbols, total, value_of
from explainer.i18n.bilingual import Bi, Lang, grouped, listed, same
from explainer.lesson.beside_gpt2 import beside_gpt2
from explainer.lesson.block_ideas import ATTENTION_AND_MLP, of_first, said_of
from explainer.lesson.block_maps import joined_from_outside
from explainer.lesson.block_options import ASIDE, MAIN, OPTION_SUM, OPTION_SUM_OF, SOME, SUM, options_of
from explainer.lesson.block_remarks import remarks, worked_out
from explainer.lesson.block_rows import joined_rows, used_by_a_token
from explainer.lesson.block_words import described, title_of
from explainer.lesson.difference import pluralised
from explainer.lesson.differing import differing
from explainer.lesson.family_of_block import in_family
from explainer.lesson.instances import instances, layers_of_instances
from explainer.lesson.phrases import EQUALS, capitalised, share
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import C_in
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.story import Part
from explainer.walkthrough.templates.template import Row as Instance
from explainer.walkthrough.templates.template import Step, Template

SAME_STRUCTURE = Bi(
    zh="这{n}块的结构相同，只有{symbols}不同，所以只推导一次。",
    en="These {n} blocks have the same structure and differ only in {symbols}, so one derivation is enough.",
)
ALL_EQUAL = Bi(
    zh="这{n}块的结构和大小完全相同（参数各自独立），所以只推导一次。",
    en="These {n} blocks have the same structure and sizes, each with parameters of its own, so one derivation is enough.",
)
MANY = Bi(zh="（{n}块）", en=" ×{n}")
RUNS = Bi(zh="（执行{n}次）", en=", run {n} times")
AGAIN = Bi(
    zh="同一段计算执行{n}次，每次用的都是同一组参数，所以参数只计1次，计算量每次都计。",
    en="The same computation runs {n} times, each time with the same parameters: these are counted once, the work every time.",
)
EACH_AGAIN = Bi(
    zh="这{n}块各执行{times}次，每次用的都是同一组参数，所以参数只计1次，计算量计{times}次。",
    en="Each of the {n} blocks runs {times} times with the same parameters: these are counted once, the work {times} times.",
)
WORK = Bi(
    zh="计算量：一次{each}，{n}次共{n}·{each}={whole}次乘加。",
    en="Computation: {each} multiply-accumulates each time, {n}·{each} = {whole} in all.",
)
WORK_OF_SIZES = Bi(
    zh="计算量：各次输入的大小不同，{n}次共{whole}次乘加。",
    en="Computation: the inputs differ in size; {whole} multiply-accumulates in all {n} times.",
)
CHECKED_ROUND = Bi(zh="参数量与PyTorch统计的一致 ✓。", en="PyTorch counts the same parameters ✓.")
IS, ARE = Bi(zh="是", en=" is the "), Bi(zh="是", en=" are the ")
ALL_BUT = Bi(
    zh="这{n}块只有{what}不同，参数量都一样，所以只推导一次。",
    en="These {n} blocks differ in {what} only, which changes no number of parameters, so one of them is derived.",
)
APART_IN_OPTIONS = Bi(
    zh="这{n}块只有{what}不同，其余的数都相同，所以只推导一次。",
    en="These {n} blocks differ only in {what}; all else is equal, so one derivation is enough.",
)
LAYERS_OF_SOME = Bi("表中注明“部分块才有”的层", "the layers that some of them have and others have not")
STEPS_OF_SOME = Bi("部分块才有的步骤（没有参数）", "steps without parameters that only some of them have")
AND = Bi(zh="和", en=" and ")
COMMA, SEMICOLON, STOP = Bi(zh="、", en=", "), Bi(zh="，", en="; "), Bi(zh="。", en=".")
STEPS = (Bi("层", "Layer"), Bi("公式", "Formula"), Bi("化简", "Simplified"))
NUMBERS = Bi("参数量", "Parameters")
OF_BLOCK = Bi("块内占比", "Of the block")
USED = Bi("一个词元用到的", "One token uses")
WHOLE = Bi("一块合计", "One block")
ROW_BY_ROW = Bi("各行相加，不通分", "the rows added up, fractions as they are")
TOGETHER = Bi("合计", "together")
PARAMS = Bi("参数量", "parameters")
EXAMPLE = Bi(zh="例：{path}{both}，{values}：", en="For example {path}{both}, with {values}:")
WITH_SHORTCUT = Bi("（主路加捷径）", " (main path and shortcut)")
WITH_SOME = Bi("（含部分块才有的层）", " (with the layers that only some blocks have)")
CHECKED = Bi(
    zh="公式对这{n}块都成立，与PyTorch统计的参数量一致 ✓。",
    en="In each of the {n} blocks the formula gives as many parameters as PyTorch counts ✓.",
)
QUIET = Bi(zh="另有{n}步没有参数：{names}。", en="The block has {n:more step|more steps} without parameters: {names}.")
QUIET_MANY = Bi(zh="另有{n}步没有参数。", en="The block has {n:more step|more steps} without parameters.")
OFTEN = Bi(zh="（{n}次）", en=" ({n} times)")
FEW, FEWEST_STEPS, MOST_NAMES, FEW_ROWS = 4, 4, 8, 2
WIDE = 84  # signs of a formula on one line


def blocks_of(walk: Walkthrough) -> list[Part]:
    """The blocks and loops that are worth a section, in the order of the network: not a layer with its activation."""
    return [
        part
        for part in walk.story.repeating
        if part.layers
        and part.template
        and (len(part.template.steps) >= FEWEST_STEPS or part.loop)
        and any(step.params is not None for step in part.template.steps)
    ]


def told_by_itself(part: Part) -> bool:
    """Whether the section of the block says what its layers are: a round of an RNN's cell needs the cell's own."""
    return part.loop is None or any(idea.kind in ATTENTION_AND_MLP for idea in part.ideas)


def block_section(page: Page, walk: Walkthrough, part: Part) -> None:
    """The section of one block."""
    template = part.template
    assert template is not None
    name, sentences = described(part)
    name_text = page.label(Bi(name.zh, capitalised(name).en))
    many = page.label(RUNS.format(n=part.times)) if part.loop else MANY.format(n=part.times)[page.langs[-1]]
    code: tuple[Inline, ...] = (" ", Code(template.cls)) if template.cls else ()
    page.blocks.append(Heading(3, (name_text, *code, many)))
    for sentence, values in sentences:
        if page.first(("block", sentence.zh)) or values:
            page.say(sentence, **values)
    said_of(page, part)
    formulas = in_family(walk, template)
    told = beside_gpt2(page, walk, part, formulas)
    _introduced(page, walk, part, template)
    for sentence, values in joined_from_outside(part):  # it speaks in the block's symbols
        page.say(sentence, **values)
    _steps(page, walk, part, template, formulas)
    worked_out(page, walk, template, formulas)
    if len(template.rows) >= FEW or page.detail != "standard":  # of few instances the table of their layers says it all
        _example(page, part, template)
    instances(page, walk, part)
    if page.detail == "standard" and (template.symbols or formulas or part.loop):  # else the table above says it
        layers_of_instances(page, walk, part)
    if part.loop:
        _rounds(page, walk, part)
    checked = CHECKED_ROUND if part.loop else CHECKED.format(n=len(template.rows))
    remarks(page, walk, part, formulas, checked, told)


def _rounds(page: Page, walk: Walkthrough, part: Part) -> None:
    """12·25,904,021,504: what one round multiplies, and all of them."""
    homes = walk.repeated
    each: dict[int, int] = {}
    first = {layer.index for layer in part.once}
    position = {index: n for n, round_ in enumerate(part.loop.rounds if part.loop else ()) for index in round_}
    for layer in part.layers:
        if layer.index in first or homes.get(layer.index) in first:
            at = position.get(layer.index, 0)
            each[at] = each.get(at, 0) + (layer.macs.value if layer.macs else 0)
    values = set(each.values())
    if "macs" in page.show and part.macs and not part.at_least:
        same_work = len(values) == 1
        work = WORK.format(n=part.times, each=values.pop(), whole=part.macs) if same_work else None
        page.tell([work or WORK_OF_SIZES.format(n=part.times, whole=part.macs)])


def _steps_of_some(walk: Walkthrough, template: Template) -> bool:
    """Whether some of the blocks have steps on values that others have not, as queries turned by their position in three of four."""
    idle = {layer.index for part in walk.story.all("plumbing") for layer in part.layers}
    moving = (Kind.RESHAPE, Kind.DROPOUT)
    return any(
        step.option and step.example.index not in idle and step.example.kind not in moving for step in template.steps
    )


def _introduced(page: Page, walk: Walkthrough, part: Part, template: Template) -> None:
    if part.loop:
        page.tell([AGAIN.format(n=part.times)])
        return
    if template.times > 1:
        page.tell([EACH_AGAIN.format(n=len(template.rows), times=template.times)])
    if not template.symbols:
        apart = differing(part)
        if template.option_formula is not None:
            page.tell([APART_IN_OPTIONS.format(n=len(template.rows), what=listed([*apart, LAYERS_OF_SOME]))])
            return
        apart += [STEPS_OF_SOME] if _steps_of_some(walk, template) else []
        text = (
            ALL_BUT.format(n=len(template.rows), what=listed(apart))
            if apart
            else ALL_EQUAL.format(n=len(template.rows))
        )
        page.tell([text])
        return
    new = page.first(("symbols", tuple((s.name, s.meaning) for s in template.symbols)))
    page.blocks.append(Paragraph({lang: _symbols(template, lang, new, differing(part)) for lang in page.langs}))


def _symbols(template: Template, lang: Lang, new: bool, apart: list[Bi]) -> Text:
    """Only C and m differ … C is …, m is …: in one language, the symbols as formulas."""
    names: list[Inline] = []
    legend: list[Inline] = []
    for i, symbol in enumerate(template.symbols):
        last = i and i == len(template.symbols) - 1 and not apart
        names += [(AND if last else COMMA)[lang] if i else "", Math(symbol)]
    names += [AND[lang], listed(apart)[lang]] if apart else []
    meanings = dict.fromkeys(symbol.meaning for symbol in template.symbols)  # m, m₂ and m₃ in one breath
    for meaning in meanings:
        alike = [symbol for symbol in template.symbols if symbol.meaning == meaning]
        legend += [SEMICOLON[lang] if legend else ""]
        one = len(alike) == 1
        for i, symbol in enumerate(alike):
            legend += [(AND if i == len(alike) - 1 else COMMA)[lang] if i else "", Math(symbol)]
        legend += [
            (IS if one else ARE)[lang],
            _singular(meaning[lang]) if one else re.sub(r"^(number|side)(?= of)", r"\1s", meaning[lang]),
        ]
    before, after = SAME_STRUCTURE.format(n=len(template.rows), symbols=same("|"))[lang].split("|")
    end = [" " if lang == "en" else "", *legend, STOP[lang]] if new else []
    return merge((before, *names, after, *end))


def _singular(meaning: str) -> str:
    """Of one symbol: $d_2$ is the size of one dimension, not the sizes of the dimensions."""
    return {"sizes of the dimensions": "size of one dimension", "各维大小": "其中一维的大小"}.get(meaning, meaning)


def _steps(page: Page, walk: Walkthrough, part: Part, template: Template, formulas: Mapping[str, Expr]) -> None:
    """The table of what has parameters: normalizations of one kind are one row, and layers of one idea with the same formula."""
    ideas = of_first(part)
    with_numbers = not template.symbols
    plain_numbers = with_numbers and not formulas and template.option_formula is None  # nothing to simplify
    found = joined_rows(part, template, formulas, ideas)
    options = options_of(part, template)
    used = used_by_a_token(ideas, found) if with_numbers else {}
    whole = template.rows[0].params
    shares = (
        with_numbers and not part.loop and len(found) > FEW_ROWS and any(i.kind in ATTENTION_AND_MLP for i in ideas)
    )
    rows: list[tuple[Text, ...]] = []
    for one in found:
        formula = one_for_itself(one.formula)
        simple = _simplified(formula, template, _order(walk) if formulas else ())
        only = options.said_of(one.names[0]) if one.option else None
        cells: list[Text] = [_named(page, one.title, list(one.names), only), (Math(formula),)]
        cells += [] if plain_numbers else [(Math(simple),)]
        cells += [(grouped(one.value),) if one.value else ()] if with_numbers else []
        cells += [(share(one.value, whole) if one.value else "",)] if shares else []
        cells += [(grouped(used.get(one.names, one.value)),)] if used else []
        rows.append(tuple(cells))
    optional = {step.name for step in template.steps if step.option} | {one.name for one in template.held if one.option}
    always = [formula for name, formula in formulas.items() if name not in optional]
    common = int(value_of(template.formula, {})) if with_numbers and optional else whole
    whole_formula = added_up(always, _order(walk)) if formulas else template.formula
    header = [
        *(STEPS[:2] if plain_numbers else STEPS),
        *([NUMBERS] if with_numbers else []),
        *([OF_BLOCK] if shares else []),
        *([USED] if used else []),
    ]
    if len(rows) > 1 and whole_formula is not None:
        always_sum = MAIN if options.only_shortcuts else SUM
        words = TOGETHER if part.loop else always_sum if template.option_formula is not None else WHOLE
        cells = [
            (Strong(page.label(words)),),
            _apart(page, whole_formula),
            *([] if plain_numbers else [(Math(whole_formula),)]),
        ]
        cells += [(Strong(grouped(common)),)] if with_numbers else []
        cells += [()] if shares else []
        cells += [(Strong(grouped(sum(used.get(one.names, one.value) for one in found))),)] if used else []
        rows.append(tuple(cells))
    for letter, terms in options.sums.items():
        only_sum = added_up(terms, [symbol.name for symbol in template.symbols]) or total(list(terms))
        one_sum = OPTION_SUM_OF.format(letter=letter) if letter else ASIDE if options.only_shortcuts else OPTION_SUM
        cells = [(Strong(page.label(one_sum)),), (), (Math(only_sum),)]
        cells += [(Strong(grouped(int(value_of(only_sum, {})))),)] if with_numbers else []
        rows.append((*cells, *(() for _ in header[len(cells) :])))
    align = "l" * (2 if plain_numbers else 3)
    align += "r" * (len(header) - len(align))
    page.blocks.append(Table(tuple(page.both(title) for title in header), align, tuple(rows)))
    quiet = [step for step in template.steps if step.params is None and not _counted_before(walk, step)]
    if not quiet:
        return
    if not any(idea.kind in ATTENTION_AND_MLP for idea in ideas):
        page.blocks.append(Paragraph({lang: _quiet(quiet, lang) for lang in page.langs}))
    elif page.detail != "handout":
        page.tell([QUIET_MANY.format(n=len(quiet))])


def _apart(page: Page, formula: Expr) -> Text:
    """That 9C²/2+9C²/4 stays as it is: each row is to be found again in the sum."""
    terms, written = terms_of(formula), len(formula.parts) if isinstance(formula, Sum) else 1
    return (page.label(ROW_BY_ROW),) if terms is not None and written > len(terms) else ()


def _counted_before(walk: Walkthrough, step: Step) -> bool:
    """The second use of a layer with parameters: it has some, which are counted already. An activation used twice is two steps."""
    first = step.example.again
    return first is not None and walk.layers[first - 1].value > 0


def _quiet(steps: list[Step], lang: Lang) -> Text:
    """另有4步没有参数：激活层`relu`（3次）、加法`add`。"""
    times = Counter(step.name.partition("@")[0] for step in steps)
    first = {step.name.partition("@")[0]: step for step in reversed(steps)}
    before, after = QUIET.format(n=len(steps), names=same("|"))[lang].split("|")
    found: list[Inline] = []
    for title, run in groupby(list(times)[:MOST_NAMES], key=lambda name: title_of(first[name])):
        alike = list(run)
        many = pluralised(title, sum(times[name] for name in alike))
        found += [COMMA[lang] if found else "", f"{many[lang]}{' ' if lang == 'en' else ''}"]
        for at, name in enumerate(alike):
            found += [COMMA[lang] if at else "", Code(name)]
            found += [OFTEN.format(n=times[name])[lang]] if times[name] > 1 else []
            found += [SOME[lang]] if first[name].option else []
    return merge((before, *found, " …" if len(times) > MOST_NAMES else "", after))


def _order(walk: Walkthrough) -> list[str]:
    return [symbol.name for symbol in walk.family.symbols] if walk.family else []


def _named(page: Page, title: Bi, names: list[str], only: Bi | None) -> Text:
    parts: list[Inline] = [*page.both(title), " "]
    shown = names if len(names) < 5 else [names[0], names[-1]]
    comma = ("、" if page.langs[0] == "zh" else ", ") if len(names) < 5 else " … "
    for i, name in enumerate(shown):
        parts += [comma, Code(name)] if i else [Code(name)]
    return merge((*parts, page.label(only))) if only is not None else merge(tuple(parts))


def one_for_itself(expr: Expr) -> Expr:
    """3·3·m/m·m → 3·3·1·m: a depthwise kernel sees one of the m channels."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, Product):
            return node
        parts = list(node.parts)
        for at in range(len(parts) - 1):
            above, below = parts[at][1], parts[at + 1][1]
            equal = isinstance(above, Number) and isinstance(below, Number) and above.value == below.value
            if parts[at][0] and not parts[at + 1][0] and (equal or above == below):
                return node.__class__((*parts[:at], (True, Number(1, C_in)), *parts[at + 2 :]))
        return node

    return rewritten(expr, change)


def _simplified(expr: Expr, template: Template, order: Sequence[str] = ()) -> Expr:
    """order: that of the family's symbols, in which the whole is written too: 3d·f·E in both."""
    own = [symbol.name for symbol in template.symbols or tuple(symbols(expr))]
    return multiplied_out(expr, order or own) or expr


def _example(page: Page, part: Part, template: Template) -> None:
    """The formula of one instance with its numbers: of one with options, if there is one."""
    if not template.symbols:
        return
    row = example_row(template)
    own = [step.params for step in template.steps if step.params is not None and has(step.name, step.option, row)]
    own += [one.params for one in template.held if has(one.name, one.option, row)]
    whole = total(own)
    formula = added_up(own, [symbol.name for symbol in template.symbols]) or whole
    numbers = substitute(formula, dict(zip(template.symbols, row.values, strict=True)))
    chain = [formula, numbers, *steps(numbers)[-1:], Number(row.params)]
    if any(len(plain(expr, Plain())) > WIDE for expr in chain):
        return
    page.blocks.append(Paragraph({lang: _example_words(part, template, row, lang) for lang in page.langs}))
    page.blocks.append(Equation(tuple(Row(None if i else page.label(PARAMS), (e,)) for i, e in enumerate(chain))))


def _example_words(part: Part, template: Template, row: Instance, lang: Lang) -> Text:
    """For example layer3.0, with C = 128, C_out = 256: the symbols as formulas."""
    options = options_of(part, template)
    both = same("")
    if any(name in row.options for name in options.letters):
        both = WITH_SHORTCUT if options.only_shortcuts else WITH_SOME
    before, between, after = EXAMPLE.format(path=same("|"), values=same("|"), both=both)[lang].split("|")
    values: list[Inline] = []
    for symbol, value in zip(template.symbols, row.values, strict=True):
        values += [COMMA[lang] if values else "", Math(symbol), f"{EQUALS[lang]}{grouped(value)}"]
    return merge((before, Code(row.path), between, *values, after))


def example_row(template: Template) -> Instance:
    """The instance that is worked out: with most options, its numbers as different as may be, in the middle of the network."""
    options = max(len(row.options) for row in template.rows)
    rows = [row for row in template.rows if len(row.options) == options]
    different = max(len(set(row.values)) for row in rows)
    rows = [row for row in rows if len(set(row.values)) == different]
    return rows[len(rows) // 2]


def has(name: str, option: bool, row: Instance) -> bool:
    """Whether the instance has this step."""
    return not option or name in row.options
