"""A layer's parameters derived: with symbols, with numbers, each reduction, and the reason."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from explainer.document.builder import Page
from explainer.document.nodes import Equation, Paragraph, Row
from explainer.formula.derivation import Derivation
from explainer.formula.tree import Number, evaluate, specialise, substitute
from explainer.i18n.bilingual import Bi, joined, same
from explainer.lesson.phrases import COLON, capitalised, share, tensor_text, without_batch, worked_text
from explainer.vocabulary.symbols import bias
from explainer.walkthrough.model import Layer, Walkthrough

PARAMETERS = Bi(zh="参数量", en="parameters")
ZERO = Bi(zh="参数量：0。", en="Parameters: 0.")
USES = Bi(
    zh="参数量：0。这一步本身没有参数；其中的{names}是可学习的参数，单独计入总数。",
    en="Parameters: 0. The step itself has none; it uses {names}, learned and counted by itself in the total.",
)
ZERO_AS = Bi(zh="参数量：0，理由同{n}。", en="Parameters: 0, as in {n}.")
SAME_PARAMETERS = Bi(zh="与{n}相同，{formula}。", en="as in {n}, {formula}.")
AGAIN = Bi(
    zh="即{n}的层再次被调用，参数{formula}已在那里计入，这里不再计数。", en="{n} again, {formula}, counted there."
)
NO_RULE = Bi(
    zh="没有规则能说明这一层的参数，以下按张量逐个列出，不作推测（未核对）：{tensors}；合计{total}。",
    en="No rule explains this layer's parameters; its tensors are listed one by one and nothing is guessed "
    "(unchecked): {tensors}; {total} in all.",
)
COMPUTED = Bi(
    zh="这一步用到的权重由前面的步骤算出，自身没有参数。",
    en="The weight used here is computed by earlier steps; this step owns no parameters of its own.",
)
NO_RULE_STEP = Bi(
    zh="没有规则能说明这一步；它没有参数，形状由运行得到（未核对）：{before}→{after}。",
    en="No rule explains this step; it owns no parameters, and its shape is as observed in the run (unchecked): "
    "{before} → {after}.",
)
NO_BIAS = Bi(
    zh="其后的批归一化要减去均值，卷积的偏置会被抵消，所以不设偏置。",
    en="There is no bias because the batch normalization that follows subtracts the mean and would cancel it.",
)
SPLIT = Bi(
    zh="其中权重{weights}个，偏置{biases}个。略去偏置的简式为{abridged}，少{biases}个，占本层的{percent}{small}。",
    en="{weights:is a weight|are weights} and {biases:is a bias|are biases}. The abridged formula without bias, "
    "{abridged}, is short by {biases}, {percent} of the layer{small}.",
)
SMALL = Bi(zh="，不影响数量级", en=": the order of magnitude is the same")
SHARED = Bi(
    zh="这些参数与{paths}共用，只在首次出现处计数；此处计入总数的是{counted}个。",
    en="These parameters are shared with {paths} and counted only at their first use; here {counted} go into the total.",
)


def parameters(page: Page, layer: Layer, known: int) -> list[Bi]:
    """The count derived; for a layer without parameters the sentences to begin the next paragraph with."""
    parameters, params = layer.parameters, layer.params
    assert layer.rule is not None
    if parameters is None or params is None:
        _tensors(page, layer)
        return []
    if not layer.value:
        used = [operand for operand in layer.call.operands if operand.parameter]
        if used:
            listed = [same(f"{ref.parameter}（{tensor_text(ref.shape, prod(ref.shape)).zh}）") for ref in used]
            plainly = [same(f"{ref.parameter} ({tensor_text(ref.shape, prod(ref.shape)).en})") for ref in used]
            names = Bi(joined(listed).zh, joined(plainly, en=" and ").en)
            return [USES.format(names=names)]
        if page.detail != "full" and known != layer.index:
            return [ZERO_AS.format(n=page.numbered(known))]
        return [ZERO, *sentences(page, layer.rule.name, parameters.why, parameters.remark)]
    if layer.params_same_as is not None and page.detail != "full":
        again = layer.again is not None and layer.again == layer.params_same_as and not layer.counted
        text = (AGAIN if again else SAME_PARAMETERS).format(
            n=page.numbered(layer.params_same_as), formula=worked_text(params)
        )
        page.tell([capitalised(PARAMETERS) + COLON + text])
        if layer.shared_with and not again:
            page.tell([_shared(layer)])
        return []
    rows = [Row(page.label(PARAMETERS), (params.symbolic,)), Row(None, (params.substituted,), labelled=True)]
    rows += [Row(None, (step,)) for step in params.steps]
    if not isinstance(params.substituted, Number):
        rows.append(Row(None, (Number(params.value),)))
    page.blocks.append(Equation(tuple(rows)))
    if legend := page.legend(params.symbolic):
        page.blocks.append(Paragraph(legend))
    told = sentences(page, layer.rule.name, parameters.why, parameters.remark)
    if layer.index in page.normalized and params.values.get(bias) == 0 and page.first("no bias"):
        told.append(NO_BIAS)
    page.tell(told)
    if page.detail == "full":
        _split(page, layer, params)
    if layer.shared_with:
        page.tell([_shared(layer)])
    return []


def _shared(layer: Layer) -> Bi:
    return SHARED.format(paths=joined([same(path) for path in layer.shared_with]), counted=layer.counted)


def sentences(page: Page, key: str, why: tuple[Bi, ...], remark: tuple[Bi, ...]) -> list[Bi]:
    """What is said of every such layer, and the remark the first time; one that two rules share is said once."""
    told = [text for i, text in enumerate(remark) if page.first((key, i)) and page.first(("remark", text))]
    return [*why, *told]


def _split(page: Page, layer: Layer, params: Derivation) -> None:
    """Weights and biases apart, and the abridged formula: the same formula at b = 0."""
    if layer.parameters is None or not params.values.get(bias):
        return
    without = {**params.values, bias: 0}
    abridged = substitute(specialise(layer.parameters.formula, without), without)
    weights = evaluate(abridged)
    biases = params.value - weights
    page.tell(
        [
            SPLIT.format(
                weights=weights,
                biases=biases,
                small=SMALL if 20 * biases < params.value else same(""),
                abridged=worked_text(replace(params, substituted=abridged, value=weights)),
                percent=share(biases, params.value),
            )
        ]
    )


def without_rule(page: Page, layer: Layer) -> None:
    """A layer that no rule explains: its tensors one by one, or its shapes as observed."""
    if layer.tensors:
        _tensors(page, layer)
    else:
        before, after = without_batch(layer)
        page.tell([NO_RULE_STEP.format(before=before, after=after)])


def _tensors(page: Page, layer: Layer) -> None:
    if not layer.tensors:
        page.tell([COMPUTED])
        return
    listed = [same(tensor.name) + COLON + tensor_text(tensor.shape, tensor.numel) for tensor in layer.tensors]
    page.tell([NO_RULE.format(tensors=joined(listed, "；", "; "), total=layer.torch_params)])


def normalized(walk: Walkthrough) -> frozenset[int]:
    """The steps whose output goes straight into a batch normalization."""
    return frozenset(
        source
        for layer in walk.layers
        if layer.rule is not None and "batch_norm" in layer.rule.name and layer.call.op is not None
        for source in layer.call.inputs
        if isinstance(source, int)
    )
