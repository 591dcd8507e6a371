"""What a family's formula gives with numbers in it, and how those are written."""

from __future__ import annotations

from explainer.formula.expansion import multiplied_out
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Symbol, substitute, value_of
from explainer.i18n.bilingual import grouped
from explainer.walkthrough.family import (
    Family,
    Setting,
    exact,
)


def env_of(family: Family) -> dict[Symbol, Setting]:
    """The model's own values by symbol."""
    return {hyper.symbol: hyper.value for hyper in family.free}


def value_at(family: Family, formula: Expr | None) -> int:
    """A formula's value for the model itself; 0 where there is none."""
    values = {symbol: exact(value) for symbol, value in env_of(family).items()}
    return int(value_of(formula, values)) if formula is not None else 0  # type: ignore[arg-type]


def setting_text(value: Setting) -> str:
    """12,288, or 0.25."""
    return grouped(value) if isinstance(value, int) else f"{value:g}"


def numbers_text(family: Family, formula: Expr) -> str:
    """The formula with the model's numbers; nothing where they are not whole or it gets long."""
    env = env_of(family)
    if any(not isinstance(value, int) for value in env.values()):
        return ""
    text = plain(substitute(formula, {symbol: int(value) for symbol, value in env.items()}), Plain())
    return text if len(text) <= 60 else ""


def expanded_in(family: Family, formula: Expr) -> Expr:
    """Multiplied out, the family's symbols in their order."""
    return multiplied_out(formula, [symbol.name for symbol in family.symbols]) or formula
