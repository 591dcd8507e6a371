"""What several parts of a lesson say in the same words: figures, shapes, shares."""

from __future__ import annotations

from math import prod

from explainer.formula.derivation import Derivation
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Number, Symbol
from explainer.i18n.bilingual import Bi, grouped, same, shape_text
from explainer.memory import worked_out_once
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Layer

COLON = Bi(zh="：", en=": ")
COMMA = Bi(zh="，", en=", ")
EQUALS = Bi(zh="=", en=" = ")


def without_batch(layer: Layer) -> tuple[str, str]:
    """Input and output shape as a teacher writes them, 3×224×224: without the batch where both begin with it."""
    shapes = layer.call.shapes or ((),)
    before = max(shapes, key=prod) if layer.kind is Kind.ELEMENTWISE else shapes[0]
    after = layer.call.output_shapes[0] if layer.call.output_shapes else ()
    batched = not layer.unbatched and len(before) > 1 and len(after) > 1 and before[0] == after[0]
    shown: list[Shape] = [before[1:], after[1:]] if batched else [before, after]
    return shape_text(shown[0]) or "1", shape_text(shown[1]) or "1"


@worked_out_once
def numbers_text(derivation: Derivation) -> str:
    """`(3·3·3+1)·64`: the formula with its numbers, for tables."""
    return plain(derivation.substituted, Plain())


def worked_text(derivation: Derivation) -> Bi:
    """`(3·3·3+1)·64=1792`, for results in one line."""
    numbers, value = numbers_text(derivation), grouped(derivation.value)
    return same(value) if numbers == value else equals(numbers, value)


def equals(left: str, right: str) -> Bi:
    """2·64=128 / 2·64 = 128."""
    return Bi(f"{left}={right}", f"{left} = {right}")


def share(part: int, whole: int) -> str:
    """7.42%; a share that would round to nothing or to all says so."""
    if not part or not whole:
        return "0"
    percent = 100 * part / whole
    if part < whole and percent >= 99.995:
        return ">99.99%"
    return f"{percent:.2f}%" if percent >= 0.005 else "<0.01%"


def capitalised(text: Bi) -> Bi:
    """The English half as a heading begins; a formula at its beginning (k×k) stays."""
    if text.en[1:2] == "×":
        return text
    return Bi(text.zh, text.en[:1].upper() + text.en[1:])


def tensor_text(shape: Shape, numel: int) -> Bi:
    """`4×3×3=36`."""
    return equals(shape_text(shape), grouped(numel)) if len(shape) > 1 else same(grouped(numel))


def derived_sizes(layer: Layer) -> list[tuple[str, Derivation]]:
    """The output's dimensions that something has to be worked out for."""
    return [(name, size) for name, size in layer.shape if not isinstance(size.symbolic, Symbol | Number)]


def keeps_shape(layer: Layer) -> bool:
    """Whether the output is shaped like the input."""
    before, after = without_batch(layer)
    return before == after
