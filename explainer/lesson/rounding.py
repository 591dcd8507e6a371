"""What the brackets of a formula that rounds mean: said once, where they are first used."""

from __future__ import annotations

from collections.abc import Iterable

from explainer.document.builder import Page
from explainer.document.nodes import Words
from explainer.formula.tree import Expr, Rounded, walk
from explainer.i18n.bilingual import Bi

DOWN = Bi(zh="⌊ ⌋表示舍去小数，如⌊25/2⌋=12。", en="The brackets ⌊ ⌋ drop the fraction: ⌊25/2⌋ = 12.")
UP = Bi(zh="⌈ ⌉表示有小数就进1，如⌈25/2⌉=13。", en="The brackets ⌈ ⌉ round up: ⌈25/2⌉ = 13.")


def rounding(page: Page, formulas: Iterable[Expr]) -> list[Words]:
    """The brackets in these formulas that the document has not explained yet."""
    used = {node.up for formula in formulas for node in walk(formula) if isinstance(node, Rounded)}
    return [page.words(UP if up else DOWN) for up in sorted(used) if page.first(("rounding", up))]
