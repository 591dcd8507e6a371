"""The table of all layers, with what each adds to the totals."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.compose.blocks import paths, repeated_value, run_paths, run_steps, steps
from explainer.compose.page import Page, Shown
from explainer.compose.phrases import numbers_text, share, without_batch
from explainer.compose.raw import alike, raw_row
from explainer.document import Code, Inline, Table, Text
from explainer.fold import Block, Part, Run, fold
from explainer.text.bi import Bi, grouped
from explainer.walkthrough import Layer, Walkthrough

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
}


def all_layers(page: Page, walk: Walkthrough) -> None:
    """The table of all layers, with what each adds to the totals."""
    page.heading(2, ALL_LAYERS)
    whole = walk.totals.params
    rows = [row for part in _parts(page, walk) for row in _rows(page, part, whole)]
    if "params" in page.show:
        for part in walk.uncalled:
            formula = numbers_text(part.params) if part.params else ""
            counted = (formula, grouped(part.counted), share(part.counted, whole))
            rows.append(_cells(page, "", (Code(part.path), f" {part.type}"), "–", counted, ""))
        for like in alike(page, walk):
            name, *figures = raw_row(like, whole)
            rows.append(_cells(page, "", (Code(name),), "–", (figures[0], figures[1], figures[2]), ""))
    chosen = [column for name, columns in COLUMNS.items() if name in page.show for column in columns]
    header = [page.both(title) for title in (NUMBER, LAYER, *(title for title, _ in chosen))]
    page.blocks.append(Table(tuple(header), "rl" + "".join(align for _, align in chosen), tuple(rows)))


def _parts(page: Page, walk: Walkthrough) -> Sequence[Part]:
    return walk.layers if page.detail == "full" else fold(walk.layers)


def _cells(
    page: Page, number: str, name: Text, shape: str, counted: tuple[str, str, str], macs: str
) -> tuple[Text, ...]:
    """One row, of the columns that are shown."""
    cells: dict[Shown, tuple[str, ...]] = {"shape": (shape,), "params": counted, "macs": (macs,)}
    shown = [(cell,) if cell else () for what in COLUMNS if what in page.show for cell in cells[what]]
    return ((number,) if number else (), name, *shown)


def _rows(page: Page, part: Part, whole: int) -> list[tuple[Text, ...]]:
    """A row a layer; one row for all repetitions of a block."""
    if isinstance(part, Layer):
        return [_row(page, part, whole)]
    if isinstance(part, Run):
        out, macs = without_batch(part.layers[-1])[1], _macs(part.layers)
        return [_cells(page, run_steps(part), (Code(run_paths(part)),), out, ("", "0", "0"), macs)]
    if isinstance(part, Block):
        return [row for inner in part.parts for row in _rows(page, inner, whole)]
    repeated = [layer for block in part.others for layer in block.layers]
    counted = sum(layer.counted for layer in repeated)
    figures = (repeated_value(part), grouped(counted), share(counted, whole))
    out = without_batch(repeated[-1])[1]
    folded = _cells(page, steps(part.others), (Code(paths(part.others)),), out, figures, _macs(repeated))
    return [*_rows(page, part.first, whole), folded]


def _row(page: Page, layer: Layer, whole: int) -> tuple[Text, ...]:
    place = f" {layer.place}" if layer.place else ""
    name: tuple[Inline, ...] = (
        Code(layer.path or layer.type),
        f" {layer.type}{place}" if layer.call.module is not None else "",
    )
    formula = numbers_text(layer.params) if layer.params and layer.value else ""
    counted = (formula, grouped(layer.counted), share(layer.counted, whole))
    return _cells(page, str(layer.index), name, without_batch(layer)[1], counted, _macs([layer]))


def _macs(layers: Sequence[Layer]) -> str:
    """What the layers cost together; nothing where there are no multiply-accumulates."""
    total = sum(layer.macs.value for layer in layers if layer.macs)
    return grouped(total) if total else "0" if all(layer.output for layer in layers) else ""
