"""What a figure's working begins with: sizes of the output that its formula uses (H_out in multiply-accumulates); of a plain 0 the reason."""

from __future__ import annotations

from explainer.formula.derivation import Derivation
from explainer.formula.tree import Expr, Number, Symbol, symbols
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.symbols import AXES, sizes
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


def letters(question: Question, shape: tuple[tuple[str, Derivation], ...]) -> list[Expr]:
    """The formulas whose letters the working has to explain, and the letters before its "=" (H_out); shape: the sizes asked for."""
    found = [*used_sizes(question), *shape]
    sides = {f"{axis}_out" for axes in AXES.values() for axis, _, _ in axes}.intersection(name for name, _ in found)
    of_sides = {symbol.name: symbol for symbol in sizes(len(sides), out=True)} if sides else {}
    left = [of_sides[name] for name, size in found if name in of_sides and not isinstance(size.symbolic, Number)]
    return [*(size.symbolic for _, size in found if not isinstance(size.symbolic, Number)), *left]


def nothing_counted(question: Question) -> tuple[Bi, ...]:
    """Why a layer has no parameters; nothing where it has some, or where something else is asked."""
    layer = question.layer
    if question.quantity not in ("params", "bytes") or question.value or not isinstance(layer, Layer):
        return ()
    return layer.parameters.why if layer.parameters is not None else ()
