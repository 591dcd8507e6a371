"""A model with other arguments beside itself, in the JSON."""

from __future__ import annotations

from typing import Any

from explainer.walkthrough.difference.terms import Term
from explainer.walkthrough.what_if import State, WhatIf


def what_if_dict(found: WhatIf) -> dict[str, Any]:
    """Before, after and the difference as plain dictionaries; `by_formula`: the family's formula gives the same parameters."""
    return {
        "changes": [{"name": one.name, "before": one.before or None, "after": one.after} for one in found.changes],
        "before": _state(found.before),
        "after": _state(found.after),
        "difference": {"params": found.difference.params, "macs": found.difference.macs},
        "by_formula": bool(found.settings),
        "terms": [term_dict(term) for term in found.terms],
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "params": {"value": state.amount.params, "torch": state.torch_params, "verdict": state.verdict.value},
        "macs": {
            "value": state.amount.macs,
            "torch": state.torch_macs,
            "verdict": state.macs_verdict.value,
            "at_least": state.at_least,
        },
        "output_shapes": [list(shape) for shape in state.output_shapes],
    }


def term_dict(term: Term) -> dict[str, Any]:
    """A part of the sum; `each` as many times as its `count` says, before and after. A block has no `what`."""
    return {
        "kind": term.kind,
        "what": term.title.en if term.title else None,
        "sizes": list(term.sizes),
        "count": term.count,
        "paths": list(term.paths),
        "each": [
            {
                "count": share.count,
                "params": [share.before.params, share.after.params],
                "macs": [share.before.macs, share.after.macs],
            }
            for share in term.shares
        ],
        "params": term.total.params,
        "macs": term.total.macs,
    }
