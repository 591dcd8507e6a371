"""Ideas in the JSON, and what one token uses."""

from __future__ import annotations

from typing import Any

from explainer.walkthrough.idea import Active, Idea


def idea_dict(idea: Idea) -> dict[str, Any]:
    """One idea: what it is, where, what was read off, and how it was proven."""
    proof = idea.proof
    return {
        "kind": idea.kind,
        "path": idea.path,
        "stretch": idea.stretch,
        "calls": list(idea.calls),
        "settings": dict(idea.settings),
        "proof": {
            "way": proof.way,
            "trials": proof.trials,
            "sizes": [list(size) for size in proof.sizes],
            "difference": proof.difference,
            "axis": proof.axis,
            "model": dict(proof.model),
        },
    }


def active_dict(active: Active) -> dict[str, Any]:
    """The parameters that one token uses, and the multiply-accumulates of the pass in which each token meets its experts only."""
    return {
        "params": active.params,
        "macs": active.macs,
        "experts": [
            {"mixtures": one.mixtures, "experts": one.experts, "used": one.used, "params": one.params}
            for one in active.experts
        ],
    }
