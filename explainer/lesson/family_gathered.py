"""Where a term of a family's total comes from: 5d, a d of each of five parts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from explainer.document.builder import Page, merge
from explainer.document.nodes import Code, Inline, Math, Text, Words
from explainer.formula.expansion import Monomial, summed, terms_of
from explainer.formula.tree import Expr, Number
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.walkthrough.family import (
    Family,
    flat,
)

GATHERED = Bi(zh="其中{term}={parts}。", en="There {term} is {parts}.")
OF_PART = Bi(zh="（{path}）", en=" ({path})")
FEWEST, MOST_GATHERED = 3, 6  # parts that one term of the total comes from


def gathered(page: Page, family: Family) -> list[Words]:
    """5d = d (class_token) + d (conv_proj) + …: the term of the total that most parts add to, three or more."""
    found: dict[Monomial, list[tuple[str, Fraction]]] = {}
    for part in flat(family.parts):
        if isinstance(part.times, Number):
            for key, c in (terms_of(part.whole()) or {}).items():
                found.setdefault(key, []).append((part.path, c * int(part.times.value)))
    several = [key for key, of in found.items() if key and FEWEST <= len(of) <= MOST_GATHERED]
    if not several:
        return []
    key = max(several, key=lambda one: len(found[one]))
    told = [(summed({key: c}, family.symbols), path) for path, c in found[key]]
    term = summed({key: sum((c for _, c in found[key]), Fraction(0))}, family.symbols)
    return [page.words(GATHERED, term=Math(term), parts={lang: _sum_of_parts(told, lang) for lang in page.langs})]


def _sum_of_parts(told: Sequence[tuple[Expr, str]], lang: Lang) -> Text:
    parts: list[Inline] = []
    for expr, path in told:
        before, after = OF_PART.format(path=same("|"))[lang].split("|")
        parts += ["+" if lang == "zh" else " + "] if parts else []
        parts += [Math(expr), before, Code(path), after]
    return merge(tuple(parts))
