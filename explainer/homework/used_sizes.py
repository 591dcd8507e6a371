"""Sizes of the output that a figure's formula uses (H_out in multiply-accumulates): they are derived before it."""

from __future__ import annotations

from explainer.formula.derivation import Derivation
from explainer.formula.tree import Number, Symbol, symbols
from explainer.homework.question import Question
from explainer.walkthrough.model import Layer


def used_sizes(question: Question) -> tuple[tuple[str, Derivation], ...]:
    """Each with its name, in the shape's order; none for a shape, which derives them itself."""
    layer = question.layer
    if question.is_shape or not isinstance(layer, Layer):
        return ()
    used = {symbol.name for symbol in symbols(question.derivation.symbolic)}
    return tuple(
        (name, size) for name, size in layer.shape if name in used and not isinstance(size.symbolic, Symbol | Number)
    )
