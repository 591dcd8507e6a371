"""What a figure's working begins with: sizes of the output that its formula uses (H_out in multiply-accumulates); of a plain 0 the reason."""

from __future__ import annotations

from explainer.formula.derivation import Derivation
from explainer.formula.tree import Number, Symbol, symbols
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi
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


def nothing_counted(question: Question) -> tuple[Bi, ...]:
    """Why a layer has no parameters; nothing where it has some, or where something else is asked."""
    layer = question.layer
    if question.quantity not in ("params", "bytes") or question.value or not isinstance(layer, Layer):
        return ()
    return layer.parameters.why if layer.parameters is not None else ()
