"""What the numbers of a block's steps say, over all its instances."""

from __future__ import annotations

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Value, value_of
from explainer.walkthrough.templates.template import Step, Template


def everywhere(template: Template, large: Expr, small: Expr) -> bool:
    """Whether the one is larger than the other in every instance."""
    return all(a > b for a, b in _pairs(template, large, small))


def always(template: Template, large: Expr, small: Expr) -> bool:
    """Whether the one is not smaller than the other in any instance, and larger in most."""
    pairs = _pairs(template, large, small)
    return all(a >= b or b == 0 for a, b in pairs) and 2 * sum(a > b for a, b in pairs) > len(pairs)


def _pairs(template: Template, one: Expr, other: Expr) -> list[tuple[Value, Value]]:
    """The values of both in each instance."""
    instances = [dict(zip(template.symbols, row.values, strict=True)) for row in template.rows]
    return [(value_of(one, values), value_of(other, values)) for values in instances]


def kernel_of(step: Step) -> str:
    """3×3; nothing where nothing is known of the instances'."""
    example = step.example.params
    if example is None:
        return ""
    sides = [value for symbol, value in example.values.items() if symbol.role is Role.KERNEL]
    expr = step.sizes.get(Role.KERNEL)
    if expr is None:  # its formula has no kernel, as of a weight that is standardised before: the instances may differ
        return ""
    if not isinstance(expr, Number):
        return "×".join("k" for _ in sides)
    return "×".join(map(str, sides))
