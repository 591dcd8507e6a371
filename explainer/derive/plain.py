"""Live calls → plain data: modules become their words and numbers, tensors their shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import nn

from explainer.derive.alike import Likeness
from explainer.errors import GraphEnds
from explainer.memory import Memory
from explainer.rules import Rule
from explainer.tracing import call as live
from explainer.tracing.computed_weights import attribute
from explainer.tracing.declared import declared_shape
from explainer.walkthrough.call import Call, Op, Other, Run, Stopped, TensorRef
from explainer.walkthrough.case import RuleFacts

_FACTS: Memory[Op] = Memory()  # of torch's own layers, by their settings
_PLAIN_TYPES = frozenset({bool, int, float, str, type(None)})
_PLAIN = (bool, int, float, str, type(None))
_NONE: Mapping[int, TensorRef] = {}


class PlainCalls:
    """Converts the calls of one trace; modules that are alike become one object, and so does each rule."""

    def __init__(self, likeness: Likeness) -> None:
        self._likeness = likeness
        self._ops: dict[int, Op] = {}  # of layers that are like no other
        self._rules: dict[str, RuleFacts] = {}

    def call(self, call: live.Call) -> Call:
        """The call without its module and its torch values."""
        operands = tuple(map(tensor_ref, call.operands))
        known = {id(ref): plain for ref, plain in zip(call.operands, operands, strict=True)}
        return Call(
            index=call.index,
            path=call.path,
            type=call.type,
            op=self._op(call.module) if call.module is not None else None,
            args=plain_value(call.args, known),
            kwargs=plain_value(dict(call.kwargs), known),
            operands=operands,
            output_shapes=call.output_shapes,
            output_dtypes=tuple(map(dtype_name, call.output_dtypes)),
            flops=call.flops,
            training=call.training,
            bypass=call.bypass,
            uncounted=call.uncounted,
        )

    def rule(self, rule: Rule | None) -> RuleFacts | None:
        """The rule's name, title and kind."""
        if rule is None:
            return None
        return self._rules.setdefault(rule.name, RuleFacts(rule.name, rule.title, rule.kind))

    def _op(self, module: nn.Module) -> Op:
        key = self._likeness.of_module(module)
        if key is None:
            key = id(module)  # the trace holds the modules, so that no id comes again
            return self._ops.get(key) or self._ops.setdefault(key, module_facts(module))
        return _FACTS.get(key) or _FACTS.keep(key, module_facts(module))


def module_facts(module: nn.Module) -> Op:
    """A module's class, hyperparameters and the shapes of its tensors."""
    cls = type(module)
    options = {}
    for name, value in vars(module).items():
        if not name.startswith("_") and name != "training" and is_plain(value):
            options[name] = plain_value(value)
    for name in _properties(cls):
        value = attribute(module, name)
        if value is not None and is_plain(value):
            options[name] = plain_value(value)
    tensors = {
        name: tuple(tensor.shape)
        for named in (module.named_parameters(), module.named_buffers())
        for name, tensor in named
        if not nn.parameter.is_lazy(tensor)
    }
    for name, chain in getattr(module, "parametrizations", {}).items():
        if isinstance(original := getattr(chain, "original", None), torch.Tensor):
            tensors[name] = tuple(original.shape)  # the weight is computed from it, at the same size
    declared = {name: shape for name in tensors if (shape := declared_shape(module, name)) not in (None, tensors[name])}
    return Op(f"{cls.__module__}.{cls.__qualname__}", _printed(module), options, tensors, declared)


def _properties(cls: type[nn.Module]) -> list[str]:
    """Hyperparameters that torch's classes compute; a user's properties may do anything and are not asked."""
    own = [base for base in cls.__mro__[: cls.__mro__.index(nn.Module)] if base.__module__.startswith("torch.nn.")]
    return [
        name for base in own for name, value in vars(base).items() if isinstance(value, property) and name[0] != "_"
    ]


def _printed(module: nn.Module) -> str:
    """The hyperparameters as torch prints them; attention's, which torch does not print, by name.

    A class may print itself in one line of its own: `Conv1D(nf=2304, nx=768)` of transformers.
    """
    if isinstance(module, nn.MultiheadAttention):
        return f"embed_dim={module.embed_dim}, num_heads={module.num_heads}"
    text = " ".join(module.extra_repr().split())
    if text or type(module).__repr__ is nn.Module.__repr__ or module._modules:
        return text
    own = re.fullmatch(rf"{re.escape(type(module).__name__)}\((.+)\)", repr(module))
    return own[1] if own else ""


def is_plain(value: object) -> bool:
    """Numbers, strings, None, and tuples and lists of them."""
    if isinstance(value, tuple | list):
        return all(map(is_plain, value))
    return isinstance(value, _PLAIN)


def plain_value(value: Any, known: Mapping[int, TensorRef] = _NONE) -> Any:
    """An argument in plain data: tensors as `TensorRef`, what cannot be kept as `Other`. known: references by the id of the live one."""
    if type(value) in _PLAIN_TYPES:
        return value
    if isinstance(value, live.TensorRef):
        return known.get(id(value)) or tensor_ref(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple | list):
        return tuple([plain_value(part, known) for part in value])
    if isinstance(value, Mapping):
        return {str(name): plain_value(part, known) for name, part in value.items()}
    if isinstance(value, slice):
        return Other("slice", f"{_edge(value.start)}:{_edge(value.stop)}:{_edge(value.step)}")
    if isinstance(value, torch.dtype):
        return Other("dtype", dtype_name(value))
    if value is Ellipsis:
        return Other("ellipsis", "...")
    return Other("object", type(value).__name__)


def _edge(value: object) -> str:
    """One end of a slice, where it is a number."""
    return str(value) if isinstance(value, int) else ""


def tensor_ref(ref: live.TensorRef) -> TensorRef:
    """The same with its data type as a word."""
    return TensorRef(ref.shape, dtype_name(ref.dtype), ref.source, ref.parameter, ref.order, ref.output)


@cache
def dtype_name(dtype: torch.dtype) -> str:
    """`float32`."""
    return str(dtype).removeprefix("torch.")


def _stopped(trace: live.Trace) -> Stopped:
    assert trace.stopped is not None
    cause = trace.stopped.cause
    if isinstance(cause, GraphEnds):
        return Stopped(trace.stopped.path, str(cause), cause.operator, of_file=True)
    also = trace.values_tried or trace.values == "real"
    return Stopped(trace.stopped.path, str(trace.stopped.cause), trace.stopped.operation, also)


def plain_run(trace: live.Trace, *, weights_only: bool = False) -> Run:
    """The pass as a whole. weights_only: there was nothing to run."""
    return Run(
        input_shapes=trace.input_shapes,
        input_dtypes=trace.input_dtypes,
        output_shapes=trace.output_shapes,
        mode=trace.mode,
        values=trace.values,
        drawn=trace.drawn,
        asked=trace.asked,
        stopped=_stopped(trace) if trace.stopped and not weights_only else None,
        torch_flops=trace.torch_flops,
        unseen=trace.unseen,
        weights_only=weights_only,
        unregistered=trace.unregistered,
    )
