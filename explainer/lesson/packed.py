"""On paper a chain of equal signs goes on in the same line as long as it fits: fewer lines, each full."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from explainer.document.nodes import Block, Equation, Row
from explainer.formula.printing import Plain, plain
from explainer.formula.rewrite import rewritten
from explainer.formula.tree import Expr, Number, walk
from explainer.i18n.bilingual import Bi, Lang

WIDE = 66  # digits on one line: fewer than fit, so that a line holds a thought
OF_LABEL = Bi(zh="1.35", en="0.75")  # a sign of a small label, in digits


def packed(block: Block, langs: tuple[Lang, ...]) -> Block:
    """The equation with its short rows joined; every other block as it is."""
    if not isinstance(block, Equation):
        return block
    rows: list[Row] = []
    used = 0.0
    for row in block.rows:
        wide = _width(row, langs)
        if rows and row.left is None and used + wide <= WIDE and not (row.labelled and rows[-1].chain):
            rows[-1] = replace(rows[-1], chain=(*rows[-1].chain, *map(_bare, row.chain)))
            used += wide
        else:
            rows.append(row)
            used = wide
    return Equation(tuple(rows))


def _width(row: Row, langs: tuple[Lang, ...]) -> float:
    """About how many digits wide the row is, "=" before each expression."""
    left = row.left if isinstance(row.left, str) else plain(row.left, Plain()) if row.left is not None else ""
    beside = sum(2 if sign >= "\u2e80" else 1 for sign in left + row.lead)
    return (
        beside
        + sum(1.5 + len(plain(expr, Plain())) for expr in row.chain)
        + (sum(map(partial(_beyond, langs=langs), row.chain)) if row.labelled else 0)
    )


def _beyond(expr: Expr, langs: tuple[Lang, ...]) -> float:
    """By how much the words under the numbers are wider than these."""
    return sum(_label_beyond(leaf, langs) for leaf in walk(expr) if isinstance(leaf, Number))


def _label_beyond(leaf: Number, langs: tuple[Lang, ...]) -> float:
    if leaf.source is None or leaf.source.label is None:
        return 0
    words = leaf.source.label
    label = sum(len(words[lang]) * float(OF_LABEL[lang]) for lang in langs)
    return max(0.0, label - len(plain(leaf, Plain())))


def _bare(expr: Expr) -> Expr:
    """Without what its numbers are, which stands under those before it."""
    return rewritten(expr, lambda node: Number(node.value) if isinstance(node, Number) else node)
