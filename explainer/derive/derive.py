"""Rules applied to calls: every figure derived, and set beside torch's own."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from typing import TypeVar

import torch
from torch import nn

from explainer.derive.parameter_census import Ledger
from explainer.derive.parametrized import is_parametrized, parametrized
from explainer.formula.derivation import Derivation, derive
from explainer.formula.printing import ascii_formula
from explainer.rules import Output, Parameters, Registry, Rule
from explainer.tracing.call import Call, TensorRef, Trace
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Layer, RawParameter, Totals, Uncalled, Walkthrough
from explainer.walkthrough.verdict import Verdict, compare

T = TypeVar("T")


def walk_through(model: nn.Module, trace: Trace, registry: Registry, *, name: str, source: str) -> Walkthrough:
    """Every call explained by its rule and verified; what no rule explains is listed as it is."""
    ledger = Ledger(model)
    layers = [_layer(call, registry.for_call(call), ledger) for call in trace.calls]
    layers = [_with_sharers(layer, ledger) for layer in _marked_equal(_placed(layers))]
    used = _direct_uses(trace, layers)
    uncalled = _uncalled(model, trace, registry, ledger, used)
    raw = [
        RawParameter(tensor.name, tensor.shape, tensor.numel, tuple(used.get(tensor.name, ())))
        for tensor in map(ledger.tensor, ledger.remaining())
    ]
    return Walkthrough(
        name=name,
        source=source,
        trace=trace,
        layers=tuple(layers),
        uncalled=tuple(uncalled),
        raw_parameters=tuple(raw),
        totals=_totals(model, layers, uncalled, raw),
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """What the figures were computed and checked with."""
    return {
        "explainer": metadata.version("explainer"),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def _layer(call: Call, rule: Rule | None, ledger: Ledger) -> Layer:
    parameters = _parameters(rule, call)
    names, whole = _claimed(call, parameters, ledger)
    if not whole:  # parametrized: what the layer owns is not what its rule describes
        parameters = None
        names = ledger.below(call.module) if call.module is not None else names
    fresh = ledger.take(names, _user(call))
    torch_params = ledger.count(names)
    params = derive(parameters.formula, parameters.values) if parameters else None
    output = _applied(rule.output, call) if rule else None
    known = output is not None and output.axes is not None
    axes = output.axes if output and output.axes else ()
    shape = tuple((axis.name, derive(axis.size, output.values)) for axis in axes) if output else ()
    macs = _macs(call, output, whole)
    observed = call.output_shapes[0] if call.output_shapes else ()
    torch_macs = call.flops // 2 if call.flops else None
    if macs and is_parametrized(call.module) and compare(macs.value, torch_macs) is Verdict.DISAGREES:
        macs = None  # the parametrization multiplies matrices of its own, of which no rule knows
    value = params.value if params else torch_params
    return Layer(
        call=call,
        rule=rule,
        parameters=parameters,
        output=output,
        params=params,
        torch_params=torch_params,
        param_bytes=ledger.size(names),
        params_verdict=compare(params.value if params else None, torch_params),
        counted=value if len(fresh) == len(names) else ledger.count(fresh),
        shared_with=(),
        tensors=() if params else tuple(map(ledger.tensor, names)),
        shape=shape,
        shape_verdict=compare(tuple(size.value for _, size in shape) if known else None, observed),
        macs=macs,
        torch_macs=torch_macs,
        macs_verdict=compare(macs.value if macs else None, torch_macs),
    )


def _macs(call: Call, output: Output | None, whole: bool) -> Derivation | None:
    """The multiply-accumulates, where the rule describes what the layer really does."""
    if output is None or output.macs is None or not (whole or is_parametrized(call.module)):
        return None
    return derive(output.macs, output.values)


def _user(call: Call) -> str:
    """A module called again (`lin@2`) is the same user; a function's second call in one forward is another."""
    return call.path.partition("@")[0] if call.module is not None else call.path


def _parameters(rule: Rule | None, call: Call) -> Parameters | None:
    """The rule's word on the parameters, in the form that a parametrized layer owns them."""
    parameters = _applied(rule.parameters, call) if rule else None
    if parameters is None or call.module is None or not is_parametrized(call.module):
        return parameters
    return parametrized(parameters, call.module)


def _applied(part: Callable[[Call], T], call: Call) -> T | None:
    """A rule that does not fit the call explains nothing: the lesson says so, and never breaks on it."""
    try:
        return part(call)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, RuntimeError):
        return None


def _claimed(call: Call, parameters: Parameters | None, ledger: Ledger) -> tuple[list[str], bool]:
    """The parameters that the call's rule accounts for; without a rule, all that the layer owns."""
    if call.module is None:
        claims = parameters.claims if parameters else ()
        positions = parameters.positions if parameters else ()
        given = [call.option(name, position) for name, position in zip(claims, positions, strict=False)]
        tensors = [tensor for tensor in given if isinstance(tensor, TensorRef)]
        # A weight that is not a parameter (computed, or a constant) costs no parameters: the rule does not apply.
        names = list(dict.fromkeys(tensor.parameter for tensor in tensors if tensor.parameter))
        return names, len([tensor for tensor in tensors if tensor.parameter]) == len(tensors)
    if parameters is None:
        return ledger.below(call.module), True
    return ledger.owned(call.module, parameters.claims)


def _direct_uses(trace: Trace, layers: list[Layer]) -> dict[str, list[int]]:
    """Which function calls take a parameter directly (a class token, a learned scale)."""
    used: dict[str, list[int]] = {}
    for call in trace.calls:
        if call.module is None:
            for name in _parameters_in((call.args, dict(call.kwargs))):
                used.setdefault(name, []).append(call.index)
    return used


def _parameters_in(values: object) -> list[str]:
    from torch.utils._pytree import tree_leaves

    return [leaf.parameter for leaf in tree_leaves(values) if isinstance(leaf, TensorRef) and leaf.parameter]


def _uncalled(
    model: nn.Module, trace: Trace, registry: Registry, ledger: Ledger, used: dict[str, list[int]]
) -> list[Uncalled]:
    """Modules whose parameters nobody took: explained by their rule, or tensor by tensor."""
    modules = dict(model.named_modules())
    called = {call.path.partition("@")[0] for call in trace.calls if call.module is not None}
    owners: dict[str, list[str]] = {}
    for name in ledger.remaining():
        if name not in used and name.rpartition(".")[0] not in called:
            owners.setdefault(name.rpartition(".")[0], []).append(name)
    found = []
    for path, names in owners.items():
        module = modules[path]
        rule = registry.for_parameters(module)
        if type(module) is nn.Module or (rule is None and not type(module).__module__.startswith("torch.nn.modules.")):
            continue  # a parameter of the model's own making, not a layer: raw
        call = Call(index=0, path=path, type=type(module).__name__, module=module)
        parameters = _parameters(rule, call)
        claimed, whole = ledger.owned(module, parameters.claims) if parameters else (names, True)
        params = derive(parameters.formula, parameters.values) if parameters and whole else None
        fresh = ledger.take(claimed if params else names, path)
        if not fresh:
            continue  # the module above has claimed them: attention's out_proj
        found.append(
            Uncalled(
                path=path,
                type=call.type,
                rule=rule,
                params=params,
                counted=params.value if params and len(fresh) == len(claimed) else ledger.count(fresh),
                torch_params=ledger.count(claimed if params else fresh),
                verdict=compare(params.value if params else None, ledger.count(claimed)),
                tensors=() if params else tuple(map(ledger.tensor, fresh)),
            )
        )
    return found


def _with_sharers(layer: Layer, ledger: Ledger) -> Layer:
    """Name the other users of the layer's parameters."""
    if not layer.torch_params:
        return layer
    names, _ = _claimed(layer.call, layer.parameters, ledger)
    return replace(layer, shared_with=ledger.users(names, layer.path))


def _marked_equal(layers: list[Layer]) -> list[Layer]:
    """Equal are calls of one rule with the same formulas, numbers and shapes (a repr may differ without meaning)."""
    first: dict[object, int] = {}
    first_params: dict[object, int] = {}
    marked = []
    for layer in layers:
        if layer.rule is None or layer.params is None:
            marked.append(layer)
            continue
        params = (layer.rule.name, ascii_formula(layer.params.symbolic), ascii_formula(layer.params.substituted))
        sizes = tuple((name, ascii_formula(size.symbolic), size.value) for name, size in layer.shape)
        call = layer.call
        key = (*params, sizes, call.input_shapes, call.output_shapes, call.type)
        earlier, earlier_params = first.setdefault(key, layer.index), first_params.setdefault(params, layer.index)
        marked.append(
            replace(
                layer,
                same_as=earlier if earlier != layer.index else None,
                params_same_as=earlier_params if earlier_params != layer.index and layer.value else None,
            )
        )
    return marked


def _placed(layers: list[Layer]) -> list[Layer]:
    """conv1-1, conv1-2, conv2-1, …: a stage is a run of convolutions whose outputs have one resolution.

    Only in a plain chain of layers, as VGG's.
    """
    if any(len(layer.call.inputs) != 1 or layer.call.inputs[0] not in ("input", i) for i, layer in enumerate(layers)):
        return layers  # branches and shortcuts: their papers number blocks, not layers
    stages: list[Shape] = []
    count: dict[Shape, int] = {}
    placed = []
    for layer in layers:
        resolution = _resolution(layer)
        if resolution is None:
            placed.append(layer)
            continue
        if resolution not in stages:
            stages.append(resolution)
        count[resolution] = count.get(resolution, 0) + 1
        placed.append(replace(layer, place=f"conv{stages.index(resolution) + 1}-{count[resolution]}"))
    return placed


def _resolution(layer: Layer) -> Shape | None:
    """The size of a convolution's feature map; a 1×1 map (squeeze and excitation) is no stage."""
    if layer.kind.name != "CONVOLUTION" or not layer.call.output_shapes:
        return None
    resolution = layer.call.output_shapes[0][2:]
    return resolution if resolution and set(resolution) != {1} else None


def _totals(model: nn.Module, layers: list[Layer], uncalled: list[Uncalled], raw: list[RawParameter]) -> Totals:
    parameters = list(model.parameters())
    parts: list[Layer | Uncalled] = [*layers, *uncalled]
    unexplained = sum(part.counted for part in parts if part.params is None)
    by_rule = sum(part.counted for part in parts if part.params is not None)
    directly = sum(parameter.params for parameter in raw)
    bits: dict[str, int] = {}
    for parameter in parameters:
        dtype = str(parameter.dtype).removeprefix("torch.")
        bits[dtype] = bits.get(dtype, 0) + parameter.numel() * parameter.itemsize * 8
    return Totals(
        params=by_rule + unexplained + directly,
        torch_params=sum(parameter.numel() for parameter in parameters),
        explained=by_rule,
        raw=directly,
        unexplained=unexplained,
        trainable=sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
        frozen=sum(parameter.numel() for parameter in parameters if not parameter.requires_grad),
        buffers=sum(buffer.numel() for buffer in model.buffers()),
        buffer_names=tuple(dict.fromkeys(name.rpartition(".")[2] for name, _ in model.named_buffers())),
        bits_by_dtype=bits,
    )
