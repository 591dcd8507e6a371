"""What makes a good question: something to work out, small enough, and no sizes that hide a mistake.

level 1   answers below 100,000 (costs a million)
level 2   below 10,000,000
level 3   below 1,000,000,000
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from explainer.errors import UserError
from explainer.formula.derivation import Derivation
from explainer.formula.printing import ascii_formula
from explainer.formula.role import OPTIONS, Role
from explainer.formula.tree import Number, Symbol, symbols
from explainer.homework.question import Question, Style, right_value
from explainer.homework.questions import find
from explainer.homework.worksheets.distractors import wrong_values
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.quantity import Quantity
from explainer.walkthrough.model import Layer, Walkthrough

BY_LEVEL: dict[int, tuple[Quantity, ...]] = {
    1: ("params", "shape", "macs", "bytes"),
    2: ("params", "shape", "macs", "bytes", "weights", "bias", "activations"),
    3: ("params", "shape", "macs", "bytes", "weights", "bias", "activations", "flops"),
}
_COSTS = ("macs", "flops", "activations")
_LARGEST = {1: 10**5, 2: 10**7, 3: 10**9}
_NOTHING_LEARNED = (Kind.POOLING, Kind.ACTIVATION, Kind.DROPOUT)
_APART = OPTIONS | {Role.DIMENSION, Role.HEAD_SIZE}  # never taken for a size, or of no meaning by themselves
_SAME = {Role.SIZE: "image", Role.SIZE_OUT: "image_out", Role.KERNEL: "kernel", Role.WINDOW: "kernel"}


def question_of(walk: Walkthrough, path: str, quantity: Quantity) -> Question | None:
    """The question of a part of the model; None where there is nothing of that to ask, or nobody knows the answer."""
    try:
        found = find(walk, f"{path}.{quantity}")
    except UserError:  # a formula that has no bias by itself
        return None
    return found if found.undecided is None else None


def worked(question: Question) -> str:
    """What is written down in answering: two questions with the same are one."""
    lines = [f"{name}{ascii_formula(size.substituted)}" for name, size in question.sizes]
    kind = question.layer.type if question.layer else question.name
    return f"{kind} {question.quantity} {' '.join(lines)}"


def alike(question: Question) -> str:
    """Kind and answer: a sheet has no two questions with the same."""
    kind = question.layer.type if question.layer else question.name
    return f"{kind} {question.quantity} {right_value(question)}"


def suits(question: Question, style: Style) -> bool:
    """A formula to write down; for a multiple choice, wrong answers to offer."""
    if style == "choice":
        return len(wrong_values(question, 2)) == 2
    if style == "number":
        return True
    return not question.is_shape and not isinstance(question.derivation.symbolic, Number | Symbol)


def is_good(question: Question, level: int) -> bool:
    """Small enough, something to work out, and no sizes that hide a mistake."""
    layer = question.walk.layers[0]
    largest = max(size.value for _, size in question.sizes)
    if largest >= _LARGEST[level] * (10 if question.quantity in _COSTS else 1):
        return False
    if question.quantity == "weights" and question.value == layer.value:
        return False
    if question.is_shape:
        return layer.call.shapes[:1] != layer.call.output_shapes[:1] and _distinct(question, layer)
    nothing_learned = question.quantity == "params" and layer.kind in _NOTHING_LEARNED
    return (question.value > 9 or nothing_learned) and _distinct(question, layer)


def _distinct(question: Question, layer: Layer) -> bool:
    """The question's own sizes tell apart, and the layer's (as many channels out as in hide which was counted)."""
    learned = layer.params is not None and layer.value > 0
    return tells_apart([size for _, size in question.sizes]) and (
        not learned or (layer.params is not None and tells_apart([layer.params]))
    )


def tells_apart(derivations: Sequence[Derivation]) -> bool:
    """No two sizes of different meaning are equal or 1, so that taking one for the other gives another number."""
    groups: dict[str, set[int]] = {}
    for size in derivations:
        for symbol in symbols(size.symbolic):
            value = size.values[symbol]
            if symbol.role in _APART or (symbol.role is Role.BATCH and value == 1):
                continue
            meaning = _SAME.get(symbol.role, symbol.name) if symbol.role else symbol.name
            groups.setdefault(meaning, set()).add(value)
    if any(1 in values for meaning, values in groups.items() if meaning != _SAME[Role.SIZE_OUT]):
        return False
    return all(not one & other for one, other in combinations(groups.values(), 2))
