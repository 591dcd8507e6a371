"""The whole network as a table: its parts in order, each with what its parameters are the sum of."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.document.builder import Page
from explainer.document.nodes import Code, Inline, Math, Strong, Table, Text
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.lesson.block_ideas import NAMES as IDEAS
from explainer.lesson.block_words import described
from explainer.lesson.instances import in_network_table, values_of
from explainer.lesson.network_chunk import Chunk, counted_parts
from explainer.lesson.network_rows import MOST_ROWS, alike_joined, chunks, last_layer, opened
from explainer.lesson.network_working import numbers_of
from explainer.lesson.phrases import capitalised, share, without_batch
from explainer.lesson.spans import span
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Uncalled, Walkthrough
from explainer.walkthrough.story import What

PART = Bi("部分", "Part")
OUTPUT = Bi("输出", "Output")
SUM = Bi("参数量算式", "Working")
PARAMS = Bi("参数量", "Parameters")
SHARE = Bi("占比", "Share")
MACS = Bi("计算量（乘加）", "MACs")
TOTAL = Bi("合计", "Total")
NAMES: dict[What, Bi] = {
    "stem": Bi("输入端", "input stage"),
    "head": Bi("输出端", "output stage"),
    "plumbing": Bi("与输入的数值、参数都无关的步骤", "steps that depend on no input value and no parameter"),
}
OF_CLASS = Bi("另一种块（{cls}）", "Another block ({cls})")
OF_IDEA = Bi("{idea}：{layer}", "{idea}: {layer}")
TIMES = Bi("，执行{n}次", ", run {n} times")
NOT_CALLED = Bi("（未调用）", " (not called)")
NOT_REACHED = Bi("（未执行到）", " (not reached)")
UNKNOWN = Bi(zh="未知", en="unknown")
NONE = "–"
MOST_ON_PAPER = 16  # in a handout, which has the instances of each block in a table of their own


def network_table(page: Page, walk: Walkthrough) -> None:
    """The parts of the network and the total."""
    whole = walk.totals.params
    rows: list[tuple[Text, ...]] = []
    with_macs = "macs" in page.show and bool(walk.macs.value)
    rows_of = chunks(walk, MOST_ON_PAPER if page.detail == "handout" else MOST_ROWS)
    if page.detail == "handout" and not walk.story.repeating:
        rows_of = alike_joined(rows_of)
    staged = in_network_table(walk) if page.detail == "handout" else None
    symbols = staged.template.symbols if staged is not None and staged.template is not None else ()
    for chunk in [piece for one in rows_of for piece in opened(one)]:
        output = without_batch(last_layer(walk, chunk))[1] if chunk.layers else ""
        cells: list[Text] = [_name(page, walk, chunk), (output or NONE,)]
        if staged is not None and staged.template is not None:
            own = (
                values_of(staged.template, chunk.blocks, page.langs[0]) if chunk.part is staged else [""] * len(symbols)
            )
            cells += [(one or NONE,) for one in own]
        cells.append(numbers_of(chunk) or (NONE,))
        value = chunk.params
        cells += [(grouped(value) if value else NONE,), (share(value, whole) if value else NONE,)]
        cells += [(_macs(page, chunk.layers),)] if with_macs else []
        rows.append(tuple(cells))
    total: list[Text] = [(Strong(page.label(TOTAL)),), *(() for _ in symbols), (), (), (Strong(grouped(whole)),), ()]
    if with_macs:
        text = grouped(walk.macs.value or 0)
        total.append((Strong(f"≥{text}" if walk.macs.at_least else text),))
    rows.append(tuple(total))
    header = [page.both(PART), page.both(OUTPUT), *((Math(symbol),) for symbol in symbols)]
    header += [page.both(one) for one in (SUM, PARAMS, SHARE, *([MACS] if with_macs else []))]
    align = "ll" + "r" * len(symbols) + "lrr" + "r" * with_macs
    page.blocks.append(Table(tuple(header), align, tuple(rows)))
    if page.detail != "brief":
        ends = [idea for part in walk.story.parts for idea in part.ideas if idea.kind in ("stem", "head")]
        page.tell([idea.proof.words for idea in ends])


def _name(page: Page, walk: Walkthrough, chunk: Chunk) -> Text:
    """`layer1` 3×瓶颈残差块."""
    part = chunk.part
    if chunk.beside:
        cls = walk.containers[chunk.beside]
        return (f"{page.label(OF_CLASS.format(cls=same(cls)))} ", Code(chunk.beside))
    paths = chunk.blocks or [one.path for one in chunk.layers] or [one.path for one in chunk.uncalled]
    paths = paths or [one.name for one in chunk.raw]
    every = [row.path for row in part.template.rows] if part.template else []
    code = Code(span(paths, every) if chunk.blocks else _span([path or walk.name for path in paths]))
    if chunk.alike and len({path.rpartition(".")[0] for path in paths}) == 1:
        code = Code(f"{paths[0]} … {paths[-1].rpartition('.')[2]}")
    if part.loop and part.template:
        path = part.template.rows[0].path
        where = Code(path) if path else Code(_span([one.path for one in part.once]))
        return (f"{page.label(capitalised(described(part)[0]))} ", where, page.label(TIMES.format(n=part.times)))
    if part.template is not None:
        name = described(part)[0]
        word = page.label(capitalised(name))
        return (f"{word} ", code, f" ×{len(chunk.blocks)}") if len(chunk.blocks) > 1 else (f"{word} ", code)
    if part.what == "idea" and len(part.ideas) == 1:
        name = IDEAS[part.ideas[0].kind]
        weighted = [one for one in chunk.layers if one.counted]
        if len(weighted) == 1 and weighted[0].kind is Kind.LINEAR and weighted[0].rule:
            name = OF_IDEA.format(idea=name, layer=weighted[0].rule.title)
        return (f"{page.label(capitalised(name))} ", code)
    if part.what in NAMES and not chunk.piece:
        return (f"{page.label(capitalised(NAMES[part.what]))} ", code)
    if part.what == "idea" and part.ideas and (own := IDEAS.get(part.ideas[0].kind)) is not None:
        return (f"{page.label(capitalised(own))} ", Code(part.ideas[0].path or walk.name))
    marks: list[Inline] = []
    if not chunk.layers and chunk.uncalled:
        marks = [page.label(NOT_REACHED if walk.completeness.stopped else NOT_CALLED)]
    many = len(counted_parts(chunk)) or len(chunk.layers) + len(chunk.uncalled)
    times = f" ×{many}" if many > 1 else ""
    return (f"{page.label(_title(chunk))} ", code, times, *marks) if chunk.layers or chunk.uncalled else (code,)


def _title(chunk: Chunk) -> Bi:
    one: Layer | Uncalled = chunk.layers[0] if chunk.layers else chunk.uncalled[0]
    return capitalised(one.rule.title) if one.rule else same(one.type)


def _span(paths: Sequence[str]) -> str:
    """features.0 … features.28."""
    return paths[0] if paths[0] == paths[-1] else f"{paths[0]} … {paths[-1]}"


def _macs(page: Page, layers: Sequence[Layer]) -> str:
    if not layers:
        return NONE
    total = sum(layer.macs.value for layer in layers if layer.macs)
    if all(layer.macs_known for layer in layers):
        return grouped(total) if total else NONE
    return f"≥{grouped(total)}" if total else page.label(UNKNOWN)
