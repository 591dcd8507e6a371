"""The sizes of a shape as an answer's sides give them: lists, products, one size; and whether a chain of them holds."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import ceil, floor

from explainer.formula.tree import Expr, Number, Product, Symbol
from explainer.homework.answers.claims import Part
from explainer.homework.answers.syntax import Side
from explainer.homework.grading.axis_names import BATCH
from explainer.homework.grading.names import readings
from explainer.homework.grading.shape_answer import shape_of
from explainer.homework.grading.vocabulary import Vocabulary, number_of


class SizesRead:
    """Reads the sides of one answer. axes: the letters of the shape's axes."""

    def __init__(self, words: Vocabulary, axes: list[str]) -> None:
        self.words, self.axes = words, axes

    def of_part(self, part: Part) -> tuple[Expr, ...] | None:
        """The sizes of a side: of a list or product, or one; None where it is no formula."""
        side = part.side
        if side is None:
            return None
        given = side.shape or (() if side.expr is None else shape_of(side))
        if any(isinstance(size, Number) and isinstance(size.value, Fraction) for size in given) and len(given) > 1:
            return None
        if (
            len(given) > 1
            and not side.shape
            and isinstance(side.expr, Product)
            and any(size.children() for size in given)
        ):
            given = (side.expr,)
        found: list[Expr] = []
        for size in given:
            if isinstance(size, Symbol) and size.name.removeprefix("n_")[:1].upper() in (*self.axes, *BATCH):
                found.append(size)
                continue
            read = next((expr for expr, _ in readings(size, self.words, {})), None)
            if read is None:
                return None
            found.append(read)
        return tuple(found)

    def hold(self, sides: list[tuple[Expr, Side | None]]) -> bool:
        """Each side equal to the one before as far as its digits go, or its whole part."""
        values = [(self.value(size), side.half if side is not None else None) for size, side in sides]
        for (before, _), (after, half) in itertools.pairwise(values):
            if before is None or after is None:
                return False
            if abs(before - after) > (half or 0) and after not in (floor(before), ceil(before)):
                return False
        return True

    def product(self, sizes: tuple[Expr, ...]) -> Fraction | None:
        """What sizes multiply to."""
        product = Fraction(1)
        for size in sizes:
            value = self.value(size)
            if value is None:
                return None
            product *= value
        return product

    def value(self, size: Expr) -> Fraction | None:
        """A size of this layer."""
        return number_of(size, self.words.values())


def multiplied(sizes: tuple[Expr, ...]) -> Expr:
    """Sizes as one product."""
    return sizes[0] if len(sizes) == 1 else Product(tuple((True, size) for size in sizes))
