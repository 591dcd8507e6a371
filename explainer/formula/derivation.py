"""A formula brought to its value: with symbols, with numbers, each reduction, value."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainer.formula.printing import ascii_formula
from explainer.formula.tree import Env, Expr, evaluate, specialise, steps, substitute
from explainer.memory import Memory, cached_property

_known: Memory[tuple[str, str]] = Memory()  # a large model has few different ones, a hundred times each


@dataclass(frozen=True)
class Derivation:
    """A formula brought to its value: with symbols, with numbers, each reduction, value."""

    symbolic: Expr
    substituted: Expr
    value: int
    values: Env = field(repr=False)

    def __repr__(self) -> str:
        """(k_h*k_w*C_in+1)*C_out = (3*3*3+1)*64 = 1792, as a notebook shows it."""
        return f"<Derivation {' = '.join((*self.texts, str(self.value)))}>"

    @cached_property
    def steps(self) -> tuple[Expr, ...]:
        """The lines between the numbers put in and the value, both left out."""
        return steps(self.substituted)

    @cached_property
    def texts(self) -> tuple[str, str]:
        """With symbols and with numbers, in ASCII: what tells one derivation from another."""
        both = ascii_formula(self.symbolic), ascii_formula(self.substituted)
        return _known.get(both) or _known.keep(both, both)


def derive(formula: Expr, values: Env) -> Derivation:
    """symbolic → specialised → numbers put in → reduced step by step.

    Raises ValueError if the value is not whole.
    """
    symbolic = specialise(formula, values)
    substituted = substitute(symbolic, values)
    return Derivation(symbolic, substituted, evaluate(substituted), values)
