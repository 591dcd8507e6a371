"""Parameters against multiply-accumulates, layer by layer, as shares of the whole on one scale."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import grouped, percent, title_of
from explainer.figures.reading import complete, macs, params
from explainer.figures.svg.canvas import WIDTH, Canvas
from explainer.figures.svg.colours import FAINT, INK, OTHER, RULE, SOFT, Paint, name_of, paint
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

TITLE = Bi(
    "{name}各层的参数量（左）与计算量（右）",
    "Parameters (left) and multiply-accumulates (right) of the layers of {name}",
)
CAPTION = Bi("两边的尺度相同，都是占全网的比例。{most}", "Both sides are shares of the whole, on one scale. {most}")
MOST = Bi(
    "{path}的参数占全网的{params}，乘加却只占{macs}。",
    "{path} has {params} of all parameters and makes {macs} of the multiply-accumulates.",
)
EACH = Bi(
    "参数最多的是{a}（{params}），计算量最大的是{b}（{macs}）。",
    "{a} has the most parameters ({params}), {b} makes the most multiply-accumulates ({macs}).",
)
BOTH = Bi(
    "{a}的参数量（{params}）和计算量（{macs}）都最大。",
    "{a} has both the most parameters ({params}) and the most multiply-accumulates ({macs}).",
)
FOLDED = Bi("其中{n}行是若干层之和。", "{n:row sums|rows sum} several layers.")
ALT = Bi("{name}：参数量{params}，乘加{macs}次", "{name}: {params} parameters, {macs} multiply-accumulates")
REST = Bi("其余{n}处", "{n} others")
UNUSED = Bi("未用到的模块", "modules not used")
RAW = Bi("直接使用的参数", "parameters used directly")
MOST_ROWS, LINE, THICK = 24, 11.8, 7.8
LONG_RUN = 6  # equal rows that become one


@dataclass(frozen=True)
class Row:
    """One bar on each side. count: how many layers it stands for."""

    name: Bi
    code: bool
    params: int
    macs: int
    kind: Kind | None
    count: int = 1


def rows_of(walk: Walkthrough) -> list[Row]:
    """A row for each layer with parameters or multiply-accumulates; for parts of the network where they are too many."""
    layers = [layer for layer in walk.layers if layer.counted or macs([layer])]
    deepest = max((layer.path.count(".") + 1 for layer in layers), default=1)
    chosen: list[tuple[str, list[Layer]]] = []
    for depth in range(deepest, 0, -1):
        found = [(path, list(run)) for path, run in groupby(layers, key=lambda layer: _cut(layer.path, depth))]
        if len(found) < 4 and chosen:
            break  # too coarse: rather the largest of the finer ones
        chosen = found
        if len(chosen) <= MOST_ROWS:
            break
    rows = [_row(path, run) for path, run in chosen]
    rows, raw = _with_direct(rows, walk)
    rows = _together(rows)
    unused = sum(part.counted for part in walk.uncalled)
    rows += [Row(UNUSED, False, unused, 0, None, len(walk.uncalled))] if unused else []
    rows += [Row(RAW, False, raw, 0, None, len(walk.raw_parameters))] if raw else []
    return _largest(rows, walk.totals.params, sum(row.macs for row in rows))


def _with_direct(rows: list[Row], walk: Walkthrough) -> tuple[list[Row], int]:
    """Tensors used directly within a row's module count there; and how many parameters are in none."""
    left = 0
    added: dict[str, int] = {}
    for one in walk.raw_parameters:
        owner = next((row.name.zh for row in rows if one.name.startswith(f"{row.name.zh}.")), None)
        if owner is None:
            left += one.params
        else:
            added[owner] = added.get(owner, 0) + one.params
    return [replace(row, params=row.params + added.get(row.name.zh, 0)) for row in rows], left


def _together(rows: list[Row]) -> list[Row]:
    """Long runs of rows with the same figures as one: the blocks of a transformer say no more one below the other."""
    found: list[Row] = []
    for _, run in groupby(rows, key=lambda row: (row.params, row.macs, row.kind)):
        alike = list(run)
        if len(alike) < LONG_RUN or "." not in alike[0].name.zh:
            found += alike
            continue
        first, last = alike[0].name.zh, alike[-1].name.zh
        until = (re.search(r"\d+$", last) or [last.rpartition(".")[2]])[0]
        name = same(f"{first}–{until}　{len(alike)} ×")
        sums = (sum(row.params for row in alike), sum(row.macs for row in alike))
        found.append(Row(name, True, *sums, alike[0].kind, sum(row.count for row in alike)))
    return found


def _cut(path: str, depth: int) -> str:
    return ".".join(path.split(".")[:depth])


def _row(path: str, layers: list[Layer]) -> Row:
    by_kind: dict[Kind, float] = {}
    for layer in layers:
        by_kind[layer.kind] = by_kind.get(layer.kind, 0) + macs([layer]) + 1e-9 * layer.counted
    kind = max(by_kind, key=lambda one: by_kind[one])
    return Row(Bi(path, path), True, params(layers), macs(layers), kind, len(layers))


def _largest(rows: list[Row], weights: int, work: int) -> list[Row]:
    """At most so many rows in their order: the smallest become one."""
    if len(rows) <= MOST_ROWS:
        return rows
    rank = sorted(rows, key=lambda row: -max(row.params / max(weights, 1), row.macs / max(work, 1)))
    kept, others = rank[: MOST_ROWS - 1], rank[MOST_ROWS - 1 :]
    rest = Row(
        REST.format(n=len(others)),
        False,
        sum(row.params for row in others),
        sum(row.macs for row in others),
        None,
        sum(row.count for row in others),
    )
    chosen = {id(row) for row in kept}
    return [*(row for row in rows if id(row) in chosen), rest]


def make(walk: Walkthrough) -> Figure | None:
    """The figure, if several layers have parameters and some multiply."""
    rows = rows_of(walk) if complete(walk) else []
    weights, work = walk.totals.params, macs(walk.layers)
    if len(rows) < 3 or not weights or not work:
        return None

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(rows, walk, lang)

    lines = [ALT.format(name=row.name, params=row.params, macs=row.macs) for row in rows]
    folded = sum(row.count > 1 for row in rows)
    caption = CAPTION.format(most=_most(rows, weights, work))
    if folded:
        note = FOLDED.format(n=folded)
        caption = Bi(caption.zh + note.zh, f"{caption.en} {note.en}")
    return Figure(
        "bars",
        TITLE.format(name=title_of(walk.name, walk.source)),
        caption,
        Bi("；".join(line.zh for line in lines) + "。", "; ".join(line.en for line in lines) + "."),
        drawing,
        "table",
    )


def _most(rows: list[Row], weights: int, work: int) -> Bi:
    """What strikes the eye: many parameters and little work, if anywhere."""
    heaviest, busiest = max(rows, key=lambda row: row.params), max(rows, key=lambda row: row.macs)
    share, labour = heaviest.params / weights, heaviest.macs / work
    if share > 0.2 and labour < share / 5:
        return MOST.format(
            path=_said(heaviest), params=percent(heaviest.params, weights), macs=percent(heaviest.macs, work)
        )
    values = {"a": _said(heaviest), "params": percent(heaviest.params, weights), "macs": percent(busiest.macs, work)}
    return BOTH.format(**values) if heaviest is busiest else EACH.format(b=_said(busiest), **values)


def _said(row: Row) -> Bi:
    """h.0–11（12个）: a row's name in a sentence."""
    path, _, many = row.name.zh.removesuffix(" ×").partition("　")
    return Bi(f"{path}（{many}个）", f"{path} ({many} together)") if many else row.name


def _draw(rows: list[Row], walk: Walkthrough, lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    weights, work = walk.totals.params, macs(walk.layers)
    sums = _sums(walk)
    names = [_name(canvas, row) for row in rows]
    middle = max(
        *(canvas.wide(name, 7, "code" if row.code else "regular") for name, row in zip(names, rows, strict=True)),
        *(canvas.wide(name_of(kind), 7.4, "bold") + 9 for kind in sums),
    )
    middle += 14
    left, right = (WIDTH - middle) / 2, (WIDTH + middle) / 2
    top, bottom = 26.0, 24.0 + LINE * len(rows)
    unit = (left - 10) / max(max(row.params / weights for row in rows), max(row.macs / work for row in rows))
    canvas.text(left, 9, Bi("参数量", "parameters"), 8.2, "bold", "end")
    canvas.text(right, 9, Bi("计算量（乘加）", "multiply-accumulates"), 8.2, "bold")
    canvas.line((0, 15), (WIDTH, 15), weight=0.9)
    _scale(canvas, left, right, unit, top, bottom)
    for i, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = top + LINE * i
        canvas.text(WIDTH / 2, y + 3.2, name, 7, "code" if row.code else "regular", "middle")
        look = paint(row.kind) if row.kind else OTHER
        _bar(canvas, left, y, -unit * row.params / weights, row.params, look)
        _bar(canvas, right, y, unit * row.macs / work, row.macs, look)
    for x in (left, right):
        canvas.line((x, top - 6), (x, bottom), weight=0.6)
    canvas.height = _totals(canvas, left, right, bottom + 24, sums, weights, work)
    return canvas


def _name(canvas: Canvas, row: Row) -> str:
    return canvas.fitted(row.name[canvas.lang], 7, "code" if row.code else "regular", 122)


def _scale(canvas: Canvas, left: float, right: float, unit: float, top: float, bottom: float) -> None:
    """Lines at round shares, as far as the longest bar goes."""
    step = next(one for one in (0.02, 0.05, 0.1, 0.2, 0.25, 0.5) if left / unit / one <= 5 or one == 0.5)
    share = step
    while share * unit <= left - 8:
        for x in (left - share * unit, right + share * unit):
            canvas.line((x, top - 5), (x, bottom), FAINT, 0.5)
            canvas.text(x, bottom + 9, f"{100 * share:.0f}%", 7, "regular", "middle", SOFT)
        share += step


def _bar(canvas: Canvas, x: float, y: float, length: float, value: int, look: Paint) -> None:
    """A bar to the left (negative) or right, with its number at the end, or within where it is long."""
    wide, text = abs(length), grouped(value)
    start = x - wide if length < 0 else x
    if value:
        canvas.rect(start, y - THICK / 2 + 0.6, max(wide, 0.5), THICK, look.front, "none")
        canvas.hatch(start, y - THICK / 2 + 0.6, wide, THICK, look)
        canvas.rect(start, y - THICK / 2 + 0.6, max(wide, 0.5), THICK, "none", INK, 0.4)
    room = canvas.wide(text, 7) + 8
    within = wide > room + 30
    sign, anchors = (-1, ("start", "end")) if length < 0 or x < WIDTH / 2 else (1, ("end", "start"))
    if within:
        if look.hatch:  # letters on lines would be hard to read
            inner = x + wide - room + 1 if sign > 0 else x - wide + 1
            canvas.rect(inner, y - THICK / 2 + 1.2, room - 2, THICK - 1.2, look.front, "none")
        canvas.text(x + sign * (wide - 4), y + 3.2, text, 7, anchor=anchors[0], fill=look.ink)
    else:
        canvas.text(x + sign * (wide + 3), y + 3.2, text, 7, anchor=anchors[1], halo=True)


def _sums(walk: Walkthrough) -> dict[Kind, tuple[int, int]]:
    """Parameters and multiply-accumulates of the kinds that have any, the four largest."""
    found = {
        kind: (
            params([layer for layer in walk.layers if layer.kind is kind]),
            macs([layer for layer in walk.layers if layer.kind is kind]),
        )
        for kind in Kind
    }
    known = {kind: pair for kind, pair in found.items() if any(pair)}
    most = sorted(
        known,
        key=lambda kind: -max(known[kind][0] / max(walk.totals.params, 1), known[kind][1] / max(1, macs(walk.layers))),
    )
    return {kind: known[kind] for kind in Kind if kind in most[:4]}


def _totals(
    canvas: Canvas, left: float, right: float, y: float, sums: dict[Kind, tuple[int, int]], weights: int, work: int
) -> float:
    """The sums by kind, which are the legend too."""
    canvas.line((0, y - 10.5), (WIDTH, y - 10.5), RULE, 0.4)
    for kind, (owned, made) in sums.items():
        name, look = name_of(kind), paint(kind)
        end = canvas.text(WIDTH / 2 + 4.5, y, name, 7.4, "bold", "middle")
        start = WIDTH + 9 - end - 9.5
        canvas.rect(start, y - 5.6, 7, 6.4, look.front, "none")
        canvas.hatch(start, y - 5.6, 7, 6.4, look, 2.4)
        canvas.rect(start, y - 5.6, 7, 6.4, "none", INK, 0.4)
        at = canvas.text(left, y, percent(owned, weights), 7.4, "bold", "end")
        canvas.text(at - canvas.wide(percent(owned, weights), 7.4, "bold") - 6, y, grouped(owned), 7.4, anchor="end")
        at = canvas.text(right, y, percent(made, work), 7.4, "bold")
        canvas.text(at + 6, y, grouped(made), 7.4)
        y += 11.6
    canvas.line((0, y - 7), (WIDTH, y - 7), weight=0.9)
    return y - 5


FIGURE = Maker(
    "bars",
    Bi("各层的参数量与计算量", "the parameters and multiply-accumulates of each layer"),
    make,
    order=30,
)
