"""Walkthrough + language → document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from explainer.cost.cost import Cost, cost_of
from explainer.cost.plan import NOTHING_PLANNED, Plan
from explainer.document.builder import Detail, Page, Place
from explainer.document.figures import USUALLY, Shown
from explainer.document.nodes import (
    Block,
    Document,
    Equation,
    Picture,
    Row,
    Table,
)
from explainer.document.texts import map_line, map_text, texts_of
from explainer.formula.rewrite import rewritten
from explainer.formula.tree import Expr, Number
from explainer.i18n.bilingual import LANGS, Bi, Lang, joined
from explainer.i18n.glossary import TERMS, Term
from explainer.lesson.architectures import proper_name
from explainer.lesson.blocks import all_sections
from explainer.lesson.computation import costs
from explainer.lesson.family import family_section
from explainer.lesson.first_use_glosses import glossed
from explainer.lesson.outside_layers import uncalled_section
from explainer.lesson.overview import overview
from explainer.lesson.parameters import normalized
from explainer.lesson.phrases import capitalised
from explainer.lesson.published import published_section
from explainer.lesson.storage import parameter_bytes
from explainer.lesson.subtotals import subtotals
from explainer.lesson.table import all_layers
from explainer.lesson.templates import templates_section, told_blocks
from explainer.lesson.terminology import Terms, replaced
from explainer.lesson.verification_summary import certificate
from explainer.walkthrough.model import By, Walkthrough

__all__ = ["USUALLY", "Detail", "Shown", "compose"]

TITLE = Bi(zh="{name}逐层推导", en="{name}, layer by layer")
SUBTITLE = Bi(
    zh="每一层的{figures}：列公式、代数值、逐步计算，并与PyTorch核对",
    en="{figures} of every layer: formula, numbers, each step, checked against PyTorch",
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
GLOSSARY = Bi(zh="术语对照", en="Terms")
GLOSSARY_HEADER = (Bi("术语", "Chinese"), Bi("英文", "Term"), Bi("含义", "Meaning"))


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
    plan: Plan = NOTHING_PLANNED,
    times: str = "·",
    terms: Terms | None = None,
    pictures: Mapping[Place, Sequence[Picture]] | None = None,
) -> Document:
    """Lay a walkthrough out in one language or in two.

    detail: `brief` leaves the layer sections out; `full` derives every layer anew and splits weights and biases.
    group: how to sum the parts; by default by kind and by top-level module. show: which figures of each layer. measure: save the model once and measure the file.
    batch: a table of what the batch changes. symbols: the formulas of the model's family. plan: the number format and the training
    that the memory is for. pictures: what is to be shown where.
    """
    further = cost_of(walk) if measure or batch or {"memory", "receptive-field"} & set(show) else None
    page = Page(langs, detail, group, show, further, normalized(walk), pictures or {})
    overview(page, walk)
    page.illustrate("overview")
    if symbols:
        family_section(page, walk)
    all_layers(page, walk)
    page.illustrate("table")
    page.illustrate("receptive-field")
    if detail != "brief" and not walk.run.weights_only:
        if detail != "full" and "params" in show:
            templates_section(page, walk)
        page.heading(2, LAYERS)
        all_sections(page, walk.layers, told_blocks(walk) if "params" in show else [])
        uncalled_section(page, walk)
    if "params" in show:
        subtotals(page, walk)
    used = _terms(page)  # the sections below define further words in passing, of layers that the network may not have
    if "macs" in show:
        costs(page, walk)
    if "params" in show:
        parameter_bytes(page, walk)
    if further:
        _further(page, further, measure, batch, plan)
    published_section(page, walk)
    _glossary(page, used)
    certificate(page, walk)
    blocks = glossed(page.blocks, used) if langs == ("zh",) else page.blocks
    title = TITLE.format(name=_title(walk))
    subtitle = SUBTITLE_OF_FILE if walk.run.weights_only else SUBTITLE.format(figures=_figures(show))
    document = Document(
        langs=langs,
        title=(title[langs[0]],),
        subtitle=(subtitle[langs[0]] if len(langs) == 1 else f"{title[langs[1]]}: {subtitle[langs[1]]}",),
        blocks=tuple(blocks),
        times=times,
    )
    return _finished(document, times, terms or {})


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
    return proper_name(walk.name) if walk.source == "torchvision" else walk.name


def _terms(page: Page) -> list[Term]:
    """The terms that the document has used so far."""
    zh, en = (_plain_text(page.blocks, lang) for lang in LANGS)
    return [term for term in TERMS if term.name.zh in zh or term.name.en in en.lower()]


def _glossary(page: Page, used: list[Term]) -> None:
    """The terms in both languages, with what they mean."""
    if used:
        page.heading(2, GLOSSARY)
        rows = tuple(((term.name.zh,), (term.name.en,), page.both(term.meaning)) for term in used)
        page.blocks.append(Table(tuple(page.both(title) for title in GLOSSARY_HEADER), "lll", rows))


def _plain_text(blocks: list[Block], lang: Lang) -> str:
    """The running text; a table repeats what was said before."""
    return "\n".join(
        text for block in blocks if not isinstance(block, Equation | Table) for text in texts_of(block, lang)
    )


def _relabelled(expr: Expr, terms: Terms) -> Expr:
    """The labels under a formula's numbers in the teacher's words."""

    def change(node: Expr) -> Expr:
        if not (isinstance(node, Number) and node.source and node.source.label):
            return node
        label = Bi(replaced(node.source.label.zh, "zh", terms), replaced(node.source.label.en, "en", terms))
        return replace(node, source=replace(node.source, label=label))

    return rewritten(expr, change)


def _finished(document: Document, times: str, terms: Terms) -> Document:
    """The teacher's terms and sign for products, put into every text of ours; names and code stay as they are."""
    if times == "·" and not terms:
        return document

    def word(text: str, lang: Lang | None = None) -> str:
        for each in (lang,) if lang else ("zh", "en"):
            text = replaced(text, each, terms)
        return text.replace("·", times)

    def block(given: Block) -> Block:
        changed = map_text(given, word, document.langs)
        return Equation(tuple(map(relabelled, changed.rows))) if isinstance(changed, Equation) else changed

    def relabelled(row: Row) -> Row:
        return replace(row, chain=tuple(_relabelled(expr, terms) for expr in row.chain)) if row.labelled else row

    return replace(
        document,
        title=map_line(document.title, word),
        subtitle=map_line(document.subtitle, word),
        blocks=tuple(map(block, document.blocks)),
    )
