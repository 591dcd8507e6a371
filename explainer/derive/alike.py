"""Which calls are alike to the rules: a network asks the same thing again and again, and it is answered once.

Two layers of torch's or torchvision's own classes are alike if they have the same settings and tensors of the same shapes and types; two
calls, if besides that they take and make tensors of the same shapes from the same kind of place. Whatever is not plain to
see (hooks, parts, a forward of its own, computed weights, torch.func) makes a layer like no other.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from explainer.memory import Memory, worked_out_once
from explainer.tracing.call import Call, TensorRef, Trace

_NUMBERS = frozenset({int, float, bool, str, type(None), torch.dtype})
_TENSORS = frozenset({torch.Tensor, nn.Parameter})


# Whose layers do what their class and settings say. torchvision's: stochastic depth, permutations, frozen batch norm.
_HOMES = ("torch.nn.modules.", "torchvision.ops.", "torchvision.models.")


class _Unlike(Exception):
    """Something that cannot be compared at a glance."""


_NUMBERED: Memory[int] = Memory()
_FRESH = count(1)  # no number comes again, whatever is forgotten


def _number_of(settings: Hashable) -> int:
    """A number for equal settings: settings are long, and what is asked by them is asked often."""
    known = _NUMBERED.get(settings)
    return _NUMBERED.keep(settings, next(_FRESH)) if known is None else known


@worked_out_once
def likeness_in(trace: Trace) -> Likeness:
    """The one of this trace."""
    return Likeness()


class Likeness:
    """The likeness of the modules and calls of one trace; each module is kept, so that no id comes again."""

    def __init__(self) -> None:
        self._modules: dict[int, tuple[nn.Module, Hashable]] = {}

    def of_module(self, module: nn.Module) -> Hashable:
        """Equal for modules that are alike; None for one that is like no other."""
        known = self._modules.get(id(module))
        if known is None:
            try:
                known = module, _number_of(_settings(module))
            except _Unlike:
                known = module, None
            self._modules[id(module)] = known
        return known[1]

    def of_call(self, call: Call) -> Hashable:
        """Equal for calls of which a rule says the same; None for one that is like no other."""
        likeness = self.of_module(call.module) if call.module is not None else call.type
        if likeness is None or call.mapped or call.transformed:
            return None
        alone = call.module is not None and len(call.operands) == 1
        try:
            given = (_argument(call.args, alone), _argument(dict(call.kwargs), alone))
        except _Unlike:
            return None
        made = (call.output_shapes, call.output_dtypes, call.flops, call.uncounted, call.products)
        return (likeness, given, made, call.training, call.bypass)


def with_parts(module: nn.Module) -> Hashable:
    """Equal for layers that are alike in all their parts; None for one that is like no other."""
    try:
        return _settings(module, parts=True)
    except _Unlike:
        return None


def _settings(module: nn.Module, parts: bool = False) -> Hashable:
    """parts: modules inside count as settings; otherwise a layer that has any is like no other."""
    cls: Any = type(module)
    if not cls.__module__.startswith(_HOMES):
        raise _Unlike
    found: list[Hashable] = [cls]
    for name, value in vars(module).items():
        kind = type(value)
        if kind in _NUMBERS:  # most of them
            found.append((name, kind, value))
        elif name in ("_parameters", "_buffers"):
            found.append(tuple((tensor, _tensor(value[tensor])) for tensor in value))
        elif parts and name == "_modules":
            found.append(tuple((part, _settings(value[part], parts)) for part in value if value[part] is not None))
        elif isinstance(value, (dict, set)):
            if value:  # parts, hooks
                raise _Unlike
        else:
            found.append((name, _plain(value)))
    return tuple(found)


def _tensor(tensor: Any) -> Hashable:
    if tensor is None:
        return None
    if type(tensor) not in _TENSORS or is_lazy(tensor):
        raise _Unlike
    return type(tensor), tensor.shape, tensor.dtype, tensor.requires_grad


def _plain(value: Any) -> Hashable:
    """A number or text with its type, since 1, 1.0 and True are equal; tuples and lists of them."""
    kind = type(value)
    if kind in _NUMBERS:
        return kind, value
    if kind is tuple or kind is list:
        return kind, *map(_plain, value)
    raise _Unlike


def _argument(value: Any, alone: bool) -> Hashable:
    """alone: the only tensor of a layer, of which it is not asked which call made it."""
    if type(value) is TensorRef:
        source = "a call" if alone and type(value.source) is int else value.source
        return value.shape, value.dtype, source, value.parameter, value.order, value.output
    kind = type(value)
    if kind is tuple or kind is list:
        return kind, *[_argument(part, alone) for part in value]
    if kind is dict:
        return tuple((name, _argument(part, alone)) for name, part in value.items())
    return _plain(value)
