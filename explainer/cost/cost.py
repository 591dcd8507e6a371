"""What a model costs beside its parameters: memory, receptive fields, totals in symbols.

`cost_of(walk)` only reads: of what needs the model run again it has what was measured (`explainer.measure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from explainer.cost.activations import CallMemory, activations_of, memory_of
from explainer.cost.not_measured import NotMeasured
from explainer.cost.training import TrainingMemory
from explainer.cost.weights import Weights, weights_of
from explainer.errors import UserError
from explainer.formula.derivation import Derivation
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.measured import (
    Batch,
    InSymbols,
    KvCache,
    Measured,
    Peak,
    Relation,
    SavedFile,
    Want,
    Written,
)
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.receptive_field.fields import Receptive, receptive_fields

__all__ = ["Cost", "cost_of"]


@dataclass(frozen=True)
class Cost:
    """The costs of one walkthrough. None stands for what there is not, or cannot be measured; `unknown` says why.

    Raises NotMeasured, one sentence, where a figure is read that was not measured for this walkthrough.
    """

    walk: Walkthrough

    def _measured(self, want: Want) -> Measured:
        if not self.walk.measured.has(want):
            raise NotMeasured(want)
        return self.walk.measured

    @property
    def peak(self) -> Peak | None:
        """The peak of inference memory."""
        return self._measured("memory").peak

    @property
    def unknown(self) -> Bi | None:
        """Why there is no peak."""
        return self._measured("memory").unknown.get("memory")

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
        return weights_of(self.walk.totals)

    @cached_property
    def memory(self) -> Mapping[int, CallMemory]:
        """The memory of each call, by its index."""
        return {layer.index: memory_of(layer, self._written.get(layer.path)) for layer in self.walk.layers}

    @cached_property
    def activations(self) -> Derivation | None:
        """All outputs that take memory of their own, together; None where that could not be measured."""
        return activations_of(self.memory.values()) if self.peak else None

    @cached_property
    def training(self) -> TrainingMemory:
        """What training takes."""
        measured = self._measured("training")
        assert measured.training is not None
        return TrainingMemory(measured.training, measured.unknown.get("training"))

    @property
    def kv_cache(self) -> KvCache | None:
        """The KV cache of a generative transformer; None for other models."""
        return self._measured("kv_cache").kv_cache

    @cached_property
    def receptive(self) -> Mapping[int, Receptive]:
        """The receptive field of each call that has one, by its index."""
        return receptive_fields(self.walk)

    @property
    def in_symbols(self) -> InSymbols:
        """The totals as formulas, proved by runs at other sizes."""
        found = self._measured("in_symbols").in_symbols
        assert found is not None
        return found

    @property
    def saved_file(self) -> SavedFile | None:
        """The size of the saved state, predicted to the byte; None for a state that is no plain tensors."""
        return self._measured("saved_file").saved_file

    @property
    def file_on_disk(self) -> int | None:
        """The size of the state saved for real, in bytes."""
        return self._measured("file_on_disk").file_on_disk

    def at_batch(self, batch: int) -> Batch:
        """What changes with another batch. Raises UserError if the model does not take it, or it was not measured."""
        measured = self._measured("batch")
        table = measured.at_batch(batch)
        if table is None:
            why = measured.unknown.get("batch")
            raise UserError(why) if why else NotMeasured("batch")
        return table


def cost_of(walk: Walkthrough) -> Cost:
    """The costs of a walkthrough, worked out as they are asked for.

    >>> cost_of(walk).training.total("adam").value      # doctest: +SKIP
    2213730304
    """
    return Cost(walk)
