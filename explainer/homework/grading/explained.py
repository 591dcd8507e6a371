"""The numbers that a right working may name: the layer's own sizes, parts of the derivation, the layers of a sum."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from math import prod

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Sum, walk
from explainer.homework.grading.term_diff import terms
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.kept import Kept
from explainer.homework.question import Part, Question
from explainer.walkthrough.model import Layer

NEIGHBOURS = 60  # layers of a sum of which all neighbours are added up
FACTORS = 10  # of one product, whose products of some are looked at
CHANNELS = (Role.CHANNELS, Role.CHANNELS_IN, Role.CHANNELS_OUT)
ALWAYS = (0, 1, 2, 4, 8, 1000, 1024)  # none, one bias, γ and β, bytes, bits


def explained(question: Question, words: Vocabulary) -> frozenset[Fraction]:
    """Every number that can be placed in a right answer to this question."""
    return _KNOWN.of(question, lambda: _explained(question, words))


_KNOWN: Kept[frozenset[Fraction]] = Kept(64)


def _explained(question: Question, words: Vocabulary) -> frozenset[Fraction]:
    found: set[Fraction] = {Fraction(value) for value in (*words.values().values(), *ALWAYS)}
    found |= _of_one_group(question, words)
    for _, size in question.sizes:
        found.add(Fraction(size.value))
        for formula in (size.substituted, *size.steps):
            found |= _of_formula(formula)
    for part in (question.layer, *question.parts):
        if part is not None:
            found |= _of_part(part)
    return frozenset(found | sums_of(question))


def _of_one_group(question: Question, words: Vocabulary) -> set[Fraction]:
    """The channels of one group of a convolution in groups, and the products that they make: 3·3·16·32."""
    values = words.values()
    groups = next((n for name, n in values.items() if words.role(name) is Role.GROUPS), 1)
    if groups < 2:
        return set()
    channels = [
        values[name] // groups for name in values if words.role(name) in CHANNELS and values[name] % groups == 0
    ]
    kernel = [values[name] for name, symbol in words.symbols.items() if symbol.role is Role.KERNEL]
    found = {Fraction(product * n) for product in _products([*channels, *kernel][:FACTORS]) for n in (1, groups)}
    if question.quantity != "shape":
        found.add(Fraction(question.value, groups))
    return found


def sums_of(question: Question) -> set[Fraction]:
    """What some layers of a sum come to: neighbours, a container, those of one kind."""
    counted = [part.counted for part in question.parts if part.counted]
    found = {Fraction(value) for value in accumulate(counted)}
    if len(counted) <= NEIGHBOURS:
        for start in range(len(counted)):
            found |= {Fraction(value) for value in accumulate(counted[start:])}
    together: dict[str, int] = {}
    for part in question.parts:
        inside = part.path.split(".")
        named = {".".join(inside[:n]) for n in range(1, len(inside))}
        for name in {*named, f"type {part.type}"}:
            together[name] = together.get(name, 0) + part.counted
    return found | {Fraction(value) for value in together.values()}


def _of_part(part: Part) -> set[Fraction]:
    """A layer's sizes, its parameters, weights and biases, and the parts of their formula."""
    found: set[Fraction] = {Fraction(part.counted)}
    if part.params is not None:
        found.add(Fraction(part.params.value))
        found |= {Fraction(value) for value in part.params.values.values()}
        for formula in (part.params.substituted, *part.params.steps):
            found |= _of_formula(formula)
    if isinstance(part, Layer):
        for _, size in part.shape:
            found |= {Fraction(size.value), *(Fraction(value) for value in size.values.values())}
        if part.macs is not None:
            found |= {Fraction(part.macs.value), *_of_formula(part.macs.substituted)}
    return found


def _of_formula(formula: Expr) -> set[Fraction]:
    """The values of all its nodes, of its terms multiplied out, and the products of some of its numbers."""
    found: set[Fraction] = set()
    for node in walk(formula):
        value = number_of(node)
        if value is not None:
            found.add(value)
        if isinstance(node, Sum) and len(node.parts) <= FACTORS:
            found |= _sums(node)
    numbers = [int(node.value) for node in walk(formula) if isinstance(node, Number) and node.value > 1][: FACTORS + 1]
    if len(numbers) <= FACTORS:
        found |= {Fraction(product) for product in _products(numbers)}
        found |= {Fraction(product + 1) for product in _products(numbers)}  # a kernel with its bias
    return found | {value for value, _ in terms(formula) or ()}


def _sums(expr: Sum) -> set[Fraction]:
    """The sums of its first terms."""
    found: set[Fraction] = set()
    running = Fraction(0)
    for plus, part in expr.parts:
        value = number_of(part)
        if value is None:
            return found
        running += value if plus else -value
        found.add(running)
    return found


def _products(numbers: list[int]) -> set[int]:
    found = {1}
    for number in numbers:
        found |= {number * other for other in found}
    return found | {prod(numbers)}
