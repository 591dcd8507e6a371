"""What a call was given, in words: a step by its number where the document prints numbers, by what it is called where it does not."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.document.builder import Page, merge
from explainer.document.nodes import Code, Inline, Words
from explainer.i18n.bilingual import Bi, Lang
from explainer.walkthrough.call import TensorRef
from explainer.walkthrough.model import Layer

MANY = 8
INPUT, CONSTANT = Bi(zh="输入", en="the input"), Bi(zh="一个常量", en="a constant")
INPUTS = Bi(zh="{n}路输入", en="{n} inputs")
PARAMETER = Bi(zh="参数", en="the parameter ")
STEP = Bi(zh="第{numbers}步的输出", en="the output of step {numbers}")
STEPS = Bi(zh="第{numbers}步的输出", en="the outputs of steps {numbers}")
OUTPUT, OUTPUTS = Bi(zh="的输出", en="the output of "), Bi(zh="的输出", en="the outputs of ")
COMMA, AND = Bi(zh="、", en=", "), Bi(zh="和", en=" and ")


def of_output(page: Page, layer: Layer) -> list[Words]:
    """What the rule says of the output, the tensors that it names in the document's words."""
    output = layer.output
    if output is None:
        return []
    given = {name: words_of(page, [layer.call.operands[at] for at in places]) for name, places in output.given.items()}
    return [
        page.words(text, **(given if given and text.placeholders()[0] & given.keys() else {})) for text in output.why
    ]


def words_of(page: Page, operands: Sequence[TensorRef]) -> Words:
    """第14、20步的输出; 卷积层`up`和`skip`的输出; 8路以上只说有几路。"""
    if len(operands) > MANY:
        return page.words(INPUTS, n=len(operands))
    steps = [operand.source for operand in operands if operand.parameter is None and isinstance(operand.source, int)]
    if len(steps) == len(operands) > 0:
        return {lang: _outputs(page, steps, lang) for lang in page.langs}
    return {lang: _listed([_single(page, one, lang) for one in operands], lang) for lang in page.langs}


def _single(page: Page, operand: TensorRef, lang: Lang) -> tuple[Inline, ...]:
    if operand.parameter is not None:
        return (PARAMETER[lang], Code(operand.parameter))
    if isinstance(operand.source, int):
        return _outputs(page, [operand.source], lang)
    return ((INPUT if operand.source == "input" else CONSTANT)[lang],)


def _outputs(page: Page, steps: Sequence[int], lang: Lang) -> tuple[Inline, ...]:
    several = len(steps) > 1
    if not page.unnumbered.keys() >= set(steps):
        text = _listed([(str(n),) for n in steps], lang, COMMA if lang == "zh" else AND)
        return ((STEPS if several else STEP).format(numbers="".join(map(str, text)))[lang],)
    named, before = list[tuple[Inline, ...]](), None
    for step in steps:
        layer = page.unnumbered[step]
        title = layer.rule.title[lang] if layer.rule else ""
        shown = title if title != before or lang == "en" else ""  # 卷积层`a`、`b`
        gap = " " if lang == "en" and title else ""
        named.append((f"the {shown}{gap}" if lang == "en" else shown, Code(layer.path or layer.type)))
        before = title
    listed = _listed(named, lang)
    outputs = (OUTPUTS if several else OUTPUT)[lang]
    return merge((*listed, outputs) if lang == "zh" else (outputs, *listed))


def _listed(parts: Sequence[tuple[Inline, ...]], lang: Lang, last: Bi = AND) -> tuple[Inline, ...]:
    """甲、乙和丙 / a, b and c."""
    told: list[Inline] = []
    for i, part in enumerate(parts):
        if i:
            told.append((last if i == len(parts) - 1 else COMMA)[lang])
        told += part
    return merge(tuple(told))
