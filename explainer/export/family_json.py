"""A family in the JSON: its hyperparameters, formulas as ASCII, and where they were tested."""

from __future__ import annotations

from typing import Any

from explainer.formula.printing import ascii_formula
from explainer.formula.tree import Expr
from explainer.walkthrough.active_formula import active_formula
from explainer.walkthrough.family import Family, Range
from explainer.walkthrough.idea import Active


def family_dict(family: Family, active: Active | None = None) -> dict[str, Any]:
    """The family as plain dictionaries and lists; a formula that was not found is None. active: what one token uses."""
    domain = family.domain
    failed = domain.counterexamples
    return {
        "hypers": [
            {"name": hyper.name, "symbol": hyper.symbol.name, "value": hyper.value, "role": hyper.role}
            for hyper in family.hypers
        ],
        "params": {"formula": _ascii(family.params), "expanded": _ascii(family.expanded)},
        "macs": _computation(family.macs),
        "active": _ascii(active_formula(family, active)),
        "domain": {
            "ranges": [_range(one) for one in domain.ranges],
            "divides": [list(pair) for pair in domain.divides],
            "relations": [list(one) for one in domain.relations],
            "tested": [dict(point) for point in domain.tested],
            "held_out": domain.held_out,
            "only_tested": domain.only_tested,
        },
        "counterexample": {"values": dict(failed[0].values), "formula": failed[0].formula, "model": failed[0].model}
        if failed
        else None,
        "builds": family.builds,
        "cut": family.cut,
    }


def _computation(macs: Family | None) -> dict[str, Any] | None:
    """The multiply-accumulates, with the sizes of the input among what they are in."""
    if macs is None:
        return None
    return {
        "hypers": [
            {"name": hyper.name, "symbol": hyper.symbol.name, "value": hyper.value, "role": hyper.role}
            for hyper in macs.hypers
        ],
        "formula": _ascii(macs.params),
        "expanded": _ascii(macs.expanded),
        "ranges": [_range(one) for one in macs.domain.ranges],
        "tested": len(macs.domain.tested),
        "held_out": macs.domain.held_out,
        "passes": macs.builds,
        "cut": macs.cut,
    }


def _range(one: Range) -> dict[str, Any]:
    """only: there where the formula failed in between."""
    plain = {"name": one.name, "low": one.low, "high": one.high, "step": one.step}
    return {**plain, "only": list(one.only)} if one.only else plain


def _ascii(formula: Expr | None) -> str | None:
    return None if formula is None else ascii_formula(formula)
