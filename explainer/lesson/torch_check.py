"""torch's own count beside ours, and the verdict; a disagreement is loud."""

from __future__ import annotations

from explainer.document.builder import Page, fill, merge
from explainer.document.figures import Shown
from explainer.document.nodes import Paragraph
from explainer.i18n.bilingual import Bi, joined, shape_text
from explainer.lesson.phrases import without_batch
from explainer.walkthrough.call import Op
from explainer.walkthrough.model import Layer
from explainer.walkthrough.verdict import Verdict

AGREE = Bi(zh="✓ {figures}{agree}与PyTorch一致。", en="✓ {figures} {agree} with PyTorch.")
FIGURES: dict[Shown, Bi] = {
    "params": Bi("参数量", "parameters"),
    "shape": Bi("输出尺寸", "output size"),
    "macs": Bi("计算量", "multiply-accumulates"),
}
PARAMS_DISAGREE = Bi(
    zh="不一致 ✗　公式得{ours}个参数，PyTorch给出{theirs}个。",
    en="DISAGREES ✗  The formula gives {ours:parameter|parameters}, PyTorch has {theirs}.",
)
DECLARED = Bi(
    zh="这一层的设置与它的张量不符：{tensors}。",
    en="The layer's settings do not fit its tensors: {tensors}.",
)
ONE_DECLARED = Bi(
    zh="{name}按设置应为{declared}，实际为{found}", en="by its settings {name} is {declared}, and it is {found}"
)
SHAPE_DISAGREES = Bi(
    zh="不一致 ✗　公式得输出{ours}，PyTorch给出{theirs}。",
    en="DISAGREES ✗  The formula gives an output of {ours}, PyTorch gives {theirs}.",
)
MACS_DISAGREE = Bi(
    zh="不一致 ✗　公式得{ours}次乘加，PyTorch统计为{theirs}次。",
    en="DISAGREES ✗  The formula gives {ours} multiply-accumulates, PyTorch counts {theirs}.",
)
SHAPE_UNCHECKED = Bi(
    zh="参数量与PyTorch一致 ✓；输出尺寸（{shape}）取自运行，没有公式，未核对。",
    en="The parameters agree with PyTorch ✓; the output size ({shape}) is as observed in the run: there is no formula, and it "
    "is unchecked.",
)


def check(page: Page, layer: Layer) -> None:
    """torch's own count and the verdict; a disagreement is loud."""
    _, after = without_batch(layer)
    if layer.checked:
        _agreed(page, layer, after)
    if layer.params_verdict is Verdict.DISAGREES:
        page.alarm(PARAMS_DISAGREE.format(ours=layer.value, theirs=layer.torch_params))
    if layer.call.op is not None and layer.call.op.declared:
        page.alarm(DECLARED.format(tensors=_declared(layer.call.op)))
    if layer.shape_verdict is Verdict.DISAGREES:
        ours = shape_text([size.value for _, size in layer.shape])
        page.alarm(SHAPE_DISAGREES.format(ours=ours, theirs=shape_text(layer.call.output_shapes[0])))
    if layer.macs_verdict is Verdict.DISAGREES and layer.macs:
        page.alarm(MACS_DISAGREE.format(ours=layer.macs.value, theirs=layer.torch_macs or 0))
    if layer.shape_verdict is Verdict.UNCHECKED and layer.params_verdict is Verdict.AGREES:
        page.tell([SHAPE_UNCHECKED.format(shape=after)])


def _agreed(page: Page, layer: Layer, shape: str) -> None:
    """The figures that this section derives and torch confirms."""
    macs = layer.torch_macs if layer.macs_verdict is Verdict.AGREES else None
    values: dict[Shown, int | str | None] = {"params": layer.torch_params, "shape": shape, "macs": macs}
    shown = [FIGURES[name] for name, value in values.items() if name in page.show and value is not None]
    if not shown:
        return
    plural = len(shown) > 1 or shown == [FIGURES["params"]] or shown == [FIGURES["macs"]]
    said = AGREE.format(
        figures=Bi(zh="、".join(name.zh for name in shown), en=_and([name.en for name in shown]).capitalize()),
        agree=Bi("均" if len(shown) > 1 else "", "agree" if plural else "agrees"),
    )
    last = page.blocks[-1]
    if page.detail == "full" or not isinstance(last, Paragraph) or set(last.words) != set(page.langs):
        page.tell([said])
    else:  # at the end of what was said last
        ended = {
            lang: merge((*text, " " if lang == "en" else "", *fill(said, lang, {})))
            for lang, text in last.words.items()
        }
        page.blocks[-1] = Paragraph(ended)


def _declared(op: Op) -> Bi:
    return joined(
        [
            ONE_DECLARED.format(name=name, declared=shape_text(shape), found=shape_text(op.tensors[name]))
            for name, shape in op.declared.items()
        ],
        "；",
        "; ",
    )


def _and(parts: list[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
