"""What a model costs beside its parameters: memory, receptive fields, totals in symbols.

`cost_of(walk)` costs nothing yet: every figure is computed when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explainer.cost.activations import CallMemory
    from explainer.cost.receptive_field.fields import Receptive
    from explainer.cost.weights import Weights
    from explainer.formula.derivation import Derivation
    from explainer.i18n.bilingual import Bi
    from explainer.measure.memory.kv_cache import KvCache
    from explainer.measure.memory.meta_run import Relation, Written
    from explainer.measure.memory.peak import Peak
    from explainer.measure.memory.saved_file import SavedFile
    from explainer.measure.memory.training import Training
    from explainer.measure.scaling.batch import Batch
    from explainer.measure.scaling.totals import InSymbols
    from explainer.walkthrough.model import Layer, Walkthrough

__all__ = ["Cost", "cost_of"]


@dataclass(frozen=True)
class Cost:
    """The costs of one walkthrough. None stands for what cannot be measured; `unknown` says why."""

    walk: Walkthrough

    @cached_property
    def peak(self) -> Peak | None:
        """The peak of inference memory, from one more run on meta."""
        return self._measured[0]

    @property
    def unknown(self) -> Bi | None:
        """Why there is no peak."""
        return self._measured[1]

    @cached_property
    def _measured(self) -> tuple[Peak | None, Bi | None]:
        from explainer.collector import collector_off
        from explainer.measure.memory.meta_run import Unmeasured
        from explainer.measure.memory.peak import peak_of

        try:
            with collector_off():
                return peak_of(self.walk.trace), None
        except Unmeasured as unmeasured:
            return None, unmeasured.why

    @cached_property
    def relations(self) -> Mapping[str, Relation]:
        """What memory each call's output is, by path; empty where it could not be measured."""
        return {path: written.relation for path, written in self._written.items()}

    @cached_property
    def _written(self) -> Mapping[str, Written]:
        return {written.path: written for written in self.peak.written} if self.peak else {}

    @cached_property
    def weights(self) -> Weights:
        """The parameters' memory, as stored and in other number formats."""
        from explainer.cost.weights import weights_of

        return weights_of(self.walk.totals)

    @cached_property
    def memory(self) -> Mapping[int, CallMemory]:
        """The memory of each call, by its index."""
        from explainer.cost.activations import memory_of

        return {layer.index: memory_of(layer, self._written.get(layer.path)) for layer in self.walk.layers}

    @cached_property
    def activations(self) -> Derivation | None:
        """All outputs that take memory of their own, together; None where that could not be measured."""
        from explainer.cost.activations import activations_of

        return activations_of(self.memory.values()) if self.peak else None

    @cached_property
    def training(self) -> Training:
        """What training takes; what is kept for the backward pass comes from one more run on meta."""
        from explainer.collector import collector_off
        from explainer.measure.memory.training import training_of

        with collector_off():
            return training_of(self.walk.trace)

    @cached_property
    def kv_cache(self) -> KvCache | None:
        """The KV cache of a generative transformer; None for other models."""
        from explainer.measure.memory.kv_cache import kv_cache

        return kv_cache(self.walk.trace)

    @cached_property
    def receptive(self) -> Mapping[int, Receptive]:
        """The receptive field of each call that has one, by its index."""
        from explainer.cost.receptive_field.fields import receptive_fields

        return receptive_fields(self.walk)

    @cached_property
    def in_symbols(self) -> InSymbols:
        """The totals as formulas, proved by runs at other sizes: this takes several traces' time."""
        from explainer.collector import collector_off
        from explainer.measure.scaling.totals import in_symbols

        with collector_off():
            return in_symbols(self.walk, self.relations)

    @cached_property
    def saved_file(self) -> SavedFile | None:
        """The size of the saved state, predicted to the byte."""
        from explainer.measure.memory.saved_file import predict

        return predict(self.walk.trace.model) if self.walk.trace.model is not None else None

    def measure_file(self) -> int | None:
        """The size of the saved state by a temporary `torch.save`, in bytes."""
        from explainer.measure.memory.saved_file import measure

        return measure(self.walk.trace.model) if self.walk.trace.model is not None else None

    def at_batch(self, batch: int) -> Batch:
        """What changes with another batch. Raises UserError if the model does not take it."""
        from explainer.measure.scaling.batch import at_batch

        return at_batch(self.walk, batch, self.relations)

    def call_dict(self, layer: Layer) -> dict[str, Any]:
        """`memory` and `receptive_field` of one call, as the JSON has them."""
        from explainer.export.cost_json import call_dict

        return call_dict(self, layer)

    def total_dict(self, symbols: bool = True) -> dict[str, Any]:
        """The further entries of the JSON's `cost`. symbols: with `in_symbols`, which takes runs at other sizes."""
        from explainer.export.cost_json import total_dict

        return total_dict(self, symbols)


def cost_of(walk: Walkthrough) -> Cost:
    """The costs of a walkthrough, computed as they are asked for."""
    return Cost(walk)
