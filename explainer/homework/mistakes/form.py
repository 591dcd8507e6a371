"""The formula of the figure asked for, in the shape in which mistakes edit it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from explainer.formula.rewrite import times
from explainer.formula.tree import Expr, Number, Product, Symbol, value_of
from explainer.homework.parameter_bytes import bytes_each
from explainer.homework.question import Question, Value
from explainer.walkthrough.model import Layer


@dataclass(frozen=True)
class Form:
    """A number's formula, a shape's formulas one a dimension, or sizes that are multiplied.

    before, after: factors around the formula that is edited: 2 (FLOPs), the bytes of each parameter.
    names: the dimensions' names (`H_out`).
    """

    parts: tuple[Expr, ...]
    how: Literal["number", "shape", "product"] = "number"
    before: tuple[Expr, ...] = ()
    after: tuple[Expr, ...] = ()
    names: tuple[str, ...] = ()

    def value(self, values: Mapping[Symbol, int]) -> Value:
        """The number, or the shape. A size that is no whole number makes the shape impossible: KeyError."""
        found = [value_of(part, values) for part in self.parts]
        if self.how == "shape":
            if any(isinstance(size, Fraction) and size.denominator != 1 for size in found):
                raise KeyError("a size must be whole")
            return tuple(int(size) for size in found)
        result: int | Fraction = 1
        for value in (*found, *(value_of(factor, values) for factor in (*self.before, *self.after))):
            result = result * value
        return int(result) if isinstance(result, Fraction) and result.denominator == 1 else result

    @property
    def whole(self) -> Expr | None:
        """One formula of a number; None for a shape."""
        if self.how == "shape":
            return None
        if len(self.parts) == 1 and not self.before and not self.after:
            return self.parts[0]
        return times(*self.before, *self.parts, *self.after)


def form_of(question: Question) -> Form:
    """The right formula."""
    sizes = tuple(size.symbolic for _, size in question.sizes)
    names = tuple(name for name, _ in question.sizes)
    match question.quantity:
        case "shape":
            return Form(sizes, "shape", names=names)
        case "activations" if isinstance(question.layer, Layer) and question.layer.shape:
            shape = question.layer.shape
            return Form(tuple(size.symbolic for _, size in shape), "product", names=tuple(name for name, _ in shape))
        case "flops" if isinstance(question.layer, Layer) and question.layer.macs is not None:
            return Form((question.layer.macs.symbolic,), before=(Number(2),))
        case "bytes":
            whole = sizes[0]
            if isinstance(whole, Product) and whole.parts[-1] == (True, bytes_each):
                head = whole.parts[:-1]
                return Form((head[0][1] if len(head) == 1 else Product(head),), after=(bytes_each,))
    return Form(sizes)
