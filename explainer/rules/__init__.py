"""The registry of rules: which rule explains which call.

Adding a layer is adding one file with `RULES` and naming it here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from importlib import metadata

from torch import nn

from explainer.rules import (
    activation,
    attention,
    combine,
    convolution,
    distance,
    dropout,
    einsum,
    elementwise,
    embedding,
    factories,
    indexing,
    linear,
    losses,
    matrix,
    normalization,
    padding,
    patches,
    pooling,
    recurrent,
    reduction,
    reorder,
    repeat,
    reshape,
    resize,
    scaled_dot_product,
    spectral,
    transformers_layers,
    unpooling,
)
from explainer.rules.base import Axis, Kind, Output, Parameters, Rule, Sample
from explainer.trace import Call

__all__ = ["Axis", "Kind", "Output", "Parameters", "Registry", "Rule", "Sample", "default_registry", "register"]

FAMILIES = (
    convolution,
    linear,
    embedding,
    recurrent,
    attention,
    normalization,
    pooling,
    activation,
    dropout,
    reshape,
    combine,
    elementwise,
    reduction,
    indexing,
    repeat,
    factories,
    padding,
    resize,
    reorder,
    matrix,
    einsum,
    scaled_dot_product,
    losses,
    distance,
    unpooling,
    patches,
    spectral,
    transformers_layers,
)


class Registry:
    """Rules by class and by function name."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules: list[Rule] = []
        self._classes: dict[type[nn.Module], Rule] = {}
        self._names: dict[str, Rule] = {}
        self._functions: dict[str, Rule] = {}
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule) -> None:
        """Register a rule. Raises ValueError if its name or one of its targets is taken."""
        if any(rule.name == other.name for other in self.rules):
            raise ValueError(f"a rule named {rule.name!r} exists already")
        self.rules.append(rule)
        for module in rule.modules:
            table: dict[str, Rule] | dict[type[nn.Module], Rule]
            table = self._names if isinstance(module, str) else self._classes
            if module in table:
                raise ValueError(f"{module} has a rule already")
            table[module] = rule  # type: ignore[index]
        for function in rule.functions:
            if function in self._functions:
                raise ValueError(f"the function {function} has a rule already")
            self._functions[function] = rule

    def for_module(self, module: nn.Module) -> Rule | None:
        """The rule of the module's class or of the nearest base; none if a subclass has its own `forward`.

        Such a subclass may do anything: its forward is followed instead of believed.
        """
        for base in type(module).__mro__:
            rule = self._classes.get(base) or self._names.get(f"{base.__module__}.{base.__qualname__}")
            if rule:
                return rule if getattr(type(module), "forward", None) is getattr(base, "forward", None) else None
            if base is nn.Module:
                return None
        return None

    def for_parameters(self, module: nn.Module) -> Rule | None:
        """The rule of the nearest base, whatever the subclass's `forward`: for parameters alone."""
        for base in type(module).__mro__:
            rule = self._classes.get(base) or self._names.get(f"{base.__module__}.{base.__qualname__}")
            if rule:
                return rule
        return None

    def for_call(self, call: Call) -> Rule | None:
        return self.for_module(call.module) if call.module is not None else self._functions.get(call.type)

    def is_atomic(self, module: nn.Module) -> bool:
        """Whether a module is explained as one call: it has a rule, or it is a plain layer of torch's own."""
        if self.for_module(module):
            return True
        home = type(module).__module__
        container = home == "torch.nn.modules.container"  # an empty Sequential is no step
        return home.startswith("torch.nn.modules.") and not container and not list(module.children())


@functools.cache
def default_registry() -> Registry:
    """The rules that come with the package, and those of installed packages (entry points `explainer.rules`)."""
    registry = Registry(rule for family in FAMILIES for rule in family.RULES)
    for entry in metadata.entry_points(group="explainer.rules"):
        registry.add(entry.load())
    return registry


def register(rule: Rule) -> Rule:
    """Add a rule of your own for this process. Raises ValueError if its name or a target is taken.

    An installed package names its rules as entry points of the group `explainer.rules` instead.
    """
    default_registry().add(rule)
    return rule
