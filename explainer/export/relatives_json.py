"""The ready-made models of a family in the JSON."""

from __future__ import annotations

from typing import Any

from explainer.walkthrough.relatives import Relatives


def relatives_dict(found: Relatives) -> dict[str, Any]:
    """Each with what it is built with that differs; `formula`: what the family's formula gives, null where it was not tested for it."""
    return {
        "models": [
            {
                "name": row.name,
                "this_model": at == found.own,
                "changes": [
                    {"name": one.name, "before": one.before or None, "after": one.after or None} for one in row.changes
                ],
                "params": {
                    "value": row.params,
                    "formula": row.formula,
                    "torch": row.torch_params,
                    "verdict": row.verdict.value,
                },
                "macs": {"value": row.macs, "torch": row.torch_macs, "verdict": row.macs_verdict.value},
                "input_shapes": [list(shape) for shape in row.input_shapes],
            }
            for at, row in enumerate(found.rows)
        ],
        "left_out": found.left_out,
    }
