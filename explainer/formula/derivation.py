"""A formula brought to its value: with symbols, with numbers, each reduction, value."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainer.formula.tree import Env, Expr, evaluate, specialise, steps, substitute


@dataclass(frozen=True)
class Derivation:
    """A formula brought to its value: with symbols, with numbers, each reduction, value."""

    symbolic: Expr
    substituted: Expr
    steps: tuple[Expr, ...]
    value: int
    values: Env = field(repr=False)


def derive(formula: Expr, values: Env) -> Derivation:
    """symbolic → specialised → numbers put in → reduced step by step.

    Raises ValueError if the value is not whole.
    """
    symbolic = specialise(formula, values)
    substituted = substitute(symbolic, values)
    return Derivation(symbolic, substituted, steps(substituted), evaluate(substituted), values)
