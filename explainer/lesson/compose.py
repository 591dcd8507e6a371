"""Walkthrough + language → document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explainer.cost.cost import Cost, cost_of
from explainer.cost.plan import NOTHING_PLANNED, Plan
from explainer.document.builder import Detail, Page, Place
from explainer.document.exercises import Pitfall
from explainer.document.figures import USUALLY, Shown
from explainer.document.nodes import (
    Document,
    Heading,
    Picture,
)
from explainer.i18n.bilingual import Bi, Lang, joined
from explainer.i18n.glossary import Term
from explainer.lesson.active import active_section
from explainer.lesson.architectures import proper_name
from explainer.lesson.block import block_section, blocks_of
from explainer.lesson.computation import costs
from explainer.lesson.exercises import exercises
from explainer.lesson.family import family_section
from explainer.lesson.first_use_glosses import glossed
from explainer.lesson.glossary import glossary, terms_in
from explainer.lesson.handout import BLOCKS, KINDS, NETWORK, handout
from explainer.lesson.kinds import kinds_derived
from explainer.lesson.layer import layer_section
from explainer.lesson.miniature import miniature
from explainer.lesson.network import network_table
from explainer.lesson.outside_layers import uncalled_section
from explainer.lesson.overview import overview
from explainer.lesson.own_terms import with_own_terms
from explainer.lesson.packed import packed
from explainer.lesson.parameters import normalized
from explainer.lesson.phrases import capitalised
from explainer.lesson.published import published_section
from explainer.lesson.relatives import relatives_section
from explainer.lesson.storage import parameter_bytes
from explainer.lesson.subtotals import subtotals
from explainer.lesson.table import all_layers
from explainer.lesson.terminology import Terms
from explainer.lesson.verification_summary import certificate
from explainer.walkthrough.model import By, Walkthrough

__all__ = ["USUALLY", "Detail", "Shown", "compose"]
TITLE = Bi(zh="{name}逐层推导", en="{name}, layer by layer")
SUBTITLE = Bi(
    zh="每一层的{figures}：列公式、代数值、逐步计算，并与PyTorch核对",
    en="{figures} of every layer: formula, numbers, each step, checked against PyTorch",
)
HANDOUT = Bi(zh="{name}：从想法到数字", en="{name}: from the idea to the numbers")
SUBTITLE_HANDOUT = Bi(
    zh="先用符号列出公式，再代入数值，结果逐项与PyTorch核对",
    en="Formulas in symbols, with the numbers put in, and every result checked against PyTorch",
)
SUBTITLE_OF_FILE = Bi(
    zh="文件里的张量和参数量（未核对）", en="The tensors of a file and how many parameters they hold (unchecked)"
)
FIGURES: dict[Shown, Bi] = {
    "params": Bi("参数量", "parameters"),
    "shape": Bi("输出尺寸", "output size"),
    "macs": Bi("计算量", "computation"),
    "memory": Bi("内存占用", "memory"),
    "receptive-field": Bi("感受野", "receptive field"),
}
LAYERS = Bi(zh="逐层推导", en="Layer by layer")
FEW_HEADINGS = 20  # so short a document needs no table of contents on paper


def compose(
    walk: Walkthrough,
    langs: tuple[Lang, ...],
    *,
    detail: Detail = "standard",
    group: By | None = None,
    show: tuple[Shown, ...] = USUALLY,
    measure: bool = False,
    batch: bool = False,
    symbols: bool = False,
    relatives: bool = False,
    plan: Plan = NOTHING_PLANNED,
    times: str = "·",
    terms: Terms | None = None,
    pictures: Mapping[Place, Sequence[Picture]] | None = None,
    pitfalls: tuple[Pitfall, ...] = (),
) -> Document:
    """Lay a walkthrough out in one language or in two.

    detail: `brief` has the table of the network's parts and the totals; `handout` is to be printed, with exercises; `standard` derives
    every block and every kind of layer once; `full` derives every layer anew and splits weights and biases.
    group: how to sum the parts; by default by kind and by top-level module. show: which figures of each layer. measure: save the model once and measure the file.
    batch: a table of what the batch changes. symbols: the formulas of the model's family; relatives: its ready-made models. plan: the number format and the training
    that the memory is for. pictures: what is to be shown where. pitfalls: what often goes wrong, for a handout.
    """
    further = cost_of(walk) if measure or batch or {"memory", "receptive-field"} & set(show) else None
    page = Page(langs, detail, group, show, further, normalized(walk), pictures or {})
    if detail != "full":  # which prints every step with its number
        page.unnumbered = {layer.index: layer for layer in walk.layers}
    if detail == "handout" and not walk.run.weights_only:
        handout(page, walk, pitfalls)
        used = terms_in(page)
    elif detail == "brief":
        used = brief(page, walk)
    else:
        used = lesson(page, walk, symbols)
    if relatives:
        relatives_section(page, walk)
    if further:
        _further(page, further, measure, batch, plan)
    if detail not in ("brief", "handout"):
        published_section(page, walk)
    if detail in ("standard", "full"):
        glossary(page, used)
    certificate(page, walk)
    if detail == "handout":
        exercises(page, walk)
        page.blocks = [packed(block, langs) for block in page.blocks]
    blocks = glossed(page.blocks, used) if langs == ("zh",) else page.blocks
    title = (HANDOUT if detail == "handout" else TITLE).format(name=_title(walk))
    subtitle = SUBTITLE_HANDOUT if detail == "handout" else SUBTITLE.format(figures=_figures(show))
    subtitle = SUBTITLE_OF_FILE if walk.run.weights_only else subtitle
    document = Document(
        langs=langs,
        title=(title[langs[0]],),
        subtitle=(subtitle[langs[0]] if len(langs) == 1 else _both_subtitles(title, subtitle, langs),),
        blocks=tuple(blocks),
        times=times,
        contents=detail != "handout" and sum(isinstance(block, Heading) for block in blocks) > FEW_HEADINGS,
    )
    return with_own_terms(document, times, terms or {})


def _both_subtitles(title: Bi, subtitle: Bi, langs: tuple[Lang, ...]) -> str:
    """The first language's, whose title stands above; then title and subtitle of the second."""
    first, second = langs
    return f"{subtitle[first]}　{title[second]}. {subtitle[second]}"


def lesson(page: Page, walk: Walkthrough, symbols: bool) -> list[Term]:
    """The body of `standard` and `full`; the terms that it uses."""
    full = page.detail == "full"
    overview(page, walk)
    page.illustrate("overview")
    if symbols:
        family_section(page, walk)
    found = blocks_of(walk) if not full and "params" in page.show else []
    if found:
        page.heading(2, BLOCKS)
        miniature(page, walk)
        for part in found:
            block_section(page, walk, part)
    if full:
        all_layers(page, walk)
        page.illustrate("table")
        page.illustrate("receptive-field")
    if not walk.run.weights_only:
        page.heading(2, LAYERS if full else KINDS)
        if full:
            for layer in walk.layers:
                layer_section(page, layer)
        else:
            if not found:
                miniature(page, walk)
            kinds_derived(page, walk)
        uncalled_section(page, walk)
    if not full:
        all_layers(page, walk)
        page.illustrate("table")
        page.illustrate("receptive-field")
    if "params" in page.show:
        subtotals(page, walk)
        active_section(page, walk)
    used = terms_in(page)  # the sections below define further words in passing, of layers that the network may not have
    if "macs" in page.show:
        costs(page, walk)
    if "params" in page.show:
        parameter_bytes(page, walk)
    return used


def brief(page: Page, walk: Walkthrough) -> list[Term]:
    """Totals, a figure, the parts of the network."""
    overview(page, walk)
    page.illustrate("overview")
    if "params" in page.show and not walk.run.weights_only:
        page.heading(2, NETWORK)
        network_table(page, walk)
    else:
        all_layers(page, walk)
    return terms_in(page)


def _further(page: Page, cost: Cost, measure: bool, batch: bool, plan: Plan) -> None:
    """The costs that are shown when asked for."""
    from explainer.lesson.memory import network_memory, saved_file
    from explainer.lesson.symbols import batch_changes, totals_in_symbols

    if batch:
        batch_changes(page, cost)
    if "memory" in page.show:
        totals_in_symbols(page, cost)
        page.illustrate("symbols")
        network_memory(page, cost, measure, plan)
        page.illustrate("memory")
    elif measure:
        saved_file(page, cost, measure)


def _figures(show: tuple[Shown, ...]) -> Bi:
    """参数量、输出尺寸与计算量 / Parameters, output size and computation."""
    words = [text for name, text in FIGURES.items() if name in show]
    if len(words) < 2:
        return capitalised(joined(words))
    return capitalised(joined([joined(words[:-1]), words[-1]], "与", " and "))


def _title(walk: Walkthrough) -> str:
    """vgg16 → VGG16, resnet50 → ResNet-50; the names of classes stay as they are."""
    return proper_name(walk.name, walk.source)
