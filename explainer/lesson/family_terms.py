"""Which layers the terms of a family's formula come from: 4097K is (4096+1)·K of the last layer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from explainer.document.builder import Page, codes, listing, merge
from explainer.document.nodes import Code, Math, Words
from explainer.formula.expansion import Monomial, summed, terms_of
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number, Sum, walk
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.family import Family, Part, flat, repeated

EACH = Bi(zh="各项依次是{paths}的参数量。", en="Its terms are {paths}, in this order.")
COMES = Bi(zh="{terms}来自{path}", en="{terms} comes from {path}")
COME = Bi(zh=COMES.zh, en="the terms {terms} come from {path}")
EQUAL = Bi(zh="{terms}={worked}来自{path}", en="{terms} = {worked} comes from {path}")
BRACKETS = Bi(zh="括号里依次是{paths}中一块的参数量", en="the brackets are one block each of {paths}")
FURTHER = Bi(
    zh="括号里依次是{paths}中第1块以外每块的参数量", en="the brackets are one block each of {paths}, but for the first"
)
BRACKET = Bi(zh="括号里是{paths}中一块的参数量", en="the bracket is one block of {paths}")
IN_IT = Bi(zh="其中", en="In it, ")
REST = Bi(zh="，其余来自其他层。", en="; the rest comes from the other layers.")
STOP = Bi(zh="。", en=".")
MOST, MOST_PARTS, SHORT = 3, 6, 24
_PLACE = re.compile(r"\.\d+$")


@dataclass(frozen=True)
class _Own:
    """A layer, and the terms of the printed formula that are its alone."""

    leaf: Part
    terms: dict[Monomial, Fraction]


def origins(page: Page, family: Family) -> list[Words]:
    """The sentence, in a handout (elsewhere a table has every part); nothing where too many layers share the terms."""
    formula = family.params
    if page.detail != "handout" or not isinstance(formula, Sum):
        return []
    parts = list(flat(family.parts))
    order = [symbol.name for symbol in family.symbols]
    own = _own(parts)
    each = tuple(repeated(part, order) for part in parts) == tuple(term for _, term in formula.parts)
    if each and len(parts) <= MOST_PARTS and not any(_worked(one) for one in own):
        return [page.words(EACH, paths=codes([_name(part) for part in parts]))]
    blocks = [_name(part) for part in parts if not isinstance(part.times, Number)]
    tells = any(_worked(one) for one in own) or len(blocks) != 1  # else it would say no more than the block's section
    if len(own) > MOST or not tells or not (own or blocks):
        return []
    said = [_said(page, family, one) for one in own]
    if blocks:
        further = any(isinstance(part.times, Sum) for part in parts)  # L−1: the first block is another
        words = BRACKET if len(blocks) == 1 else FURTHER if further else BRACKETS
        said.append(page.words(words, paths=codes(blocks)))
    told = {key for one in own for key in one.terms}
    all_told = not blocks and all(told.intersection(terms_of(term) or ()) for _, term in formula.parts)
    return [_ended(page, listing(said), STOP if all_told else REST)]


def _own(parts: list[Part]) -> list[_Own]:
    """Layers outside of what is repeated; its terms are its own where no other layer adds to any of them."""
    leaves = [
        (leaf, terms) for leaf in _leaves(parts) if leaf.formula is not None and (terms := terms_of(leaf.formula))
    ]
    met = Counter(key for _, terms in leaves for key in terms)
    met.update(key for formula in _twins(parts) for key in terms_of(formula) or ())
    found = [(leaf, {key: c for key, c in terms.items() if key}) for leaf, terms in leaves]
    return [_Own(leaf, terms) for leaf, terms in found if terms and all(met[key] == 1 for key in terms)]


def _leaves(parts: list[Part]) -> Iterator[Part]:
    for part in parts:
        if part.times == Number(1):
            yield from [part] if part.formula is not None else _leaves(list(part.parts))


def _twins(parts: list[Part], times: int | Fraction = 1) -> Iterator[Expr]:
    """The formulas of layers that stand there several times, a fixed number: VAE's two for mean and variance."""
    for part in parts:
        if isinstance(part.times, Number):
            several = times * part.times.value
            if part.formula is None:
                yield from _twins(list(part.parts), several)
            elif several > 1:
                yield part.formula


def _said(page: Page, family: Family, one: _Own) -> Words:
    """4097K=(4096+1)·K出自`classifier.6`."""
    terms, path = Math(summed(one.terms, family.symbols)), Code(one.leaf.path)
    if worked := _worked(one):
        return page.words(EQUAL, terms=terms, worked=Math(worked), path=path)
    return page.words(COME if len(one.terms) > 1 else COMES, terms=terms, path=path)


def _worked(one: _Own) -> Expr | None:
    """(4096+1)·K, where the formula of the layer adds up what the term has as one number."""
    worked = one.leaf.formula
    if worked is None or len(one.terms) != 1 or terms_of(worked) != one.terms:
        return None
    adds = any(isinstance(inner, Sum) for inner in walk(worked))
    return worked if adds and len(plain(worked, Plain())) <= SHORT else None


def _name(part: Part) -> str:
    """h of h.0, h.1, …; layer1 of layer1.1, which stands for the others."""
    return part.path if part.times == Number(1) else _PLACE.sub("", part.path)


def _ended(page: Page, said: Words, end: Bi) -> Words:
    return {lang: merge((IN_IT[lang], *said[lang], end[lang])) for lang in page.langs}
