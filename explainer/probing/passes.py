"""The multiply-accumulates of a model built with other numbers, and run on inputs of other sizes, as a tree of formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import tree_map

from explainer.derive.pipeline import walk_model
from explainer.errors import UserError
from explainer.formula.tree import evaluate, symbols
from explainer.probing.prober import OutOfBudget, Prober, Reading
from explainer.probing.tree import Node
from explainer.rules import Registry
from explainer.source.recipe import Recipe
from explainer.tracing.call import Trace
from explainer.walkthrough.call import Place
from explainer.walkthrough.family import Settings
from explainer.walkthrough.parts import Layer

PASSES = 110
CALLS = 24_000  # of all passes together: GPT-2 takes about 4000
BATCH, TOKENS, SIDE = "batch", "tokens", "side"
STRIDES = 32  # of an image network together, at most
BY_CHANCE = 64  # a smaller number is equal to another one by chance
Dimension = str | int | tuple[str, int]
LIKELY = 2  # dimensions before the sides of an image: batch and channels


@dataclass(frozen=True)
class Inputs:
    """A pass's tensors with sizes in place of numbers: each dimension a name, so many times a name, or a number that stays.

    sizes: the values of the names that are no hyperparameters.
    """

    dimensions: Mapping[int, tuple[Dimension, ...]]
    sizes: Mapping[str, int]
    trace: Trace

    def at(self, values: Settings) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of the pass, on meta, with these sizes."""

        def resized(value: Any) -> Any:
            if not isinstance(value, torch.Tensor):
                return value
            shape = [_size(d, values) for d in self.dimensions[id(value)]]
            return torch.empty(shape, dtype=value.dtype, device="meta")

        args, kwargs = tree_map(resized, (self.trace.args, dict(self.trace.kwargs)))
        return args, kwargs


def _size(dimension: Dimension, values: Settings) -> int:
    if isinstance(dimension, tuple):
        return dimension[1] * int(values[dimension[0]])
    return int(values[dimension]) if isinstance(dimension, str) else dimension


def inputs_of(trace: Trace, hypers: Settings, batch: Place = "first") -> Inputs:
    """Which dimensions of the inputs vary: the batch, a sequence's length, an image's sides where no hyperparameter is that long.

    batch: where it stands.
    """
    dimensions: dict[int, tuple[Dimension, ...]] = {}
    sizes: dict[str, int] = {}

    def named(size: int, name: str) -> str:
        own = [hyper for hyper, value in hypers.items() if value == size]
        if own and name != TOKENS:
            return own[0]
        sizes[name] = size
        return name

    def look(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            shape = tuple(value.shape)
            found: list[Dimension] = list(shape)
            if len(shape) > 1 and batch == "second":
                sizes[TOKENS], sizes[BATCH] = shape[:2]
                found[:2] = [TOKENS, BATCH]
            elif len(shape) > 1 and batch == "first":
                found[0] = BATCH
                sizes[BATCH] = shape[0]
                if not value.dtype.is_floating_point and len(shape) == LIKELY:
                    found[1] = named(shape[1], TOKENS)
                elif len(shape) == LIKELY:
                    found[1] = next((name for name, value in hypers.items() if value == shape[1]), shape[1])
                elif len(shape) == LIKELY + 1 and isinstance(_follows(shape[LIKELY], hypers), tuple):
                    found[1:] = [_follows(size, hypers) for size in shape[1:]]
                elif len(shape) > LIKELY and len(set(shape[LIKELY:])) == 1:
                    found[LIKELY:] = [named(shape[LIKELY], SIDE)] * len(shape[LIKELY:])
            dimensions[id(value)] = tuple(found)
        return value

    tree_map(look, (trace.args, dict(trace.kwargs)))
    return Inputs(dimensions, sizes, trace)


def _follows(size: int, hypers: Settings) -> Dimension:
    """The one hyperparameter that a length of a spectrogram is, or is twice (Whisper's frames); small numbers are alike by chance."""
    for times in (1, 2):
        own = [name for name, value in hypers.items() if size >= BY_CHANCE and value * times == size]
        if own:
            return (own[0], times) if len(own) == 1 else size
    return size


class PassProber(Prober):
    """Like a prober of parameters; a reading is a pass, and its leaves are those of the multiply-accumulates."""

    def __init__(self, recipe: Recipe, registry: Registry, inputs: Inputs) -> None:
        values = {**recipe.values, **inputs.sizes}
        super().__init__(Recipe(values, recipe.make), registry)
        self.inputs, self.calls = inputs, 0
        side = inputs.sizes.get(SIDE)
        if side:
            self.least[SIDE] = min(side & -side, STRIDES)

    def _read(self, values: Settings) -> Reading | None:
        if self.builds > PASSES or self.calls > CALLS:
            raise OutOfBudget
        try:
            model = self.recipe.make({name: values[name] for name in values if name not in self.inputs.sizes})
            args, kwargs = self.inputs.at(values)
            walk = walk_model(model, args, kwargs, name="", source="", registry=self.registry)
        except (UserError, ArithmeticError, ValueError, RuntimeError):
            self.calls += 20
            return None
        self.calls += len(walk.layers)
        if not walk.complete or any(layer.macs is None and layer.torch_macs for layer in walk.layers):
            return None
        tree = _tree("", walk.layers)
        return Reading(tree, tuple(tree.leaves()), len(walk.layers)) if tree is not None else None


def _tree(path: str, layers: tuple[Layer, ...]) -> Node | None:
    """The calls below a path that multiply, equal neighbours in a row as one branch."""
    runs: list[tuple[int, Node]] = []
    for name, inner in _children(path, layers):
        node = _leaf(inner[0]) if len(inner) == 1 and inner[0].path == name else _tree(name, inner)
        if node is None:
            continue
        if runs and runs[-1][1].whole == node.whole:
            runs[-1] = (runs[-1][0] + 1, runs[-1][1])
        else:
            runs.append((1, node))
    total = sum(times * node.total for times, node in runs)
    return Node(path, "", None, (), tuple(runs), total) if runs or not path else None


def _children(path: str, layers: tuple[Layer, ...]) -> list[tuple[str, tuple[Layer, ...]]]:
    """The calls by the next part of their paths, in order; a call right here stands by itself."""
    start = len(path) + 1 if path else 0
    found: list[tuple[str, list[Layer]]] = []
    for layer in layers:
        head, dot, _ = layer.path[start:].partition(".")
        name = (layer.path[:start] + head) if dot else layer.path
        if dot and found and found[-1][0] == name:
            found[-1][1].append(layer)
        else:
            found.append((name, [layer]))
    return [(name, tuple(members)) for name, members in found]


def _leaf(layer: Layer) -> Node | None:
    if layer.macs is None or not layer.macs.value:
        return None
    formula = layer.macs.symbolic
    order = [symbol for symbol in symbols(formula) if not symbol.literal]
    values = tuple(layer.macs.values[symbol] for symbol in order)
    return Node(layer.path, layer.type, formula, values, (), evaluate(formula, layer.macs.values))
