"""What torch runs for each call, operation by operation, as fvcore, torchprofile, ptflops and torch's counter see it.

Those tools know no modules: `nn.MultiheadAttention` is three matrix products, a product element by element, and so on. An
operation bears the name that torch's JIT tracer gives it, without `aten::`. Its `macs` are the true ones; those of all
operations sum to the walkthrough's (and to more where it gives a layer none, its weights being parametrized).

What no table knows is followed inside, if it is a layer; what is then left over, or was seen by torch's own counter and
is in no operation, is a `Rest`. So a rule of somebody's own never makes a tool say what it would not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.counters.engine.attention import fast_encoder_layer
from explainer.counters.engine.by_element import BY_ELEMENT
from explainer.counters.engine.dispatched import counted_on_meta
from explainer.counters.engine.inside import followed, own_code
from explainer.counters.engine.operation import Operation, Rest
from explainer.counters.engine.products import PRODUCTS
from explainer.counters.engine.recurrent import RECURRENT
from explainer.counters.engine.step import Expansions, Step, expansion_of
from explainer.counters.engine.strides import Strides
from explainer.derive.parametrized import is_parametrized
from explainer.formula.tree import evaluate, specialise, substitute
from explainer.i18n.bilingual import Bi
from explainer.rules import Registry
from explainer.tracing.call import Call, Trace
from explainer.walkthrough.model import Layer, Walkthrough

__all__ = ["Operation", "Rest", "operations"]

EXPANSIONS: Expansions = {**PRODUCTS, **RECURRENT, **BY_ELEMENT}


def operations(trace: Trace, walk: Walkthrough, registry: Registry) -> tuple[Operation, ...]:
    """The operations of all calls in order. walk: the walkthrough of this trace, by the rules of this registry."""
    return tuple(_operations(trace, walk, registry))


def _operations(trace: Trace, walk: Walkthrough, registry: Registry) -> Iterator[Operation]:
    layout = Strides(trace)
    model = trace.model if trace.mode == "eval" else None
    modules = model.named_modules() if model is not None else ()
    encoders = {path for path, module in modules if fast_encoder_layer(module)}
    for layer in walk.layers:
        call = trace.calls[layer.index - 1]
        seen = _seen(trace, call)
        macs, unruled = _macs(layer, call, registry), False
        if not macs and seen and not is_parametrized(call.module):
            macs, unruled = seen, True
        step = Step(call, layer.rule.title if layer.rule else _unexplained(call), macs, layout)
        taken, opaque = _taken_apart(step, registry, seen)
        path = call.path if call.module is not None else call.path.rpartition(".")[0]
        fast = call.path.partition("@")[0].rpartition(".")[0] in encoders
        found = [replace(operation, fast=operation.fast or fast, unruled=unruled, path=path) for operation in taken]
        yield from found
        rest = macs - sum(operation.macs for operation in found)
        unseen = None if seen is None else seen - sum(map(counted_on_meta, found))
        if rest or unseen:
            output = call.output_shapes[0] if call.output_shapes else ()
            title = step.title
            yield Rest(
                call.type, title, output=output, macs=rest, unruled=unruled, path=path, counted=unseen, opaque=opaque
            )


def _taken_apart(step: Step, registry: Registry, seen: int | None) -> tuple[list[Operation], bool]:
    """The operations that a call is known to run; and whether it is a layer that nobody can look into."""
    call = step.call
    if not call.output_shapes:
        return [], False
    if expansion := expansion_of(call, EXPANSIONS):
        return list(expansion(step)), False
    if call.module is None or not (own_code(call.module) or step.macs or seen):
        return [], False
    inner = followed(step, registry)
    if inner is None:
        return [], True
    return list(_operations(*inner, registry)), False


def _seen(trace: Trace, call: Call) -> int | None:
    """The multiply-accumulates that torch's counter saw, or would see on the meta device; None where that is not known.

    With values a layer may be one kernel that the counter does not know (LSTM on the CPU), where on meta it is products.
    """
    if call.flops is None or (trace.values == "real" and call.uncounted):
        return None
    return call.flops // 2


def _macs(layer: Layer, call: Call, registry: Registry) -> int:
    """The layer's multiply-accumulates; of a parametrized one (weight normalization, …) the product's alone."""
    if layer.macs is not None:
        return layer.macs.value
    rule = registry.for_call(call)
    if rule is None or layer.output is None or not is_parametrized(call.module):
        return 0
    output = rule.output(call)
    return evaluate(substitute(specialise(output.macs, output.values), output.values)) if output.macs else 0


def _unexplained(call: Call) -> Bi:
    return Bi(f"运算{call.type}", f"the operation {call.type}")
