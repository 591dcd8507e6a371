"""torch's own count beside ours, and the verdict; a disagreement is loud."""

from __future__ import annotations

from explainer.document.builder import Page, Shown
from explainer.i18n.bilingual import Bi, joined, same, shape_text
from explainer.lesson.phrases import without_batch
from explainer.walkthrough.model import Layer
from explainer.walkthrough.verdict import Verdict

AGREES = Bi(
    zh="核对：PyTorch给出的{figures}，{all}与推导一致 ✓",
    en="Check: PyTorch reports {figures}; {all} ✓",
)
PARAMS_AGREE = Bi(zh="参数量为{n}", en="{n:parameter|parameters}")
SHAPE_AGREES = Bi(zh="输出为{shape}", en="an output of {shape}")
MACS_AGREE = Bi(zh="计算量为{n}次乘加", en="{n} multiply-accumulates")
# For a bilingual page: the numbers once.
BILINGUAL = same("核对 Check（PyTorch）：{figures}")
BILINGUAL_FIGURES = {
    "params": same("参数量 parameters {n} ✓"),
    "shape": same("输出 output {shape} ✓"),
    "macs": same("计算量 multiply-accumulates {n} ✓"),
}
PARAMS_DISAGREE = Bi(
    zh="不一致 ✗　公式得{ours}个参数，PyTorch给出{theirs}个。",
    en="DISAGREES ✗  The formula gives {ours:parameter|parameters}, PyTorch has {theirs}.",
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
    zh="参数量与PyTorch一致 ✓；输出{shape}由运行得到，没有公式可核对（未核对）。",
    en="The parameters agree with PyTorch ✓; the output, {shape}, is as observed in the run (unchecked).",
)


def check(page: Page, layer: Layer) -> None:
    """torch's own count and the verdict; a disagreement is loud."""
    _, after = without_batch(layer)
    if layer.checked:
        _agreed(page, layer, after)
    if layer.params_verdict is Verdict.DISAGREES:
        page.alarm(PARAMS_DISAGREE.format(ours=layer.value, theirs=layer.torch_params))
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
    shown = [(name, value) for name, value in values.items() if name in page.show and value is not None]
    alone = {"params": PARAMS_AGREE, "shape": SHAPE_AGREES, "macs": MACS_AGREE}
    texts = alone if len(page.langs) == 1 else BILINGUAL_FIGURES
    figures = [texts[name].format(n=value, shape=value) for name, value in shown]
    if not figures:
        return
    if len(page.langs) > 1:
        page.put(page.label(BILINGUAL.format(figures=joined(figures))))
        return
    both = Bi("均" if len(figures) > 1 else "", {1: "it agrees", 2: "both agree"}.get(len(figures), "all agree"))
    listed = Bi("，".join(text.zh for text in figures), _and([text.en for text in figures]))
    page.put(page.label(AGREES.format(figures=listed, all=both)))


def _and(parts: list[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
