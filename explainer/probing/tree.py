"""A model's parameters as a tree of formulas: where each number stands, without any value of it.

Equal neighbours in a container are one branch and a number of repetitions, so that a model with more blocks has the same
tree with another number in it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property

from torch import nn

from explainer.derive.apply import parameters_of
from explainer.derive.parameter_census import ParameterCensus
from explainer.derive.parametrized import is_parametrized, parametrized
from explainer.formula.printing import ascii_formula
from explainer.formula.tree import Expr, Symbol, evaluate, product, specialise, symbols
from explainer.i18n.bilingual import Bi
from explainer.rules import Registry
from explainer.tracing.call import Call
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.case import Parameters

SIZE = Bi("张量一维的大小", "size of one of the tensor's dimensions")


@dataclass(frozen=True)
class Node:
    """A module or tensor: a formula and the values of its symbols, or children, each so many times in a row.

    path: of the first of a run. total: of one of it.
    """

    path: str
    type: str
    formula: Expr | None
    values: tuple[int, ...]
    children: tuple[tuple[int, Node], ...]
    total: int

    @cached_property
    def structure(self) -> int:
        """Equal for trees that differ only in numbers."""
        formula = ascii_formula(self.formula) if self.formula is not None else ""
        return hash((self.type, formula, tuple((times > 0, child.structure) for times, child in self.children)))

    @cached_property
    def whole(self) -> int:
        """Equal for trees that are equal."""
        return hash((self.structure, self.values, tuple((times, child.whole) for times, child in self.children)))

    def leaves(self) -> Iterator[int]:
        """Every number of the tree in order: the formulas' values and the repetitions."""
        yield from self.values
        for times, child in self.children:
            yield times
            yield from child.leaves()

    def modules(self) -> int:
        """How many leaves the model really has."""
        return 1 + sum(times * child.modules() for times, child in self.children)


Known = dict[Hashable, Parameters | None]
"""What rules have said of layers, by what they look at: most layers of a model are like another."""


def parameter_tree(model: nn.Module, registry: Registry, known: Known) -> Node:
    """The tree of a model's parameters, each tensor where it is first met."""
    return _Reader(model, registry, known).node(model, "")


class _Reader:
    def __init__(self, model: nn.Module, registry: Registry, known: Known) -> None:
        self.census, self.registry, self.known = ParameterCensus(model), registry, known

    def node(self, module: nn.Module, path: str) -> Node:
        kind = type(module).__name__
        known = self._by_rule(module, path)
        own = [self.census.names[id(p)] for p in module._parameters.values() if p is not None]
        children = [*([known] if known else []), *self._tensors(own, path)]
        runs = [(1, child) for child in children]
        for name, inner in module._modules.items():
            if inner is None:
                continue
            child = self.node(inner, f"{path}.{name}" if path else name)
            if not child.total:
                continue
            times, last = runs[-1] if runs else (0, None)
            if last is not None and _in_a_row(module, last, name) and last.whole == child.whole:
                runs[-1] = (times + 1, last)
            else:
                runs.append((1, child))
        if known and len(runs) == 1:
            return known
        return Node(path, kind, None, (), tuple(runs), sum(times * child.total for times, child in runs))

    def _by_rule(self, module: nn.Module, path: str) -> Node | None:
        """The module's parameters as its rule counts them, if they are all its own and met for the first time."""
        parameters = self._said(module, path)
        if parameters is None:
            return None
        names, whole = self.census.owned(module, parameters.claims)
        if not names or not whole or any(name in self.census.taken for name in names):
            return None
        formula = specialise(parameters.formula, parameters.values)
        total = evaluate(formula, parameters.values)
        if total != sum(self.census.by_name[name].numel() for name in names):
            return None
        self.census.take(names, path)
        order = [symbol for symbol in symbols(formula) if not symbol.literal]
        values = tuple(parameters.values[symbol] for symbol in order)
        return Node(path, type(module).__name__, formula, values, (), total)

    def _said(self, module: nn.Module, path: str) -> Parameters | None:
        """What the module's rule says of its parameters, asked once for all modules of its kind, options and shapes."""
        rule = self.registry.for_parameters(module)
        if rule is None:
            return None
        shapes = tuple((name, tuple(tensor.shape)) for name, tensor in module.named_parameters())
        key = (type(module), module.extra_repr(), shapes)
        if key not in self.known:
            said = parameters_of(rule, Call(0, path, type(module).__name__, module), [])
            if said is not None and is_parametrized(module):
                said = parametrized(said, module)
            self.known[key] = said
        return self.known[key]

    def _tensors(self, names: list[str], path: str) -> list[Node]:
        """What no rule has claimed: each tensor as the product of its sizes."""
        return [
            _tensor(tensor.name, tensor.shape)
            for tensor in self.census.take([name for name in names if name not in self.census.taken], path)
        ]


def _tensor(name: str, shape: Shape) -> Node:
    dimensions = [Symbol(f"n_{i + 1}", SIZE) for i in range(len(shape))]
    values = tuple(shape)
    formula = product([*dimensions])
    return Node(name, "parameter", formula, values, (), evaluate(formula, dict(zip(dimensions, values, strict=True))))


def _in_a_row(parent: nn.Module, before: Node, name: str) -> bool:
    """Children of a container, and such as are numbered: layer1, layer2."""
    if isinstance(parent, nn.ModuleList | nn.Sequential | nn.ModuleDict):
        return True
    stem, last = re.sub(r"\d+$", "", name), before.path.rpartition(".")[2]
    return stem != name and re.sub(r"\d+$", "", last) == stem and last != stem
