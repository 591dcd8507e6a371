"""Layers and blocks in order: a block that repeats is explained once, and its repetitions are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from explainer.document.builder import Page
from explainer.document.nodes import Code, Strong
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.lesson.layer import Told, layer_section
from explainer.lesson.phrases import COLON, without_batch
from explainer.lesson.templates import Told as TemplatesTold
from explainer.lesson.templates import block_line
from explainer.walkthrough.fold import Block, Part, Repeat, Run, fold
from explainer.walkthrough.model import Layer
from explainer.walkthrough.templates.template import Template

SAME_BLOCK = Bi(
    zh="与{first}（第{from_}–{to}步）逐步相同，参数量{params}",
    en="the same, step by step, as {first} (steps {from_} to {to}), parameters {params}",
)
SAME_BLOCKS = Bi(
    zh="均与{first}（第{from_}–{to}步）逐步相同，每块参数量{params}；连同该块共{count}块，{count}·{params}={total}",
    en="each the same, step by step, as {first} (steps {from_} to {to}), parameters {params} each; with it {count} blocks, "
    "{count}·{params} = {total}",
)
RUN = Bi(zh="{n}步，没有参数（{kinds}），输出{output}", en="{n} steps without parameters ({kinds}), output {output}")
KIND_OF_STEP = Bi(zh="{title}{n}步", en="{title} {n}")
OTHER_STEP = Bi(zh="其他", en="others")
SAME_BLOCK_NONE = Bi(
    zh="与{first}（第{from_}–{to}步）逐步相同，没有参数",
    en="the same, step by step, as {first} (steps {from_} to {to}), no parameters",
)


BLOCK_MACS = Bi(zh="，计算量{macs}", en=", {macs} multiply-accumulates")
BLOCKS_MACS = Bi(zh="，每块计算量{macs}", en=", {macs} multiply-accumulates each")


def all_sections(page: Page, layers: Sequence[Layer], templates: list[Template]) -> None:
    """Every layer's section; in full detail nothing is folded.

    templates: the blocks that the document has derived already; a further instance of one is a line.
    """
    told = Told()
    blocks = TemplatesTold(templates if page.detail != "full" else [])
    parts: Iterable[Part] = layers if page.detail == "full" else fold(layers)
    for part in parts:
        _section(page, part, told, blocks)


def _section(page: Page, part: Part, told: Told, blocks: TemplatesTold) -> None:
    if isinstance(part, Layer):
        layer_section(page, part, told)
    elif isinstance(part, Run):
        _run(page, part)
        told.collapsed.update(layer.index for layer in part.layers)
    elif isinstance(part, Block):
        line = blocks.line(page, part.path)
        if line is not None:
            block_line(page, part.path, part.layers, line)
            told.collapsed.update(layer.index for layer in part.layers)
            return
        for inner in part.parts:
            _section(page, inner, told, blocks)
    else:
        _section(page, part.first, told, blocks)
        _repeated(page, part)


def _repeated(page: Page, repeat: Repeat) -> None:
    """**12～18**　`layer1.1`：与`layer1.0`（第5～11步）逐步相同，参数量73,984 ✓"""
    first, others = repeat.first, repeat.others
    text = SAME_BLOCK_NONE if not first.params else SAME_BLOCK if len(others) == 1 else SAME_BLOCKS
    count = len(others) + 1
    said = page.both(
        text,
        first=Code(first.path),
        from_=str(first.layers[0].index),
        to=str(first.layers[-1].index),
        params=first.params,
        count=count,
        total=count * first.params,
    )
    macs = sum(layer.macs.value for layer in first.layers if layer.macs)
    if macs and "macs" in page.show:
        known = all(layer.macs_known for layer in first.layers)
        text = BLOCK_MACS if len(others) == 1 else BLOCKS_MACS
        said = (*said, *page.both(text, macs=macs if known else same(f"≥{grouped(macs)}")))
    tick = " ✓" if all(layer.checked for layer in first.layers) else ""
    page.put(Strong(steps(others)), "　", Code(paths(others)), COLON[page.langs[0]], *said, tick)


def _run(page: Page, run: Run) -> None:
    """**5–12**　`model.sub … model.expand`：8步，没有参数（逐元素运算3步、取下标5步），输出1×128 ✓"""
    counts = Counter(layer.rule.title if layer.rule else OTHER_STEP for layer in run.layers)
    kinds = joined([KIND_OF_STEP.format(title=title, n=n) for title, n in counts.items()])
    text = RUN.format(n=len(run.layers), kinds=kinds, output=without_batch(run.layers[-1])[1])
    page.put(Strong(run_steps(run)), "　", Code(run_paths(run)), COLON[page.langs[0]], page.label(text), " ✓")


def run_steps(run: Run) -> str:
    """The numbers of the steps: 5–12."""
    return f"{run.layers[0].index}–{run.layers[-1].index}"


def run_paths(run: Run) -> str:
    """Its first and last step."""
    return f"{run.layers[0].path} … {run.layers[-1].path}"


def steps(blocks: Sequence[Block]) -> str:
    """The numbers of the steps: 12～18."""
    return f"{blocks[0].layers[0].index}–{blocks[-1].layers[-1].index}"


def paths(blocks: Sequence[Block]) -> str:
    """`layer1.1`, or `layer1.1 … layer1.5` for several."""
    return blocks[0].path if len(blocks) == 1 else f"{blocks[0].path} … {blocks[-1].path}"


def repeated_value(repeat: Repeat) -> str:
    """11·7,087,872: the formula of a folded row."""
    return f"{len(repeat.others)}·{grouped(repeat.first.params)}" if len(repeat.others) > 1 else ""
