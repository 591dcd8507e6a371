"""A layer's multiply-accumulates derived; for a layer that makes none, once a kind, why it is not counted."""

from __future__ import annotations

from dataclasses import replace

from explainer.document.builder import Page
from explainer.document.nodes import Equation, Paragraph, Row
from explainer.formula.derivation import Derivation
from explainer.formula.rewrite import rewritten
from explainer.formula.tree import Expr, Number, Symbol, evaluate, specialise, substitute
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import N
from explainer.walkthrough.model import Layer

MACS = Bi(zh="计算量", en="multiply-accumulates")
TIMES = Bi(zh="{n}次乘加", en="{n:multiply-accumulate|multiply-accumulates}")
# Said once a kind: no multiply-accumulates, and what there is instead.
NONE: dict[Kind, Bi] = {
    Kind.ACTIVATION: Bi(
        zh="激活函数对每个元素计算一次，不属于乘加，不计入计算量。",
        en="The function is applied once per element; it is not a multiply-accumulate and is not counted.",
    ),
    Kind.POOLING: Bi(
        zh="池化没有权重可乘，不属于乘加，不计入计算量。",
        en="Pooling multiplies by no weights, so there are no multiply-accumulates to count.",
    ),
    Kind.NORMALIZATION: Bi(
        zh="归一化对每个元素只做几次运算（减均值、除以标准差、缩放、平移等），远少于乘加次数，按惯例不计入计算量。",
        en="Normalization takes a few operations for each element, far fewer than the multiply-accumulates, and is by "
        "convention not counted.",
    ),
    Kind.DROPOUT: Bi(
        zh="丢弃层在评估时不做任何运算，训练时也只是逐元素置零和缩放，不计入计算量。",
        en="Dropout does nothing in evaluation and only zeroes and scales elements in training; it is not counted.",
    ),
    Kind.EMBEDDING: Bi(
        zh="嵌入层只按索引查表，取出对应的行，没有乘加。",
        en="An embedding only looks rows up by their index; there are no multiply-accumulates.",
    ),
    Kind.RESHAPE: Bi(
        zh="没有运算，计算量为0。",
        en="Nothing is computed.",
    ),
    Kind.ELEMENTWISE: Bi(
        zh="逐元素运算的次数等于元素个数，远少于乘加次数，按惯例不计入计算量。",
        en="An element-wise operation takes one step for each element, far fewer than the multiply-accumulates, "
        "and is by convention not counted.",
    ),
    Kind.JOIN: Bi(
        zh="没有乘加，计算量为0。",
        en="There are no multiply-accumulates.",
    ),
}


def macs(page: Page, layer: Layer) -> None:
    """The equation and its reason."""
    if layer.macs is None:
        if layer.output is not None and layer.kind in NONE and page.first(("no macs", layer.kind)):
            page.tell([NONE[layer.kind]])
        return
    cost = for_one(layer.macs)
    rows = [Row(page.label(MACS), (cost.symbolic,))]
    numbers = (cost.substituted, *cost.steps)
    rows.append(Row(None, numbers if isinstance(cost.substituted, Number) else (*numbers, Number(cost.value))))
    page.blocks.append(Equation(tuple(rows)))
    if legend := page.legend(cost.symbolic):
        page.blocks.append(Paragraph(legend))
    assert layer.rule is not None
    if layer.output and (page.first(("macs", layer.rule.name)) or page.detail == "full"):
        page.tell(list(layer.output.macs_why))


def for_one(cost: Derivation) -> Derivation:
    """For a batch of one the formula is written without N, as shapes are; otherwise as it is."""
    if cost.values.get(N) != 1:
        return cost
    values = {**cost.values, _ONE: 1}
    symbolic = specialise(_alone(cost.symbolic), values)
    substituted = substitute(symbolic, values)
    assert evaluate(substituted) == cost.value
    return Derivation(symbolic, substituted, cost.value, values)


_ONE: Symbol = replace(N, neutral=1)


def _alone(formula: Expr) -> Expr:
    return rewritten(formula, lambda node: _ONE if node == N else node)
