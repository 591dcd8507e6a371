"""A traced model once more on the meta device, and what to say where that cannot be done."""

from __future__ import annotations

from typing import Any

from explainer.i18n.bilingual import Bi, same
from explainer.lean_torch.operators import LeanOperators
from explainer.tracing.call import Trace
from explainer.tracing.observed import Contexts, run_observed
from explainer.tracing.recorder import CallRecorder, Functions

STOPPED = Bi(
    zh="前向传播在中途停下，后面的步骤取决于数值，所以无法测量。",
    en="The forward pass stopped halfway, at a step that depends on values, so this cannot be measured.",
)
BATCH_OF_ONE = Bi(
    zh="训练模式下，批归一化在每个通道上至少需要两个值：请把批量设为2或更大。",
    en="In training mode batch normalization needs at least two values per channel: give a batch of two or more.",
)
WITH_VALUES = Bi(
    zh="这个模型要带着数值运行，而这里的测量只用形状，所以无法测量。",
    en="This model runs with values, and this is measured with shapes only, so it cannot be.",
)
FAILED = Bi(
    zh="在meta设备上再运行一遍时出错，无法测量：{reason}",
    en="A further run on the meta device failed, so this cannot be measured: {reason}",
)


class Unmeasured(Exception):
    """The model could not be run again; `why` says it in both languages, `reason` is what torch or the model said."""

    def __init__(self, why: Bi, reason: str = "") -> None:
        super().__init__(why.en)
        self.why, self.reason = why, reason


def run_again(
    trace: Trace, recorder: CallRecorder, contexts: Contexts = lambda known: (), *, train: bool, grad: bool = False
) -> Any:
    """The trace's model on the trace's inputs, once more on meta, functions seen too; returns its output.

    contexts: as for `run_observed`; they are entered before the mode that sees functions. Raises Unmeasured, whatever
    the model raised: it is somebody else's code, and what it says is passed on.
    """
    if trace.model is None or trace.stopped is not None:
        raise Unmeasured(STOPPED)
    try:
        return run_observed(
            trace.model,
            trace.args,
            trace.kwargs,
            recorder,
            lambda known: [LeanOperators(), *contexts(known), Functions(recorder)],
            train=train,
            grad=grad or trace.grad,
        )
    except Exception as error:
        if "more than 1 value per channel" in str(error):
            raise Unmeasured(BATCH_OF_ONE) from error
        if trace.values == "real":
            raise Unmeasured(WITH_VALUES, str(error)) from error
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Unmeasured(FAILED.format(reason=same(reason)), reason) from error
