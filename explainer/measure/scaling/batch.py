"""What changes with the batch and what does not: the model run once more at another batch."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi, same
from explainer.measure.again import Unmeasured
from explainer.measure.memory.peak import peak_of
from explainer.measure.memory.training import kept_of
from explainer.measure.scaling.resized_run import Runs
from explainer.measure.scaling.sizes import resized
from explainer.tracing.call import Trace
from explainer.walkthrough.measured import Batch, Change, Kept, Peak
from explainer.walkthrough.model import Walkthrough

NO_OTHER = Bi(
    zh="模型不能用批量{batch}运行：{reason}",
    en="The model cannot be run with batch {batch}: {reason}",
)


def at_batch(trace: Trace, walk: Walkthrough, batch: int, runs: Runs, peak: Peak, kept: Kept | None) -> Batch:
    """The totals at another batch beside those of the trace, whose peak and kept activations are known already.

    Raises Unmeasured, whose `why` is the whole sentence, if the model does not take that batch.
    """
    if not runs.variables or batch < 1:
        raise Unmeasured(NO_OTHER.format(batch=batch, reason=same("–")))
    own = runs.variables[0]
    other = resized(trace, runs.variables, {own.name: batch})
    is_own = batch == own.value
    try:
        before, after = runs.at({}), runs.at({own.name: batch})
        peak_after = peak if is_own else peak_of(other)
    except Unmeasured as unmeasured:
        raise Unmeasured(NO_OTHER.format(batch=batch, reason=unmeasured.why)) from unmeasured
    kept_after = kept if is_own else _kept(other)
    params, whole = walk.totals.params, walk.complete  # of a part nothing follows for another batch
    return Batch(
        own.value,
        batch,
        (
            Change("params", params, params),
            Change("macs", before.macs if whole else None, after.macs if whole else None),
            Change("activations", before.activations, after.activations),
            Change("inputs_bytes", peak.inputs_bytes, peak_after.inputs_bytes),
            Change("weights_bytes", peak.weights_bytes, peak_after.weights_bytes),
            Change("peak_bytes", peak.bytes, peak_after.bytes),
            Change("kept_bytes", kept.bytes if kept else None, kept_after.bytes if kept_after else None),
        ),
    )


def _kept(trace: Trace) -> Kept | None:
    try:
        return kept_of(trace)
    except Unmeasured:
        return None
