"""What one token uses as a formula of the family: the formula of all parameters with k in place of E, in the experts alone."""

from __future__ import annotations

import re
from dataclasses import replace

from explainer.formula import rewrite
from explainer.formula.tree import Expr, Symbol, symbols, value_of
from explainer.walkthrough.family import Family, Part, exact, total_of
from explainer.walkthrough.idea import Active, Experts, K


def active_formula(family: Family | None, active: Active | None) -> Expr | None:
    """V·d+L·(…+k·3d·d_ff)+d; None where there is no formula, or it does not give the number that was found by running.

    The symbol k is `used_symbol`; its value is the number of experts that a token uses, the same in every mixture.
    """
    if family is None or active is None or not family.parts or len({one.used for one in active.experts}) != 1:
        return None
    changed = tuple(_part(part, family, active) for part in family.parts)
    k = used_symbol(family, active.experts[0].used)
    formula = total_of(changed, [*(symbol.name for symbol in family.symbols), k.name])
    values = {hyper.symbol: exact(hyper.value) for hyper in family.free} | {k: active.experts[0].used}
    try:
        same = value_of(formula, values) == active.params  # type: ignore[arg-type]
    except (KeyError, ZeroDivisionError):
        return None
    return formula if same and k in set(symbols(formula)) else None


def used_symbol(family: Family, used: int) -> Symbol:
    """The family's own k if that is what it says; else k, with an index where the family has another k."""
    taken = {hyper.symbol.name: hyper for hyper in family.hypers}
    own = taken.get(K.name)
    if own is None or (own.role == "without_effect" and own.value == used):
        return K
    return replace(K, name="k_e")


def _part(part: Part, family: Family, active: Active) -> Part:
    """The part with k for E, if its tensors are experts; else with its own parts changed."""
    for group in active.experts:
        if part.path in group.names and part.formula is not None and _sliced(group, part.path):
            return replace(part, formula=_exchanged(part.formula, group, family))
        if _holds(group, part.path):
            return replace(part, times=_exchanged(part.times, group, family))
    return replace(part, parts=tuple(_part(inner, family, active) for inner in part.parts))


def _sliced(group: Experts, name: str) -> bool:
    """Whether a tensor has all experts in it; in a list of experts each has the same name but for a number."""
    kind = re.sub(r"\d+", "*", name)
    alike = sum(re.sub(r"\d+", "*", other) == kind for other in group.names)
    return alike == group.mixtures


def _holds(group: Experts, path: str) -> bool:
    """Whether a module is one expert of a list: all its tensors, and so many like it, are among the names."""
    inside = [name for name in group.names if name.startswith(f"{path}.")]
    if not inside or _sliced(group, inside[0]):
        return False
    parent, _, own = path.rpartition(".")
    beside = {name[len(parent) + 1 :].partition(".")[0] for name in group.names if name.startswith(f"{parent}.")}
    return own in beside and len(beside) == group.experts


def _exchanged(formula: Expr, group: Experts, family: Family) -> Expr:
    known = {
        hyper.symbol.name: used_symbol(family, group.used) for hyper in family.free if hyper.value == group.experts
    }
    return rewrite.replace(formula, known)
