"""The formula card: for each kind of layer that the network has, its parameters, its output size and its computation."""

from __future__ import annotations

import dataclasses

from explainer.document.builder import Page
from explainer.document.nodes import Inline, Math, Table, Text
from explainer.formula.printing import Plain, plain
from explainer.formula.rewrite import replace
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol
from explainer.i18n.bilingual import Bi, joined, same
from explainer.lesson.card_letters import of_family, tables_of
from explainer.lesson.macs import for_one
from explainer.lesson.phrases import capitalised, derived_sizes, keeps_shape
from explainer.lesson.rounding import rounding
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import N, V
from explainer.walkthrough.model import Layer, Walkthrough

CARD = Bi(zh="公式卡", en="Formula card")
HEADER = (Bi("层", "Layer"), Bi("参数量", "Parameters"), Bi("输出尺寸", "Output size"), Bi("计算量（乘加）", "MACs"))
KEPT = Bi("不变", "unchanged")
IN_TABLE = Bi("表中：", "In this table ")
NONE = "0"
MOST = 10
WIDEST = 64
_SHOWN = {
    Kind.CONVOLUTION,
    Kind.TRANSPOSED,
    Kind.LINEAR,
    Kind.EMBEDDING,
    Kind.RECURRENT,
    Kind.ATTENTION,
    Kind.NORMALIZATION,
    Kind.POOLING,
    Kind.MATRIX,
}


def formula_card(page: Page, walk: Walkthrough) -> None:
    """A table with one row a kind of layer and form."""
    found: dict[object, Layer] = {}
    inside = {call for idea in walk.ideas if idea.kind == "mixture_of_experts" for call in idea.calls}
    for layer in walk.layers:
        if layer.kind is Kind.MATRIX and layer.index in inside:
            continue  # how the experts are run: their formula is in the block's table
        if layer.rule is None or layer.kind not in _SHOWN or layer.params is None:
            continue
        key = (layer.rule.name, layer.rule.title.en, layer.params.texts[0])
        kept = found.get(key)
        if kept is None or _says(layer) > _says(kept):
            found[key] = layer
    chosen = sorted(found.values(), key=lambda layer: layer.index)
    chosen = [layer for layer in chosen if layer.value or layer.macs or derived_sizes(layer)][:MOST]
    if not chosen:
        return
    page.heading(2, CARD)
    rows: list[tuple[Text, ...]] = []
    used: list[Expr] = []
    for layer in chosen:
        assert layer.rule is not None and layer.params is not None
        cost = for_one(layer.macs).symbolic if layer.macs and layer.macs.value and "macs" in page.show else None
        size = _size(page, layer)
        params = layer.params.symbolic if layer.value else None
        used += [expr for expr in (params, cost) if expr is not None]
        used += [derivation.symbolic for _, derivation in derived_sizes(layer)[:1]]
        alike = sum(one.rule is not None and one.rule.title.en == layer.rule.title.en for one in chosen) > 1
        cells: list[Text] = [page.both(capitalised(layer.rule.title) + (_apart(layer) if alike else same("")))]
        cells += [(Math(params),) if params is not None else (NONE,)] if "params" in page.show else []
        cells += [size] if "shape" in page.show else []
        cells += [(Math(cost),) if cost is not None else ("–",)] if "macs" in page.show else []
        rows.append(tuple(cells))
    shown = [
        title
        for title, name in zip(HEADER, ("", "params", "shape", "macs"), strict=True)
        if not name or name in page.show
    ]
    page.blocks.append(Table(tuple(page.both(title) for title in shown), "l" * len(shown), tuple(rows)))
    if set(tables := tables_of(walk, walk.family).values()) == {
        V
    }:  # the rows of all tables are the family's V: its word
        known = dataclasses.replace(next(iter(tables)), role=V.role)
        used = [replace(expr, {V.name: known}) for expr in used]
    legend = page.legend(*used, place=IN_TABLE)
    page.together([*([legend] if legend else []), *of_family(page, walk, chosen), *rounding(page, used)])


def _apart(layer: Layer) -> Bi:
    """Which of the rows of one title this is: grouped or depthwise, with or without a bias."""
    values = {symbol.role: value for symbol, value in layer.params.values.items()} if layer.params else {}
    words: list[Bi] = []
    if layer.output is not None and layer.output.form == "depthwise":
        words.append(Bi("逐通道", "depthwise"))
    elif values.get(Role.GROUPS, 1) > 1:
        words.append(Bi("分组", "grouped"))
    if Role.BIAS in values:
        words.append(Bi("有偏置", "with bias") if values[Role.BIAS] else Bi("无偏置", "without bias"))
    return Bi("（", " (") + joined(words) + Bi("）", ")") if words else same("")


def _says(layer: Layer) -> int:
    """How much its output size shows: padding, stride and dilation of those that have them."""
    return max((len(plain(one.symbolic, Plain())) for _, one in derived_sizes(layer)), default=0)


def _size(page: Page, layer: Layer) -> Text:
    """H_out=⌊(H+2p−k_h)/s⌋+1, for the first dimension that something is worked out for; else the dimensions."""
    sizes = [(name, one) for name, one in derived_sizes(layer) if len(plain(one.symbolic, Plain())) <= WIDEST]
    if sizes:
        name, derivation = sizes[0]
        return (Math(Symbol(name, Bi(name, name))), "=", Math(derivation.symbolic))
    out = {one.symbolic.role for _, one in layer.shape if isinstance(one.symbolic, Symbol)}
    kept = keeps_shape(layer) and not out & {Role.FEATURES_OUT, Role.CHANNELS_OUT}  # as many by chance
    if kept or derived_sizes(layer):
        return page.both(KEPT) if kept else ()
    axes = [one.symbolic for _, one in layer.shape if isinstance(one.symbolic, Symbol) and one.symbolic != N]
    parts: list[Inline] = []
    for i, axis in enumerate(axes):
        parts += ["×", Math(axis)] if i else [Math(axis)]
    return tuple(parts)
