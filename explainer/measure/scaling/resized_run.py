"""The totals of the model at other sizes of its input, each size run once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import torch

from explainer.derive.apply import output_of
from explainer.formula.tree import evaluate
from explainer.i18n.bilingual import Bi, same
from explainer.measure.again import STOPPED, Unmeasured, run_again
from explainer.measure.scaling.sizes import Variable, resized
from explainer.rules import Registry
from explainer.rules.by_operators import FORM
from explainer.tracing.call import Call, Trace
from explainer.tracing.leaves import tensors_in
from explainer.tracing.recorder import CallRecorder
from explainer.tracing.running_count import counting
from explainer.walkthrough.measured import Relation, Sizes
from explainer.walkthrough.model import Layer, Walkthrough

NO_FIGURE = Bi(
    zh="{path}所用的规则在这个尺寸下给不出计算量：{reason}",
    en="The rule for {path} gives no computation at this size: {reason}",
)


@dataclass(frozen=True)
class Totals:
    """Of one run: multiply-accumulates, and elements of the activations that take memory of their own."""

    macs: int
    activations: int


class Runs:
    """The totals by the sizes of the input. Those of the trace's own sizes are the walkthrough's; no run is made twice.

    relations: what memory each call's output is, by path; a call not among them counts as new.
    """

    def __init__(
        self,
        trace: Trace,
        walk: Walkthrough,
        variables: tuple[Variable, ...],
        relations: Mapping[str, Relation],
        registry: Registry,
    ) -> None:
        self.trace, self.variables, self.relations, self.registry = trace, variables, relations, registry
        self._layers = {layer.path: layer for layer in walk.layers}
        self._by_operators = any(layer.output is not None and layer.output.form == FORM for layer in walk.layers)
        own = tuple(variable.value for variable in variables)
        self._known: dict[tuple[int, ...], Totals | Unmeasured] = {}
        if trace.model is not None and trace.stopped is None:
            self._known[own] = self._of_walk(walk)

    def at(self, sizes: Sizes) -> Totals:
        """The totals with these sizes, the others as in the trace. Raises Unmeasured where the model refuses them."""
        key = tuple(sizes.get(variable.name, variable.value) for variable in self.variables)
        if key not in self._known:
            try:
                self._known[key] = self._run(resized(self.trace, self.variables, sizes))
            except Unmeasured as refused:
                self._known[key] = Unmeasured(refused.why, refused.reason)  # without the frames that it came through
        found = self._known[key]
        if isinstance(found, Unmeasured):
            raise found
        return found

    def _of_walk(self, walk: Walkthrough) -> Totals:
        macs = sum(layer.macs.value for layer in walk.layers if layer.macs)
        return Totals(macs, sum(self._activations(layer.call) for layer in walk.layers))

    def _run(self, trace: Trace) -> Totals:
        """Run the model on these inputs and sum. Raises Unmeasured if it does not run."""
        model = trace.model
        if model is None:
            raise Unmeasured(STOPPED)
        recorder = CallRecorder(model, self.registry.is_atomic, None)
        given = len(tensors_in((trace.args, dict(trace.kwargs))))

        def begin(known: list[torch.Tensor]) -> list[Any]:
            recorder.origins.name_parameters(model)
            for tensor in known[:given]:
                recorder.origins.came_from(tensor, "input")
            return [counting(recorder.count)] if self._by_operators else []

        try:
            run_again(trace, recorder, begin, train=trace.mode == "train")
        except Unmeasured as failure:
            path = recorder.broke[1][0] if recorder.broke else ""
            reason = f"{path}: {failure.reason}" if path else failure.reason
            raise Unmeasured(failure.why, reason) from failure
        return Totals(sum(map(self._macs, recorder.calls)), sum(map(self._activations, recorder.calls)))

    def _macs(self, call: Call) -> int:
        """By the call's rule, wherever the walkthrough goes by it. Raises Unmeasured if it has no figure at this size."""
        rule, layer = self.registry.for_call(call), self._layer(call)
        if (rule is None and not call.products) or (layer is not None and _unexplained(layer)):
            return 0
        errors: list[str] = []
        output = output_of(rule, call, errors)
        if output is None:
            reason = errors[0] if errors else rule.name if rule else call.type
            place = call.path or call.type
            raise Unmeasured(NO_FIGURE.format(path=place, reason=same(reason)), f"{place}: {reason}")
        return evaluate(output.macs, output.values) if output.macs is not None else 0

    def _layer(self, call: Call) -> Layer | None:
        """The walkthrough's layer at the call's place."""
        return self._layers.get(call.path) or self._layers.get(call.path.partition("@")[0])

    def _activations(self, call: Any) -> int:
        """The elements of a call's outputs, where they take memory of their own."""
        if self.relations.get(call.path, "new") != "new":
            return 0
        return sum(map(prod, call.output_shapes))


def _unexplained(layer: Layer) -> bool:
    """The walkthrough has no figure either: the rule does not fit, or the layer owns other tensors than it says."""
    return layer.output is None or (layer.call.kind == "module" and layer.macs is None)
