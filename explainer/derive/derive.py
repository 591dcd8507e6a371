"""Rules applied to calls: every figure derived, and set beside torch's own."""

from __future__ import annotations

import platform
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata

import torch
from torch import nn

from explainer.derive.adjusted import of_no_parameters
from explainer.derive.alike import likeness_in
from explainer.derive.apply import output_of, parameters_of
from explainer.derive.docstring import docstring_of
from explainer.derive.live import LiveWalkthrough
from explainer.derive.packed import packed_tensors
from explainer.derive.parameter_census import ParameterCensus, tensor_facts
from explainer.derive.parametrized import is_parametrized, parametrized
from explainer.derive.plain import PlainCalls, dtype_name, plain_run
from explainer.derive.rows import with_rows_named
from explainer.rules import Output, Parameters, Registry, Rule
from explainer.tracing.call import Call, TensorRef, Trace
from explainer.tracing.members import named_buffers, named_parameters
from explainer.tracing.provenance import sourced
from explainer.walkthrough.call import Place
from explainer.walkthrough.parts import Layer, RawParameter, Uncalled
from explainer.walkthrough.relations import related
from explainer.walkthrough.totals import Census


def walk_through(
    model: nn.Module,
    trace: Trace,
    registry: Registry,
    *,
    name: str,
    source: str,
    arguments: tuple[str, ...] = (),
    weights_only: bool = False,
    batch: Place = "first",
) -> LiveWalkthrough:
    """Every call explained by its rule and verified; what no rule explains is listed as it is.

    weights_only: the model is a list of tensors, and there was nothing to run. batch: where it stands in the inputs.
    """
    census, likeness = ParameterCensus(model), likeness_in(trace)
    plain = PlainCalls(likeness)
    layers = [_layer(call, registry, census, plain, likeness.of_call(call)) for call in trace.calls]
    layers = [_with_sharers(layer, census) for layer in layers]
    run = replace(plain_run(trace, weights_only=weights_only), batch=batch)
    layers = with_rows_named(layers, run.input_shapes) if batch == "first" else layers
    used = _direct_uses(trace)
    uncalled = _uncalled(trace, registry, census, used, plain)
    raw = [
        RawParameter(
            tensor.name,
            tensor.shape,
            tensor.numel,
            tuple(used.get(tensor.name, ())),
            tensor.dtype,
            tensor.bytes,
            tensor.trainable,
        )
        for tensor in map(census.tensor, census.remaining())
    ]
    return LiveWalkthrough(
        name=name,
        source=source,
        run=run,
        layers=related(layers, batch),
        uncalled=tuple(uncalled),
        raw_parameters=tuple(raw),
        census=_census(model, census),
        versions=versions(),
        arguments=arguments,
        containers=_containers(census, layers),
        docstring="" if weights_only else docstring_of(model),
        trace=trace,
    )


def _containers(census: ParameterCensus, layers: list[Layer]) -> dict[str, str]:
    """The classes of the modules that the calls lie in; a second class of the same name is Block′, for it is another thing."""
    paths = dict.fromkeys(path for layer in layers for path in _above(layer.path))
    modules = dict(census.modules)
    called: dict[str, list[type]] = {}
    found = {}
    for path in paths:
        if path in modules:
            kind = type(modules[path])
            alike = called.setdefault(kind.__name__, [])
            if kind not in alike:
                alike.append(kind)
            found[path] = kind.__name__ + "′" * alike.index(kind)
    return found


def _above(path: str) -> list[str]:
    names = path.split(".")
    return [".".join(names[:i]) for i in range(1, len(names))]


@cache
def _own_version() -> str:
    return metadata.version("explainer")


def versions() -> dict[str, str]:
    """What the figures were computed and checked with."""
    return {
        "explainer": _own_version(),
        "torch": str(torch.__version__),
        "python": platform.python_version(),
    }


@dataclass(frozen=True)
class _Said:
    """What is said of a call, and of all that are alike: which rule, and its word."""

    rule: Rule | None
    parameters: Parameters | None
    output: Output | None
    errors: tuple[str, ...]


def _layer(
    call: Call,
    registry: Registry,
    census: ParameterCensus,
    plain: PlainCalls,
    likeness: Hashable,
) -> Layer:
    said: _Said | None = registry.answers.get(likeness)
    if said is None:
        said = _say(call, registry)
        if likeness is not None and not said.errors:
            registry.answers.keep(likeness, said)
    parameters, output = said.parameters, said.output
    names, whole = _claimed(call, parameters, census)
    if not whole and call.module is None:  # a function on a weight that is computed
        parameters, names = of_no_parameters(call), []
    elif not whole and call.module is not None:  # parametrized: what the layer owns is not what its rule describes
        parameters, names = None, census.below(call.module)
        if output is not None and not is_parametrized(call.module):
            output = replace(output, macs=None, macs_why=())
    return Layer(
        call=plain.call(call),
        rule=plain.rule(said.rule),
        parameters=parameters,
        output=output,
        owned=census.take(names, _user(call)),
        error=said.errors[0] if said.errors else None,
    )


def _say(call: Call, registry: Registry) -> _Said:
    rule = registry.for_call(call)
    errors: list[str] = []
    given = sourced(call)
    parameters, output = _parameters(rule, given, errors), output_of(rule, given, errors)
    if output is None:  # what a rule cannot explain is listed as if there were none
        rule = parameters = None
    elif rule is None:  # torch's operators alone say something
        rule = registry.named("operators")
        parameters = _parameters(rule, given, errors) if call.module is None else None
    return _Said(rule, parameters, output, tuple(errors))


def _user(call: Call) -> str:
    """A module called again (`lin@2`) is the same user; a function's second call in one forward is another."""
    return call.path.partition("@")[0] if call.module is not None else call.path


def _parameters(rule: Rule | None, call: Call, errors: list[str]) -> Parameters | None:
    """The rule's word on the parameters, in the form that a parametrized layer owns them."""
    parameters = parameters_of(rule, call, errors)
    if parameters is None or call.module is None or not is_parametrized(call.module):
        return parameters
    return parametrized(parameters, call.module)


def _claimed(call: Call, parameters: Parameters | None, census: ParameterCensus) -> tuple[list[str], bool]:
    """The parameters that the call's rule accounts for; without a rule, all that the layer owns."""
    if call.module is None:
        claims = parameters.claims if parameters else ()
        positions = parameters.positions if parameters else ()
        given = [call.option(name, position) for name, position in zip(claims, positions, strict=False)]
        tensors = [tensor for tensor in given if isinstance(tensor, TensorRef)]
        if call.mapped and tensors:  # each example has its own: not the parameter, but a part of it
            return [], False
        names = list(dict.fromkeys(tensor.parameter for tensor in tensors if tensor.parameter))
        return names, len([tensor for tensor in tensors if tensor.parameter]) == len(tensors)
    if parameters is None:
        return census.below(call.module), True
    return census.owned(call.module, parameters.claims)


def _direct_uses(trace: Trace) -> dict[str, list[int]]:
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
    trace: Trace,
    registry: Registry,
    census: ParameterCensus,
    used: dict[str, list[int]],
    plain: PlainCalls,
) -> list[Uncalled]:
    """Modules whose parameters nobody took: explained by their rule, or tensor by tensor."""
    modules = dict(census.modules)
    called = {call.path.partition("@")[0] for call in trace.calls if call.module is not None}
    owners: dict[str, list[str]] = {}
    for name in census.remaining():
        if name not in used and name.rpartition(".")[0] not in called:
            owners.setdefault(name.rpartition(".")[0], []).append(name)
    found = []
    for path, names in owners.items():
        module = modules[path]
        rule = registry.for_parameters(module)
        if type(module) is nn.Module or (rule is None and not type(module).__module__.startswith("torch.nn.modules.")):
            continue  # a parameter of the model's own making, not a layer: raw
        call = Call(index=0, path=path, type=type(module).__name__, module=module)
        errors: list[str] = []
        parameters = _parameters(rule, call, errors)
        claimed, whole = census.owned(module, parameters.claims) if parameters else (names, True)
        if not whole:
            parameters = None
        owned = census.take(claimed if parameters else names, path)
        fresh = tuple(tensor for tensor in owned if tensor.fresh)
        if fresh:  # else the module above has claimed them: attention's out_proj
            error = errors[0] if errors else None
            found.append(Uncalled(path, call.type, plain.rule(rule), parameters, owned if parameters else fresh, error))
    return found


def _with_sharers(layer: Layer, census: ParameterCensus) -> Layer:
    """Name the other users of the layer's parameters."""
    if not layer.owned:
        return layer
    others = census.users([tensor.name for tensor in layer.owned], but=layer.path)
    return replace(layer, shared_with=others) if others else layer


def _census(model: nn.Module, census: ParameterCensus) -> Census:
    parameters = [parameter for _, parameter in named_parameters(model, census.modules)]
    bits: dict[str, int] = {}
    for parameter in parameters:
        dtype = dtype_name(parameter.dtype)
        bits[dtype] = bits.get(dtype, 0) + parameter.numel() * parameter.itemsize * 8
    return Census(
        torch_params=sum(parameter.numel() for parameter in parameters),
        trainable=sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
        frozen=sum(parameter.numel() for parameter in parameters if not parameter.requires_grad),
        buffers=tuple(tensor_facts(name, buffer) for name, buffer in named_buffers(model, census.modules)),
        bits_by_dtype=bits,
        packed=packed_tensors(model),
    )
