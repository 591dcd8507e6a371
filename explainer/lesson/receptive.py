"""Receptive fields: the recurrence from layer to layer, worked out with each layer's numbers."""

from __future__ import annotations

from explainer.cost.cost import Cost
from explainer.document.builder import Page
from explainer.document.nodes import Equation, Paragraph, Row
from explainer.formula.derivation import Derivation
from explainer.formula.tree import Expr, Number, Symbol
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.model import Layer
from explainer.walkthrough.receptive_field.fields import Receptive
from explainer.walkthrough.receptive_field.recurrence import Step
from explainer.walkthrough.receptive_field.sentences import THEORETICAL

SIZE = Bi(zh="感受野", en="receptive field")
STRIDE = Bi(zh="累计步幅", en="effective stride")
PADDING = Bi(zh="累计填充", en="effective padding")
LEFT = {
    "size": Symbol("r_out", SIZE),
    "stride": Symbol("j_out", STRIDE),
    "padding": Symbol("p_out", PADDING),
}
STAYS = Bi(
    zh="感受野仍为{size}，累计步幅仍为{stride}。", en="The receptive field stays {size}, the effective stride {stride}."
)
FIELD = Bi(zh="感受野{size}，累计步幅{stride}", en="receptive field {size}, effective stride {stride}")
COLON = Bi(zh="：", en=": ")


def receptive(page: Page, layer: Layer, cost: Cost) -> None:
    """The recurrence with numbers; a layer that changes nothing says so in a sentence, once."""
    field = cost.receptive.get(layer.index)
    if field is None:
        return
    steps = field.steps[:1] if field.square else field.steps
    rows = [row for step in steps for row in _rows(page, step)]
    if rows:
        page.blocks.append(Equation(tuple(rows)))
        formulas = [each.symbolic for step in steps for each in (step.size, step.stride, step.padding) if each]
        if legend := page.legend(*formulas):
            page.blocks.append(Paragraph(legend))
    sentences = [field.why] if page.first(("receptive", field.why)) else []
    if not rows and not field.whole:
        sentences.append(STAYS.format(size=size_text(field), stride=str(field.strides[0])))
    if page.first("theoretical"):
        sentences.append(THEORETICAL)
    page.tell(sentences)


def field_text(field: Receptive) -> Bi:
    """感受野40×40，累计步幅4, for a layer in one line."""
    if field.whole:
        return Bi("感受野为整幅图像", "receptive field the whole image")
    return FIELD.format(size=size_text(field), stride=str(field.strides[0]))


def size_text(field: Receptive) -> str:
    """40×40. Not for a field that is the whole image."""
    return "×".join(map(str, field.sizes))


def _rows(page: Page, step: Step) -> list[Row]:
    named: list[tuple[str, Bi, Derivation | None]] = [
        ("size", SIZE, step.size),
        ("stride", STRIDE, step.stride),
        ("padding", PADDING, step.padding),
    ]
    rows = []
    for key, word, derivation in named:
        if derivation is None:
            continue
        chain: tuple[Expr, ...] = (derivation.symbolic, derivation.substituted)
        if not isinstance(derivation.substituted, Number):
            chain += (Number(derivation.value),)
        rows.append(Row(LEFT[key], chain, lead=page.label(word) + COLON[page.langs[0]]))
    return rows
