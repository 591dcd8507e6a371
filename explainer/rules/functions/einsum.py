"""einsum: an index for each dimension; what does not appear in the result is summed over.

torch takes two operands at a time and makes a batched matrix product of them: its multiply-accumulates are the product of
the sizes of all indices that the two have. Several operands are taken from left to right, unless the package
opt_einsum is there and gives a cheaper order. An index that one operand alone has and the result
has not is summed beforehand; where nothing is left to sum, torch multiplies element by element and counts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import torch

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol, product, total
from explainer.i18n.bilingual import Bi, words_in_a_row
from explainer.rules.base import DoesNotApply, Rule, Sample
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
IN_PAIRS = Bi(
    zh="共{count}个张量：PyTorch每次取两个相乘，再与其余的相乘，其中{products}次是矩阵乘法。",
    en="There are {count} tensors: PyTorch multiplies two at a time, and the result with the others; {products} of these are "
    "products of matrices.",
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
        raise DoesNotApply("written with lists of numbers")
    terms, result = _read(equation, call.shapes)
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, call.shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    symbols = {letter: _symbol(letter) for letter in sizes}
    summed = [letter for letter in sizes if letter not in result]
    pairs = contractions(terms, result, call.shapes, order_of(equation, call.shapes))
    products: list[Expr] = [product([symbols[letter] for letter in pair]) for pair in pairs if pair]
    why = [(EQUATION if summed else NO_SUM).format(equation=equation.replace(" ", ""), summed=_listed(summed))]
    if len(terms) > 2:
        why.append(IN_PAIRS.format(count=len(terms), products=len(products)))
    return Output(
        axes=tuple(Axis(symbols[letter].name, symbols[letter]) for letter in result),
        values={symbols[letter]: size for letter, size in sizes.items()},
        why=tuple(why),
        macs=total(products) if products else None,
    )


def _listed(letters: list[str]) -> Bi:
    return words_in_a_row(letters)


def order_of(equation: str, shapes: Sequence[Shape]) -> list[tuple[int, int]]:
    """Which two of the operands that are left torch takes at each turn; a result goes to the end of the row.

    From left to right the result of the first two is taken up with the third, and so on.
    """
    planner = torch.backends.opt_einsum
    if len(shapes) > 2 and planner.is_available() and planner.enabled:
        path = planner.get_opt_einsum().contract_path(
            equation, *[tuple(map(int, shape)) for shape in shapes], shapes=True, optimize=planner.strategy or "auto"
        )[0]
        if all(len(step) == 2 for step in path):
            return [(min(step), max(step)) for step in path]
    left = range(len(shapes) - 1, 0, -1)  # how many others there are at each turn
    return [(0, 1) if turn == 0 else (0, others) for turn, others in enumerate(left)]


def contractions(terms: list[str], result: str, shapes: Sequence[Shape], order: list[tuple[int, int]]) -> list[str]:
    """The indices of the matrix product that each pair makes, in turn; "" where it only multiplies element by element.

    An index of size 1 is there for nobody: torch broadcasts it.
    """
    there = [
        {c for c, size in zip(term, shape, strict=True) if size != 1} for term, shape in zip(terms, shapes, strict=True)
    ]
    letters = "".join(dict.fromkeys("".join(terms)))
    waiting = {c: sum(c in one for one in there) for c in letters if c not in result}
    found = []
    for first, second in order:
        right, left = there.pop(second), there.pop(first)
        summed = set()
        for letter, count in waiting.items():
            if count == 1 and letter in left | right:  # nobody else has it: summed before the product
                left, right, waiting[letter] = left - {letter}, right - {letter}, 0
            elif letter in left & right:
                waiting[letter] = 0 if count == 2 else count - 1
                summed |= {letter} if count == 2 else set()
        found.append("".join(c for c in letters if c in left | right) if summed else "")
        there.append((left | right) - summed)
    return found


def _symbol(letter: str) -> Symbol:
    meaning = Bi(f"einsum中下标{letter}的大小", f"size of the index {letter} of the einsum")
    family = Bi("einsum中各下标的大小", "sizes of the indices of the einsum")
    return Symbol(f"n_{letter}", meaning, family=family, family_size=0, role=Role.INNER)


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
        ("ij,jk,kl->il", ((a, b), (b, c), (c, d))),
        ("bte,btd,edf->btf", ((2, a, b), (2, a, c), (b, c, d))),
        ("...i,ij,...j->...", ((2, 3, a), (a, b), (2, 3, b))),
        ("ab,bc,cd,da->", ((a, b), (b, c), (c, d), (d, a))),
        ("i,j,k->ijk", ((a,), (b,), (c,))),
    ]
    equation, shapes = random.choice(drawn)
    return Sample(lambda: lambda *given: torch.einsum(equation, *given), shapes)


RULES: tuple[Rule, ...] = (
    step("einsum", Bi("爱因斯坦求和", "Einstein sum"), Kind.MATRIX, _einsum, _sample, "einsum", reason=NOTHING),
)
