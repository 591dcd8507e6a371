"""The ledger as a document: one table of what each tool prints, then the bridge to every figure, term by term.

And the answer of `explain which`: what a number means, the most plausible first.
"""

from __future__ import annotations

from fractions import Fraction

from explainer.document.builder import Page
from explainer.document.nodes import Document, Strong, Table, Text
from explainer.i18n.bilingual import Bi, Lang, begun, grouped, joined, same
from explainer.ledger.counters import counters_of
from explainer.ledger.identify.rows import place_of
from explainer.ledger.identify.search import Match
from explainer.ledger.words import figure_text, quantity_word, tool_list, tool_name, tools_named
from explainer.lesson.architectures import proper_name
from explainer.walkthrough.counted import Line, Term, Unpredicted
from explainer.walkthrough.incomplete import incomplete
from explainer.walkthrough.model import Walkthrough

TITLE = Bi(zh="{name}：各工具给出的数", en="{name}: what the tools print")
SUBTITLE = Bi(
    zh="各工具的统计值及其与真实值之差的逐项分解",
    en="What each tool would print, and its difference from the true figure, term by term",
)
MEANING = Bi(
    zh="一次乘加（MAC）指做一次乘法，并把乘积累加起来。FLOPs是浮点运算的次数，一次乘加计2次；FLOPS是每秒浮点运算的次数，表示机器的速度。"
    "这个模型一次前向传播（输入{input}）有{macs}次乘加，即{flops}次浮点运算，参数量为{params}。各工具的数不同，原因有三："
    "一是乘加有的计1次，有的计2次，而名称混用；二是有的另计偏置、激活、池化或归一化；三是有的不识别某些运算，漏计了。",
    en="A multiply-accumulate (MAC) is one multiplication and one addition. FLOPs are floating-point operations, two for each "
    "MAC; FLOPS are operations a second, the speed of a machine. One forward pass of this model (input {input}) takes "
    "{macs} MACs, that is {flops} FLOPs, and it has {params} parameters. The tools differ for three reasons: some count a MAC "
    "once and some twice, under either name; some add biases, activations, pooling or norms; some leave out the operations "
    "that they do not know.",
)
MEANING_OF_A_PART = Bi(
    zh="一次乘加（MAC）是一次乘法和一次加法。FLOPs是浮点运算的次数，一次乘加计2次；FLOPS是每秒浮点运算次数，说的是机器的速度。"
    "这个模型的参数量为{params}；一次前向传播（输入{input}）至少有{macs}次乘加：前向传播没有全部推导出来，其余不得而知。",
    en="A multiply-accumulate (MAC) is one multiplication and one addition. FLOPs are floating-point operations, two for each "
    "MAC; FLOPS are operations a second, the speed of a machine. This model has {params} parameters, and one forward pass (input "
    "{input}) takes at least {macs} MACs: it is not derived to its end, or not in every step, and the rest is not known.",
)
PREDICTED = Bi(
    zh="下表的数由各工具的计数规则推算得出，没有运行这些工具。",
    en="The figures below follow from each tool's rules; the tools were not run.",
)
UNPREDICTED = Bi(
    zh="以下各数推算不出来，因为不知道这些工具怎样计数其中的某一步：{figures}。",
    en="These figures cannot be predicted, since it is not known how the tool counts one of the steps: {figures}.",
)
UNPREDICTED_FIGURE = Bi(zh="{tool}的{what}（{step}）", en="{what} of {tool} ({step})")
EMPTY = Bi(
    zh="没有哪个工具能对这个模型给出数：推导时没有进行前向传播。",
    en="No tool has a figure for this model: no forward pass was made.",
)
HEADER = (
    Bi("工具", "Tool"),
    Bi("统计的量", "Quantity"),
    Bi("数值", "Figure"),
    Bi("评价", "Verdict"),
    Bi("含义与理由", "What it is, and why"),
)
STANDING = {
    "right": Bi("正确", "right"),
    "convention": Bi("口径不同", "another convention"),
    "wrong": Bi("有误", "wrong"),
}
BRIDGES = Bi(zh="从真实值到各工具的数", en="From the true figure to each tool's")
SAME_AS_TRUE = Bi(
    zh="以下各数就是真实值，不需要换算：{figures}。",
    en="These are the true figures themselves: {figures}.",
)
ONE_FIGURE = Bi(zh="{tools}的{what}", en="{what} of {tools}")
TRUE_FIGURE = Bi(zh="{value}（{what}）", en="{value} ({what})")
TERMS_HEADER = (Bi("项", "Term"), Bi("数值", "Value"))
SUM = Bi(zh="合计", en="Sum")

WHICH_TITLE = Bi(zh="{number}从何而来（{name}）", en="{name}: where {number} comes from")
WHICH_SUBTITLE = Bi(zh="最可能的解释排在最前", en="The most plausible meaning first")
NO_SUBTITLE = Bi(zh="", en="")  # nothing, or a single meaning
NOTHING = Bi(
    zh="未找到与{number}相符的量。已经查过：参数量、乘加次数、浮点运算次数、各种数据类型的字节数、激活的大小、各工具给出的总数和逐层的数，以及"
    "每一层自己的数；含与不含偏置、归一化层、分类层，常见的批量大小，以及单位的常见误读。",
    en="No quantity matches {number}. Searched were the parameters, MACs and FLOPs, bytes in every number format, sizes of "
    "activations, what the tools print in all and layer by layer, and each layer's own figures; with and without biases, norms and classifier, for the "
    "usual batch sizes, and with units misread in the usual ways.",
)
UNDECIDED = Bi(
    zh="{number}是什么，无法判定：前向传播没有全部推导出来，它可能是未知部分的数；参数量和已知各层的数都不符。",
    en="What {number} is cannot be decided: the forward pass is not derived to its end, or not in every step, and it may be a figure of "
    "what is not known. It is none of the parameters, nor of the layers that are known.",
)
ONLY_CLOSE = Bi(
    zh="没有哪一个数正好是{number}；下面的最接近，但不相符。",
    en="No figure is exactly {number}; the one below comes close, but is not it.",
)
WHICH_HEADER = (
    Bi("含义", "Meaning"),
    Bi("数值", "Value"),
    Bi("{number}的读法", "How {number} is read"),
    Bi("是否相符", "Agreement"),
)
FIT = {
    "exact": Bi("完全相等", "equal"),
    "rounded": Bi("按所写位数四舍五入后相等", "equal as rounded"),
    "cut": Bi("按所写位数截断后相等", "equal when cut to its digits"),
    "close": Bi("只是接近，差{rest}", "close, off by {rest}"),
}
PRINTED = Bi(zh="给出{value}的有{tools}。", en="{value} is printed by {tools}.")
PRINTED_IN_ROW = Bi(
    zh="在{layer}这一行给出{value}的有{tools}。", en="{value} is printed in the row of {layer} by {tools}."
)
EXPLAINED = Bi(zh="{tools}：{why}", en="{tools}: {why}")
CONSISTS_OF_ONE = Bi(zh="{value}全部是{what}。", en="All of {value}: {what}.")
CONSISTS = Bi(zh="{value}的构成：", en="What is in {value}:")


def ledger_document(walk: Walkthrough, langs: tuple[Lang, ...]) -> Document:
    """What the tools would print for the model, and why. Raises NotMeasured if that was not worked out."""
    page = Page(langs, "standard")
    counted = counters_of(walk)
    lines = counted.lines
    macs = walk.macs.value or 0
    shapes = [same("×".join(map(str, shape))) for shape in walk.run.input_shapes]
    meaning = MEANING if walk.complete else MEANING_OF_A_PART
    page.say(meaning, input=joined(shapes), macs=macs, flops=2 * macs, params=walk.totals.params)
    for sentence in incomplete(walk):
        page.alarm(sentence)
    if lines:
        page.say(PREDICTED)
        page.blocks.append(_table(page, lines))
        if counted.unpredicted:
            page.say(UNPREDICTED, figures=joined(list(map(_unpredicted, counted.unpredicted)), "；", "; "))
        _bridges(page, lines)
    else:
        page.say(EMPTY)
    return _document(page, walk, TITLE, SUBTITLE)


def which_document(walk: Walkthrough, text: str, langs: tuple[Lang, ...], matches: tuple[Match, ...]) -> Document:
    """What a number means for the model. matches: what `which` found."""
    page = Page(langs, "standard")
    written = text.strip()
    if not matches:
        page.say(NOTHING if walk.complete else UNDECIDED, number=written)
    else:
        if matches[0].fit == "close":
            page.say(ONLY_CLOSE, number=written)
        rows = tuple(_match_row(page, match) for match in matches)
        header = tuple(page.both(title, number=written) for title in WHICH_HEADER)
        page.blocks.append(Table(header, "lrll", rows))
        _in_full(page, walk, matches)
    return _document(page, walk, WHICH_TITLE, WHICH_SUBTITLE if len(matches) > 1 else NO_SUBTITLE, number=written)


def _unpredicted(figure: Unpredicted) -> Bi:
    return UNPREDICTED_FIGURE.format(tool=tool_name(figure), what=quantity_word(figure), step=figure.what)


def _document(page: Page, walk: Walkthrough, title: Bi, subtitle: Bi, **words: str) -> Document:
    name = proper_name(walk.name, walk.source)
    langs, full = page.langs, title.format(name=name, **words)
    under = subtitle[langs[0]] if len(langs) == 1 else f"{full[langs[1]]}. {subtitle[langs[1]]}"
    return Document(
        langs=langs, title=(full[langs[0]],), subtitle=(under.rstrip(". "),) if under else (), blocks=tuple(page.blocks)
    )


def _table(page: Page, lines: tuple[Line, ...]) -> Table:
    return Table(
        tuple(page.both(title) for title in HEADER),
        "llrll",
        tuple(
            (
                page.both(tool_name(line)),
                page.both(quantity_word(line)),
                page.both(figure_text(line)),
                page.both(STANDING[line.standing]),
                page.both(_explained(line)),
            )
            for line in lines
        ),
    )


def _explained(line: Line) -> Bi:
    """What the figure is, unless the quantity's own word says it, and why it is what it is."""
    word, meaning, why = quantity_word(line), line.meaning, line.why
    if word.zh == meaning.zh or why.zh.startswith(meaning.zh) or meaning.en == word.en or _begins(why.en, meaning.en):
        return why
    return _capital(line.meaning) + Bi("。", ". ") + line.why


def _begins(text: str, beginning: str) -> bool:
    return text.lower().startswith(beginning.lower())


def _capital(text: Bi) -> Bi:
    return begun(text)


def _bridges(page: Page, lines: tuple[Line, ...]) -> None:
    """A small table for each figure that is not the true one; tools that count alike share it."""
    page.heading(2, BRIDGES)
    plain = [line for line in lines if len(line.terms) < 2]
    if plain:
        figures = [TRUE_FIGURE.format(value=alike[0].value, what=_figure(alike)) for alike in _alike(plain)]
        page.say(SAME_AS_TRUE, figures=joined(figures, "；", "; "))
    for alike in _alike([line for line in lines if len(line.terms) > 1]):
        page.heading(3, begun(_figure(alike)))
        page.blocks.append(_terms(page, alike[0].terms, alike[0].value))


def _figure(lines: list[Line]) -> Bi:
    return ONE_FIGURE.format(tools=tool_list(lines), what=quantity_word(lines[0]))


def _alike(lines: list[Line]) -> list[list[Line]]:
    """Lines of one quantity with the same terms, in the order in which the first of them comes."""
    found: dict[tuple[str, int, tuple[Term, ...]], list[Line]] = {}
    for line in lines:
        found.setdefault((quantity_word(line).en, line.value, line.terms), []).append(line)
    return list(found.values())


def _terms(page: Page, terms: tuple[Term, ...], value: int) -> Table:
    """The true figure, what is added (+) and left out (−), and the sum."""
    rows: list[tuple[Text, ...]] = []
    for i, term in enumerate(terms):
        sign = "" if i == 0 else "+" if term.value >= 0 else "−"
        rows.append((page.both(term.label), (f"{sign}{grouped(abs(term.value))}" if i else grouped(term.value),)))
    rows.append((page.both(SUM), (Strong(grouped(value)),)))
    return Table(tuple(page.both(title) for title in TERMS_HEADER), "lr", tuple(rows))


def _match_row(page: Page, match: Match) -> tuple[Text, ...]:
    fit = FIT[match.fit].format(rest=_number(match.remainder))
    return page.both(match.label), (grouped(match.value),), page.both(match.how), page.both(fit)


def _who_prints(page: Page, walk: Walkthrough, match: Match) -> None:
    """The tools with the figure for a total, or in a layer's row."""
    for layer in dict.fromkeys(line.layer for line in match.lines):
        those = [line for line in match.lines if line.layer == layer]
        if layer:
            page.say(PRINTED_IN_ROW, value=match.value, tools=tools_named(those), layer=place_of(walk, those[0]))
        else:
            page.say(PRINTED, value=match.value, tools=tools_named(those))


def _number(value: Fraction) -> str:
    sign = "−" if value < 0 else ""
    whole = abs(value)
    return sign + (grouped(int(whole)) if whole.denominator == 1 else f"{float(whole):,.2f}")


def _in_full(page: Page, walk: Walkthrough, matches: tuple[Match, ...]) -> None:
    """Of the best meanings: how the value comes about, which tools print it and why, and its terms."""
    for match in matches[:3]:
        parts = [Bi("{working}={value}", "{working} = {value}").format(working=match.working, value=match.value)]
        if match.factor.denominator == 1 and str(match.factor).strip("0") != "1":
            quotient = f"{float(match.value / match.factor):,.6g}"
            divided = Bi("{value}/{factor}≈{quotient}", "{value} ÷ {factor} ≈ {quotient}")
            parts.append(divided.format(value=match.value, factor=int(match.factor), quotient=quotient))
        parts = parts if match.working else parts[1:]
        if parts:
            page.say(_capital(match.label) + Bi("：", ": ") + joined(parts, "；", "; ") + Bi("。", "."))
        if not match.lines:
            continue
        if not all(tool_name(line).zh in match.label.zh for line in match.lines):
            _who_prints(page, walk, match)
        whys = {(line.why.zh, line.why.en): line.why for line in match.lines if line.standing != "right"}
        for why in whys.values():
            page.say(EXPLAINED, tools=tool_list([line for line in match.lines if line.why == why]), why=why)
        if len(match.terms) == 1 and match.lines[0].layer and match.lines[0].standing != "right":
            page.say(CONSISTS_OF_ONE, value=match.value, what=match.terms[0].label)
        if len(match.terms) > 1:
            page.say(CONSISTS, value=match.value)
            page.blocks.append(_terms(page, match.terms, match.value))
