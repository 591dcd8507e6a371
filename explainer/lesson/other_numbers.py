"""A derivation with other numbers than the network's, for an exercise."""

from __future__ import annotations

from collections.abc import Mapping

from explainer.formula.derivation import Derivation, derive
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, symbols
from explainer.i18n.bilingual import Bi, same


def chain_of(derivation: Derivation) -> tuple[Expr, ...]:
    """Numbers, steps, value."""
    value = () if isinstance(derivation.substituted, Number) else (Number(derivation.value),)
    return (derivation.substituted, *derivation.steps, *value)


def with_other(derivation: Derivation, changed: Mapping[Symbol, int]) -> Derivation | None:
    """The same formula with other numbers; None where it does not come out whole."""
    try:
        return derive(derivation.symbolic, {**derivation.values, **changed})
    except (ValueError, ZeroDivisionError, KeyError):
        return None


def by_role(derivation: Derivation, role: Role) -> list[Symbol]:
    """The symbols of a formula that play this part."""
    return [symbol for symbol in symbols(derivation.symbolic) if symbol.role is role]


def filled(text: Bi, **values: object) -> Bi:
    """The numbers put in; the layer's name stays a placeholder."""
    return text.format(path=same("{path}"), **values)
