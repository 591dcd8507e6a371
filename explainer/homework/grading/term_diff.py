"""A wrong formula beside the right one, both multiplied out: which terms are missing, which are too many."""

from __future__ import annotations

from fractions import Fraction

from explainer.formula.tree import Expr, Number, Product, Sum, product
from explainer.homework.grading import messages as say
from explainer.homework.grading.vocabulary import number_of
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi

MOST = 24  # terms of either side that are still worth a comparison
LISTED = 4

Term = tuple[Fraction, Expr]


def term_by_term(expr: Expr, question: Question) -> Bi | None:
    """What the two have not in common; None where nothing is, or there are too many terms."""
    theirs, ours = terms(expr), terms(question.derivation.substituted)
    if theirs is None or ours is None or len(theirs) + len(ours) < 3:
        return None
    extra, missing = _without(theirs, ours), _without(ours, theirs)
    if len(extra) == len(theirs) or len(extra) > LISTED or len(missing) > LISTED:
        return None
    if not extra:
        return say.MISSING_TERM.format(terms=_shown(missing))
    if not missing:
        return say.EXTRA_TERM.format(terms=_shown(extra))
    return say.INSTEAD.format(theirs=_shown(extra), ours=_shown(missing))


def terms(expr: Expr) -> list[Term] | None:
    """The terms of a formula of numbers with their values, products of sums multiplied out; None if too many."""
    match expr:
        case Sum():
            found: list[Term] = []
            for plus, part in expr.parts:
                inner = terms(part)
                if inner is None:
                    return None
                found += [(value if plus else -value, term) for value, term in inner]
            return found if len(found) <= MOST else None
        case Product():
            return _multiplied(expr)
    value = number_of(expr)
    return None if value is None else [(value, expr)]


def _multiplied(expr: Product) -> list[Term] | None:
    rows: list[tuple[Fraction, list[tuple[bool, Expr]]]] = [(Fraction(1), [])]
    for times, part in expr.parts:
        inner = terms(part) if times else None
        if not times:
            divisor = number_of(part)
            if not divisor:
                return None
            rows = [(value / divisor, [*factors, (False, part)]) for value, factors in rows]
            continue
        if inner is None or len(rows) * len(inner) > MOST:
            return None
        rows = [(value * other, [*factors, *_factors(term)]) for value, factors in rows for other, term in inner]
    return [(value, _product(factors)) for value, factors in rows]


def _factors(term: Expr) -> list[tuple[bool, Expr]]:
    if isinstance(term, Product):
        return list(term.parts)
    return [] if term == Number(1) else [(True, term)]


def _product(factors: list[tuple[bool, Expr]]) -> Expr:
    if all(times for times, _ in factors):
        return product([factor for _, factor in factors])
    return Product(tuple(factors))


def _without(these: list[Term], others: list[Term]) -> list[Term]:
    left = [value for value, _ in others]
    kept: list[Term] = []
    for value, term in these:
        if value in left:
            left.remove(value)
        else:
            kept.append((value, term))
    return kept


def _shown(found: list[Term]) -> Bi:
    return say.listed(Number(term.value) if isinstance(term, Number) else term for _, term in found)
