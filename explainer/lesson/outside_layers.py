"""Modules that the forward pass did not reach or did not use: their parameters, explained by themselves."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code, Equation, Heading, Paragraph, Row, Strong
from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.lesson.phrases import COLON, capitalised, numbers_text, tensor_text
from explainer.walkthrough.model import Uncalled, Walkthrough
from explainer.walkthrough.verdict import Verdict

TITLE = Bi(zh="未被调用的模块", en="Modules not called")
TITLE_STOPPED = Bi(zh="未执行到的模块", en="Modules not reached")
INTRO_STOPPED = Bi(
    zh="前向传播没有走完，以下模块未执行到，它们的输出尺寸和计算量不得而知。它们的参数属于模型，计入总数。",
    en="The forward pass did not reach its end, and not the modules below: their output sizes and cost are not known. Their parameters "
    "belong to the model and are counted.",
)
TITLE_UNSEEN = Bi(zh="没有看到被调用的模块", en="Modules not seen to be called")
INTRO_UNSEEN = Bi(
    zh="前向传播有一部分没有记录下来，以下模块是否在其中被调用不得而知。它们的参数属于模型，计入总数。",
    en="A part of the forward pass was not recorded, and whether the modules below are called there is not known. Their parameters "
    "belong to the model and are counted.",
)
INTRO = Bi(
    zh="以下模块在这次前向传播中没有被调用，但它们的参数属于模型，计入总数。",
    en="This forward pass does not call the modules below, but their parameters belong to the model and are counted.",
)
COUNT = Bi(zh="参数量", en="parameters")
NO_RULE = Bi(
    zh="没有规则能说明它的参数，不作推测（未核对）：{tensors}；合计{total}。",
    en="No rule explains its parameters, and nothing is guessed (unchecked): {tensors}; {total} in all.",
)
DISAGREES = Bi(
    zh="不一致 ✗　公式得{ours}个参数，PyTorch给出{theirs}个。",
    en="DISAGREES ✗  The formula gives {ours} parameters, PyTorch has {theirs}.",
)


def uncalled_section(page: Page, walk: Walkthrough) -> None:
    """The first module of each kind is derived, later ones give formula and result in a line."""
    if not walk.uncalled:
        return
    title, intro = (TITLE, INTRO) if walk.complete else (TITLE_UNSEEN, INTRO_UNSEEN)
    if walk.completeness.stopped:
        title, intro = TITLE_STOPPED, INTRO_STOPPED
    page.heading(2, title)
    page.say(intro)
    for module in walk.uncalled:
        if module.params is None or module.rule is None:
            _listed(page, module)
        elif page.first(("uncalled", module.rule.name)) or page.detail == "full":
            _derived(page, module)
        else:
            _line(page, module)


def _derived(page: Page, module: Uncalled) -> None:
    params = module.params
    assert params is not None
    assert module.rule is not None
    page.blocks.append(Heading(3, (*page.both(capitalised(module.rule.title)), " ", Code(module.path))))
    rows = [Row(page.label(COUNT), (params.symbolic,)), Row(None, (params.substituted,), labelled=True)]
    rows += [Row(None, (step,)) for step in params.steps]
    if not isinstance(params.substituted, Number):
        rows.append(Row(None, (Number(params.value),)))
    page.blocks.append(Equation(tuple(rows)))
    if legend := page.legend(params.symbolic):
        page.blocks.append(Paragraph(legend))
    if module.verdict is Verdict.DISAGREES:
        page.alarm(DISAGREES.format(ours=params.value, theirs=module.counted))


def _line(page: Page, module: Uncalled) -> None:
    params = module.params
    assert params is not None
    assert module.rule is not None
    numbers, value = numbers_text(params), grouped(params.value)
    mark = {Verdict.AGREES: " ✓", Verdict.DISAGREES: " ✗", Verdict.UNCHECKED: ""}[module.verdict]
    result = value if numbers == value else f"{numbers}={value}"
    page.put(
        Strong(page.label(capitalised(module.rule.title))), " ", Code(module.path), COLON[page.langs[0]], result, mark
    )


def _listed(page: Page, module: Uncalled) -> None:
    page.blocks.append(Heading(3, (module.type, " ", Code(module.path))))
    listed = [same(tensor.name) + COLON + tensor_text(tensor.shape, tensor.numel) for tensor in module.tensors]
    page.tell([NO_RULE.format(tensors=joined(listed, "；", "; "), total=module.counted)])
