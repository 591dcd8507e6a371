"""Figures out of the tables that tools print layer by layer, as meanings of a number."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.ledger.counters import counters_of
from explainer.ledger.identify.hypothesis import BATCHES, Hypothesis, family_of
from explainer.ledger.identify.number_reader import Claim, Family
from explainer.ledger.words import quantity_word, tool_list
from explainer.walkthrough.counted import Line
from explainer.walkthrough.model import Walkthrough

IN_ROW = Bi(zh="{layer}：{figures}", en="{layer}: {figures}")
BY = Bi(zh="{tools}给出的{what}", en="{what} by {tools}")
LAYER = Bi(zh="第{n}层{path}", en="layer {n}, {path}")
CONTAINER = Bi(zh="模块{path}（连同其中各层）", en="module {path} with all its layers")
ALIKE = Bi(zh="（另有{n}行与它相同）", en=" ({n:more row is|more rows are} like it)")
INPUT = Bi(zh="（输入{shape}）", en=" (input {shape})")
AT_BATCH = Bi(zh="{label}，批量大小为{batch}时", en="{label}, at a batch of {batch}")
MORE = same(" …")
MOST_LAYERS = 3
OF_ONE = ("torchstat", "ptflops")  # their rows are of one sample, whatever the batch


def of_rows(walk: Walkthrough) -> Iterator[Hypothesis]:
    """Every figure of every tool's rows; equal ones together."""
    together: dict[tuple[Family, int], list[Line]] = {}
    for row in counters_of(walk).rows or ():
        together.setdefault((family_of(row.quantity), row.value), []).append(row)
    places = _places(walk)
    for (family, value), rows in together.items():
        cost = 5 if family in ("params", "operations") else 6
        label = _label(rows, places) + (_input(walk) if family != "params" else same(""))
        yield Hypothesis(label, value, family, cost, tuple(rows))


def at_other_batches(walk: Walkthrough, claim: Claim, rows: list[Hypothesis]) -> Iterator[Hypothesis]:
    """Those that would be the number, to the unit, at another usual batch."""
    shapes = walk.run.input_shapes
    own = shapes[0][0] if shapes and len(shapes[0]) > 1 else 0
    if not own or not claim.whole or claim.number.denominator != 1:
        return
    known = {row.value: row for row in rows if row.family == "operations"}
    places = _places(walk)
    for batch in (1, *BATCHES):
        value = Fraction(claim.number) * own / batch
        row = known.get(int(value)) if batch != own and value.denominator == 1 else None
        lines = [line for line in row.lines if line.layer and line.tool not in OF_ONE] if row is not None else []
        if row is not None and lines:
            label = AT_BATCH.format(label=_label(lines, places), batch=batch)
            working = f"{grouped(row.value)}/{own}·{batch}" if own > 1 else f"{grouped(row.value)}·{batch}"
            yield Hypothesis(label, int(claim.number), row.family, row.cost + 3, working=working)


def _places(walk: Walkthrough) -> dict[str, Bi]:
    return {
        layer.path: LAYER.format(n=layer.index, path=layer.path) for layer in walk.layers if layer.call.op is not None
    }


def place_of(walk: Walkthrough, row: Line) -> Bi:
    """`layer 3, block1.0`, or the container that the row sums up."""
    return _places(walk).get(row.layer) or CONTAINER.format(path=row.layer)


def _label(rows: list[Line], places: dict[str, Bi]) -> Bi:
    """Layer by layer, which tools give which of their figures so."""
    by_layer: dict[str, list[Line]] = {}
    for row in rows:
        by_layer.setdefault(row.layer, []).append(row)
    parts = [
        IN_ROW.format(layer=places.get(path) or CONTAINER.format(path=path), figures=_figures(own))
        for path, own in list(by_layer.items())[:MOST_LAYERS]
    ]
    return joined(parts, "；", "; ") + (MORE if len(by_layer) > MOST_LAYERS else same(""))


def _figures(rows: list[Line]) -> Bi:
    words = {(word.zh, word.en): word for word in (quantity_word(row) for row in rows)}
    said = []
    for word in words.values():
        those = [row for row in rows if quantity_word(row) == word]
        said.append(BY.format(tools=tool_list(those), what=word))
    alike = max(row.alike for row in rows)
    return joined(said, "，", ", ") + (ALIKE.format(n=alike) if alike else same(""))


def _input(walk: Walkthrough) -> Bi:
    shapes = [same("×".join(map(str, shape))) for shape in walk.run.input_shapes]
    return INPUT.format(shape=joined(shapes)) if shapes else same("")
