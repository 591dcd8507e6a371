"""einsum: an index for each dimension; what does not appear in the result is summed over.

MACs: the product of the sizes of all indices. torch makes a batched matrix product of a pair; an index that only one of
the two has and the result has not is summed beforehand, and where nothing is left to sum it multiplies element by
element and counts nothing.
"""

from __future__ import annotations

from random import Random

import torch

from explainer.formula.role import Role
from explainer.formula.tree import Symbol, product
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import step, tensor
from explainer.rules.functions.matrix import NOTHING
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.case import Axis, Output

EQUATION = Bi(
    zh="爱因斯坦求和{equation}：箭头右边的下标留下，其余的{summed}求和消去。",
    en="An Einstein sum, {equation}: the indices to the right of the arrow remain, the others, {summed}, are summed over.",
)
NO_SUM = Bi(
    zh="爱因斯坦求和{equation}：没有要求和的下标，只按下标对齐、相乘或换位。",
    en="An Einstein sum, {equation}: no index is summed over; it only aligns, multiplies or reorders.",
)
_DOTS = "αβγδεζηθ"  # the dimensions under an ellipsis, from the right


def _read(equation: str, shapes: tuple[Shape, ...]) -> tuple[list[str], str]:
    """The indices of each operand and of the result, an ellipsis spelt out."""
    left, _, right = equation.replace(" ", "").partition("->")
    terms = [
        _spelt(term, len(shape) - len(term.replace("...", "")))
        for term, shape in zip(left.split(","), shapes, strict=True)
    ]
    if "->" in equation:
        longest = max((sum(letter in _DOTS for letter in term) for term in terms), default=0)
        return terms, _spelt(right, longest)
    letters = "".join(terms)
    once = sorted(letter for letter in set(letters) if letters.count(letter) == 1 and letter not in _DOTS)
    dots = [letter for letter in reversed(_DOTS) if letter in letters]
    return terms, "".join([*dots, *once])


def _spelt(term: str, hidden: int) -> str:
    return term.replace("...", _DOTS[:hidden][::-1])


def _einsum(call: Call) -> Output:
    equation = call.option("equation", 0)
    if not isinstance(equation, str):
        return Output(None)  # written with lists of numbers
    terms, result = _read(equation, call.shapes)
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, call.shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    symbols = {letter: _symbol(letter) for letter in sizes}
    summed = [letter for letter in sizes if letter not in result]
    why = EQUATION if summed else NO_SUM
    factors = _multiplied(terms, result, sizes) if len(terms) == 2 else []
    return Output(
        axes=tuple(Axis(symbols[letter].name, symbols[letter]) for letter in result),
        values={symbols[letter]: size for letter, size in sizes.items()},
        why=(why.format(equation=equation.replace(" ", ""), summed=Bi("、".join(summed), ", ".join(summed))),),
        macs=product([symbols[letter] for letter in factors]) if factors else None,
    )


def _multiplied(terms: list[str], result: str, sizes: dict[str, int]) -> list[str]:
    """The indices of the matrix product that torch makes of a pair; none where it makes no product of matrices."""
    first, second = map(set, terms)
    kept = [letter for letter in sizes if letter in result or letter in first & second]
    inner = [letter for letter in kept if letter not in result and sizes[letter] > 1]
    return kept if inner else []


def _symbol(letter: str) -> Symbol:
    family = Bi("einsum中各下标的大小", "sizes of the indices of the einsum")
    return Symbol(f"n_{letter}", family, family=family, role=Role.INNER)


def _sample(random: Random) -> Sample:
    a, b, c, d = tensor(random)
    drawn: list[tuple[str, tuple[Shape, ...]]] = [
        ("ij,jk->ik", ((a, b), (b, c))),
        ("bhid,bhjd->bhij", ((2, a, b, c), (2, a, d, c))),
        ("b i d, b j d -> b i j", ((a, b, c), (a, d, c))),
        ("...ij,jk", ((a, b, c), (c, d))),
        ("...ij,...jk->...ik", ((a, 3, b, c), (3, c, d))),
        ("bij,bjk->bik", ((1, b, c), (a, c, d))),
        ("ij,ij->i", ((a, b), (a, b))),
        ("ij,jk->i", ((a, b), (b, c))),
        ("i,j->ij", ((a,), (b,))),
        ("ij,ij->ij", ((a, b), (a, b))),
        ("ij->ji", ((a, b),)),
        ("ij->", ((a, b),)),
    ]
    equation, shapes = random.choice(drawn)
    return Sample(lambda: lambda *given: torch.einsum(equation, *given), shapes)


RULES: tuple[Rule, ...] = (
    step("einsum", Bi("爱因斯坦求和", "Einstein sum"), Kind.MATRIX, _einsum, _sample, "einsum", reason=NOTHING),
)
