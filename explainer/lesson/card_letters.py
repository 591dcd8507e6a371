"""What the general letters of the formula card are in the family's formulas: D is d, V is the vocabulary or the longest sequence."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.document.builder import Page, codes
from explainer.document.nodes import Math, Words
from explainer.formula.expansion import terms_of
from explainer.formula.tree import Expr, Symbol, symbols
from explainer.i18n.bilingual import Bi, joined, same
from explainer.lesson.family_of_block import leaf_formulas
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import D, V
from explainer.walkthrough.family import Family
from explainer.walkthrough.model import Layer, Walkthrough

SAME = Bi(zh="这里的{general}就是前面公式中的{own}。", en="Here {general} is the {own} of the formulas above.")
ROWS = Bi(
    zh="这里的{general}对应前面公式中的不同符号：{tables}。",
    en="The {general} here stands for different letters of the formulas above: {tables}.",
)
OF_TABLE = Bi(zh="{path}对应{own}（{meaning}）", en="{own} ({meaning}) for {path}")


def of_family(page: Page, walk: Walkthrough, layers: Sequence[Layer]) -> list[Words]:
    """The features of a layer, D, are the family's width, where all layers have so many; the rows of each table by its formula."""
    family = walk.family
    if family is None or not family.parts:
        return []
    values = {value for layer in layers if layer.params for symbol, value in layer.params.values.items() if symbol == D}
    own = [hyper.symbol for hyper in family.free if hyper.symbol.name == D.name.lower() and {hyper.value} == values]
    said = [page.words(SAME, general=Math(D), own=Math(own[0]))] if own else []
    return said + _rows(page, walk, family)


def _rows(page: Page, walk: Walkthrough, family: Family) -> list[Words]:
    """V of `wte` is V, V of `wpe` is T_max; nothing of tables that have no formula of their own."""
    tables = tables_of(walk, family)
    if len(set(tables.values())) < 2:
        return []  # one letter for one thing: it is left out of the legend
    by_symbol: dict[Symbol, list[str]] = {}
    for path, symbol in tables.items():
        by_symbol.setdefault(symbol, []).append(path)
    words: dict[str, object] = {}
    told = []
    for i, (symbol, paths) in enumerate(by_symbol.items()):
        words |= {f"p{i}": codes(paths), f"s{i}": Math(symbol)}
        told.append(OF_TABLE.format(path=same(f"{{p{i}}}"), own=same(f"{{s{i}}}"), meaning=symbol.meaning))
    whole = ROWS.format(general=same("{general}"), tables=joined(told, "，", ", "))
    return [page.words(whole, general=Math(V), **words)]  # type: ignore[arg-type]


def tables_of(walk: Walkthrough, family: Family | None) -> dict[str, Symbol]:
    """The symbol of each embedding's rows, by its path; empty where one of them is not a plain product of two."""
    if family is None or not family.parts:
        return {}
    leaves, found = leaf_formulas(family), dict[str, Symbol]()
    for layer in walk.layers:
        if layer.kind is not Kind.EMBEDDING or layer.params is None or not layer.counted:
            continue
        symbol = _rows_in(family, leaves.get(layer.path), layer.params.values.get(V))
        if symbol is None:
            return {}
        found[layer.path] = symbol
    return found


def _rows_in(family: Family, formula: Expr | None, rows: int | None) -> Symbol | None:
    """The letter of V·d that stands for the rows."""
    if formula is None or len(terms_of(formula) or {}) != 1:
        return None
    value = {hyper.symbol: hyper.value for hyper in family.free}
    found = {symbol for symbol in symbols(formula) if value.get(symbol) == rows}
    return found.pop() if len(found) == 1 else None
