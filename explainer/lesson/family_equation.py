"""A family's formula as an equation: with its numbers, as far as they fit on a line, and its value."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Equation, Math, Row
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number, Product, Sum, evaluate, steps, substitute
from explainer.i18n.bilingual import Bi
from explainer.lesson.family_values import env_of, value_at
from explainer.walkthrough.family import (
    Family,
)

PARAMETERS = Bi(zh="参数量", en="parameters")
EXPANDED = Bi(zh="展开：{formula}", en="Multiplied out: {formula}")
CHECKED = Bi(zh="与PyTorch的统计一致 ✓。", en="PyTorch counts the same ✓.")
DISAGREES = Bi(zh="不一致 ✗　PyTorch的统计是另一个数。", en="DISAGREES ✗  PyTorch counts another number.")
WIDE, EASILY = 84, 64  # signs of a formula on one line, and of one that is read at a glance


def total(page: Page, family: Family, torch_params: int) -> Bi:
    """The formula, its numbers, its value. Returns torch's word on it."""
    assert family.params is not None
    value = Number(value_at(family, family.params))
    chain: list[Expr] = [family.params]
    env = env_of(family)
    if all(isinstance(number, int) for number in env.values()):
        numbers = substitute(family.params, {symbol: int(number) for symbol, number in env.items()})
        if page.detail != "handout":
            chain += [numbers, *steps(numbers)[-2:]]
        else:
            chain += _numbers_on_paper(numbers)
    equation(page, page.label(PARAMETERS), [*chain, value])
    expanded = family.expanded
    if (
        expanded is not None
        and page.detail != "handout"
        and not _expanded_already(family.params, expanded)
        and len(plain(expanded, Plain())) <= WIDE
    ):
        page.say(EXPANDED, formula=Math(expanded))
    return CHECKED if value.value == torch_params else DISAGREES


def _numbers_on_paper(numbers: Expr) -> list[Expr]:
    """The formula with its numbers on a line, what stands in brackets worked out where it does not fit, and the sum.

    2·32,000·4096+32·1,451,270,144+4096: one block has been derived before.
    """
    last = [one for one in steps(numbers)[-1:] if len(plain(one, Plain())) <= WIDE]
    for written in (numbers, _brackets_worked_out(numbers)):
        if len(plain(written, Plain())) <= EASILY:
            return [written, *(one for one in last if one != written)]
    sums = _brackets_worked_out(numbers, products=True)
    return [sums] if len(plain(sums, Plain())) <= WIDE else last


def _brackets_worked_out(expr: Expr, products: bool = False) -> Expr:
    """32·(3·4096+4096) → 32·16,384; with products, terms without brackets are worked out too."""
    if not isinstance(expr, Sum):
        return expr
    terms: list[tuple[bool, Expr]] = []
    for plus, term in expr.parts:
        inner = isinstance(term, Product) and any(isinstance(factor, Sum) for _, factor in term.parts)
        if inner and isinstance(term, Product):
            factors = [(up, Number(evaluate(f)) if isinstance(f, Sum) else f) for up, f in term.parts]
            terms.append((plus, Product(tuple(factors))))
        else:
            terms.append((plus, Number(evaluate(term)) if products else term))
    return Sum(tuple(terms))


def _expanded_already(formula: Expr, expanded: Expr) -> bool:
    """Whether expanding only puts the terms into another order."""
    return formula == expanded or (
        isinstance(formula, Sum) and isinstance(expanded, Sum) and len(formula.parts) == len(expanded.parts)
    )


def equation(page: Page, left: str, chain: list[Expr]) -> None:
    """left = … = …, on one line where it fits; what is wider goes on in the next lines."""
    if sum(len(plain(expr, Plain())) for expr in chain) <= WIDE:
        page.blocks.append(Equation((Row(left, tuple(chain)),)))
        return
    page.blocks.append(Equation(tuple(Row(None if i else left, (expr,)) for i, expr in enumerate(chain))))
