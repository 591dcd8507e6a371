"""A teacher's own terms and sign for products, put into every text of ours."""

from __future__ import annotations

from dataclasses import replace

from explainer.document.nodes import (
    Block,
    Document,
    Equation,
    Row,
)
from explainer.document.texts import map_line, map_text
from explainer.formula.rewrite import rewritten
from explainer.formula.tree import Expr, Number
from explainer.i18n.bilingual import Bi, Lang
from explainer.lesson.terminology import Terms, replaced


def _relabelled(expr: Expr, terms: Terms) -> Expr:
    """The labels under a formula's numbers in the teacher's words."""

    def change(node: Expr) -> Expr:
        if not (isinstance(node, Number) and node.source and node.source.label):
            return node
        label = Bi(replaced(node.source.label.zh, "zh", terms), replaced(node.source.label.en, "en", terms))
        return replace(node, source=replace(node.source, label=label))

    return rewritten(expr, change)


def with_own_terms(document: Document, times: str, terms: Terms) -> Document:
    """The teacher's terms and sign for products, put into every text of ours; names and code stay as they are."""
    if times == "·" and not terms:
        return document

    def word(text: str, lang: Lang | None = None) -> str:
        for each in (lang,) if lang else ("zh", "en"):
            text = replaced(text, each, terms)
        return text.replace("·", times)

    def block(given: Block) -> Block:
        changed = map_text(given, word, document.langs)
        return Equation(tuple(map(relabelled, changed.rows))) if isinstance(changed, Equation) else changed

    def relabelled(row: Row) -> Row:
        return replace(row, chain=tuple(_relabelled(expr, terms) for expr in row.chain)) if row.labelled else row

    return replace(
        document,
        title=map_line(document.title, word),
        subtitle=map_line(document.subtitle, word),
        blocks=tuple(map(block, document.blocks)),
    )
