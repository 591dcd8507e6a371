"""The table of all layers, with what each adds to the totals."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.cost.cost import Cost
from explainer.document.builder import Page
from explainer.document.figures import Shown
from explainer.document.nodes import Code, Inline, Table, Text
from explainer.i18n.bilingual import Bi, grouped
from explainer.lesson.blocks import paths, repeated_value, run_paths, run_steps, steps
from explainer.lesson.phrases import numbers_text, share, without_batch
from explainer.lesson.raw_parameters import alike, raw_row
from explainer.walkthrough.fold import Block, Part, Run
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
UNKNOWN = Bi(zh="未知", en="unknown")
NOT_REACHED = Bi(zh="未执行到", en="not reached")
WHOLE_IMAGE = Bi(zh="整幅图像", en="whole image")


def all_layers(page: Page, walk: Walkthrough) -> None:
    """The table of all layers, with what each adds to the totals."""
    page.heading(2, ALL_LAYERS)
    whole = walk.totals.params
    rows = [row for part in _parts(page, walk) for row in _rows(page, part, whole)]
    reached = page.label(NOT_REACHED) if walk.completeness.stopped else "–"
    if "params" in page.show:
        for part in walk.uncalled:
            formula = numbers_text(part.params) if part.params else ""
            counted = _counted(formula, part.counted, whole)
            rows.append(_cells(page, "", (Code(part.path), f" {part.type}"), reached, counted, []))
        for like in alike(page, walk):
            name, *figures = raw_row(like, whole)
            rows.append(_cells(page, "", (Code(name),), "–", (figures[0], figures[1], figures[2]), []))
    chosen = [column for name in COLUMNS if name in page.show for column in _columns(page, name)]
    header = [page.both(title) for title in (NUMBER, LAYER, *(title for title, _ in chosen))]
    page.blocks.append(Table(tuple(header), "rl" + "".join(align for _, align in chosen), tuple(rows)))


def _parts(page: Page, walk: Walkthrough) -> Sequence[Part]:
    return walk.layers if page.detail == "full" else walk.folded


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


def _rows(page: Page, part: Part, whole: int) -> list[tuple[Text, ...]]:
    """A row a layer; one row for all repetitions of a block."""
    if isinstance(part, Layer):
        return [_row(page, part, whole)]
    if isinstance(part, Run):
        out = without_batch(part.layers[-1])[1]
        return [_cells(page, run_steps(part), (Code(run_paths(part)),), out, _counted("", 0, whole), part.layers)]
    if isinstance(part, Block):
        return [row for inner in part.parts for row in _rows(page, inner, whole)]
    repeated = [layer for block in part.others for layer in block.layers]
    counted = sum(layer.counted for layer in repeated)
    figures = _counted(repeated_value(part), counted, whole)
    out = without_batch(repeated[-1])[1]
    folded = _cells(page, steps(part.others), (Code(paths(part.others)),), out, figures, repeated)
    return [*_rows(page, part.first, whole), folded]


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
    return (formula, grouped(value), share(value, whole)) if value else (formula, NONE, NONE)


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
