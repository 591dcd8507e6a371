"""The formulas of a block's layers in the symbols of the family, where that was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from explainer.formula.expansion import multiplied_out
from explainer.formula.tree import Expr, total, value_of
from explainer.walkthrough.family import Family, Part, exact
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.templates.template import Template


def in_family(walk: Walkthrough, template: Template) -> dict[str, Expr]:
    """Each layer of the first instance in the family's symbols, by its name in the block; nothing where one is missing.

    Only for blocks without symbols of their own: these are shorter.
    """
    if template.symbols or walk.family is None:
        return {}
    leaves = leaf_formulas(walk.family)
    path, order = template.rows[0].path, [symbol.name for symbol in walk.family.symbols]
    start = f"{path}." if path else ""
    found = {}
    for step in template.steps:
        if step.params is None:
            continue
        formula = leaves.get(f"{start}{step.name}") or _of_tensors(step.example, leaves, order)
        if formula is None or _value(walk.family, formula) != step.example.value:
            return {}
        found[step.name] = formula
    for held in template.held:
        formula = leaves.get(f"{start}{held.name}")
        if formula is None or held.option or _value(walk.family, formula) != value_of(held.params, {}):
            return {}
        found[held.name] = formula
    return found


def _of_tensors(layer: Layer, leaves: Mapping[str, Expr], order: Sequence[str]) -> Expr | None:
    """The tensors that a function takes, where these are leaves of the tree: a router's weight, d·E whatever the order of its dimensions."""
    found = [leaves[tensor.name] for tensor in layer.owned if tensor.name in leaves]
    if not found or len(found) < len(layer.owned):
        return None
    return multiplied_out(total(found), order) or total(found)


def leaf_formulas(family: Family) -> dict[str, Expr]:
    """Each layer's formula in the family's symbols, by its path."""
    return {path: formula for part in family.parts for path, formula in _leaves(part)}


def _leaves(part: Part) -> Iterator[tuple[str, Expr]]:
    if part.formula is not None:
        yield part.path, part.formula
    for inner in part.parts:
        yield from _leaves(inner)


def _value(family: Family, formula: Expr) -> object:
    values = {hyper.symbol: exact(hyper.value) for hyper in family.free}
    return value_of(formula, values)  # type: ignore[arg-type]
