"""Builds a model with other numbers and reads its parameters; never twice with the same, and not without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import nn

from explainer.errors import UserError
from explainer.probing.tree import Known, Node, parameter_tree
from explainer.probing.watched import Notes, watched
from explainer.rules import Registry
from explainer.source.recipe import Recipe
from explainer.walkthrough.family import Setting, Settings

BUILDS = 320  # of one model; GPT-2's family takes about 50
MODULES = 60_000  # built altogether: about half a minute


class OutOfBudget(Exception):
    """No more is built."""


@dataclass(frozen=True)
class Reading:
    """A model at some values: its tree, the tree's numbers in order, and the number of parameters."""

    tree: Node
    leaves: tuple[int, ...]
    modules: int

    @property
    def total(self) -> int:
        return self.tree.total

    @property
    def structure(self) -> int:
        return self.tree.structure


class Prober:
    """`at(values)`: the model read there, or None where it cannot be built.

    base: the values that are not named; they may be moved to others, for smaller or more general models. least: of what
    some values must be multiples. notes: what the source asked of its numbers where it was watched.
    """

    def __init__(self, recipe: Recipe, registry: Registry) -> None:
        self.recipe, self.registry = recipe, registry
        self.own: dict[str, Setting] = dict(recipe.values)
        self.base: dict[str, Setting] = dict(recipe.values)
        self.builds = self.modules = self.reserve = 0
        self.least: dict[str, int] = {}
        self.notes = Notes()
        self._readings: dict[tuple[tuple[str, Setting], ...], Reading | None] = {}
        self._known: Known = {}

    def at(self, changed: Mapping[str, Setting]) -> Reading | None:
        """Raises OutOfBudget."""
        values = {**self.base, **changed}
        key = tuple(values.items())
        if key not in self._readings:
            if self.builds >= BUILDS + self.reserve or self.modules >= MODULES * (BUILDS + self.reserve) // BUILDS:
                raise OutOfBudget
            self.builds += 1
            self._readings[key] = self._read(values)
        return self._readings[key]

    def seen(self) -> Iterator[tuple[dict[str, Setting], Reading]]:
        """Everything that was built, by all its values."""
        for key, reading in list(self._readings.items()):
            if reading is not None:
                yield dict(key), reading

    def watch(self, changed: Settings) -> None:
        """Notes what the source asks of its numbers there; what takes no numbers but plain ones asks nothing."""
        numbers = watched({**self.base, **changed}, self.notes)
        try:
            self.modules += sum(1 for _ in self.recipe.make(numbers).modules())
        except (UserError, ArithmeticError, ValueError, RuntimeError):
            self.modules += 20

    def _read(self, values: Settings) -> Reading | None:
        try:
            model: nn.Module = self.recipe.make(values)
            modules = sum(1 for _ in model.modules())
            self.modules += modules
            tree = parameter_tree(model, self.registry, self._known)
            whole = sum(parameter.numel() for parameter in model.parameters())
        except (UserError, ArithmeticError, ValueError, RuntimeError):
            self.modules += 20
            return None
        if tree.total != whole:
            return None
        return Reading(tree, tuple(tree.leaves()), modules)
