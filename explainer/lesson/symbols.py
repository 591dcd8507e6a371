"""The totals in symbols: how parameters, computation and activations go with the batch and the input's size."""

from __future__ import annotations

from math import prod

from explainer.cost.batch import NAMES, batch_sentence
from explainer.cost.cost import Cost
from explainer.cost.in_symbols import dependence, proof_sentence
from explainer.document.builder import Page
from explainer.document.nodes import Strong, Table, Text
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.walkthrough.measured import Batch, Change

IN_SYMBOLS = Bi(zh="总数与输入大小的关系", en="Totals in symbols")
HEADER = (Bi("总数", "Total"), Bi("用符号表示", "In symbols"), Bi("本例的值", "Value here"))
PARAMS = Bi(zh="参数量", en="parameters")
MACS = Bi(zh="计算量（乘加）", en="multiply-accumulates")
ACTIVATIONS = Bi(zh="各层输出的元素个数", en="elements of the layers' outputs")
MEANING = Bi(zh="其中{names}。", en="Here {names}.")
IS = Bi(zh="{name}为{meaning}", en="{name} is the {meaning}")
GOES = Bi(zh="计算量{how}。", en="The computation {how}.")
OUTSIDE = Bi(
    zh="本例的输入不在适用范围内，表中“本例的值”是按本例实际运行统计的，与公式的值不同。",
    en="The input of this document lies outside that range: its values in the table are those of its own run, not the formulas'.",
)
BATCH = Bi(zh="批量的影响", en="What the batch changes")
BATCH_HEADER = (
    Bi("量", "Figure"),
    Bi("批量{n}", "batch {n}"),
    Bi("批量{n}", "batch {n}"),
    Bi("变化", "Change"),
)
SAME = Bi(zh="不变", en="the same")
TIMES = Bi(zh="{n}倍", en="{n} times")
OTHER = Bi(zh="变，但不成正比", en="changes, not in proportion")


def totals_in_symbols(page: Page, cost: Cost) -> None:
    """The formulas, for which sizes they hold, and how that was proved."""
    found = cost.in_symbols
    page.heading(2, IN_SYMBOLS)
    if found.macs is None or found.activations is None:
        page.tell(list(found.notes))
        return
    rows: list[tuple[Text, ...]] = [(page.both(PARAMS), (Strong(grouped(found.params)),), (grouped(found.params),))]
    totals = _totals(cost)
    formulas = (found.macs, found.activations)
    for name, formula, total in zip((MACS, ACTIVATIONS), formulas, totals, strict=True):
        rows.append((page.both(name), (Strong(formula.text()),), (grouped(total),)))
    page.blocks.append(Table(tuple(page.both(title) for title in HEADER), "llr", tuple(rows)))
    used = list(found.macs.variables)
    meanings = [IS.format(name=same(variable.name), meaning=variable.meaning) for variable in used]
    hows = [how for variable in used if (how := dependence(found, variable.name))]
    goes = [GOES.format(how=joined(hows, "，", ", "))] if hows else []
    page.tell([MEANING.format(names=joined(meanings, "，", "; ")), *goes])
    outside = any(formula.at(found.sizes) != total for formula, total in zip(formulas, totals, strict=True))
    ending = (proof_sentence(found), OUTSIDE if outside else None)
    page.tell([text for text in (found.valid_for, *found.notes, *ending) if text])


def _totals(cost: Cost) -> tuple[int, int]:
    """The multiply-accumulates of this very input, and the elements of the outputs that take memory of their own."""
    layers = cost.walk.layers
    new = [layer.call for layer in layers if cost.relations.get(layer.call.path, "new") == "new"]
    macs = sum(layer.macs.value for layer in layers if layer.macs)
    return macs, sum(prod(shape) for call in new for shape in call.output_shapes)


def batch_changes(page: Page, cost: Cost) -> None:
    """One row a figure: for one sample, for the batch asked for, and whether it changed. Raises UserError."""
    batch = cost.at_batch(1).turned
    page.heading(2, BATCH)
    page.tell([batch_sentence(batch)])
    rows = tuple(_row(page, change, batch) for change in batch.changes if change.before is not None)
    names = [
        BATCH_HEADER[0],
        BATCH_HEADER[1].format(n=batch.before),
        BATCH_HEADER[2].format(n=batch.after),
        BATCH_HEADER[3],
    ]
    page.blocks.append(Table(tuple(page.both(name) for name in names), "lrrl", rows))


def _row(page: Page, change: Change, batch: Batch) -> tuple[Text, ...]:
    if not change.changes:
        word = SAME
    elif batch.proportional(change) and batch.after % batch.before == 0:
        word = TIMES.format(n=batch.after // batch.before)
    else:
        word = OTHER
    figures = [(grouped(value),) if value is not None else () for value in (change.before, change.after)]
    return (page.both(NAMES[change.key]), *figures, page.both(word))
