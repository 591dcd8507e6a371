"""What changes with the batch and what does not: the model run once more at another batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explainer.derive.live import LiveWalkthrough
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same
from explainer.measure.memory.meta_run import Relation, Unmeasured
from explainer.measure.memory.peak import peak_of
from explainer.measure.memory.training import kept_of
from explainer.measure.scaling.resized_run import resized, totals_at, variables_of

NAMES: Mapping[str, Bi] = {
    "params": Bi("参数量", "parameters"),
    "macs": Bi("计算量（乘加）", "multiply-accumulates"),
    "activations": Bi("各层输出的元素个数", "elements of the layers' outputs"),
    "inputs_bytes": Bi("输入所占字节", "bytes of the inputs"),
    "weights_bytes": Bi("参数和缓冲区所占字节", "bytes of parameters and buffers"),
    "peak_bytes": Bi("推理峰值字节（特征图和输入）", "peak bytes of inference (activations and inputs)"),
    "kept_bytes": Bi("训练时为反向传播保留的字节", "bytes kept for the backward pass in training"),
}
CHANGES = Bi(
    zh="批量从{before}变为{after}：参数量以及梯度、优化器状态都不变，变的是计算量和特征图所占的内存。",
    en="From batch {before} to {after} the parameters, and with them gradients and optimizer states, stay the same; what "
    "changes is the computation and the memory of the activations.",
)
NO_OTHER = Bi(
    zh="模型不能用批量{batch}运行：{reason}",
    en="The model cannot be run with batch {batch}: {reason}",
)


@dataclass(frozen=True)
class Change:
    """One total at two batches; None where it could not be measured."""

    key: str
    before: int | None
    after: int | None

    @property
    def name(self) -> Bi:
        return NAMES[self.key]

    @property
    def changes(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Batch:
    """The totals at the trace's own batch and at another."""

    before: int
    after: int
    changes: tuple[Change, ...]

    @property
    def why(self) -> Bi:
        return CHANGES.format(before=self.before, after=self.after)

    def proportional(self, change: Change) -> bool:
        """Whether the total grows exactly as the batch does."""
        if change.before is None or change.after is None:
            return False
        return change.before * self.after == change.after * self.before


def at_batch(walk: LiveWalkthrough, batch: int, relations: Mapping[str, Relation]) -> Batch:
    """The totals at another batch beside those of the trace. Raises UserError if the model does not take it."""
    variables = variables_of(walk)
    if not variables or batch < 1:
        raise UserError(NO_OTHER.format(batch=batch, reason=same("–")))
    own = variables[0]
    other = resized(walk.trace, variables, {own.name: batch})
    try:
        totals = [totals_at(trace, relations) for trace in (walk.trace, other)]
        peaks = [peak_of(trace) for trace in (walk.trace, other)]
    except Unmeasured as unmeasured:
        raise UserError(NO_OTHER.format(batch=batch, reason=unmeasured.why)) from unmeasured
    kept: list[int | None] = []
    for trace in (walk.trace, other):
        try:
            kept.append(kept_of(trace).bytes)
        except Unmeasured:
            kept.append(None)
    params = walk.totals.params
    return Batch(
        own.value,
        batch,
        (
            Change("params", params, params),
            Change("macs", totals[0].macs, totals[1].macs),
            Change("activations", totals[0].activations, totals[1].activations),
            Change("inputs_bytes", peaks[0].inputs_bytes, peaks[1].inputs_bytes),
            Change("weights_bytes", peaks[0].weights_bytes, peaks[1].weights_bytes),
            Change("peak_bytes", peaks[0].bytes, peaks[1].bytes),
            Change("kept_bytes", kept[0], kept[1]),
        ),
    )
