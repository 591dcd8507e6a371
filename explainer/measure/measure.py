"""Measures of a model what is wanted and not known yet: the one place where a walkthrough's model is run again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from explainer.collector import collector_off
from explainer.i18n.bilingual import Bi
from explainer.measure.again import Unmeasured
from explainer.measure.memory.kv_cache import kv_cache
from explainer.measure.memory.peak import peak_of
from explainer.measure.memory.saved_file import measure as saved_once
from explainer.measure.memory.saved_file import predict
from explainer.measure.memory.training import kept_of, moved_by_training
from explainer.measure.scaling.batch import NO_OTHER, at_batch
from explainer.measure.scaling.resized_run import Runs
from explainer.measure.scaling.sizes import variables_of
from explainer.measure.scaling.totals import in_symbols
from explainer.rules import Registry
from explainer.tracing.call import Trace
from explainer.walkthrough.measured import Measured, Training, Want
from explainer.walkthrough.model import Walkthrough

W = TypeVar("W", bound=Walkthrough)
ORDER: tuple[Want, ...] = ("memory", "training", "kv_cache", "saved_file", "file_on_disk", "in_symbols", "batch")
RESTS_ON: Mapping[Want, tuple[Want, ...]] = {"in_symbols": ("memory",), "batch": ("memory", "training")}


def measure(trace: Trace, walk: W, wants: Collection[Want], registry: Registry, *, batch: int = 1) -> W:
    """The walkthrough with what is wanted, and what that rests on, in `measured`; nothing is measured twice.

    trace: the run that the walkthrough was made of, by the rules of `registry`. batch: the other batch, if `batch` is
    wanted. What cannot be measured has its reason in `measured.unknown`; nothing is raised for it.
    `counters` is not measured here but by `explainer.counters.predict.with_counters`.

    >>> walk = measure(trace, walk, {"memory"}, registry)   # doctest: +SKIP
    >>> walk.measured.peak.bytes                            # doctest: +SKIP
    25690112
    """
    wanted = {*wants, *(below for want in wants for below in RESTS_ON.get(want, ()))}
    missing = [want for want in ORDER if want in wanted and not _known(walk.measured, want, batch)]
    if not missing:
        return walk
    measuring = _Measuring(trace, walk, registry, batch)
    with collector_off():
        for want in missing:
            measuring.add(want)
    return walk.told(measured=measuring.found)


def _known(measured: Measured, want: Want, batch: int) -> bool:
    return measured.has(want) and (want != "batch" or measured.at_batch(batch) is not None)


class _Measuring:
    """One model being measured; `found` is what is known so far."""

    def __init__(self, trace: Trace, walk: Walkthrough, registry: Registry, batch: int) -> None:
        self.trace, self.walk, self.registry, self.batch = trace, walk, registry, batch
        self.found = walk.measured

    def add(self, want: Want) -> None:
        """Measure one thing; what it rests on is there."""
        how = {
            "memory": self._memory,
            "training": self._training,
            "kv_cache": self._kv_cache,
            "saved_file": self._saved_file,
            "file_on_disk": self._file_on_disk,
            "in_symbols": self._in_symbols,
            "batch": self._batch,
        }
        known = how[want]()
        self.found = replace(known, done=known.done | {want})

    @cached_property
    def _runs(self) -> Runs:
        """The totals at other sizes, which formulas and batches share."""
        peak = self.found.peak
        relations = {written.path: written.relation for written in peak.written} if peak else {}
        return Runs(self.trace, self.walk, variables_of(self.trace, self.walk), relations, self.registry)

    def _unknown(self, want: Want, why: Bi) -> Measured:
        return replace(self.found, unknown={**self.found.unknown, want: why})

    def _memory(self) -> Measured:
        try:
            return replace(self.found, peak=peak_of(self.trace))
        except Unmeasured as unmeasured:
            return self._unknown("memory", unmeasured.why)

    def _training(self) -> Measured:
        trainable, frozen = moved_by_training(self.trace)
        try:
            return replace(self.found, training=Training(trainable, frozen, kept_of(self.trace)))
        except Unmeasured as unmeasured:
            without = Training(trainable, frozen, None)
            return replace(self._unknown("training", unmeasured.why), training=without)

    def _kv_cache(self) -> Measured:
        return replace(self.found, kv_cache=kv_cache(self.trace))

    def _saved_file(self) -> Measured:
        model = self.trace.model
        return replace(self.found, saved_file=predict(model) if model is not None else None)

    def _file_on_disk(self) -> Measured:
        model = self.trace.model
        return replace(self.found, file_on_disk=saved_once(model) if model is not None else None)

    def _in_symbols(self) -> Measured:
        return replace(self.found, in_symbols=in_symbols(self.trace, self.walk, self._runs))

    def _batch(self) -> Measured:
        peak, training = self.found.peak, self.found.training
        if peak is None:
            return self._unknown("batch", NO_OTHER.format(batch=self.batch, reason=self.found.unknown["memory"]))
        kept = training.kept if training else None
        try:
            table = at_batch(self.trace, self.walk, self.batch, self._runs, peak, kept)
        except Unmeasured as unmeasured:
            return self._unknown("batch", unmeasured.why)
        return replace(self.found, batches=(*self.found.batches, table))
