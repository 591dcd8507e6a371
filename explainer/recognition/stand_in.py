"""The model that is run in place of the caller's: a copy of it, or a small one of its family with the same modules.

The caller's own model is never given values and never run with any. Widths shrink; the modules, and so the calls, stay.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from explainer.errors import UserError
from explainer.lean_torch.operators import LeanOperators
from explainer.probing.passes import TOKENS, inputs_of
from explainer.source.build import build, for_real
from explainer.source.recipe import MadeBy, Recipe, quietly, recipe_of
from explainer.tracing.call import Trace
from explainer.tracing.members import named_buffers, named_parameters
from explainer.tracing.values import seeded
from explainer.walkthrough.family import Setting

FEW = 10_000_000  # parameters of a model that is copied as it is
MOST = 64_000_000  # of one that is built with values in its place
MOST_EMPTY = 1_000_000_000  # of one that is built with values in its buffers alone
MUCH_SMALLER = 0.7  # of its parameters, at most
BUILDS = 40  # of smaller ones, to find the smallest
MODULES = 60_000  # in all of them together
FEW_TOKENS = 8
FEWEST_EXPERTS = 16
MOST_TOKENS = 256
SMALLEST = 4  # a number that may shrink
WINDOW = 31  # numbers up to this may be windows of an image, kernels, heads
TRIED = 4  # values of one number
MANY = 256  # a number from `chance` to here that could not shrink may be one of heads
LARGE_DIVISOR = 64  # a number that large divides another by chance
_SHARES = ((512, 64), (64, 16), (5, 4))  # numbers from so large shrink to about so much


@dataclass(frozen=True)
class StandIn:
    """A model with values, the arguments of its pass (shapes suffice), and the settings in which it differs from the caller's.

    unseen: those of the settings that no parameter follows, so that they may change how often something runs.
    """

    model: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    changed: tuple[tuple[str, Setting], ...] = ()
    unseen: tuple[str, ...] = ()


def stand_in(
    trace: Trace,
    made_by: MadeBy | None,
    *,
    heads: bool = True,
    larger: int = 1,
    kept: int = SMALLEST,
    fixed: str = "",
    chance: int = LARGE_DIVISOR,
) -> StandIn | None:
    """The smallest model that was found to have the same modules; None where there is none, or the model itself is small.

    One of many parameters has values in its buffers alone. heads: numbers that parameters do not follow shrink as well, if they divide
    others; else all parameters have values. larger: widths are so many times
    what they usually shrink to, for a model whose pass cannot be made with less. kept: numbers up to this stay, a window among them.
    fixed: a number that stays. chance: from so large on, a number divides another by chance.
    """
    if made_by is None or trace.model is None or is_small(trace.model):
        return None
    try:
        recipe = recipe_of(made_by)
        return _small(trace, recipe, heads, larger, kept, fixed, chance) if recipe is not None else None
    except (UserError, ArithmeticError, ValueError, RuntimeError, TypeError, KeyError):
        return None


def member(trace: Trace, made_by: MadeBy | None) -> StandIn | None:
    """A small member of the family in which a token has as many experts to use as in the model itself."""
    return stand_in(trace, made_by, heads=False)


def is_small(model: nn.Module) -> bool:
    """Whether the model can be run as it is."""
    return _size(model) <= FEW


def is_runnable(model: nn.Module) -> bool:
    """Whether stretches of the model cost no more than those of one that is built in its place may."""
    return _size(model) <= MOST


def _small(
    trace: Trace, recipe: Recipe, heads: bool, larger: int, kept: int, fixed: str, chance: int
) -> StandIn | None:
    assert trace.model is not None
    inputs = inputs_of(trace, recipe.values)
    shrinking = _Shrinking(recipe, trace.model, heads, inputs.sizes.get(TOKENS, 0), larger, kept, chance)
    values = shrinking.values(fixed)
    if shrinking.size > MUCH_SMALLER * _size(trace.model):
        return None  # the model itself costs as little to run
    changed = tuple((name, value) for name, value in values.items() if value != recipe.values[name])
    if not changed:
        return None
    few = {}
    if TOKENS in inputs.sizes:
        windows = [(int(recipe.values[name]), int(values[name])) for name in shrinking.without_size]
        tokens = _tokens(inputs.sizes[TOKENS], windows)
        if tokens is None:
            return None
        few = {TOKENS: tokens}
    args, kwargs = inputs.at({**values, **inputs.sizes, **few})
    if shrinking.size > (MOST_EMPTY if heads else MOST):
        return None
    with seeded(), for_real(), parameters_on_meta() if shrinking.size > MOST else nullcontext():
        model = recipe.make(values)
    unseen = tuple(name for name, _ in changed if name in shrinking.without_size)
    return StandIn(model, args, kwargs, changed, unseen)


@contextmanager
def parameters_on_meta() -> Iterator[None]:
    """Within it a model is built whose buffers have values and whose parameters have none: those are drawn where they are asked for.

    Filling a tensor without values would import torch's compiler; see `lean_torch.operators`.
    """
    register = nn.Module.register_parameter

    def without_values(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        if parameter is not None and not parameter.is_meta:
            parameter = nn.Parameter(parameter.detach().to("meta"), parameter.requires_grad)
        register(module, name, parameter)

    with patch.object(nn.Module, "register_parameter", without_values), LeanOperators():
        yield


def _tokens(own: int, windows: list[tuple[int, int]]) -> int | None:
    """A shorter sequence that is longer than just those windows which the model's own is longer than; None if there is none."""
    least = max([FEW_TOKENS, *(2 * small for large, small in windows if large < own)])
    most = min([own, MOST_TOKENS, *(small for large, small in windows if large >= own)])
    return min(least, own) if min(least, own) <= most else None


class _Shrinking:
    """One number after another made smaller, the small ones first, as long as the modules stay and parameters get fewer."""

    def __init__(
        self, recipe: Recipe, model: nn.Module, heads: bool, tokens: int, larger: int, kept: int, chance: int
    ) -> None:
        self.chance = chance
        self.recipe, self.heads, self.tokens, self.larger, self.kept = recipe, heads, tokens, larger, kept
        self.modules = _modules(model)
        self.size = _size(model)
        self.builds = self.built = 0
        self.structural: set[str] = set()
        self.tried: set[str] = set()
        self.without_size: set[str] = set()  # numbers that parameters do not follow: windows among them

    def values(self, fixed: str) -> dict[str, Setting]:
        now = dict(self.recipe.values)
        whole = [name for name, value in now.items() if isinstance(value, int) and value > self.kept and name != fixed]
        for name in sorted(whole, key=lambda name: (now[name], name)):
            smallest = self._smaller(name, now)
            self.tried.add(name)
            for smaller in smallest:
                if self._fits({**now, name: smaller}, name, equal=self.heads and self._divides(name)):
                    now[name] = smaller
                    break
        return now

    def _divides(self, name: str) -> bool:
        own = self.recipe.values
        return any(isinstance(v, int) and v > own[name] and v % own[name] == 0 for v in own.values())

    def _smaller(self, name: str, now: Mapping[str, Setting]) -> list[int]:
        """Multiples of what divides the number, such that what was larger stays larger."""
        own = {
            other: v for other, v in self.recipe.values.items() if isinstance(v, int) and other not in self.structural
        }
        value = own[name]
        dividing = [int(now[other]) for other, v in own.items() if 1 < v < value and value % v == 0]
        small = [int(now[other]) for other, v in own.items() if 1 < v < min(value, self.chance) and value % v == 0]
        moved = [int(now[other]) for other, v in own.items() if v < value and (v < self.chance or now[other] != v)]
        below = max(moved, default=0)
        least = next(least for floor, least in _SHARES if value >= floor)
        wide = value >= _SHARES[0][0]
        least *= self.larger if wide else 1
        if not self.heads:  # of experts there must be more than a token uses
            least = max(least, FEWEST_EXPERTS)
        if 0 < self.tokens <= value:  # it may be a window, and stays longer than the sequence
            least = max(least, FEW_TOKENS)
        found = []
        if value < self.chance and self._as_large_as_one_that_stays(name, now):
            return []
        many = [v for other, v in own.items() if self.chance <= v < MANY and value % v == 0 and now[other] == v]
        steps = [math.lcm(1, *small, *many), math.lcm(1, *small), math.lcm(1, *dividing)]
        even = [4 * step if wide and value % (4 * step) == 0 else step for step in steps]  # of even width, for pairs
        for step in dict.fromkeys((*even, steps[-1])):
            for start in (max(least, below + 1), least) if self.heads else (least,):
                found.append(step * -(-start // step))
        inside = max(small, default=0)  # two heads for a key stay two
        fitting = [number for number in dict.fromkeys(found) if inside - (not self.heads) < number < value]
        whole = [int(now[other]) for other, v in own.items() if value < v < self.chance and v % value == 0]
        return sorted(fitting, key=lambda number: any(n % number for n in whole))[:TRIED]

    def _as_large_as_one_that_stays(self, name: str, now: Mapping[str, Setting]) -> bool:
        """Whether the number is that of another which could not be made smaller: heads of keys are as many as those of queries."""
        own = self.recipe.values
        return any(own[other] == own[name] == now[other] for other in self.tried - self.structural - {name})

    def _fits(self, values: Mapping[str, Setting], name: str, equal: bool) -> bool:
        if self.builds >= BUILDS or self.built >= MODULES:
            return False
        self.builds += 1
        self.built += len(self.modules)
        try:
            model = self.recipe.make(values)
        except (UserError, ArithmeticError, ValueError, RuntimeError):
            return False
        size = _size(model)
        if _modules(model) != self.modules:
            self.structural.add(name)  # how many layers there are divides a width by chance
            return False
        if size > self.size:
            return False
        if size == self.size:
            self.without_size.add(name)
            return equal
        self.size = size
        return True


def _modules(model: nn.Module) -> list[tuple[str, type]]:
    return [(name, type(module)) for name, module in model.named_modules()]


def _size(model: nn.Module) -> int:
    return sum(parameter.numel() for _, parameter in named_parameters(model))


class Buffers:
    """The values of a model's buffers by name. Those of a small model that was built without any are made when first asked for."""

    def __init__(self, model: nn.Module, made_by: MadeBy | None = None) -> None:
        self.known = dict(named_buffers(model))
        self.made_by = made_by if _size(model) <= MOST_EMPTY else None

    def at_hand(self) -> dict[str, torch.Tensor]:
        """All of them as they are, nothing made for it; raises nothing."""
        return dict(self.known)

    @property
    def settled(self) -> bool:
        """Whether none would be made when it is asked for."""
        return self.made_by is None or not any(value.is_meta for value in self.known.values())

    def __call__(self, name: str) -> torch.Tensor | None:
        value = self.known.get(name)
        if value is not None and value.is_meta and self.made_by is not None:
            made_by, self.made_by = self.made_by, None
            self.known |= _built(made_by)
            value = self.known.get(name)
        return None if value is None or value.is_meta else value


def _built(made_by: MadeBy) -> dict[str, torch.Tensor]:
    try:
        recipe = recipe_of(made_by)
        with seeded(), for_real(), quietly(), parameters_on_meta():
            model = recipe.make(recipe.values) if recipe else build(made_by.make, "model", made_by.arguments, shown={})
    except (UserError, ArithmeticError, ValueError, RuntimeError, TypeError, KeyError):
        return {}
    return dict(named_buffers(model))
