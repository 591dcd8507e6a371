"""A block that occurs several times, in the JSON: its calls and formula in symbols of its own, and its instances."""

from __future__ import annotations

from typing import Any

from explainer.formula.printing import ascii_formula
from explainer.walkthrough.templates.template import Template


def template_dict(template: Template) -> dict[str, Any]:
    """The block as plain dictionaries and lists; formulas as ASCII."""
    names = [symbol.name for symbol in template.symbols]
    option = template.option_formula
    return {
        "class": template.cls,
        "symbols": names,
        "formula": ascii_formula(template.formula),
        "option_formula": ascii_formula(option) if option is not None else None,
        "calls": [
            {
                "name": step.name,
                "type": step.example.type,
                "params": ascii_formula(step.params) if step.params is not None else None,
                "option": step.option,
            }
            for step in template.steps
        ],
        "tensors": [
            {"name": one.name, "params": ascii_formula(one.params), "option": one.option} for one in template.held
        ],
        "rows": [
            {
                "path": row.path,
                "values": dict(zip(names, row.values, strict=True)),
                "options": list(row.options),
                "params": row.params,
                "macs": row.macs,
                "verdict": row.verdict.value,
            }
            for row in template.rows
        ],
    }
