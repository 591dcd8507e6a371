"""A question worked out in its key: sizes that it takes, the formula with letters, with numbers, its steps; a whole network's as a table."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.document.builder import Page
from explainer.document.nodes import (
    Block,
    Code,
    Equation,
    Paragraph,
    Row,
    Table,
    Text,
)
from explainer.formula.derivation import Derivation
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number, Symbol, symbols, total
from explainer.homework.grading.shape_answer import asked as shape_asked
from explainer.homework.question import WORDS, Question, value_text
from explainer.homework.used_sizes import letters, used_sizes
from explainer.i18n.bilingual import Bi
from explainer.lesson.rounding import rounding
from explainer.render.breaking import columns
from explainer.vocabulary.symbols import C_in
from explainer.walkthrough.model import Layer

LAYER = Bi(zh="层", en="layer")
SIZE = Bi(zh="输出的尺寸", en="output size")
LINE = 84.0  # signs of a row of an equation


def derivation(page: Page, question: Question) -> list[Block]:
    """The figure worked out as in the walkthrough; the symbols that are new to the page explained."""
    if question.parts:
        return _sum(page, question)
    rows: list[Row] = []
    before: list[Row] = []  # sizes that it takes, by themselves: behind a long left side they would break
    if question.is_shape:
        for name, size in shape_asked(question):
            left, chain = Symbol(name, SIZE), _chain(size)
            rows.append(Row(left, chain[1:] if chain[0] == left else chain))
    else:
        size = question.derivation
        if isinstance(size.symbolic, Number) and not question.value:
            return []
        before = [Row(Symbol(name, SIZE), _chain(found)) for name, found in used_sizes(question)]
        rows.append(Row(page.label(question.figure), (size.symbolic,)))
        if size.values:
            rows.append(Row(None, (size.substituted,), labelled=True))
        value = () if isinstance(size.substituted, Number) else (Number(size.value),)
        rows += _in_rows((*size.steps, *value), LINE - columns(page.label(question.figure)))
    if not rows:
        return []
    formulas = letters(question, shape_asked(question) if question.is_shape else question.sizes)
    first = [symbol for formula in formulas for symbol in symbols(formula) if symbol == C_in]
    legend = page.legend(*first[:1], *formulas)  # "C_in, C_out: numbers of input and output channels", in this order
    brackets = page.run_together(rounding(page, formulas))
    notes = [Paragraph(said) for said in (legend, brackets) if said and any(said.values())]
    return [*([Equation(tuple(before))] if before else []), Equation(tuple(rows)), *notes]


def _in_rows(steps: Sequence[Expr], room: float) -> list[Row]:
    """As many steps in a row as fit beside the left side: = (576+1)·128 = 577·128 = 73,856."""
    rows: list[list[Expr]] = []
    for step in steps:
        wide = sum(len(plain(one, Plain())) + 3 for one in (*(rows[-1] if rows else ()), step))
        if rows and wide <= room:
            rows[-1].append(step)
        else:
            rows.append([step])
    return [Row(None, tuple(row)) for row in rows]


def _sum(page: Page, question: Question) -> list[Block]:
    """The whole network's figure: the layers' in a table, for the sum would not fit on a line; then what it comes to."""
    costs = question.quantity in ("macs", "flops")
    rows: list[tuple[Text, ...]] = []
    numbers: list[int] = []
    for part in question.parts:
        macs = part.macs.value if isinstance(part, Layer) and part.macs else 0
        number = macs if costs else part.counted
        if number:
            rows.append(((Code(part.path),), (value_text(number),)))
            numbers.append(number)
    if not costs:
        numbers += [raw.params for raw in question.tensors]
        rows += [((Code(raw.name),), (value_text(raw.params),)) for raw in question.tensors]
    header = (page.both(LAYER), page.both(WORDS["macs" if costs else "params"]))
    size = question.derivation
    steps = size.steps[-1:] or ((total([Number(number) for number in numbers]),) if len(numbers) > 1 else ())
    result = Row(page.label(WORDS[question.quantity]), (*steps, Number(size.value)))
    return [Table(header, "lr", tuple(rows)), Equation((result,))]


def _chain(size: Derivation) -> tuple[Expr, ...]:
    value = () if isinstance(size.substituted, Number) else (Number(size.value),)
    return (size.symbolic, size.substituted, *size.steps, *value)
