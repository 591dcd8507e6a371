"""The table of all layers, with what each adds to the totals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TypeGuard

from explainer.cost.cost import Cost
from explainer.document.builder import Page, merge
from explainer.document.figures import Shown
from explainer.document.nodes import Code, Inline, Paragraph, Strong, Table, Text
from explainer.i18n.bilingual import Bi, grouped
from explainer.lesson.block import blocks_of
from explainer.lesson.blocks import paths, repeated_value, run_paths, run_steps, steps
from explainer.lesson.phrases import numbers_text, share, without_batch
from explainer.lesson.raw_parameters import alike, raw_row
from explainer.walkthrough.fold import Block, Part, Repeat, Run
from explainer.walkthrough.model import Layer, Walkthrough

ALL_LAYERS = Bi(zh="各层一览", en="All layers at a glance")
NUMBER, LAYER = Bi("序号", "No."), Bi("层", "Layer")
# What is shown → the columns' titles and alignment.
COLUMNS: dict[Shown, tuple[tuple[Bi, str], ...]] = {
    "shape": ((Bi("输出尺寸", "Output"), "l"),),
    "params": (
        (Bi("参数量算式", "Formula with numbers"), "l"),
        (Bi("参数量", "Parameters"), "r"),
        (Bi("占比", "Share"), "r"),
    ),
    "macs": ((Bi("计算量（乘加）", "MACs"), "r"),),
    "memory": ((Bi("新占字节", "New bytes"), "r"),),
    "receptive-field": ((Bi("感受野", "Receptive field"), "r"), (Bi("累计步幅", "Stride"), "r")),
}


MOST_COLUMNS = 6  # beside number and layer: more would run off a printed page
NONE = "–"
TOTAL = Bi(zh="合计", en="Total")
UNKNOWN = Bi(zh="未知", en="unknown")
NOT_REACHED = Bi(zh="未执行到", en="not reached")
LONGEST_SUM = 40  # signs of a sum of blocks or layers
FEW_NAMES = 3  # that a row lists; of more it has the first and the last
AGAIN = Bi(zh="{name}表示{first}的第{n}次调用。", en="{name} is call number {n} of {first}.")
WHOLE_IMAGE = Bi(zh="整幅图像", en="whole image")


def all_layers(page: Page, walk: Walkthrough) -> None:
    """The table of all layers, with what each adds to the totals."""
    page.heading(2, ALL_LAYERS)
    whole = walk.totals.params
    instances = {
        row.path: at
        for at, part in enumerate(blocks_of(walk))
        if part.template and not part.loop
        for row in part.template.rows
    }
    if page.detail == "full" or "params" not in page.show:
        instances = {}  # there is no section that has the layers of a block
    rows = _all_rows(page, _parts(page, walk), whole, instances)
    reached = page.label(NOT_REACHED) if walk.completeness.stopped else "–"
    if "params" in page.show:
        for part in walk.uncalled:
            formula = numbers_text(part.params) if part.params else ""
            counted = _counted(formula, part.counted, whole)
            rows.append(_cells(page, "", (Code(part.path), f" {part.type}"), reached, counted, []))
        for like in alike(page, walk):
            name, *figures = raw_row(like, whole)
            rows.append(_cells(page, "", (Code(name),), "–", (figures[0], figures[1], figures[2]), []))
    if "params" in page.show and page.detail == "standard":
        total = ("", grouped(whole), "")
        rows.append(tuple(_strong(cell) for cell in _cells(page, "", (page.label(TOTAL),), "", total, walk.layers)))
    chosen = [column for name in COLUMNS if name in page.show for column in _columns(page, name)]
    header = [page.both(title) for title in (NUMBER, LAYER, *(title for title, _ in chosen))]
    page.blocks.append(Table(tuple(header), "rl" + "".join(align for _, align in chosen), tuple(rows)))
    told = [part for block in page.blocks if isinstance(block, Paragraph) for part in block.words[page.langs[0]]]
    again = (one.text for one in (*(part for row in rows for part in row[1]), *told) if _is_again(one))
    if shown := next(again, ""):
        first, second = shown.split(" … ")[0 if "@" in shown.split(" … ")[0] else -1].rpartition("@")[::2]
        page.say(AGAIN, name=Code(f"{first}@{second}"), first=Code(first), n=int(second) if second.isdigit() else 2)


def _is_again(part: Inline) -> TypeGuard[Code]:
    """`relu@3`, in the table or in a sentence before it: its sign is explained behind the table."""
    return isinstance(part, Code) and bool(re.search(r"\w@\d+$", part.text.split(" … ")[0]))


def _strong(cell: Text) -> Text:
    return tuple(Strong(part) if isinstance(part, str) else part for part in cell)


def _parts(page: Page, walk: Walkthrough) -> Sequence[Part]:
    return walk.layers if page.detail == "full" else _quiet_together(walk.folded)


def _quiet_together(parts: Sequence[Part]) -> list[Part]:
    """Layers in a row that have no parameters and multiply nothing are one row."""
    found: list[Part] = []
    for quiet, run in groupby(parts, key=_quiet):
        members = list(run)
        layers = [layer for one in members for layer in _layers(one)]
        found += [Run(tuple(layers))] if quiet and len(layers) > 1 else members
    return found


def _layers(part: Part) -> tuple[Layer, ...]:
    return part.layers if isinstance(part, Run) else (part,) if isinstance(part, Layer) else ()


def _quiet(part: Part) -> bool:
    if isinstance(part, Run):
        return True
    return isinstance(part, Layer) and not part.value and not part.macs and part.macs_known and part.rule is not None


def _columns(page: Page, name: Shown) -> tuple[tuple[Bi, str], ...]:
    """The columns of what is shown; the widest, the formula, is left to the sections where the page is too narrow."""
    crowded = sum(len(columns) for other, columns in COLUMNS.items() if other in page.show) > MOST_COLUMNS
    return COLUMNS[name][1:] if name == "params" and crowded else COLUMNS[name]


def _cells(
    page: Page, number: str, name: Text, shape: str, counted: tuple[str, str, str], layers: Sequence[Layer]
) -> tuple[Text, ...]:
    """One row, of the columns that are shown; `layers` are what it stands for."""
    cells: dict[Shown, tuple[str, ...]] = {"shape": (shape,), "params": counted, "macs": (_macs(page, layers),)}
    if page.cost and "memory" in page.show:
        cells["memory"] = (_bytes(page.cost, layers),)
    if page.cost and "receptive-field" in page.show:
        cells["receptive-field"] = _field(page, page.cost, layers)
    if len(_columns(page, "params")) < len(COLUMNS["params"]):
        cells["params"] = counted[1:]
    shown = [(cell,) if cell else () for what in COLUMNS if what in page.show for cell in cells[what]]
    return ((number,) if number else (), name, *shown)


def _all_rows(page: Page, parts: Sequence[Part], whole: int, instances: Mapping[str, int]) -> list[tuple[Text, ...]]:
    """The rows of these parts; blocks of one kind in a row are one, for their section has each of them."""
    rows: list[tuple[Text, ...]] = []
    for kind, run in groupby(parts, key=lambda part: _instance(part, instances)):
        members = list(run)
        if kind is not None:
            rows.append(_blocks(page, [block for part in members for block in _opened(part)], whole))
        else:
            rows += [row for part in members for row in _rows(page, part, whole, instances)]
    return rows


def _instance(part: Part, instances: Mapping[str, int]) -> int | None:
    """Which template the blocks of this part are instances of."""
    blocks = _opened(part)
    return instances.get(blocks[0].path) if blocks and any(layer.value for layer in blocks[0].layers) else None


def _opened(part: Part) -> list[Block]:
    return [part.first, *part.others] if isinstance(part, Repeat) else [part] if isinstance(part, Block) else []


def _rows(page: Page, part: Part, whole: int, instances: Mapping[str, int]) -> list[tuple[Text, ...]]:
    """A row a layer; one row for all repetitions of a block."""
    if isinstance(part, Layer):
        return [_row(page, part, whole)]
    if isinstance(part, Run):
        out = without_batch(part.layers[-1])[1]
        name: Text = (Code(run_paths(part)),)
        if len(part.layers) <= FEW_NAMES:
            parts: list[Inline] = []
            for layer in part.layers:
                kind = f" {layer.type}" if layer.call.op is not None else ""
                parts += [
                    *(["、" if page.langs[0] == "zh" else ", "] if parts else []),
                    Code(layer.path or layer.type),
                    kind,
                ]
            name = merge(tuple(part for part in parts if part))
        return [_cells(page, run_steps(part), name, out, _counted("", 0, whole), part.layers)]
    if isinstance(part, Block):
        inside = part.parts if page.detail == "full" else _quiet_together(part.parts)
        return _all_rows(page, inside, whole, instances)
    repeated = [layer for block in part.others for layer in block.layers]
    counted = sum(layer.counted for layer in repeated)
    figures = _counted(repeated_value(part), counted, whole)
    out = without_batch(repeated[-1])[1]
    folded = _cells(page, steps(part.others), (Code(paths(part.others)),), out, figures, repeated)
    return [*_all_rows(page, [part.first], whole, instances), folded]


def _blocks(page: Page, blocks: Sequence[Block], whole: int) -> tuple[Text, ...]:
    """Instances of one template in a row: 75,008+2·70,400."""
    layers = [layer for block in blocks for layer in block.layers]
    sizes = Counter(sum(layer.counted for layer in block.layers) for block in blocks)
    terms = [grouped(value) if n == 1 else f"{n}·{grouped(value)}" for value, n in sizes.items()]
    if len(blocks) == 1:  # its layers
        terms = [grouped(layer.counted) for layer in layers if layer.counted]
    formula = "+".join(terms)
    formula = formula if ("+" in formula or "·" in formula) and len(formula) <= LONGEST_SUM else ""
    counted = _counted(formula, sum(layer.counted for layer in layers), whole)
    name: Text = (Code(paths(blocks)), f" ×{len(blocks)}") if len(blocks) > 1 else (Code(paths(blocks)),)
    return _cells(page, steps(blocks), name, without_batch(layers[-1])[1], counted, layers)


def _row(page: Page, layer: Layer, whole: int) -> tuple[Text, ...]:
    place = f" {layer.place}" if layer.place else ""
    name: tuple[Inline, ...] = (
        Code(layer.path or layer.type),
        f" {layer.type}{place}" if layer.call.op is not None else "",
    )
    formula = numbers_text(layer.params) if layer.params and layer.value else ""
    counted = _counted(formula, layer.counted, whole)
    return _cells(page, str(layer.index), name, without_batch(layer)[1], counted, [layer])


def _counted(formula: str, value: int, whole: int) -> tuple[str, str, str]:
    """The columns of parameters; a dash for none, so that the eye finds what there is."""
    return (formula or NONE, grouped(value), share(value, whole)) if value else (formula or NONE, NONE, NONE)


def _macs(page: Page, layers: Sequence[Layer]) -> str:
    """What the layers cost together; a dash for none, and never that for a step of which nothing is known."""
    if not layers:
        return ""
    total = sum(layer.macs.value for layer in layers if layer.macs)
    if all(layer.macs or (layer.output and layer.macs_known) for layer in layers):
        return grouped(total) if total else NONE
    return f"≥{grouped(total)}" if total else page.label(UNKNOWN)


def _bytes(cost: Cost, layers: Sequence[Layer]) -> str:
    """What the outputs take that have memory of their own."""
    if not layers:
        return ""
    new = sum(cost.memory[layer.index].new_bytes for layer in layers)
    return grouped(new) if new else NONE


def _field(page: Page, cost: Cost, layers: Sequence[Layer]) -> tuple[str, str]:
    """The field and the effective stride after the last of them."""
    field = cost.receptive.get(layers[-1].index) if layers else None
    if field is None:
        return "", ""
    return (page.label(WHOLE_IMAGE), "") if field.whole else ("×".join(map(str, field.sizes)), str(field.strides[0]))
