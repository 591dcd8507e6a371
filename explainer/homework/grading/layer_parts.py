"""How many weights and biases, or scales and shifts, the layer asked about has; and what else is counted of it."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from math import prod

from explainer.errors import UserError
from explainer.formula.role import Role
from explainer.homework.question import Question
from explainer.homework.questions import find

KEPT = (Role.CHANNELS, Role.FEATURES)


def part_values(question: Question) -> dict[str, Fraction]:
    """The numbers by `weights`, `bias`, `scale`, `shift`; nothing where no layer's parameters are asked, or nobody can tell them apart."""
    part = question.layer
    if part is None or part.params is None or question.quantity not in ("params", "bytes"):
        return {}
    prefix = question.name.removesuffix("params.bytes").removesuffix("bytes").removesuffix("params")
    try:
        weights = Fraction(find(question.walk, f"{prefix}weights").value)
    except UserError:
        kept = prod(value for symbol, value in part.params.values.items() if symbol.role in KEPT)
        if part.params.value != 2 * kept:
            return {}
        return dict.fromkeys(("scale", "shift", "weights", "bias"), Fraction(kept))
    bias = part.params.value - weights
    return {"weights": weights, "bias": bias, "scale": weights, "shift": bias}


def counted_beside(question: Question) -> frozenset[int]:
    """The layer's parameters, weights and work, where its shape is asked for."""
    prefix = question.name.removesuffix("shape")
    found = set()
    for quantity in ("params", "weights", "macs", "flops"):
        with suppress(UserError):
            asked = find(question.walk, f"{prefix}{quantity}")
            if asked.undecided is None and asked.sizes:
                found.add(asked.value)
    return frozenset(found)
