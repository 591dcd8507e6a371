"""The models beside this one in its family, as a table: what each is built with, its parameters and its cost, checked row by row."""

from __future__ import annotations

import re
from dataclasses import replace

from explainer.document.builder import Page
from explainer.document.nodes import Code, Heading, Inline, Strong, Table, Text
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, grouped, joined, same, shape_text
from explainer.lesson.architectures import proper_name
from explainer.lesson.beside_gpt2 import BESIDE_GPT2
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.relatives import Relative, Relatives
from explainer.walkthrough.verdict import Verdict

HEADING = Bi(zh="同系列的模型", en="The models of the family")
OTHER_ARGUMENTS = Bi(zh="改变构造参数", en="With other arguments")
VARIED = Bi(
    zh="没有现成的同系列模型。改变一个构造参数，参数量和计算量如下，每一个都实际构造出来核对过。",
    en="There are no ready-made models of the family. With one argument changed the network has the figures below; each was built and checked.",
)
NOT_HERE = Bi(
    zh="这份讲义里没有同系列的模型：请由模型重新生成（--relatives）。",
    en="This lesson has no models of the family: make it from the model, with --relatives.",
)
INTRODUCED = Bi(
    zh="下面的模型与{name}由同一个类（或同一种配置）构造，只是构造参数不同；每一个都实际构造出来核对过。",
    en="These models are built by the same class (or configuration) as {name}, with other arguments; each was built and checked.",
)
ONE_SIZE = Bi(zh="输入都是{input}。", en="The input is {input} for all.")
HEADER = (
    Bi("模型", "Model"),
    Bi("与本模型的不同", "Difference"),
    Bi("参数量", "Parameters"),
    Bi("核对", "Check"),
    Bi("输入", "Input"),
    Bi("计算量（乘加）", "MACs"),
)
ITSELF = Bi("本模型", "this model")
ONLY_SO = Bi("{name}不同", "another {name}")
BY_FORMULA, BY_LAYERS, BY_TORCH = (
    Bi("公式 ✓", "formula ✓"),
    Bi("逐层 ✓", "layers ✓"),
    Bi("只由PyTorch统计", "PyTorch's count"),
)
WRONG = Bi("不一致 ✗", "DISAGREES ✗")
FORMULA = Bi(
    zh="“公式”：由同系列模型的参数量公式算出，与实际构造的模型相等。",
    en='"Formula": worked out from the family\'s formula, and equal to the model that was built.',
)
LAYERS = Bi(
    zh="“逐层”：公式没有在这组取值下验证过（或结构不同），由各层相加得出，与PyTorch的统计相等。",
    en='"Layers": the formula was not tested for these values, or the structure is another; the sum over the layers, equal to PyTorch\'s count.',
)
LEFT = Bi(
    zh="另有{n}个没有列出，它们与本模型不同的构造参数更多。", en="Not listed: {n} more, which differ in more arguments."
)
IN_SHORT = Bi(
    zh="同系列的模型如下，每一个都实际构造出来核对过。",
    en="The models of the family, each built and checked:",
)
NEAREST = Bi(
    zh="同系列中参数量与本模型最接近的几个模型如下，每一个都实际构造出来核对过；另有{n}个没有列出。",
    en="The models of the family nearest in parameters, each built and checked; {n} more are not listed:",
)
COMMA = Bi("，", ", ")
OTHERWISE = Bi("层数和各层的尺寸不同", "other numbers and sizes of layers")
MOST_CLAUSES = 4  # commas of how the layers differ, in a handout
NEAR = 6  # beside this model, in a handout
LONGEST, MOST_WORDS = 44, 220  # signs of an argument's value, and of how the layers differ


def relatives_section(page: Page, walk: Walkthrough) -> None:
    """The table, by size. Raises UserError if nobody asked for it."""
    found = walk.relatives
    if found is None and not walk.measured.has("relatives"):
        raise UserError(NOT_HERE)
    varied = found is not None and {row.name for row in found.rows} == {walk.name}
    page.heading(2, OTHER_ARGUMENTS if varied else HEADING)
    if found is None:
        page.tell([walk.measured.unknown["relatives"]])
        return
    inputs = {row.input_shapes for row in found.rows if row.macs is not None}
    macs = "macs" in page.show and bool(inputs)
    one_size = [ONE_SIZE.format(input=same(_shapes(next(iter(inputs)))))] if macs and len(inputs) == 1 else []
    page.tell([VARIED if varied else INTRODUCED.format(name=same(walk.name)), *one_size])
    wanted = [*([] if varied else [0]), 1, 2, 3, *([4] if macs and not one_size else []), *([5] if macs else [])]
    rows = tuple(_row(page, _written(walk, row), at == found.own) for at, row in enumerate(found.rows))
    page.blocks.append(
        Table(
            tuple(page.both(HEADER[column]) for column in wanted),
            "".join("llrllr"[column] for column in wanted),
            tuple(tuple(row[column] for column in wanted) for row in rows),
        )
    )
    page.tell(_notes(found))


def relatives_in_short(page: Page, walk: Walkthrough) -> None:
    """The handout's table: no inputs, and how the layers differ without the sizes of each. Nothing where there are no relatives."""
    found = walk.relatives
    if found is None or len(found.rows) < 2:
        return
    inputs = {row.input_shapes for row in found.rows if row.macs is not None}
    varied = {row.name for row in found.rows} == {walk.name}
    if varied and not page.first(BESIDE_GPT2):  # that table has told in what it differs from its kin
        return
    page.blocks.append(Heading(3, page.both(OTHER_ARGUMENTS if varied else HEADING)))
    near = _nearest(found)
    left = len(found.rows) - len(near)
    page.tell([VARIED if varied else NEAREST.format(n=left) if left else IN_SHORT])
    wanted = [*([] if varied else [0]), 1, 2, *([5] if "macs" in page.show and len(inputs) == 1 else [])]
    shown = [(at, _written(walk, found.rows[at])) for at in near]
    rows = tuple(_row(page, replace(row, layers=_shorter(row)), at == found.own) for at, row in shown)
    page.blocks.append(
        Table(
            tuple(page.both(HEADER[column]) for column in wanted),
            "".join("llrllr"[column] for column in wanted),
            tuple(tuple(row[column] for column in wanted) for row in rows),
        )
    )


def _written(walk: Walkthrough, row: Relative) -> Relative:
    """GPT-2 beside GPT-2 Medium; a name that is typed to build the model stays."""
    return replace(row, name=proper_name(row.name, walk.source)) if walk.source == "transformers" else row


def _nearest(found: Relatives) -> list[int]:
    """The places of this model and of those nearest to it in parameters, in their order: all if they are only one more."""
    places = range(len(found.rows))
    if found.own is None or len(found.rows) <= NEAR + 2:
        return list(places)
    own = found.rows[found.own].torch_params
    return sorted(sorted(places, key=lambda at: abs(found.rows[at].torch_params - own))[: NEAR + 1])


def _shorter(row: Relative) -> Bi | None:
    """少5个卷积层（3×3，64→64的1个…） → 少5个卷积层."""
    if row.layers is None:
        return None
    short = Bi(
        re.sub(r"（[^（）]*）", "", row.layers.zh),
        re.sub(r" (?:\([^()]*\)|of [^,;]*×[^;]*?(?=, \d+ |$))", "", row.layers.en),
    )
    return OTHERWISE if short.zh.count("，") >= MOST_CLAUSES else short


def _row(page: Page, row: Relative, own: bool) -> tuple[Text, ...]:
    whole = row.name.replace(" ", "\u00a0")  # Llama 3 8B stays on one line
    name: Inline = Strong(whole) if own else whole
    cost = "–" if row.macs is None else f"{grouped(row.macs)}{_mark(row.macs_verdict)}"
    return (
        (name,),
        _changes(page, row, own),
        (grouped(row.torch_params),),
        page.both(_check(row)),
        (_shapes(row.input_shapes),),
        (cost,),
    )


def _shapes(shapes: tuple[tuple[int, ...], ...]) -> str:
    return ", ".join(shape_text(shape) if shape else "1" for shape in shapes)


def _changes(page: Page, row: Relative, own: bool) -> Text:
    if own:
        return page.both(ITSELF)
    said = [one for one in row.changes if one.after and len(one.after) <= LONGEST]
    parts: list[Inline] = []
    for i, one in enumerate(said):
        parts += [*([COMMA[page.langs[0]]] if i else []), Code(f"{one.name}={one.after}")]
    others = [one.name for one in row.changes if one not in said]
    if others and row.layers is not None and len(row.layers.en) <= MOST_WORDS:
        parts += [*([COMMA[page.langs[0]]] if parts else []), *page.both(row.layers)]
    elif others:
        words = page.both(ONLY_SO.format(name=joined([same(name) for name in others])))
        parts += [*([COMMA[page.langs[0]]] if parts else []), *words]
    return tuple(parts)


def _check(row: Relative) -> Bi:
    if row.verdict is Verdict.DISAGREES:
        return WRONG
    if row.formula is not None:
        return BY_FORMULA
    return BY_LAYERS if row.params is not None else BY_TORCH


def _mark(verdict: Verdict) -> str:
    return {Verdict.AGREES: " ✓", Verdict.DISAGREES: " ✗"}.get(verdict, "")


def _notes(found: Relatives) -> list[Bi]:
    checks = {id(check): check for check in map(_check, found.rows)}.values()
    notes = [note for check, note in ((BY_FORMULA, FORMULA), (BY_LAYERS, LAYERS)) if check in checks]
    return [*notes, *([LEFT.format(n=found.left_out)] if found.left_out else [])]
