"""What all terms have in common, written once in front: L·(12d²·N·T+2d·N·T²) → N·T·L·(12d²+2d·T)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from explainer.formula.expansion import Monomial, summed, terms_of
from explainer.formula.tree import Expr, Number, Product, Sum, Symbol, symbols


def taken_out(expr: Expr, common: Sequence[Symbol], order: Sequence[Symbol] = ()) -> Expr:
    """The same formula with these symbols in front of it, as often as every term has them; inside brackets likewise.

    order: of the factors and of terms of one degree; by default as they occur.

    >>> taken_out(2 * d * N + d * d * N, [N])    # doctest: +SKIP
    N·(d²+2d)
    """
    there = dict.fromkeys(symbols(expr))
    order = [*(symbol for symbol in order if symbol in there), *(symbol for symbol in there if symbol not in order)]
    powers, rest = _split(expr, [symbol for symbol in common if symbol in order], order)
    front = [symbol for symbol in common for _ in range(powers[symbol.name])]
    return _times(front, rest) if _nested(rest) else expr


def _split(expr: Expr, common: Sequence[Symbol], order: Sequence[Symbol]) -> tuple[Counter[str], Expr]:
    """How often each stands in every term, and the formula without these."""
    if not _nested(expr) or (isinstance(expr, Sum) and not any(_nested(term) for _, term in expr.parts)):
        terms = terms_of(expr)
        return _of_terms(terms, common, order) if terms else (Counter(), expr)
    powers: Counter[str]
    if isinstance(expr, Sum):
        found = [(sign, *_split(term, common, order)) for sign, term in expr.parts]
        powers = Counter(found[0][1])
        for _, own, _ in found:
            powers &= own
        left = [(sign, [s for s in common for _ in range((own - powers)[s.name])], rest) for sign, own, rest in found]
        return powers, Sum(tuple((sign, _times(front, rest)) for sign, front, rest in left))
    powers, kept = Counter(), []
    for up, factor in expr.parts if isinstance(expr, Product) else ():
        own, rest = _split(factor, common, order) if up else (Counter[str](), factor)
        powers += own
        if rest != Number(1) or not own:
            kept.append((up, rest))
    return (powers, Product(tuple(kept))) if powers and len(kept) > 1 and kept[0][0] else (Counter(), expr)


def _of_terms(
    terms: dict[Monomial, Fraction], common: Sequence[Symbol], order: Sequence[Symbol]
) -> tuple[Counter[str], Expr]:
    powers = Counter({s.name: max(0, min(dict(key).get(s.name, 0) for key in terms)) for s in common})
    rest = {tuple((name, left) for name, power in key if (left := power - powers[name])): c for key, c in terms.items()}
    return +powers, summed(rest, order, as_met=True)


def _nested(expr: Expr) -> bool:
    """Whether it has a sum in brackets, or is one."""
    return isinstance(expr, Sum) or any(_nested(child) for child in expr.children())


def _times(front: Sequence[Symbol], rest: Expr) -> Expr:
    """In front of brackets, or behind a product without."""
    if not front:
        return rest
    whole: list[tuple[bool, Expr]] = [(True, symbol) for symbol in front]
    if rest == Number(1):
        return Product(tuple(whole)) if len(whole) > 1 else front[0]
    if not _nested(rest):
        names = list(dict.fromkeys([*symbols(rest), *front]))
        terms = terms_of(Product(((True, rest), *whole)))
        return summed(terms, names) if terms else Product(((True, rest), *whole))
    return Product((*whole, *(rest.parts if isinstance(rest, Product) else ((True, rest),))))
